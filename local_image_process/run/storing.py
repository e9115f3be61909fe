"""Objects on their way into the store, in threads of their own: the leader never waits for them."""

import random
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from ..errors import StoreError
from .publisher import Parcel, Publisher
from .queue import Job

THREADS = 4
PER_THREAD = 2  # parcels that are held in memory
LONGEST_PAUSE_S = 300.0


class Storing:
    """Puts parcels; hands them back, with what went wrong, when they are in or refused."""

    def __init__(self, *, publisher: Publisher, on_done: Callable[[], None]) -> None:
        self._publisher = publisher
        self._on_done = on_done
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gallery-store")
        self._under_way: dict[Future[None], tuple[Job, Parcel]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def is_full(self) -> bool:
        """Tell whether to wait before beginning another."""
        return len(self._under_way) >= THREADS * PER_THREAD

    @property
    def jobs(self) -> list[Job]:
        """The jobs whose objects are under way."""
        return [job for job, _ in self._under_way.values()]

    @property
    def names(self) -> set[str]:
        """The objects that are under way."""
        return {name for _, parcel in self._under_way.values() for name in parcel.names}

    def touches(self, names: Iterable[str]) -> bool:
        """Tell whether any of these objects is under way: then it must not be touched."""
        return not self.names.isdisjoint(names)

    def begin(self, job: Job, parcel: Parcel) -> None:
        """Begin to put a photo's objects."""
        future = self._threads.submit(self._publisher.put, parcel)
        self._under_way[future] = (job, parcel)
        future.add_done_callback(lambda _: self._on_done())

    def finished(self) -> list[tuple[Job, Parcel, StoreError | None]]:
        """Take what has ended."""
        done = [future for future in self._under_way if future.done()]
        return [(*self._under_way.pop(future), _error(future)) for future in done]

    def stop(self) -> None:
        """End the threads once they are through with what they have in hand."""
        self._threads.shutdown(wait=True, cancel_futures=True)


@dataclass(slots=True)
class Pause:
    """A store that does not answer is asked again later and later, with jitter."""

    until_s: float = 0.0
    length_s: float = field(default=1.0)

    def begin(self, now_s: float) -> None:
        self.until_s = now_s + self.length_s * random.uniform(0.5, 1.0)
        self.length_s = min(2 * self.length_s, LONGEST_PAUSE_S)

    def end(self) -> None:
        self.length_s = 1.0


def _error(future: Future[None]) -> StoreError | None:
    error = future.exception()
    if error is None or isinstance(error, StoreError):
        return error
    raise error
