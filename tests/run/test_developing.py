"""The workers are kept busy, and begun anew when they do nothing."""

import logging
import signal
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import pytest

from local_image_process.image.workers import Workers
from local_image_process.model import Original
from local_image_process.run import developing as module
from local_image_process.run.developing import Developing
from local_image_process.run.publisher import Place
from local_image_process.run.queue import Job, Queue
from tests.image.test_workers import render_processes, task_for
from tests.photos import make_photo
from tests.support import wait_for

SOON_S = 0.1  # sooner than any process starts


@pytest.fixture
def workers() -> Iterator[Workers]:
    some = Workers(count=1, timeout_s=60.0, memory_bytes=2**31, on_done=lambda: None)
    yield some
    some.stop()


def test_processes_that_take_no_task_are_started_anew(
    workers: Workers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    task = task_for(make_photo(tmp_path / "good.jpg", size=(64, 48)))
    wait([workers.develop(task)], timeout=30)
    for process in render_processes():
        process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(module, "NOBODY_WORKS_S", SOON_S)
    queue = Queue()
    developing = Developing(
        workers=workers, queue=queue, task_of=lambda *_: task, number=1, memory_bytes=2**30
    )
    original = Original(key="good.jpg", path=str(task.path), stamp=task.stamp, ctime_ns=0)
    queue.add(Job(original=original, place=Place(album_id="上海", name="good")))

    def developed() -> list[Job]:
        developing.begin_more()
        return [job for job, error in developing.finished() if error is None]

    with caplog.at_level(logging.WARNING):
        [job] = wait_for(developed, what="the photo", timeout_s=90)
    assert job.developed is not None
    assert "started anew" in caplog.text
