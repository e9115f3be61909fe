"""The library as it will be shown: which photo gets which name, published or not."""

from dataclasses import dataclass, field
from unicodedata import normalize

from ..errors import LibraryError
from ..model import folder_of
from ..settings import Settings
from . import assembly
from .leader import EVERYTHING
from .publisher import Place, objects_of
from .records import Records


@dataclass(slots=True, kw_only=True)
class OldLibrary:
    """What is known of photos without rendering any."""

    places: dict[str, Place] = field(default_factory=dict)  # by key
    published_objects: set[str] = field(default_factory=set)
    mirrored_ids: set[str] = field(default_factory=set)
    worded: set[str] = field(default_factory=set)  # folders that have a YAML
    trouble: LibraryError | None = None

    @property
    def album_ids(self) -> set[str]:
        """The albums of the library."""
        return {place.album_id for place in self.places.values()}

    @property
    def ids(self) -> set[str]:
        """The photos of the library."""
        return {_id(place) for place in self.places.values()}

    def folders(self) -> dict[str, str]:
        """Return the folder of each album."""
        return {place.album_id: folder_of(key) for key, place in self.places.items()}

    def file_names(self, album_id: str) -> dict[str, str]:
        """Return the names of an album's files, by the names under which they are shown."""
        return {
            place.name: key.rpartition("/")[2]
            for key, place in self.places.items()
            if place.album_id == album_id
        }


class Ids:
    """From a predecessor's key ("album/photo.JPG") to the id of the photo that is meant."""

    def __init__(self, library: OldLibrary) -> None:
        self._of_key = {key: _id(place) for key, place in library.places.items()}
        known = sorted({*library.mirrored_ids, *library.ids})
        self._of_stem = {_stem(key): i for key, i in sorted(self._of_key.items())}
        self._of_stem |= {normalize("NFC", photo_id): photo_id for photo_id in known}
        self._of_tail: dict[str, list[str]] = {}  # an album that lies in a folder by now
        for key, photo_id in self._of_key.items():
            tail = "/".join(_stem(key).split("/")[-2:])
            self._of_tail.setdefault(tail, []).append(photo_id)
        self.known = frozenset(known)

    def id_of(self, key: str) -> str:
        """Return the id, also of a photo that nobody knows yet."""
        key = normalize("NFC", key)
        found = self._of_key.get(key) or self._of_stem.get(_stem(key))
        alike = self._of_tail.get(_stem(key), [])
        return found or (alike[0] if len(alike) == 1 else _stem(key))


def look(settings: Settings, records: Records) -> OldLibrary:
    """Look at the library; ``records`` are a copy, for they change."""
    catalogue = records.catalogue
    library = OldLibrary(mirrored_ids={photo.id for photo in records.mirror.photos()})
    if settings.is_mirror:
        return library
    catalogue.forgive([failure.key for failure in catalogue.failures()])  # they have names, too
    try:
        library.places = _places(settings, records)
    except LibraryError as error:
        library.trouble = error
        library.places = {
            photo.key: Place(album_id=photo.album_id, name=photo.name)
            for photo in catalogue.all_photos()
        }
    library.published_objects = {n for p in catalogue.all_photos() for n in objects_of(p)}
    folders = {folder_of(key) for key in library.places}
    library.worded = {folder for folder in folders if catalogue.sidecar(folder)}
    return library


def _places(settings: Settings, records: Records) -> dict[str, Place]:
    work = assembly.make_looking(settings, records, settle_s=0.0).look({EVERYTHING})
    gone = {*work.missing, *work.hidden, *work.stacked}
    places = {
        photo.key: Place(album_id=photo.album_id, name=photo.name)
        for photo in records.catalogue.all_photos()
        if photo.key not in gone
    }
    places |= {original.key: place for original, place in work.publish}
    return places | {original.key: place for original, _, place in work.rename}


def _stem(key: str) -> str:
    return key.rpartition(".")[0]


def _id(place: Place) -> str:
    return f"{place.album_id}/{place.name}"
