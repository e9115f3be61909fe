"""Photos whose originals are gone: wait a little, see whether they moved, then withdraw."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping
from itertools import islice
from pathlib import Path

from ..calling import command
from ..errors import LibraryError
from ..logs import kv
from ..model import folder_of
from ..record.catalogue import Catalogue
from .publisher import objects_of

log = logging.getLogger(__name__)

FUSE_PHOTOS = 20
FUSE_SHARE = 0.3
SAMPLE = 2_000  # photos; of a library that is there, the first or second is found


def exceeds_fuse(number: int, of: int) -> bool:
    """Tell whether so many withdrawals at a time, of all photos, want somebody's word."""
    return number > max(FUSE_PHOTOS, FUSE_SHARE * of)


class Missing:
    """Keys on record whose originals were not found, since when (monotonic seconds)."""

    def __init__(self, *, catalogue: Catalogue, root: Path, grace_s: float) -> None:
        self._catalogue = catalogue
        self._root = root
        self._grace_s = grace_s
        self._since: dict[str, float] = {}
        self._sizes: dict[str, int] = {}
        self._told: frozenset[str] = frozenset()  # what was last said to be held
        self.held: frozenset[str] = frozenset()  # what the fuse holds back
        self.came_back: set[str] = set()  # folders to look at again
        self.confirmed = False  # somebody said that they really are gone

    @property
    def keys(self) -> KeysView[str]:
        """The keys that are missing."""
        return self._since.keys()

    @property
    def waiting(self) -> int:
        """How many are neither withdrawn nor held yet."""
        return len(self._since.keys() - self.held)

    def note(self, sizes: Mapping[str, int], now_s: float) -> None:
        """Note keys that were not found, with the size in bytes that their files had."""
        for key, size in sizes.items():
            self._since.setdefault(key, now_s)
            self._sizes[key] = size

    @contextlib.contextmanager
    def only_while_library_is_there(self) -> Iterator[None]:
        """Forget what is missing once the library is away: another sweep tells what is."""
        try:
            yield
        except LibraryError:
            self._since.clear()
            self._sizes.clear()
            raise

    def found(self, keys: Iterable[str]) -> None:
        """Note keys that are there (again), or that live on under another one."""
        for key in keys:
            self._since.pop(key, None)
            self._sizes.pop(key, None)

    def next_due_s(self) -> float | None:
        """Return when the first that is not held is due (monotonic)."""
        times = [since for key, since in self._since.items() if key not in self.held]
        return min(times) + self._grace_s if times else None

    def withdraw(
        self,
        now_s: float,
        *,
        may_be_moved: Callable[[int], bool],
        still_missing: Callable[[list[str]], set[str]],
    ) -> list[str]:
        """Take what is due off the record, and return the keys.

        ``may_be_moved`` tells of a size in bytes whether an original of it is still to be
        looked at, which may turn out to be the same photo elsewhere; ``still_missing`` looks
        once more. Raises LibraryError when no photo at all is where it was: then the library is
        away, not the photos.
        """
        overdue = [key for key, since in self._since.items() if now_s >= since + self._grace_s]
        due = [key for key in overdue if not may_be_moved(self._sizes[key])]
        if not due or (frozenset(due) == self.held and not self.confirmed):
            return []
        if len(due) < len(overdue) and not self.confirmed and self._are_many(overdue):
            return []  # which of them moved is known soon: the fuse must not see them in parts
        with self.only_while_library_is_there():
            due = self._still_gone(due, still_missing)
            if due and not self.confirmed:
                self._require_library()
        if due and not self.confirmed and self._fuse_holds(due):
            return []
        return self._forget(due)

    def withdraw_now(self, keys: Iterable[str]) -> list[str]:
        """Take off the record what the photographer hid on purpose."""
        return self._forget(list(keys))

    def _still_gone(
        self, keys: list[str], still_missing: Callable[[list[str]], set[str]]
    ) -> list[str]:
        """Return those that are gone still; the others were away with a library that came back."""
        gone = still_missing(keys)
        back = [key for key in keys if key not in gone]
        self.found(back)
        self.came_back |= {folder_of(key) for key in back}
        return [key for key in keys if key in gone]

    def _forget(self, keys: list[str]) -> list[str]:
        photos = [photo for key in keys if (photo := self._catalogue.photo(key))]
        self._catalogue.forget({photo.key: objects_of(photo) for photo in photos})
        self.found(keys)
        self.held = self.held - frozenset(keys)
        for photo in photos:
            log.info("photo withdrawn %s", kv(key=photo.key, id=photo.id))
        return [photo.key for photo in photos]

    def _are_many(self, keys: list[str]) -> bool:
        return exceeds_fuse(len(keys), self._catalogue.count())

    def _fuse_holds(self, due: list[str]) -> bool:
        self.held = frozenset(due) if self._are_many(due) else frozenset()
        if self.held and self.held != self._told:
            log.error(
                "withdrawal held back %s",
                kv(
                    photos=len(self.held),
                    of=self._catalogue.count(),
                    do=f"if they really are gone: {command('once --confirm-withdraw')}",
                ),
            )
        self._told = self.held
        return bool(self.held)

    def _require_library(self) -> None:
        others = (path for key, path in self._catalogue.paths() if key not in self._since)
        if any(os.path.lexists(self._root / path) for path in islice(others, SAMPLE)):
            return
        raise LibraryError(
            f"{self._root} holds none of the photos that are published: is it the right folder, and"
            " mounted? Nothing was changed. If they really are gone:"
            f" {command('once --confirm-withdraw')}"
        )
