"""From a fresh clone to a gallery by the commands of the README, with nothing installed before."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from local_image_process.settings import Settings
from tests.documents import IN_A_CHECKOUT, ROOT, blocks
from tests.live import free_port, is_alive
from tests.support import wait_for

CLONE, RUN, RUN_DEMO, *OWN_WAYS = IN_A_CHECKOUT
DEMO_PHOTOS = 12
ENDS_WITHIN_S = 6.0  # a second or two; other tests run beside this one
WORKERS = 4
FROM_NOTHING = [pytest.mark.slow, pytest.mark.timeout(600)]
SETTINGS = {one.name.upper() for one in fields(Settings)}
ENVIRON = {
    name: value
    for name, value in os.environ.items()
    if name not in SETTINGS
    and name not in {"VIRTUAL_ENV", "PYTHONPATH"}
    and not name.startswith(("COV", "GIT_"))
} | {
    "PATH": os.pathsep.join(
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if Path(folder) != Path(sys.executable).parent
    ),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


class Run:
    """A gallery begun by a command; ends with the test."""

    def __init__(self, command: str, *, folder: Path, log: Path, environ: dict[str, str]) -> None:
        self.port = free_port()
        self.log = log
        self._began_s = time.monotonic()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                shlex.split(command.replace("8089", str(self.port))),
                cwd=folder,
                env=environ | {"PORT": str(self.port)},
                stdout=output,
                stderr=output,
            )

    def wait_until_it_answers(self, *, timeout_s: float) -> float:
        """Wait for /healthz and a leader; return after how many seconds they were there."""
        self._wait(lambda: (self.get("healthz") or {}).get("leader"), "a leader", timeout_s)
        return time.monotonic() - self._began_s

    def wait_for_photos(self, count: int) -> dict[str, Any]:
        """Return albums.json once it and exif_data.json name so many photos."""

        def albums() -> dict[str, Any] | None:
            found = self.get("data/albums.json") or {}
            named = sum(len(album["images"]) for album in found.values())
            is_whole = named == count == len(self.get("data/exif_data.json") or {})
            return found if is_whole else None

        found: dict[str, Any] = self._wait(albums, f"{count} photos", 60)
        return found

    def get(self, path: str) -> Any:
        """Return JSON, or ``None`` while nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/{path}", timeout=5
            ) as answer:
                return json.load(answer)
        except OSError:
            return None

    def end(self) -> float:
        """Tell it to end; return after how many seconds it and all its processes were gone."""
        master = psutil.Process(self._process.pid)
        self._wait(lambda: _count_ready(master) == WORKERS, "all workers", 20)
        family = [master, *master.children(recursive=True)]
        began_s = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=20)
        wait_for(lambda: not [p for p in family if is_alive(p)], what="all its processes to end")
        return time.monotonic() - began_s

    def clear_away(self) -> None:
        """End it somehow, if the test has failed before."""
        if self._process.poll() is None:
            for process in psutil.Process(self._process.pid).children(recursive=True):
                process.kill()
            self._process.kill()
            self._process.wait(timeout=20)

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def _wait(self, probe: Any, what: str, timeout_s: float) -> Any:
        try:
            return wait_for(
                probe, what=what, timeout_s=timeout_s, alive=lambda: self._process.poll() is None
            )
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text()[-3000:]}") from error


def _count_ready(master: psutil.Process) -> int:
    """Return how many workers have begun their threads; before, gunicorn may miss a signal."""
    return sum(worker.num_threads() > 1 for worker in master.children())


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """What was seen in a fresh clone when ``scripts/run --demo`` was typed the first time."""

    checkout: Path
    log: str
    albums: dict[str, Any]
    exif: dict[str, Any]
    ended_s: float


def git(*arguments: str, folder: Path) -> str:
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def make_repository(folder: Path) -> Path:
    """Commit the tree as it is now, with what is not committed yet."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=ROOT)
    for name in names.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git("init", "--quiet", folder=folder)
    git("add", "--all", folder=folder)
    git("commit", "--quiet", "--message", "As it is", folder=folder)
    return folder


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    place = tmp_path_factory.mktemp("照片 画廊")
    repository = make_repository(tmp_path_factory.mktemp("repository"))
    clone = CLONE.replace("<repository>", shlex.quote(str(repository)))
    subprocess.run(["sh", "-ec", clone], cwd=place, env=ENVIRON, check=True)
    checkout = place / "gallery"
    run = start(RUN_DEMO, checkout)
    try:
        took_s = run.wait_until_it_answers(timeout_s=300)
        sys.stderr.write(f"first run answered after {took_s:.1f} s\n")
        yield FirstRun(
            checkout=checkout,
            albums=run.wait_for_photos(DEMO_PHOTOS),
            exif=run.get("data/exif_data.json"),
            ended_s=run.end(),
            log=run.text(),
        )
    finally:
        run.clear_away()


def start(command: str, checkout: Path) -> Run:
    """Start a script of the checkout, from another working directory."""
    script = shlex.quote(f"{checkout}/scripts/")
    return Run(
        command.replace("scripts/", script),
        folder=Path("/"),
        log=checkout.parent / "log",
        environ=ENVIRON,
    )


# from nothing


class TestFromNothing:
    """Slow: makes an environment and installs what is needed."""

    pytestmark = FROM_NOTHING

    def test_the_demo_shows_a_dozen_photos_with_facts(self, first_run: FirstRun) -> None:
        assert set(first_run.albums) == {"上海", "北京", "青岛-海边", "黄山"}
        assert len(first_run.exif) == DEMO_PHOTOS
        for entry in first_run.exif.values():
            assert None not in entry.values()

    def test_the_demo_has_every_orientation(self, first_run: FirstRun) -> None:
        found = set()
        for path in (first_run.checkout / "data/library").rglob("*.[jJ]*"):
            with Image.open(path) as image:
                found.add(image.getexif()[274])
        assert found == set(range(1, 9))

    @pytest.mark.parametrize("readme", ["README.md", "README.en.md"])
    def test_the_json_in_the_readme_is_what_the_demo_gives(
        self, readme: str, first_run: FirstRun
    ) -> None:
        albums, exif = (json.loads(block) for block in blocks(readme, "json"))
        versions = re.compile(r"\?v=[0-9a-f]{8}|'ThumbHash': '[^']+'|#[0-9a-f]{6}")
        for shown, served in ((albums, first_run.albums), (exif, first_run.exif)):
            for key, value in shown.items():
                assert versions.sub("", str(value)) == versions.sub("", str(served[key]))

    def test_it_says_what_is_where_and_the_password_once(self, first_run: FirstRun) -> None:
        data = first_run.checkout / "data"
        for words in (data / "library", data, "/data/albums.json", "/data/exif_data.json"):
            assert str(words) in first_run.log
        (password,) = re.findall(r"admin / (\S+)", first_run.log)
        for path in data.rglob("*"):
            assert path.is_dir() or password.encode() not in path.read_bytes()

    def test_sigterm_ends_it_and_all_its_processes(self, first_run: FirstRun) -> None:
        assert first_run.ended_s < ENDS_WITHIN_S

    def test_a_second_run_is_quick_and_changes_nothing(self, first_run: FirstRun) -> None:
        library = first_run.checkout / "data/library"
        before = {path: path.stat().st_mtime_ns for path in library.rglob("*")}
        run = start(RUN_DEMO, first_run.checkout)
        try:
            took_s = run.wait_until_it_answers(timeout_s=60)
            sys.stderr.write(f"second run answered after {took_s:.1f} s\n")
            assert run.wait_for_photos(DEMO_PHOTOS) == first_run.albums
            assert run.end() < ENDS_WITHIN_S
        finally:
            run.clear_away()
        assert "0 photos made" in run.text()
        assert not re.search(r"Installing|admin /|photo published", run.text())
        assert {path: path.stat().st_mtime_ns for path in library.rglob("*")} == before

    def test_settings_of_dotenv_count(self, first_run: FirstRun) -> None:
        (first_run.checkout / ".env").write_text("ROOT_ALBUM=x\nADMIN_PASSWORD=mine\n", "utf-8")
        run = start(RUN, first_run.checkout)
        try:
            took_s = run.wait_until_it_answers(timeout_s=60)
            sys.stderr.write(f"scripts/run answered after {took_s:.1f} s\n")
            run.end()
        finally:
            run.clear_away()
            (first_run.checkout / ".env").unlink()
        assert "mine" not in run.text()

    def test_the_demo_never_writes_into_a_photo_library(
        self, first_run: FirstRun, tmp_path: Path
    ) -> None:
        done = call(first_run.checkout / "scripts/run", "--demo", WATCH_DIR=str(tmp_path))
        assert done.returncode == 1
        assert "a photo library is never written" in done.stderr
        assert list(tmp_path.iterdir()) == []

    def test_other_ways_to_start_work_too(self, first_run: FirstRun) -> None:
        checkout = first_run.checkout
        with_environment = f"{checkout / '.venv/bin'}{os.pathsep}{ENVIRON['PATH']}"
        environ = ENVIRON | {"PATH": with_environment}
        install, *ways = OWN_WAYS
        subprocess.run(shlex.split(f"python -m {install}"), cwd=checkout, env=environ, check=True)
        for way in ways:
            command = way.replace("gunicorn", "python -m gunicorn")  # its #! holds no space
            run = Run(command, folder=checkout, log=checkout.parent / "log", environ=environ)
            try:
                run.wait_until_it_answers(timeout_s=60)
                assert run.wait_for_photos(DEMO_PHOTOS) == first_run.albums
                assert run.end() < ENDS_WITHIN_S
            finally:
                run.clear_away()


# what goes wrong at once


def call(script: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script, *arguments],
        cwd="/",
        env=ENVIRON | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_unknown_arguments_are_answered_with_the_usage() -> None:
    done = call(ROOT / "scripts/run", "--demonstration")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: scripts/run [--demo]")
    assert call(ROOT / "scripts/run", "--help").stdout == done.stderr


@pytest.mark.parametrize(
    ("python", "told"),
    [
        pytest.param("exit 127", "no Python 3.11 or newer", id="none"),
        pytest.param('case "$2" in *version*) exit 1;; esac', "no Python 3.11 or newer", id="old"),
        pytest.param('case "$2" in *venv*) exit 1;; esac', "its module venv is missing", id="venv"),
    ],
)
def test_without_a_fit_python_it_says_so(tmp_path: Path, python: str, told: str) -> None:
    for folder, names in (("scripts", ("run", "environment.sh")), (".", ("requirements.txt",))):
        for name in names:
            (tmp_path / folder).mkdir(exist_ok=True)
            shutil.copy2(ROOT / folder / name, tmp_path / folder / name)
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "basename", "cat", "cksum"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    (tools / "python3").write_text(f"#!/bin/sh\n{python}\n", encoding="ascii")
    (tools / "python3").chmod(0o755)
    done = call(tmp_path / "scripts/run", PATH=str(tools))
    assert done.returncode == 1
    assert told in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("script", ["scripts/run", "scripts/test", "scripts/test-image", ".ci/run"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    first_line = (ROOT / script).read_text(encoding="utf-8").splitlines()[0]
    subprocess.run([*first_line.removeprefix("#!").split(), "-n", ROOT / script], check=True)
