"""Keep the public JSON true to the catalogue, at a bounded cost."""

import gzip
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from ..errors import StoreError, StoreUnavailable
from ..files import write_if_changed
from ..logs import kv
from ..model import Album, Shown, Sidecar
from ..publish.export import Pieces, index_files, pieces_of
from ..publish.privacy import Privacy
from ..publish.store import PREFIX, Store, album_object, interactions_object
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.corrections import Correction, Corrections, corrected
from ..record.interactions import Interactions
from ..record.mirror import Mirror, MirroredAlbum
from ..record.places import Places
from ..record.schema import mirrored_folder
from .albums import make_album, placed
from .indexing import ALBUMS, Files

log = logging.getLogger(__name__)

SHARE = 20  # an export may take one twentieth of the time
SHORTEST_INTERVAL_S = 1.0
IN_STORE = ("exif_data.json", "albums.json")
INTERACTIONS = "interactions.json"  # what was given here, for a lost catalogue and other sites


class Exporter:
    """Writes albums.json, exif_data.json and likes.json into the data folder.

    The pieces of all albums stay in memory, so that a change costs one album's reading.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        mirror: Mirror,
        backlog: Backlog,
        interactions: Interactions,
        corrections: Corrections,
        places: Places,
        privacy: Privacy,
        store: Store,
        data_dir: Path,
        root_album: str,
        site: str | None,
        has_library: bool,
    ) -> None:
        self._catalogue = catalogue
        self._mirror = mirror
        self._backlog = backlog
        self._interactions = interactions
        self._corrections = corrections
        self._places = places
        self._privacy = privacy
        self._store = store
        self._data_dir = data_dir
        self._root_album = root_album
        self._site = site  # under which this site tells others what was given here
        self._has_library = has_library
        self._pieces: dict[str, Pieces] | None = None  # by folder, or what stands for one
        self._next_s = 0.0  # monotonic
        self._changed: set[str] = set()
        self._has_told_others = False  # of what was given here
        is_new = catalogue.count() == 0 and not mirror.albums()
        self._is_refilling = is_new and self._was_here_before()

    def _was_here_before(self) -> bool:
        """Tell whether a gallery was published already, though the catalogue knows of none."""
        try:
            return self._is_complete() or self._store.holds(ALBUMS)
        except StoreError:  # it may have been: better late than empty
            return True

    def is_due(self, *, busy: bool) -> bool:
        """Tell whether to export now: at once when idle, seldom while there is other work.

        A catalogue that was lost is filled before it is exported, so that visitors see the
        JSON of before and not an empty gallery.
        """
        return not busy or (not self._is_refilling and time.monotonic() >= self._next_s)

    def take_changed(self) -> set[str]:
        """Take the ids of albums whose pictures or words changed."""
        changed, self._changed = self._changed, set()
        return changed

    def export(self, *, force: bool = False) -> Files | None:
        """Write what is out of date (``force``: look at everything).

        Returns what the store is to hold now; ``None`` when nothing was out of date. Raises
        StoreUnavailable when the disk does not take it; it is tried again later.
        """
        stale = self._backlog.stale_albums()
        force = force or (self._pieces is None and self._backlog.is_store_behind())
        force = force or (not self._has_told_others and self._may_tell_others())
        if not (force or stale) and self._is_complete():
            return None
        began = time.monotonic()
        try:
            self._refresh(set(stale))
            given = {INTERACTIONS: self._interactions.file()}  # Order: what is shown is kept first
            files = given | index_files(self._shown().values())
            written = [self._write(name, body) for name, body in files.items()]
        except OSError as error:
            raise StoreUnavailable(f"the JSON cannot be written ({error.strerror})") from error
        self._backlog.freshen(stale)
        self._is_refilling = False
        took_s = time.monotonic() - began
        self._next_s = time.monotonic() + max(SHORTEST_INTERVAL_S, SHARE * took_s)
        if any(written):
            log.info("json written %s", kv(albums=len(self._shown()), ms=took_s * 1000))
        return self._for_store(files)

    def compute(self) -> dict[str, bytes]:
        """Return the index files as they should be, by name; write nothing."""
        self._refresh(set())
        return index_files(self._shown().values())

    def _for_store(self, files: dict[str, bytes]) -> Files:
        """Return what is to lie in the store: a mirror writes there only what was given here."""
        yaml, index = {}, {}
        if self._site is not None and self._may_tell_others():
            self._has_told_others = True
            index[interactions_object(self._site)] = self._told_to_others(files[INTERACTIONS])
        if self._has_library:
            yaml = {album_object(p.album_id): p.yaml for p in self._shown().values() if p.yaml}
            index |= {f"{PREFIX}/{name}": files[name] for name in IN_STORE}
        return Files(yaml, index)

    def _told_to_others(self, kept: bytes) -> bytes:
        """Return what is told of what is kept here: anybody may read it there."""
        return kept if self._privacy.tells_all else self._interactions.file(self._privacy.told_of)

    def _may_tell_others(self) -> bool:
        """Tell whether nothing would be lost if our file in the bucket said what we know now."""
        return self._site is not None and self._interactions.knows_own_file()

    def _is_complete(self) -> bool:
        return all((self._data_dir / name).exists() for name in index_files(()))

    def _shown(self) -> dict[str, Pieces]:
        """Return the pieces of every album; one of ours hides one of that id in the bucket."""
        pieces = self._pieces or {}
        own = {p.album_id for p in pieces.values() if p.yaml}
        return {f: p for f, p in pieces.items() if p.yaml or p.album_id not in own}

    def _refresh(self, stale: set[str]) -> None:
        pieces = self._pieces or {}
        mirrored = {mirrored_folder(i): album for i, album in self._mirror.albums().items()}
        folders = stale
        if self._pieces is None:
            folders = stale | self._catalogue.folders().keys() | mirrored.keys()
        for folder in folders:
            fresh = self._made(folder, mirrored.get(folder))
            if folder in stale:
                self._changed |= _changed(pieces.get(folder), fresh)
            if fresh is None:
                pieces.pop(folder, None)
            else:
                pieces[folder] = fresh
        self._pieces = pieces

    def _made(self, folder: str, mirrored: MirroredAlbum | None) -> Pieces | None:
        album = self._mirrored_album(mirrored) if mirrored else self._own_album(folder)
        if album is None:
            return None
        return pieces_of(album, self._interactions.of_album(album.id), self._store)

    def _own_album(self, folder: str) -> Album | None:
        record = self._catalogue.sidecar(folder)
        words = record.content if record else Sidecar()
        photos = self._places.named(self._catalogue.photos(folder))
        return make_album(
            self._told(photos, words),
            words,
            title=folder.rpartition("/")[2] or self._root_album,
        )

    def _mirrored_album(self, album: MirroredAlbum) -> Album | None:
        return make_album(
            self._told(self._mirror.photos(album.album_id), album.words),
            album.words,
            title=album.album_id,
            is_mirrored=self._has_library,
        )

    def _told(self, photos: Sequence[Shown], words: Sidecar) -> list[Shown]:
        """Return photos as everybody may see them, put right by hand.

        Corrections tell of another place than the file, so both are asked about.
        """
        by_id: dict[str, Correction] = {}
        for album_id in {photo.album_id for photo in photos}:
            by_id |= self._corrections.of_album(album_id)
        tell = self._privacy.told
        known = (tell(placed(photo, words), words.gps) for photo in photos)
        return [tell(corrected(photo, by_id), words.gps) for photo in known]

    def _write(self, name: str, content: bytes) -> bool:
        path = self._data_dir / name
        packed = path.with_name(f"{name}.gz")
        if not write_if_changed(path, content) and packed.exists():
            return False
        write_if_changed(packed, gzip.compress(content, compresslevel=6, mtime=0))
        return True


def _changed(old: Pieces | None, new: Pieces | None) -> set[str]:
    """Return the album's id, before and after, if more than likes or stars changed."""
    if old is not None and new is not None and old.words_and_pictures == new.words_and_pictures:
        return set()
    return {pieces.album_id for pieces in (old, new) if pieces is not None}
