"""Keep the public JSON true to the catalogue, at a bounded cost."""

import gzip
import hashlib
import logging
import time
from pathlib import Path

from ..errors import StoreUnavailable
from ..files import write_if_changed
from ..logs import kv
from ..model import Sidecar
from ..publish.export import Pieces, index_files, pieces_of
from ..publish.store import PREFIX, Store, album_object
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.interactions import Interactions
from .albums import make_album

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
    ) -> None:
        self._catalogue = catalogue
        self._backlog = backlog
        self._interactions = interactions
        self._store = store
        self._data_dir = data_dir
        self._root_album = root_album
        self._pieces: dict[str, Pieces] | None = None
        self._next_s = 0.0  # monotonic
        self._is_refilling = self._is_complete() and catalogue.count() == 0

    def is_due(self, *, busy: bool) -> bool:
        """Tell whether to export now: at once when idle, seldom while there is other work.

        A catalogue that was lost is filled before it is exported, so that visitors see the
        JSON of before and not an empty gallery.
        """
        return not busy or (not self._is_refilling and time.monotonic() >= self._next_s)

    def export(self, *, force: bool = False) -> bool:
        """Write what is out of date (``force``: look at everything); tell whether anything was.

        Raises StoreUnavailable when the disk or the store does not take it; then all that was
        out of date stays so.
        """
        stale = self._backlog.stale_albums()
        if not force and not stale and self._is_complete():
            return False
        began = time.monotonic()
        try:
            self._refresh(set(stale))
            changed = self._write()
        except OSError as error:
            raise StoreUnavailable(f"the JSON cannot be written ({error.strerror})") from error
        self._backlog.freshen(stale)
        self._is_refilling = False
        took_s = time.monotonic() - began
        self._next_s = time.monotonic() + max(SHORTEST_INTERVAL_S, SHARE * took_s)
        if changed:
            log.info("json written %s", kv(albums=len(self._pieces or ()), ms=took_s * 1000))
        return changed

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

    def _write(self) -> bool:
        """Write albums' YAML first and the index files last; drop YAML that nobody needs."""
        pieces = self._pieces or {}
        files = index_files(pieces.values())
        in_store = {album_object(piece.album_id): piece.yaml for piece in pieces.values()}
        in_store |= {f"{PREFIX}/{name}": files[name] for name in IN_STORE}
        changed = self._write_to_store(in_store)
        for name, content in files.items():
            changed = self._write_to_data(name, content) or changed
        return changed

    def _write_to_store(self, wanted: dict[str, bytes]) -> bool:
        known = self._backlog.exports()
        changed = False
        for name, content in wanted.items():
            digest = hashlib.sha256(content).hexdigest()
            if known.get(name) != digest:
                self._store.put(name, content)
                self._backlog.record_export(name, digest)
                changed = True
        for name in known.keys() - wanted.keys():
            self._store.delete(name)
            self._backlog.record_export(name, None)
            changed = True
        return changed

    def _write_to_data(self, name: str, content: bytes) -> bool:
        path = self._data_dir / name
        packed = path.with_name(f"{name}.gz")
        if not write_if_changed(path, content) and packed.exists():
            return False
        write_if_changed(packed, gzip.compress(content, compresslevel=6, mtime=0))
        return True
