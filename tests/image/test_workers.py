"""Processes that hang or die take nobody with them."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil
import pytest

from local_image_process.errors import UnreadablePhoto
from local_image_process.image import workers as workers_module
from local_image_process.image.workers import Task, WorkerDied, Workers
from local_image_process.model import Developed, Recipe, Stamp
from tests.photos import make_photo
from tests.support import wait_for

RECIPE = Recipe(display_edge_px=100, display_quality=80, thumb_edges_px=(50,), thumb_quality=80)


def task_for(path: Path) -> Task:
    status = path.stat()
    return Task(
        path=path,
        stamp=Stamp(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=status.st_ino),
        companions=(),
        recipe=RECIPE,
        known_digests=frozenset(),
        max_megapixels=500,
        memory_bytes=1 << 30,
    )


@pytest.fixture
def hanging(tmp_path: Path) -> Task:
    """A file that never gives its bytes: opening it waits for ever."""
    path = tmp_path / "hangs.jpg"
    os.mkfifo(path)
    return task_for(path)


@pytest.fixture
def workers() -> Iterator[Workers]:
    some = Workers(count=1, timeout_s=2.0, memory_bytes=2**31, on_done=lambda: None)
    yield some
    some.stop()


def render_processes() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


def test_a_photo_that_hangs_is_stopped_and_the_next_one_goes_on(
    workers: Workers, hanging: Task, tmp_path: Path
) -> None:
    began_s = time.monotonic()
    first = workers.develop(hanging)
    second = workers.develop(task_for(make_photo(tmp_path / "good.jpg", size=(64, 48))))
    wait([first, second], timeout=30)
    with pytest.raises(UnreadablePhoto, match="RENDER_TIMEOUT_S"):
        workers.result(first, began_s=began_s)
    assert len(workers.result(second, began_s=began_s).renditions) == 2


def test_a_photo_whose_process_dies_may_be_to_blame(workers: Workers, hanging: Task) -> None:
    future: Future[Developed] = workers.develop(hanging)
    wait_for(future.running, what="the task to begin")
    for process in render_processes():
        process.send_signal(signal.SIGSEGV)
    wait([future], timeout=30)
    with pytest.raises(WorkerDied) as died:
        workers.result(future, began_s=time.monotonic())
    assert died.value.is_suspect


def test_processes_killed_while_idle_are_replaced(workers: Workers, tmp_path: Path) -> None:
    task = task_for(make_photo(tmp_path / "good.jpg", size=(64, 48)))
    wait([workers.develop(task)], timeout=30)
    for process in render_processes():
        process.kill()  # its parent must reap it: nobody waits for it here

    def again() -> bool:
        future = workers.develop(task)
        wait([future], timeout=30)
        with suppress(WorkerDied):
            return len(workers.result(future, began_s=time.monotonic()).renditions) == 2
        return False

    wait_for(again, what="a new process")


def test_whoever_waits_is_told_when_a_photo_is_done(tmp_path: Path) -> None:
    done = Event()
    workers = Workers(count=1, timeout_s=30.0, memory_bytes=2**31, on_done=done.set)
    workers.develop(task_for(make_photo(tmp_path / "good.jpg", size=(64, 48))))
    assert done.wait(timeout=30)
    workers.stop()


@pytest.mark.slow
def test_a_photo_that_wants_too_much_memory_costs_only_itself(tmp_path: Path) -> None:
    workers = Workers(count=1, timeout_s=60.0, memory_bytes=2**28, on_done=lambda: None)
    large = make_photo(tmp_path / "large.png", size=(12_000, 9_000), compress_level=1)
    futures = [workers.develop(task_for(large))]
    futures.append(workers.develop(task_for(make_photo(tmp_path / "good.jpg", size=(64, 48)))))
    wait(futures, timeout=60)
    workers.stop()
    with pytest.raises(UnreadablePhoto, match="memory"):
        workers.result(futures[0], began_s=time.monotonic())
    assert workers.result(futures[1], began_s=time.monotonic()).renditions
    assert render_processes() == []


def test_processes_with_nothing_to_do_are_ended_and_started_again_at_need(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_for(make_photo(tmp_path / "good.jpg", size=(64, 48)))
    wait([workers.develop(task)], timeout=30)
    workers.rest()
    assert render_processes(), "it may go on any moment"
    monkeypatch.setattr(workers_module, "REST_AFTER_S", 0.0)
    workers.rest()
    wait_for(lambda: not render_processes(), what="the processes to end")
    began_s = time.monotonic()
    future = workers.develop(task)
    wait([future], timeout=30)
    assert len(workers.result(future, began_s=began_s).renditions) == 2
