"""Remove objects that no photo names, once the JSON does not name them either."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..logs import kv
from ..publish.store import PREFIX, Store, display_object
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.mirror import Mirror
from .publisher import objects_of
from .withdrawal import exceeds_fuse

log = logging.getLogger(__name__)

BUDGET_S = 0.5
AT_ONCE = 4  # requests to a bucket
BATCH = 16


class Tidying:
    """Deletes what is loose; what a killed leader left, only when nothing needs it any more.

    A killed leader's objects may be wanted by photos that are still to be looked at, which then
    need no rendering: so they wait until all work is done. After a lost catalogue nobody knows
    what is loose, so the store is listed once.
    """

    def __init__(
        self, *, catalogue: Catalogue, mirror: Mirror, backlog: Backlog, store: Store
    ) -> None:
        self._catalogue = catalogue
        self._mirror = mirror
        self._backlog = backlog
        self._store = store
        self._left_over = backlog.loose_objects()
        self._is_catalogue_new = catalogue.count() == 0

    def tidy(self, *, is_idle: bool, under_way: set[str]) -> None:
        """Delete loose objects but those being put. Call it after an export only.

        Many take more than one call: no call lasts much longer than ``BUDGET_S``.
        """
        if is_idle:
            self._left_over = set()
        loose = self._backlog.loose_objects()
        if is_idle and self._is_catalogue_new:
            unnamed = self._unnamed()
            self._backlog.intend(unnamed)
            loose |= unnamed
            self._is_catalogue_new = False
        end_s = time.monotonic() + BUDGET_S
        removed: list[str] = []
        try:
            with ThreadPoolExecutor(AT_ONCE) as threads:
                for names in _batches(sorted(loose - self._left_over - under_way)):
                    if time.monotonic() >= end_s:
                        return
                    list(threads.map(self._store.delete, names))
                    removed += names
        finally:
            if removed:
                self._backlog.bind(removed)
                log.debug("objects removed %s", kv(number=len(removed)))

    def _unnamed(self) -> set[str]:
        """Return the objects that nobody names; none at all if they are suspiciously many."""
        photos = list(self._catalogue.all_photos())
        named = {name for photo in photos for name in objects_of(photo)}
        named |= {display_object(one.album_id, one.name) for one in self._mirror.photos()}
        named |= self._backlog.exports().keys()
        unnamed = {name for name in set(self._store.names()) - named if self._store.holds(name)}
        pictures = sum(name.startswith(f"{PREFIX}/") for name in unnamed)
        if exceeds_fuse(pictures, len(photos) + pictures):
            log.error(
                "objects left in the store %s",
                kv(pictures=pictures, why="nothing names them, and they are very many"),
            )
            return set()
        return unnamed


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]
