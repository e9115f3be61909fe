"""Give the workers photos to develop, and take back what they made of them."""

import logging
import time
from collections.abc import Callable, Iterator

from ..errors import NeedsMemory, PhotoError, UnreadablePhoto
from ..image.workers import Task, WorkerDied, Workers
from .queue import Job, Queue

log = logging.getLogger(__name__)

PROCESS_BYTES = 64 << 20  # that a worker takes before it has opened anything
NOBODY_WORKS_S = 20.0  # tasks wait, and no process takes one; starting one takes a second or two
DEATHS_ALLOWED = 3
PER_WORKER = 2  # jobs in hand: one at work, one waiting at its door


class Developing:
    """Keeps the workers busy, as long as somebody takes what they have finished."""

    def __init__(
        self,
        *,
        workers: Workers,
        queue: Queue,
        task_of: Callable[[Job, int], Task],
        number: int,
        memory_bytes: int,
    ) -> None:
        """``task_of`` makes a task of a job and of the bytes of memory that it may take."""
        self._workers = workers
        self._queue = queue
        self._task_of = task_of
        self._working_s = time.monotonic()  # when some task was last seen under way
        self._patience_s = NOBODY_WORKS_S
        self._most_in_hand = number * PER_WORKER
        self._alone_bytes = memory_bytes - PROCESS_BYTES
        self._beside_bytes = memory_bytes // number - PROCESS_BYTES

    def stop(self) -> None:
        """End all processes; what they had in hand is found again by the next look."""
        self._workers.stop()

    def finished(self) -> Iterator[tuple[Job, PhotoError | None]]:
        """Take the jobs that have ended: developed, or with what was wrong."""
        self._restart_if_stuck()
        if not self._queue.in_hand:
            self._workers.rest()
        for future in [future for future in self._queue.in_hand if future.done()]:
            job = self._queue.in_hand.pop(future)
            try:
                job.developed = self._workers.result(future, began_s=job.began_s)
            except (PhotoError, WorkerDied) as error:
                if verdict := self._verdict(job, error):
                    yield job, verdict
            else:
                yield job, None

    def begin_more(self) -> None:
        """Fill the workers' hands. Raises StoreError; nothing is lost by it."""
        if len(self._queue.ready) >= self._most_in_hand:
            return  # the store is slower than we are
        for _ in range(self._most_in_hand - len(self._queue.in_hand)):
            job = self._queue.next()
            if job is None:
                return
            try:
                task = self._task_of(job, self._allowed_bytes(job))
            except Exception:  # whatever it was, the job is not lost by it
                self._queue.add(job)
                raise
            job.began_s = time.monotonic()
            self._queue.in_hand[self._workers.develop(task)] = job

    def _verdict(self, job: Job, error: PhotoError | WorkerDied) -> PhotoError | None:
        """Return what is wrong with a photo; ``None`` where it is tried once more."""
        if isinstance(error, NeedsMemory):
            return self._make_room(job, error)
        if isinstance(error, WorkerDied):
            return self._after_death(job, error)
        return error

    def _make_room(self, job: Job, error: NeedsMemory) -> PhotoError | None:
        """Have a large picture developed alone; return why not even that will do."""
        if job.is_alone or error.needed_bytes > self._alone_bytes:
            return NeedsMemory(error.needed_bytes, self._alone_bytes)
        job.is_alone = True
        self._queue.add(job)
        return None

    def _allowed_bytes(self, job: Job) -> int:
        return self._alone_bytes if job.is_alone else self._beside_bytes

    def _after_death(self, job: Job, death: WorkerDied) -> PhotoError | None:
        job.deaths += death.is_suspect
        if job.deaths < DEATHS_ALLOWED:
            self._queue.add(job)
            return None
        return UnreadablePhoto(
            f"it ended {job.deaths} processes that tried to open it; save it anew"
        )

    def _restart_if_stuck(self) -> None:
        """Begin anew when nobody takes the tasks, or one should have ended long ago.

        A process killed while it holds the pool's lock leaves the others waiting for it.
        """
        in_hand, now_s = self._queue.in_hand, time.monotonic()
        if not in_hand or any(future.running() for future in in_hand):
            self._working_s, self._patience_s = now_s, NOBODY_WORKS_S
        is_late = any(self._workers.is_stuck(began_s=job.began_s) for job in in_hand.values())
        if is_late or now_s > self._working_s + self._patience_s:
            log.warning("render processes are stuck; they are started anew")
            self._workers.stop()
            self._queue.take_back_in_hand()
            self._working_s = now_s
            self._patience_s *= 2  # else a machine that needs longer to start one never gets there
