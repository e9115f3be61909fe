import ctypes
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from watchdog.observers import inotify_c

from local_image_process.model import Look
from local_image_process.source.watcher import WatchUnavailable, settled_looks, watch
from tests.support import wait_for

Inbox = SimpleQueue[Look | None]
MARK = "zz-the-end"


@pytest.fixture(autouse=True)
def no_thread_is_left_over() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def looks_after(root: Path, act: Callable[[], object]) -> set[Look]:
    """Return the Looks that an act causes: all that come before those of a mark made after it."""
    inbox: Inbox = SimpleQueue()
    with watch(root, inbox) as watching:
        act()
        (root / MARK).mkdir()
        looks: set[Look] = set()
        while Look(MARK, deep=True) not in looks:
            hint = inbox.get(timeout=10)
            assert hint
            looks.add(hint)
        assert not watching.lost()
    return looks - {Look(MARK, deep=True)}


def write(path: Path, content: bytes = b"x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("act", "looks"),
    [
        pytest.param(lambda a: write(a / "new.jpg"), {Look("上海")}, id="created"),
        pytest.param(lambda a: write(a / "1.jpg", b"22"), {Look("上海")}, id="modified"),
        pytest.param(lambda a: os.utime(a / "1.jpg", (1, 1)), {Look("上海")}, id="touched"),
        pytest.param(lambda a: (a / "1.jpg").unlink(), {Look("上海")}, id="deleted"),
        pytest.param(lambda a: (a / "1.jpg").rename(a / "2.jpg"), {Look("上海")}, id="renamed"),
        pytest.param(
            lambda a: (a / "1.jpg").rename(a.parent / "1.jpg"),
            {Look("上海"), Look("")},
            id="moved up",
        ),
        pytest.param(
            lambda a: (a / "in").mkdir(), {Look("上海/in", deep=True)}, id="folder created"
        ),
        pytest.param(
            lambda a: (a / "sub").rmdir(), {Look("上海/sub", deep=True)}, id="folder deleted"
        ),
        pytest.param(
            lambda a: a.rename(a.parent / "北京"),
            {Look("上海", deep=True), Look("北京", deep=True)},
            id="folder moved",
        ),
        pytest.param(
            lambda a: a.rename(a.parent.parent / "out"),
            {Look("上海", deep=True)},
            id="folder moved out",
        ),
        pytest.param(
            lambda a: (a.parent.parent / "outside").rename(a / "in"),
            {Look("上海/in", deep=True)},
            id="folder moved in",
        ),
        pytest.param(
            lambda a: write(a / ".galleryignore"), {Look("上海", deep=True)}, id="patterns"
        ),
        pytest.param(lambda a: write(a / ".nomedia"), {Look("上海", deep=True)}, id="closed"),
        pytest.param(lambda a: write(a / ".private"), {Look("上海", deep=True)}, id="private"),
        pytest.param(lambda a: write(a / "\udcff.jpg"), {Look("上海")}, id="not UTF-8"),
        pytest.param(lambda a: (a / "\udcff").mkdir(), {Look("上海")}, id="folder not UTF-8"),
        pytest.param(
            lambda a: (a / "e\u0301").mkdir(), {Look("上海/é", deep=True)}, id="decomposed"
        ),
        pytest.param(lambda a: a.chmod(0o700), {Look("上海")}, id="folder opened to us"),
        pytest.param(lambda a: a.parent.chmod(0o700), {Look("")}, id="root opened to us"),
        pytest.param(lambda a: (a / "1.jpg").read_bytes(), set(), id="read"),
        pytest.param(lambda a: list(a.iterdir()), set(), id="listed"),
        pytest.param(lambda a: write(a / "@eaDir/1.jpg"), set(), id="ignored folder"),
        pytest.param(lambda a: write(a / "._1.jpg"), set(), id="ignored file"),
        pytest.param(lambda a: write(a.parent / ".x/y/1.jpg"), set(), id="hidden folder"),
    ],
)
def test_a_change_says_where_to_look(
    tmp_path: Path, act: Callable[[Path], object], looks: set[Look]
) -> None:
    album = tmp_path / "library" / "上海"
    write(album / "1.jpg")
    (album / "sub").mkdir()
    write(tmp_path / "outside/1.jpg")
    assert looks_after(tmp_path / "library", lambda: act(album)) == looks


def test_a_file_renamed_when_it_is_whole_is_seen_and_its_parts_are_not(tmp_path: Path) -> None:
    part = tmp_path / "a/1.jpg.part"
    part.parent.mkdir()
    assert looks_after(tmp_path, lambda: write(part)) == set()
    (tmp_path / MARK).rmdir()
    assert looks_after(tmp_path, lambda: part.rename(tmp_path / "a/1.jpg")) == {Look("a")}


def test_what_happens_in_a_new_folder_is_seen(tmp_path: Path) -> None:
    inbox: Inbox = SimpleQueue()
    with watch(tmp_path, inbox):
        write(tmp_path / "new/deep/1.jpg")
        wait_for(lambda: inbox.get(timeout=5) == Look("new/deep", deep=True), what="the folder")
        write(tmp_path / "new/deep/2.jpg")
        wait_for(lambda: inbox.get(timeout=5) == Look("new/deep"), what="a file in it")


def test_many_folders_made_at_once_are_all_seen_and_the_watch_lives(tmp_path: Path) -> None:
    folders = [f"{number}/in" for number in range(200)]

    def make() -> None:
        for folder in folders:
            write(tmp_path / folder / "1.jpg")

    assert {Look(folder, deep=True) for folder in folders} <= looks_after(tmp_path, make)


def test_a_library_behind_a_link_is_watched(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    act = lambda: write(tmp_path / "real/1.jpg")  # noqa: E731 - one line says it
    assert looks_after(tmp_path / "link", act) == {Look("")}


def refuse_watches(
    monkeypatch: pytest.MonkeyPatch, error: int, *, but: Callable[[bytes], bool]
) -> None:
    """Have the kernel's answer to a new watch be an error."""
    add = inotify_c.inotify_add_watch

    def refusing(fd: int, path: bytes, mask: int) -> int:
        if but(path):
            return add(fd, path, mask)
        ctypes.set_errno(error)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_add_watch", refusing)


def test_a_used_up_limit_of_watches_is_told_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_watches(monkeypatch, errno.ENOSPC, but=lambda _: False)
    with pytest.raises(WatchUnavailable, match="max_user_watches"), watch(tmp_path, SimpleQueue()):
        pass


def test_a_limit_that_is_reached_below_the_root_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    left = iter(range(2))
    refuse_watches(monkeypatch, errno.ENOSPC, but=lambda _: next(left, None) is not None)
    with pytest.raises(WatchUnavailable, match="max_user_watches"), watch(tmp_path, SimpleQueue()):
        pass


def test_a_used_up_limit_of_instances_is_told_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        ctypes.set_errno(errno.EMFILE)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_init", refuse)
    with (
        pytest.raises(WatchUnavailable, match="max_user_instances"),
        watch(tmp_path, SimpleQueue()),
    ):
        pass


def test_a_root_that_is_missing_cannot_be_watched(tmp_path: Path) -> None:
    with (
        pytest.raises(WatchUnavailable, match="No such file"),
        watch(tmp_path / "missing", SimpleQueue()),
    ):
        pass


def test_a_limit_that_is_reached_later_loses_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watch(tmp_path, SimpleQueue()) as watching:
        refuse_watches(monkeypatch, errno.ENOSPC, but=lambda _: False)
        assert not watching.lost(), "nothing grew"
        (tmp_path / "new").mkdir()
        wait_for(watching.lost, what="the limit to be noticed")
        assert watching.lost(), "lost stays lost"


def delete_and_make_again(root: Path) -> None:
    root.rmdir()
    root.mkdir()


def replace(root: Path) -> None:
    root.rename(root.with_name("old"))
    root.mkdir()


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda root: root.rmdir(), id="deleted"),
        pytest.param(delete_and_make_again, id="deleted and made again"),
        pytest.param(lambda root: root.rename(root.with_name("b")), id="moved"),
        pytest.param(replace, id="another one in its place"),
    ],
)
def test_a_root_that_goes_away_loses_the_watch(
    tmp_path: Path, act: Callable[[Path], object]
) -> None:
    root = tmp_path / "library"
    root.mkdir()
    with watch(root, SimpleQueue()) as watching:
        assert not watching.lost()
        act(root)
        wait_for(watching.lost, what="the loss to be noticed")


FLOOD = """
import os, sys

a, b = (os.path.join(sys.argv[1], name) for name in ("a.jpg", "b.jpg"))
while True:
    os.utime(a)
    os.utime(b)
"""


def test_an_overflow_of_the_kernels_queue_loses_the_watch(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "b.jpg")
    with watch(tmp_path, SimpleQueue()) as watching:
        flood = [subprocess.Popen([sys.executable, "-c", FLOOD, tmp_path]) for _ in range(2)]
        try:
            wait_for(watching.lost, what="an overflow", timeout_s=60)
        finally:
            for process in flood:
                process.kill()
                process.wait()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_thread_of_the_observer_loses_the_watch(
    tmp_path: Path,
) -> None:
    class Full(SimpleQueue[Look | None]):
        def put(self, *_: object, **__: object) -> None:
            raise MemoryError

    with watch(tmp_path, Full()) as watching:
        assert not watching.lost()
        write(tmp_path / "a.jpg")
        wait_for(watching.lost, what="the death to be noticed")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_reader_of_the_kernels_queue_loses_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    with watch(tmp_path, SimpleQueue()) as watching:
        monkeypatch.setattr(inotify_c.InotifyFD, "handle_event", broken)
        write(tmp_path / "a.jpg")
        wait_for(watching.lost, what="the death to be noticed")


class Settling:
    """A settled_looks with its inbox."""

    def __init__(self, *, settle_s: float = 0.0, tick_s: float = 5.0) -> None:
        self.inbox: Inbox = SimpleQueue()
        self.stop = threading.Event()
        self.looks = settled_looks(
            self.inbox, settle_s=settle_s, tick_s=lambda: tick_s, stop=self.stop
        )

    def put(self, *hints: Look | None) -> None:
        for hint in hints:
            self.inbox.put(hint)


def test_a_folder_comes_up_once_when_it_has_settled() -> None:
    settling = Settling(settle_s=0.2)
    began = time.monotonic()
    settling.put(Look("a"), Look("a"), Look("b"))
    assert next(settling.looks) == {Look("a"), Look("b")}
    assert 0.2 <= time.monotonic() - began < 4
    settling.put(None)
    assert next(settling.looks) == set()


def test_deep_and_shallow_looks_of_a_folder_merge_to_deep_for_once() -> None:
    settling = Settling(settle_s=0.05)
    settling.put(Look("a"), Look("a", deep=True), Look("a"))
    assert next(settling.looks) == {Look("a", deep=True)}
    settling.put(Look("a"))
    assert next(settling.looks) == {Look("a")}


def test_a_long_import_comes_up_again_and_again() -> None:
    settling = Settling(settle_s=0.1)
    ended = threading.Event()

    def write_slowly() -> None:
        while not ended.wait(0.01):  # the simulated writer's pace
            settling.put(Look("a"))

    writer = threading.Thread(target=write_slowly)
    writer.start()
    try:
        assert [next(settling.looks) for _ in range(3)] == [{Look("a")}] * 3
    finally:
        ended.set()
        writer.join()


def test_a_nudge_wakes_at_once_and_leaves_the_rest_to_settle() -> None:
    settling = Settling(settle_s=60, tick_s=60)
    began = time.monotonic()
    settling.put(Look("a"), None)
    assert next(settling.looks) == set()
    assert time.monotonic() - began < 10


def test_quiet_ticks() -> None:
    settling = Settling(tick_s=0.01)
    assert [next(settling.looks) for _ in range(5)] == [frozenset()] * 5


def test_a_fixed_tick_is_a_number() -> None:
    looks = settled_looks(SimpleQueue(), settle_s=1, tick_s=0.01, stop=threading.Event())
    assert next(looks) == set()


@pytest.mark.slow
def test_a_flood_neither_starves_the_ticks_nor_takes_long() -> None:
    settling = Settling(settle_s=0.5, tick_s=0.05)
    ended = threading.Event()

    def flood() -> None:
        for number in range(100_000):
            settling.put(Look(f"folder {number}"))
        ended.set()

    writer = threading.Thread(target=flood)
    began = time.monotonic()
    writer.start()
    looks: set[Look] = set()
    ticks = 0
    while len(looks) < 100_000:
        looks |= next(settling.looks)
        ticks += 1
    writer.join()
    assert ticks >= 5
    assert time.monotonic() - began < 20


def test_it_ends_promptly_when_told_even_with_looks_waiting() -> None:
    settling = Settling(settle_s=60, tick_s=60)
    settling.put(Look("a"))

    def end() -> None:
        settling.stop.set()
        settling.put(None)

    ending = threading.Timer(0.05, end)
    ending.start()
    assert list(settling.looks) == []
    ending.join()


def test_it_does_not_begin_when_told_before() -> None:
    settling = Settling()
    settling.stop.set()
    assert list(settling.looks) == []


def test_a_slow_copy_into_the_library_comes_up_and_is_whole_in_the_end(tmp_path: Path) -> None:
    settling = Settling(settle_s=0.05)
    with watch(tmp_path, settling.inbox):
        with (tmp_path / "a.jpg").open("wb") as file:
            file.write(b"half")
            file.flush()
            assert next(filter(None, settling.looks)) == {Look("")}
            file.write(b"half")
        assert next(filter(None, settling.looks)) == {Look("")}
    with pytest.raises(Empty):
        settling.inbox.get_nowait()
