"""Keep the store's index files and the albums' YAML true to the JSON, in a thread of its own."""

import hashlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ..errors import ForeignObject, StoreError
from ..publish.store import PREFIX, Store
from ..record.backlog import Backlog
from .pause import Pause
from .storing import begin

log = logging.getLogger(__name__)

ALBUMS = f"{PREFIX}/albums.json"


@dataclass(frozen=True, slots=True)
class Files:
    """All that is to lie in the store beside pictures, by name."""

    yaml: dict[str, bytes]  # of albums
    index: dict[str, bytes]


class Indexing:
    """Puts what it was last offered; mere likes wait until the index files' interval is over."""

    def __init__(
        self, *, store: Store, backlog: Backlog, interval_s: float, on_done: Callable[[], None]
    ) -> None:
        self._store = store
        self._backlog = backlog
        self._interval_s = interval_s
        self._on_done = on_done
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gallery-index")
        self._under_way: Future[bool] | None = None
        self._wanted: Files | None = None
        self._tried: Files | None = None
        self._pause = Pause()
        self._next_index_s = 0.0  # monotonic
        self.is_behind = False  # the store's files may still name what the catalogue has forgotten

    def offer(self, files: Files) -> None:
        """Have these files put; what was put before and is not among them is removed."""
        self._wanted = files
        self.is_behind = True

    def step(self) -> None:
        """Begin what is due. Raises StoreError when what was begun could not be put."""
        self._take_result()
        if self._under_way is None and self._wanted is not None and self._is_due():
            self._under_way = begin(self._thread, self._put, self._wanted)
            self._tried = self._wanted
            self._under_way.add_done_callback(lambda _: self._on_done())

    @property
    def is_at_work(self) -> bool:
        """Tell whether files are on their way, or about to be."""
        return self._under_way is not None or (self._wanted is not None and self._is_due())

    def finish(self) -> None:
        """Put all that was offered, now. Raises StoreError."""
        while self.is_behind:
            self._next_index_s = self._pause.until_s = 0.0
            self.step()
            if self._under_way is not None:
                self._under_way.exception()  # waits

    def stop(self) -> None:
        """End the thread, once it is through with what it has in hand."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _is_due(self) -> bool:
        now_s = time.monotonic()
        is_new = self._tried is not self._wanted or now_s >= self._next_index_s
        return self.is_behind and is_new and now_s >= self._pause.until_s

    def _take_result(self) -> None:
        if self._under_way is None or not self._under_way.done():
            return
        future, self._under_way = self._under_way, None
        try:
            is_all = future.result()
        except StoreError:
            self._tried = None
            self._pause.begin(time.monotonic())
            raise
        self._pause.end()
        self.is_behind = not is_all or self._tried is not self._wanted
        if not self.is_behind:
            self._backlog.store_follows()

    def _put(self, files: Files) -> bool:
        """Albums' YAML first, then the index files; then drop YAML that nobody needs.

        Returns whether all is done: index files that follow mere likes may have to wait.
        """
        known = self._backlog.exports()
        self._put_changed(files.yaml, known)
        if not self._may_put_index(files.index, known):
            return False
        if self._put_changed(files.index, known):
            self._next_index_s = time.monotonic() + self._interval_s
        for name in known.keys() - files.yaml.keys() - files.index.keys():
            self._store.delete(name)
            self._backlog.record_export(name, None)
        return True

    def _may_put_index(self, index: dict[str, bytes], known: dict[str, str]) -> bool:
        """Tell whether photos changed, or enough time has gone by since the last mere like."""
        photos_changed = ALBUMS in index and known.get(ALBUMS) != _digest(index[ALBUMS])
        return photos_changed or time.monotonic() >= self._next_index_s

    def _put_changed(self, wanted: dict[str, bytes], known: dict[str, str]) -> bool:
        """Put what differs from what lies there by our own record; another's is left alone."""
        changed = False
        for name, content in wanted.items():
            digest = _digest(content)
            if known.get(name) == digest:
                continue
            try:
                self._store.put(name, content)
            except ForeignObject as error:
                log.error("not written: %s", error)
            self._backlog.record_export(name, digest)
            changed = True
        return changed


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
