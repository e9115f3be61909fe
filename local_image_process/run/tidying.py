"""Remove objects that no photo names, once the JSON does not name them either."""

import logging

from ..logs import kv
from ..publish.store import Store
from ..record.backlog import Backlog

log = logging.getLogger(__name__)


class Tidying:
    """Deletes what is loose; what a killed leader left, only when nothing needs it any more.

    A killed leader's objects may be wanted by photos that are still to be looked at, which then
    need no rendering: so they wait until all work is done.
    """

    def __init__(self, *, backlog: Backlog, store: Store) -> None:
        self._backlog = backlog
        self._store = store
        self._left_over = backlog.loose_objects()

    def tidy(self, *, is_idle: bool, under_way: set[str]) -> None:
        """Delete loose objects but those being put. Call it after an export only."""
        if is_idle:
            self._left_over = set()
        names = sorted(self._backlog.loose_objects() - self._left_over - under_way)
        for name in names:
            self._store.delete(name)
        if names:
            self._backlog.bind(names)
            log.debug("objects removed %s", kv(number=len(names)))
