"""Files are the old version or the new one, never half of each."""

import os
import threading
from pathlib import Path

import pytest

from local_image_process.files import create_once, write_atomically, write_if_changed
from local_image_process.logs import kv


def test_a_failed_write_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "albums.json"
    write_atomically(path, b"old")

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["albums.json"]


def test_unchanged_bytes_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "albums.json"
    assert write_if_changed(path, b"one")
    before = path.stat().st_ino
    assert not write_if_changed(path, b"one")
    assert path.stat().st_ino == before
    assert write_if_changed(path, b"two")


def test_of_many_who_make_a_secret_one_wins_and_all_know_it(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(create_once(path, b"%d" % n)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("上海/a.jpg", "k=上海/a.jpg", id="plain"),
        pytest.param("no space", 'k="no space"', id="with a blank"),
        pytest.param('a="b"', 'k="a=\\"b\\""', id="with quotes"),
        pytest.param("two\nlines", "k=two\\nlines", id="a newline cannot forge a line"),
        pytest.param(12.3456, "k=12.3", id="a number"),
        pytest.param("", 'k=""', id="nothing"),
    ],
)
def test_log_pairs(value: object, shown: str) -> None:
    assert kv(k=value) == shown
