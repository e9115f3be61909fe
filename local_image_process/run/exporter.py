"""Keep the public JSON true to the catalogue, at a bounded cost."""

import gzip
import hashlib
import logging
import time
from pathlib import Path

from ..errors import ForeignObject, StoreError, StoreUnavailable
from ..files import write_if_changed
from ..logs import kv
from ..model import Sidecar
from ..publish.export import Pieces, index_files, pieces_of
from ..publish.store import PREFIX, Store, album_object
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.interactions import Interactions
from .albums import make_album
from .pause import Pause

log = logging.getLogger(__name__)

SHARE = 20  # an export may take one twentieth of the time
SHORTEST_INTERVAL_S = 1.0
IN_STORE = ("exif_data.json", "albums.json")


class Exporter:
    """Writes albums.json, exif_data.json and likes.json, and each album's YAML.

    The pieces of all albums stay in memory, so that a change costs one album's reading.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        backlog: Backlog,
        interactions: Interactions,
        store: Store,
        data_dir: Path,
        root_album: str,
        index_interval_s: float,
    ) -> None:
        self._catalogue = catalogue
        self._backlog = backlog
        self._interactions = interactions
        self._store = store
        self._data_dir = data_dir
        self._root_album = root_album
        self._index_interval_s = index_interval_s
        self._pieces: dict[str, Pieces] | None = None
        self._pause = Pause()
        self._next_s = 0.0  # monotonic
        self._next_index_s = 0.0  # when the store's index files may follow mere likes
        self._is_store_behind = False
        self._changed: set[str] = set()
        self._is_refilling = catalogue.count() == 0 and self._was_here_before()

    def _was_here_before(self) -> bool:
        """Tell whether a gallery was published already, though the catalogue knows of none."""
        try:
            return self._is_complete() or self._store.holds(f"{PREFIX}/{IN_STORE[-1]}")
        except StoreError:  # it may have been: better late than empty
            return True

    def is_due(self, *, busy: bool) -> bool:
        """Tell whether to export now: at once when idle, seldom while there is other work.

        A catalogue that was lost is filled before it is exported, so that visitors see the
        JSON of before and not an empty gallery.
        """
        return not busy or (not self._is_refilling and time.monotonic() >= self._next_s)

    @property
    def is_store_behind(self) -> bool:
        """Tell whether the store's JSON may still name what the catalogue has forgotten."""
        return self._is_store_behind

    def take_changed(self) -> set[str]:
        """Take the ids of albums whose pictures or words changed, once everybody can see them."""
        if self._is_store_behind:
            return set()
        changed, self._changed = self._changed, set()
        return changed

    def export(self, *, force: bool = False) -> bool:
        """Write what is out of date (``force``: look at everything); tell whether anything was.

        The files in the data folder come first and do not wait for a store that is away.
        Raises StoreError when disk or store does not take it; it is tried again later.
        """
        stale = self._backlog.stale_albums()
        if not (force or stale or self._is_store_due()) and self._is_complete():
            return False
        began = time.monotonic()
        changed = self._write_here(stale)
        if force or stale or self._is_store_due():
            changed = self._write_there() or changed
        took_s = time.monotonic() - began
        self._next_s = time.monotonic() + max(SHORTEST_INTERVAL_S, SHARE * took_s)
        if changed:
            log.info("json written %s", kv(albums=len(self._pieces or ()), ms=took_s * 1000))
        return changed

    def _is_store_due(self) -> bool:
        now_s = time.monotonic()
        return self._is_store_behind and now_s >= max(self._pause.until_s, self._next_index_s)

    def _write_here(self, stale: dict[str, int]) -> bool:
        try:
            self._refresh(set(stale))
            written = [self._write_to_data(name, body) for name, body in self._files().items()]
        except OSError as error:
            raise StoreUnavailable(f"the JSON cannot be written ({error.strerror})") from error
        self._is_store_behind = True
        self._backlog.freshen(stale)
        self._is_refilling = False
        return any(written)

    def _write_there(self) -> bool:
        """Bring the store's YAML and index files up to date, unless it is to be left alone."""
        if time.monotonic() < self._pause.until_s:
            return False
        pieces = (self._pieces or {}).values()
        yaml = {album_object(piece.album_id): piece.yaml for piece in pieces}
        files = self._files()
        index = {f"{PREFIX}/{name}": files[name] for name in IN_STORE}
        try:
            changed = self._write_to_store(yaml, index)
        except StoreError:
            self._pause.begin(time.monotonic())
            raise
        self._pause.end()
        return changed

    def _files(self) -> dict[str, bytes]:
        return index_files((self._pieces or {}).values())

    def compute(self) -> dict[str, bytes]:
        """Return the index files as they should be, by name; write nothing."""
        folders = self._catalogue.folders()
        pieces = (self._made(folder) for folder in folders)
        return index_files(piece for piece in pieces if piece is not None)

    def _is_complete(self) -> bool:
        return all((self._data_dir / name).exists() for name in index_files(()))

    def _refresh(self, stale: set[str]) -> None:
        pieces = self._pieces or {}
        folders = stale if self._pieces is not None else set(self._catalogue.folders()) | stale
        for folder in folders:
            fresh = self._made(folder)
            if folder in stale:
                self._changed |= _changed(pieces.get(folder), fresh)
            if fresh is None:
                pieces.pop(folder, None)
            else:
                pieces[folder] = fresh
        self._pieces = pieces

    def _made(self, folder: str) -> Pieces | None:
        photos = self._catalogue.photos(folder)
        record = self._catalogue.sidecar(folder)
        sidecar = record.content if record else Sidecar()
        album = make_album(folder, photos, sidecar, root_album=self._root_album)
        if album is None:
            return None
        return pieces_of(album, self._interactions.of_album(album.id), self._store)

    def _write_to_store(self, yaml: dict[str, bytes], index: dict[str, bytes]) -> bool:
        """Albums' YAML first, then the index files; then drop YAML that nobody needs."""
        known = self._backlog.exports()
        changed = self._put_changed(yaml, known)
        if not self._may_put_index(index, known):
            return changed
        changed = self._put_changed(index, known) or changed
        self._next_index_s = time.monotonic() + self._index_interval_s
        for name in known.keys() - yaml.keys() - index.keys():
            self._store.delete(name)
            self._backlog.record_export(name, None)
            changed = True
        self._is_store_behind = False
        return changed

    def _may_put_index(self, index: dict[str, bytes], known: dict[str, str]) -> bool:
        """Tell whether photos changed, or enough time has gone by since the last mere like."""
        albums = f"{PREFIX}/{IN_STORE[-1]}"
        photos_changed = known.get(albums) != _digest(index[albums])
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

    def _write_to_data(self, name: str, content: bytes) -> bool:
        path = self._data_dir / name
        packed = path.with_name(f"{name}.gz")
        if not write_if_changed(path, content) and packed.exists():
            return False
        write_if_changed(packed, gzip.compress(content, compresslevel=6, mtime=0))
        return True


def _changed(old: Pieces | None, new: Pieces | None) -> set[str]:
    """Return the album's id, before and after, if more than likes or stars changed."""
    if old is not None and new is not None and old.albums == new.albums:
        return set()
    return {pieces.album_id for pieces in (old, new) if pieces is not None}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
