"""Objects on their way into the store, in threads of their own: the leader never waits for them."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ..errors import GalleryError, StoreUnavailable
from .publisher import Parcel, Publisher
from .queue import Job

Given = TypeVar("Given")
Done = TypeVar("Done")

PER_THREAD = 2  # parcels that are held in memory


class Storing:
    """Puts parcels; hands them back, with what went wrong, when they are in or refused."""

    def __init__(self, *, publisher: Publisher, threads: int, on_done: Callable[[], None]) -> None:
        self._publisher = publisher
        self._most = threads * PER_THREAD
        self._on_done = on_done
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="gallery-store")
        self._under_way: dict[Future[None], tuple[Job, Parcel]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def is_full(self) -> bool:
        """Tell whether to wait before beginning another."""
        return len(self._under_way) >= self._most

    @property
    def jobs(self) -> list[Job]:
        """The jobs whose objects are under way."""
        return [job for job, _ in self._under_way.values()]

    @property
    def names(self) -> set[str]:
        """The objects that are under way, and those they are copied from."""
        return {name for _, parcel in self._under_way.values() for name in parcel.touched}

    def touches(self, names: Iterable[str]) -> bool:
        """Tell whether any of these objects is under way: then it must not be touched."""
        return not self.names.isdisjoint(names)

    def begin(self, job: Job, parcel: Parcel) -> None:
        """Begin to put a photo's objects."""
        job.began_s = time.monotonic()
        future = begin(self._threads, self._publisher.put, parcel)
        self._under_way[future] = (job, parcel)
        future.add_done_callback(lambda _: self._on_done())

    def finished(self) -> list[tuple[Job, Parcel, GalleryError | None]]:
        """Take what has ended."""
        done = [future for future in self._under_way if future.done()]
        return [(*self._under_way.pop(future), _error(future)) for future in done]

    def stop(self) -> None:
        """End the threads once they are through with what they have in hand."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _error(future: Future[None]) -> GalleryError | None:
    error = future.exception()
    if error is None or isinstance(error, GalleryError):
        return error
    raise error


def begin(threads: ThreadPoolExecutor, work: Callable[[Given], Done], given: Given) -> Future[Done]:
    """Have work done in a thread. Raises StoreUnavailable once the process is on its end."""
    try:
        return threads.submit(work, given)
    except RuntimeError as error:  # Race: Python ends these threads before it tells ours
        raise StoreUnavailable("this process is about to end") from error
