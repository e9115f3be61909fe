"""Processes that develop photos and may be killed: a photo that hangs one costs only itself."""

import ctypes
import os
import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from ..errors import GalleryError, PhotoError, UnreadablePhoto
from ..model import Companion, Developed, Recipe, Stamp

PR_SET_PDEATHSIG = 1  # linux/prctl.h
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h
RECYCLE_AFTER = 500  # photos; what a decoder leaks goes with its process
STUCK_AFTER = 4  # time limits
REST_AFTER_S = 30.0
NICENESS = 5  # visitors come first


class WorkerDied(GalleryError):
    """The process ended while it had the photo; another attempt may tell more."""

    def __init__(self, message: str, *, is_suspect: bool) -> None:
        super().__init__(message)
        self.is_suspect = is_suspect  # the photo may have done it


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One original to develop."""

    path: Path
    stamp: Stamp
    companions: tuple[Companion, ...]
    recipe: Recipe
    known_digests: frozenset[str]
    max_megapixels: int
    memory_bytes: int  # that it may take


class Workers:
    """A pool of spawned processes (never forked: a fork inherits our lock and our port).

    The kernel ends them with the thread that started them, so the thread that calls
    ``develop`` first must live as long as they do.
    """

    def __init__(
        self, *, count: int, timeout_s: float, memory_bytes: int, on_done: Callable[[], None]
    ) -> None:
        self._count = count
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._on_done = on_done
        self._pool: ProcessPool | None = None
        self._used_s = 0.0  # monotonic

    def develop(self, task: Task) -> "Future[Developed]":
        """Begin to develop an original; ``on_done`` is called, in another thread, when it ends."""
        self._used_s = time.monotonic()
        future: Future[Developed] = self._running_pool().schedule(
            _develop, args=[task], timeout=self._timeout_s
        )
        future.add_done_callback(lambda _: self._on_done())
        return future

    def result(self, future: "Future[Developed]", *, began_s: float) -> Developed:
        """Return what a task that is done gave; ``began_s`` is when it was begun (monotonic).

        Raises PhotoError, or WorkerDied when another attempt may tell more.
        """
        try:
            return future.result(timeout=0)
        except PhotoError:
            raise
        except TimeoutError as error:
            if time.monotonic() - began_s < self._timeout_s:  # not the photo: the clock was set
                raise WorkerDied("the clock was set", is_suspect=False) from error
            raise UnreadablePhoto(
                f"took longer than {self._timeout_s:g} s and was stopped;"
                " save it anew, or raise RENDER_TIMEOUT_S"
            ) from error
        except ProcessExpired as error:
            raise WorkerDied(f"its process ended ({error})", is_suspect=True) from error
        except (BrokenProcessPool, CancelledError) as error:
            raise WorkerDied("the processes were ended", is_suspect=False) from error

    def is_stuck(self, *, began_s: float) -> bool:
        """Tell whether a task should have ended long ago, even if it stood in line."""
        return time.monotonic() - began_s > STUCK_AFTER * self._timeout_s

    def rest(self) -> None:
        """End processes that had nothing to do for a while: they take memory, and wake the machine.

        To be called while no task is under way.
        """
        if self._pool is not None and time.monotonic() > self._used_s + REST_AFTER_S:
            self.stop()

    def stop(self) -> None:
        """End all processes, whatever they are doing."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it bare
            self._pool.join()
            self._pool = None

    def _running_pool(self) -> ProcessPool:
        if self._pool is not None and not self._pool.active:  # killed while idle breaks a pool
            self.stop()
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._count,
                max_tasks=RECYCLE_AFTER,
                context=get_context("spawn"),
                initializer=_begin,
                initargs=[os.getpid(), self._memory_bytes],
            )
        return self._pool


def _begin(parent: int, memory_bytes: int) -> None:
    """Tie this process to its parent's life and bound what it may take."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # Race: the parent was gone before the line above
        os._exit(1)
    _keep_freed_memory()
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _keep_freed_memory() -> None:
    """Have the C library keep pictures' buffers for the next one, not give each back at once.

    Measured: a tenth of the processor time of a photo went into the page faults of asking anew,
    half of it for the largest pieces, which are mapped apart unless that is forbidden. The peak
    of memory is the same; the process itself ends soon after the last photo.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # glibc; others have their own ways
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 256 << 20)


def _develop(task: Task) -> Any:
    from .develop import develop

    return develop(
        task.path,
        stamp=task.stamp,
        companions=task.companions,
        recipe=task.recipe,
        known_digests=task.known_digests,
        max_megapixels=task.max_megapixels,
        memory_bytes=task.memory_bytes,
    )
