"""What keeps a first start from working, told in a sentence with what to do."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local_image_process.run import access
from local_image_process.settings import Settings
from tests.live import LIKE_ANYBODY, ROOT, LiveGallery

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]


def end_of(one: LiveGallery, *arguments: str) -> str:
    """Return what a server says that cannot start, and see that it says it as a person would."""
    done = subprocess.run(
        [*LIKE_ANYBODY, sys.executable, *(arguments or ["server.py"])],
        cwd=ROOT,
        env=one.env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "admin" not in done.stderr, "a password that is shown only once is not wasted"
    return done.stderr


def test_a_data_folder_that_is_closed_is_told_with_its_cure(gallery: Make) -> None:
    one = gallery()
    one.data.mkdir()
    one.data.chmod(0o500)
    told = f"{one.data} ({access.account()}, dr-x------) cannot be written"
    for said in (end_of(one), one.command("once").stderr):
        assert told in said
        assert f"chmod -R u+rwX {one.data}" in said
    one.data.chmod(0o700)


def test_a_file_that_another_account_left_is_told_with_its_cure(gallery: Make) -> None:
    one = gallery()
    one.data.mkdir()
    database = one.data / "catalogue.db"
    database.touch(mode=0o400)
    if os.geteuid() == 0:
        os.chown(database, 1026, 100)
        assert f"{database} (1026:100, -r--------)" in end_of(one)
        assert f"chown -R {access.account()} {one.data}" in end_of(one)
    assert str(database) in end_of(one)


def test_a_data_folder_that_cannot_be_made_is_told(gallery: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one = gallery(DATA_DIR=str(tmp_path / "file/data"))
    assert f"DATA_DIR: {tmp_path}/file/data cannot be made" in end_of(one)


@pytest.mark.parametrize("way", ["PORT", "-b"])
def test_a_port_that_is_taken_is_told_with_the_setting(gallery: Make, way: str) -> None:
    one = gallery()
    with socket.create_server(("127.0.0.1", one.port)):
        own = ["-m", "gunicorn", "server:app", "-b", f"127.0.0.1:{one.port}"]
        said = end_of(one, *(own if way == "-b" else []))
    assert f"Port {one.port} of " in said
    assert "is taken" in said
    assert "PORT, or by -b" in said


def test_who_runs_it_and_what_it_may_do_is_told_at_the_start(tmp_path: Path) -> None:
    photos, data = tmp_path / "photos", tmp_path / "data"
    photos.mkdir()
    settings = Settings.from_env({"WATCH_DIR": str(photos), "DATA_DIR": str(data)})
    me = access.account()
    assert access.told(settings) == f"{me}, which may write {data}, and read {photos}"
    photos.rmdir()
    assert f"{photos} does not exist. Mount it, or correct WATCH_DIR." in access.told(settings)


def test_a_library_that_is_closed_is_told_with_its_cure(gallery: Make) -> None:
    one = gallery()
    one.library.chmod(0o300)
    one.start()
    (told,) = one.log_lines("account  ")
    assert f"may NOT read {one.library} ({access.account()}, d-wx------)" in told
    assert "PUID and PGID" in told
    assert f"chmod -R a+rX {one.library}" in told
    one.library.chmod(0o700)
