"""Keep the public JSON true to the catalogue, at a bounded cost."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from .. import __version__
from ..errors import StoreError, StoreUnavailable
from ..files import write_if_changed
from ..logs import kv
from ..model import Album, Shown, Sidecar
from ..packed import FORM, Pieces, enclosed, unpack
from ..publish.export import (
    ALBUMS,
    FILES,
    PLAIN,
    YAML,
    index_files,
    pieces_of,
    whole_packed,
)
from ..publish.privacy import Privacy
from ..publish.store import PREFIX, Store, album_object, interactions_object
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.corrections import Correction, Corrections, corrected
from ..record.database import Database
from ..record.interactions import Interactions
from ..record.mirror import Mirror, MirroredAlbum
from ..record.places import Places
from ..record.schema import mirrored_folder
from ..record.shelf import Shelf
from .albums import make_album, placed
from .indexing import ALBUMS as ALBUMS_OBJECT
from .indexing import Files
from .unpacked import Unpacked

log = logging.getLogger(__name__)

SHARE = 20  # an export may take one twentieth of the time
SHORTEST_INTERVAL_S = 1.0
IDLE_REST_S = 0.3  # the longest that anybody has to wait for what he changed
AT_ONCE = 20  # albums that are made anew before they are kept
IN_STORE = ("exif_data.json", "albums.json")
INTERACTIONS = "interactions.json"  # what was given here, for a lost catalogue and other sites


class Exporter:
    """Writes albums.json, exif_data.json and likes.json into the data folder.

    A change costs one album's reading; the pieces of the others are on the shelf.
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
        database: Database,
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
        terms = (__version__, FORM, privacy, store.url("", None), root_album, has_library)
        self._shelf = Shelf(database, terms=sha256(repr(terms).encode()).hexdigest())
        self._unpacked = {name: Unpacked(data_dir / name) for name in PLAIN}
        self._ended_s = self._took_s = 0.0  # of the last export; monotonic
        self.is_waiting = False  # for its time to come
        self._is_first = True
        self._changed: set[str] = set()
        self._has_told_others = False  # of what was given here
        is_new = catalogue.count() == 0 and not mirror.albums()
        self._is_refilling = is_new and self._was_here_before()

    def _was_here_before(self) -> bool:
        """Tell whether a gallery was published already, though the catalogue knows of none."""
        try:
            return self._is_complete() or self._store.holds(ALBUMS_OBJECT)
        except StoreError:  # it may have been: better late than empty
            return True

    def is_due(self, *, busy: bool) -> bool:
        """Tell whether to export now: soon when idle, seldom while there is other work.

        A catalogue that was lost is filled before it is exported, so that visitors see the
        JSON of before and not an empty gallery.
        """
        rest_s = max(SHORTEST_INTERVAL_S, SHARE * self._took_s)
        if not busy:
            rest_s = min(IDLE_REST_S, SHARE * self._took_s)
        is_early = time.monotonic() < self._ended_s + rest_s
        self.is_waiting = is_early and not busy
        return not (is_early or (busy and self._is_refilling))

    def hurry(self) -> None:
        """Have the next export follow at once: it is the last."""
        self._ended_s = -math.inf

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
        force = force or self._was_left_behind()
        force = force or (not self._has_told_others and self._may_tell_others())
        if not (force or stale) and self._is_complete():
            self._is_first = False
            return None
        began = time.monotonic()
        try:
            self._refresh(set(stale))
            given = {INTERACTIONS: self._interactions.file()}  # Order: what is shown is kept first
            written = [write_if_changed(self._data_dir / n, body) for n, body in given.items()]
            shown = self._shown()
            files = given | {n: self._join(n, shown, written) for n in PLAIN}  # Order: facts first
            for name in FILES.keys() - PLAIN:
                written.append(self._write_packed(name, shown))
        except OSError as error:
            raise StoreUnavailable(f"the JSON cannot be written ({error.strerror})") from error
        self._backlog.freshen(stale)
        self._is_refilling = self._is_first = False  # Order: what failed before is the first still
        ended = time.monotonic()
        self._took_s = ended - began
        self._ended_s = ended if shown else -math.inf  # the first photo of all waits for nothing
        if any(written):
            log.info("json written %s", kv(albums=len(shown), ms=self._took_s * 1000))
        return self._for_store(files, shown)

    def _was_left_behind(self) -> bool:
        """Tell, at the first export, whether the store, or the JSON by today's settings, is."""
        if not self._is_first or self._backlog.is_store_behind():
            return self._is_first
        return self._folders(self._mirrored()) != self._shelf.albums().keys()

    def compute(self) -> dict[str, bytes]:
        """Return the index files as they should be, by name; write nothing."""
        mirrored = self._mirrored()
        made = {folder: self._made(folder, mirrored) for folder in self._folders(mirrored)}
        there = {folder: pieces for folder, pieces in made.items() if pieces}
        own = {one.album_id for one in there.values() if not one.is_mirrored}
        return index_files(p for p in there.values() if not p.is_mirrored or p.album_id not in own)

    def _for_store(self, files: dict[str, bytes], shown: Sequence[str]) -> Files:
        """Return what is to lie in the store: a mirror writes there only what was given here."""
        yaml, index = {}, {}
        if self._site is not None and self._may_tell_others():
            self._has_told_others = True
            index[interactions_object(self._site)] = self._told_to_others(files[INTERACTIONS])
        if self._has_library:
            albums, packed = self._shelf.albums(), self._shelf.packed(YAML)
            yaml = {
                album_object(albums[folder].album_id): unpack(packed[folder])
                for folder in shown
                if folder in packed
            }
            index |= {f"{PREFIX}/{name}": files[name] for name in IN_STORE}
        return Files(yaml, index)

    def _told_to_others(self, kept: bytes) -> bytes:
        """Return what is told of what is kept here: anybody may read it there."""
        return kept if self._privacy.tells_all else self._interactions.file(self._privacy.told_of)

    def _may_tell_others(self) -> bool:
        """Tell whether nothing would be lost if our file in the bucket said what we know now."""
        return self._site is not None and self._interactions.knows_own_file()

    def _is_complete(self) -> bool:
        plain = (self._data_dir / name for name in PLAIN)
        return all(path.exists() for path in (*plain, *map(self._packed_path, FILES)))

    def _packed_path(self, name: str) -> Path:
        return self._data_dir / f"{name}.gz"

    def _shown(self) -> list[str]:
        """Return the folders of every album; one of ours hides one of that id in the bucket."""
        albums = self._shelf.albums()
        own = {one.album_id for one in albums.values() if not one.is_mirrored}
        return [f for f, a in albums.items() if not a.is_mirrored or a.album_id not in own]

    def _pieces(self, name: str, shown: Sequence[str]) -> list[bytes]:
        packed = self._shelf.packed(name)
        return [packed[folder] for folder in shown if folder in packed]

    def _join(self, name: str, shown: Sequence[str], written: list[bool]) -> bytes:
        """Write a file as it is and packed; return it."""
        pieces, plain = self._pieces(name, shown), self._unpacked[name]
        content, packed = plain.join(enclosed(pieces, *FILES[name])), self._packed_path(name)
        is_new = write_if_changed(plain.path, content) or not packed.exists()
        plain.note_written()
        if is_new:
            write_if_changed(packed, whole_packed(name, pieces))
        written.append(is_new)
        return content

    def _write_packed(self, name: str, shown: Sequence[str]) -> bool:
        content = whole_packed(name, self._pieces(name, shown))
        (self._data_dir / name).unlink(missing_ok=True)  # an earlier version kept it unpacked
        return write_if_changed(self._packed_path(name), content)

    def _refresh(self, stale: set[str]) -> None:
        """Make anew the pieces of albums that changed, and those that are missing."""
        mirrored, shelved = self._mirrored(), self._shelf.albums().keys()
        folders = sorted(stale | (self._folders(mirrored) ^ shelved))
        for some in (folders[i : i + AT_ONCE] for i in range(0, len(folders), AT_ONCE)):
            fresh = {folder: self._made(folder, mirrored) for folder in some}
            for folder in stale & fresh.keys():
                self._changed |= self._changed_ids(folder, fresh[folder])
            self._shelf.put(fresh)

    def _changed_ids(self, folder: str, fresh: Pieces | None) -> set[str]:
        """Return the album's id, before and after, if more than likes or stars changed."""
        known = self._shelf.albums().get(folder)
        words_and_pictures = fresh.packed[ALBUMS] if fresh else None
        if self._shelf.piece(folder, ALBUMS) == words_and_pictures:
            return set()
        return {one.album_id for one in (known, fresh) if one is not None}

    def _mirrored(self) -> dict[str, MirroredAlbum]:
        return {mirrored_folder(i): album for i, album in self._mirror.albums().items()}

    def _folders(self, mirrored: Mapping[str, MirroredAlbum]) -> set[str]:
        return self._catalogue.folders().keys() | mirrored.keys()

    def _made(self, folder: str, mirrored: Mapping[str, MirroredAlbum]) -> Pieces | None:
        in_bucket = mirrored.get(folder)
        album = self._mirrored_album(in_bucket) if in_bucket else self._own_album(folder)
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
