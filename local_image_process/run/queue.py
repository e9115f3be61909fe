"""What waits to be developed, newest folder first, and what is in the workers' hands."""

from collections import Counter, deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

from ..model import Developed, Original
from .publisher import Place


@dataclass(slots=True, kw_only=True)
class Job:
    """One original on its way."""

    original: Original
    place: Place
    deaths: int = 0  # workers that ended while they had it
    anew: bool = False  # develop it even if its picture is known
    is_alone: bool = False  # develop it while nothing else is developed: it needs much memory
    began_s: float = 0.0  # monotonic; the stage that it is in
    developed: Developed | None = None  # waits for the store


@dataclass(slots=True)
class Queue:
    """Jobs by key; a newer look at a file replaces what was known of it."""

    waiting: dict[str, Job] = field(default_factory=dict)
    large: dict[str, Job] = field(default_factory=dict)  # wait until they can be alone
    in_hand: "dict[Future[Developed], Job]" = field(default_factory=dict)
    ready: deque[Job] = field(default_factory=deque)  # developed, not stored yet
    _order: list[str] = field(default_factory=list)  # keys, the next one last
    is_sorted: bool = True

    def __len__(self) -> int:
        return len(self.waiting) + len(self.large) + len(self.in_hand) + len(self.ready)

    @property
    def jobs(self) -> list[Job]:
        """All of them."""
        waiting = (*self.waiting.values(), *self.large.values())
        return [*waiting, *self.in_hand.values(), *self.ready]

    def add(self, job: Job) -> None:
        """Put a job in line, unless the same state of the file is being worked on."""
        key = job.original.key
        for other in (*self.in_hand.values(), *self.ready, *self.large.values()):
            if other.original.key == key and other.original.stamp == job.original.stamp:
                other.place = job.place
                return
        self.drop(key)
        if job.is_alone:
            self.large[key] = job
        else:
            self.waiting[key] = job
            self.is_sorted = False

    def take_back_in_hand(self) -> None:
        """Queue again what the workers have in hand."""
        jobs = list(self.in_hand.values())
        self.in_hand.clear()
        for job in jobs:
            self.add(job)

    def add_again(self, job: Job) -> None:
        """Have an original developed anew, unless a newer state of it waits already."""
        again = Job(original=job.original, place=job.place, anew=True)
        self.waiting.setdefault(job.original.key, again)
        self.is_sorted = False

    def drop(self, key: str) -> None:
        """Forget a job that has not begun."""
        self.waiting.pop(key, None)
        self.large.pop(key, None)

    def sizes(self, others: Iterable[Job]) -> Counter[int]:
        """Return how many jobs, ``others`` counted, there are for files of each size in bytes."""
        return Counter(job.original.stamp.size for job in (*self.jobs, *others))

    def next(self) -> Job | None:
        """Take the next job: of the folder with the newest file, by key.

        One that must be alone comes as soon as nothing else is in hand, and nothing beside it.
        """
        if self.large and not self.in_hand:
            return self.large.pop(next(iter(self.large)))
        if self.large or any(job.is_alone for job in self.in_hand.values()):
            return None
        if not self.is_sorted:
            self._sort()
        while self._order:
            job = self.waiting.pop(self._order.pop(), None)
            if job is not None:
                return job
        return None

    def _sort(self) -> None:
        newest: dict[str, int] = {}
        for job in self.waiting.values():
            folder = job.original.folder
            newest[folder] = max(newest.get(folder, 0), job.original.stamp.mtime_ns)
        ranked = sorted(self.waiting)
        ranked.sort(key=lambda key: newest[self.waiting[key].original.folder], reverse=True)
        self._order = ranked[::-1]
        self.is_sorted = True
