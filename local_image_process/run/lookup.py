"""Find the photo that somebody means, whichever of the front-end's spellings is used."""

from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import unquote

from ..model import Photo, Shown, Sidecar
from ..publish.privacy import Privacy
from ..publish.store import PREFIX
from ..record.shown import Spelling
from .albums import placed
from .records import Records

LONGEST = 2048  # characters of a spelling


def find_photo(records: Records, spelled: str) -> Shown | None:
    """Return the photo that is shown under an id, an exif key or an address; ``None`` if none is.

    "上海/DSC04056.JPG", "上海/DSC04056.webp", "https://…/gallery/上海/DSC04056.webp?v=…": the
    ending never matters. A photo of a hidden album is not shown.
    """
    for album_id, name in spelling(spelled):
        own = records.catalogue.shown_as(album_id, name)
        found = own or records.mirror.photo(album_id, name)
        if found is not None and _words(records, found).hidden:
            return None
        if found is not None:
            return records.places.named([own])[0] if own else found
    return None


def as_told(records: Records, privacy: Privacy, photo: Shown) -> Shown:
    """Return a photo with no more than everybody may know of where it was taken."""
    words = _words(records, photo)
    return privacy.told(placed(photo, words), words.gps)


def album_title(records: Records, photo: Shown, *, root_album: str) -> str:
    """Return the title of a photo's album, which stands in for a place that nobody knows."""
    if isinstance(photo, Photo):
        otherwise = photo.folder.rpartition("/")[2] or root_album
    else:
        otherwise = photo.album_id
    return _words(records, photo).title or otherwise


def _words(records: Records, photo: Shown) -> Sidecar:
    """Return what its YAML says of a photo's album."""
    if isinstance(photo, Photo):
        record = records.catalogue.sidecar(photo.folder)
        return record.content if record else Sidecar()
    album = records.mirror.albums().get(photo.album_id)
    return album.words if album else Sidecar()


@lru_cache(maxsize=1000)  # what is liked now is liked by many
def spelling(spelled: str) -> Spelling:
    """Return every album id and name that may be meant, the likeliest first."""
    return tuple(_places(spelled)) if len(spelled) <= LONGEST else ()


def _places(spelled: str) -> Iterator[tuple[str, str]]:
    path = spelled.partition("?")[0]
    if "://" in path or path.startswith("/"):
        prefix, *place = path.split("/")[-3:]
        path = "/".join(place) if prefix == PREFIX else ""
    for text in dict.fromkeys((path, normalize("NFC", path), normalize("NFC", unquote(path)))):
        album_id, _, file_name = text.rpartition("/")
        stem, _, _ = file_name.rpartition(".")
        for name in dict.fromkeys((stem, file_name)):
            if album_id and name:
                yield album_id, name
