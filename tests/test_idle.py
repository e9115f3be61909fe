"""A gallery with nothing to do lets the disks sleep: the library's, and its own."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live import LiveGallery
from tests.photos import make_photo

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]
PHOTOS = 200
QUIET_S = 12.0  # two of the leader's own steps; it compares the library's root every 30 s
STRACE = shutil.which("strace")
PATH = re.compile(r'"(/[^"]*)"')


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return inode, size and time of change of every file and folder."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # written beside its place, and put there meanwhile
            there = path.lstat()
            found[str(path)] = there.st_ino, there.st_size, there.st_mtime_ns
    return found


@pytest.fixture
def idle(gallery: Make) -> LiveGallery:
    """Some hundred photos, all published, and nothing under way."""
    live = gallery(RENDER_WORKERS="2")
    for seed in range(PHOTOS):
        name = f"album {seed % 5}/photo{seed:03}.jpg"
        make_photo(live.library / name, size=(32, 24), seed=seed)
    live.start()
    live.wait(lambda: len(live.exif()) == PHOTOS, what="all photos", timeout_s=90)
    before = None
    while before != (before := state(live.data)):
        let_go_by(live, 1.0)
    return live


def let_go_by(live: LiveGallery, seconds: float) -> None:
    """Let the gallery run for a while, as far as it does."""
    until_s = time.monotonic() + seconds
    live.wait(lambda: time.monotonic() >= until_s, what="a while to go by")


def test_nothing_is_written_while_nothing_happens(idle: LiveGallery) -> None:
    before = state(idle.data)
    let_go_by(idle, QUIET_S)
    assert state(idle.data) == before


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_the_library_is_not_touched_between_sweeps(idle: LiveGallery, tmp_path: Path) -> None:
    assert STRACE
    trace = tmp_path / "trace"
    processes = [f"--attach={process.pid}" for process in idle.family()]
    watcher = subprocess.Popen(
        [STRACE, "--follow-forks", "--trace=%file", f"--output={trace}", *processes],
        stderr=subprocess.DEVNULL,
    )
    try:
        assert idle.get("/healthz").status == 200
        idle.wait(lambda: trace.exists() and trace.read_text(), what="the trace to begin")
        let_go_by(idle, QUIET_S)
        assert idle.get("/data/albums.json").status == 200
        idle.wait(lambda: "albums.json" in trace.read_text(), what="the trace to see it all")
    finally:
        watcher.terminate()
        watcher.wait()
    library = str(idle.library)
    touched = [
        line
        for line in trace.read_text().splitlines()
        for path in PATH.findall(line)
        if path.startswith(library)
    ]
    below = [line for line in touched if f"{library}/" in line]
    assert below == []
    assert len(touched) <= 1, "the root may be compared once"
