"""What lies in the bucket where our pictures and index files belong, and is not ours."""

import logging
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..errors import SidecarError
from ..logs import kv
from ..model import Sidecar
from ..publish.store import Entry, album_object, display_object
from ..source import sidecar
from .bucket import EXIF_DATA, sort_out
from .indexing import ALBUMS
from .old_library import OldLibrary
from .publisher import objects_at
from .sync import JSON_BYTES_MAX, THREADS, YAML_BYTES_MAX, Listed

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class OldBucket:
    """Objects by name, each with its version; ids of pictures."""

    pictures: dict[str, str] = field(default_factory=dict)  # ours take their places
    keys: set[str] = field(default_factory=set)  # of the originals that do
    index: dict[str, str] = field(default_factory=dict)  # index files and YAML: likewise
    contents: dict[str, bytes] = field(default_factory=dict)  # of ``index``
    waiting: int = 0  # pictures and index files that may be replaced already
    elsewhere: list[str] = field(default_factory=list)  # in albums that only the bucket has
    orphans: list[str] = field(default_factory=list)  # in albums of the library, without original
    problems: list[str] = field(default_factory=list)

    @property
    def permits(self) -> dict[str, str]:
        """All that may be overwritten from now on."""
        return self.pictures | self.index

    def words(self, album_id: str) -> Sidecar | None:
        """Return what an album's YAML in the bucket says, as far as it is to be replaced."""
        name = album_object(album_id)
        try:
            return sidecar.read_in_bucket(self.contents[name], name)
        except (KeyError, SidecarError):
            return None


def look(
    store: Listed,
    library: OldLibrary,
    *,
    thumb_edges_px: Iterable[int],
    permitted: Mapping[str, str],
) -> OldBucket:
    """Compare the bucket with the library. Raises StoreError."""
    entries = {entry.name: entry for entry in store.entries()}
    found = OldBucket()
    wanted: dict[str, str] = {}  # object → key of the photo that is to have it
    for key, place in library.places.items():
        wanted |= dict.fromkeys(objects_at(place, thumb_edges_px), key)
    published = library.published_objects
    index = [EXIF_DATA, ALBUMS, *map(album_object, library.album_ids)]
    in_albums = _sort_pictures(entries.values(), library, found)
    asked = {*in_albums, *wanted.keys() - published, *index} & entries.keys()
    log.info("comparing with the bucket %s", kv(objects=len(asked)))
    foreign = _foreign(store, sorted(asked))
    found.orphans = sorted(i for name, i in in_albums.items() if name in foreign)
    for name in sorted(foreign - in_albums.keys()):
        entry = entries[name]
        if permitted.get(name) == entry.version:
            found.waiting += 1
        elif name in wanted:
            found.pictures[name] = entry.version
            found.keys.add(wanted[name])
        elif (content := _read(store, entry, found.problems)) is not None:
            found.contents[name] = content
            found.index[name] = entry.version
    return found


def _sort_pictures(
    entries: Iterable[Entry], library: OldLibrary, found: OldBucket
) -> dict[str, str]:
    """Note the pictures of albums that only the bucket has; return those without original."""
    without_original: dict[str, str] = {}  # object → id
    ids = library.ids
    for picture in sort_out(entries).pictures().values():
        if picture.album_id not in library.album_ids:
            found.elsewhere.append(picture.id)
        elif picture.id not in ids:
            without_original[display_object(picture.album_id, picture.name)] = picture.id
    found.elsewhere.sort()
    return without_original


def _foreign(store: Listed, names: Collection[str]) -> set[str]:
    with ThreadPoolExecutor(THREADS) as threads:
        ours = dict(zip(names, threads.map(store.holds, names), strict=True))
    return {name for name, is_ours in ours.items() if not is_ours}


def _read(store: Listed, entry: Entry, problems: list[str]) -> bytes | None:
    most_bytes = JSON_BYTES_MAX if entry.name.endswith(".json") else YAML_BYTES_MAX
    if entry.size_bytes > most_bytes:
        problems.append(
            f"{entry.name} in the bucket is larger than {most_bytes >> 20} MB: it stays as it is"
        )
        return None
    return store.read(entry.name)
