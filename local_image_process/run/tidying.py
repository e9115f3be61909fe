"""Remove objects that no photo names, once the JSON does not name them either."""

import logging

from ..logs import kv
from ..publish.store import PREFIX, Store
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from .publisher import objects_of
from .withdrawal import exceeds_fuse

log = logging.getLogger(__name__)


class Tidying:
    """Deletes what is loose; what a killed leader left, only when nothing needs it any more.

    A killed leader's objects may be wanted by photos that are still to be looked at, which then
    need no rendering: so they wait until all work is done. After a lost catalogue nobody knows
    what is loose, so the store is listed once.
    """

    def __init__(self, *, catalogue: Catalogue, backlog: Backlog, store: Store) -> None:
        self._catalogue = catalogue
        self._backlog = backlog
        self._store = store
        self._left_over = backlog.loose_objects()
        self._is_catalogue_new = catalogue.count() == 0

    def tidy(self, *, is_idle: bool, under_way: set[str]) -> None:
        """Delete loose objects but those being put. Call it after an export only."""
        if is_idle:
            self._left_over = set()
        loose = self._backlog.loose_objects()
        if is_idle and self._is_catalogue_new:
            loose |= self._unnamed()
            self._is_catalogue_new = False
        names = sorted(loose - self._left_over - under_way)
        for name in names:
            self._store.delete(name)
        if names:
            self._backlog.bind(names)
            log.debug("objects removed %s", kv(number=len(names)))

    def _unnamed(self) -> set[str]:
        """Return the objects that nobody names; none at all if they are suspiciously many."""
        photos = list(self._catalogue.all_photos())
        named = {name for photo in photos for name in objects_of(photo)}
        named |= self._backlog.exports().keys()
        unnamed = set(self._store.names()) - named
        pictures = sum(name.startswith(f"{PREFIX}/") for name in unnamed)
        if exceeds_fuse(pictures, len(photos) + pictures):
            log.error(
                "objects left in the store %s",
                kv(pictures=pictures, why="nothing names them, and they are very many"),
            )
            return set()
        return unnamed
