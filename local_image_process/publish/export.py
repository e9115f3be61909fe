"""The public JSON and the album YAML, shaped as the front-end reads them. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from ..model import JPEG_SUFFIXES, Album, Interaction, Shown
from ..packed import Pieces, enclosed, gzip_file, pack, unpack
from . import facts, momentography
from .store import Store, display_object

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
NONE_GIVEN = Interaction()
ALBUMS, EXIF_DATA, LIKES = "albums.json", "exif_data.json", "likes.json"
YAML = "info.yaml"
API_EXIF, API_MAP = "api_exif.json", "api_map.json"
API_PHOTOS, API_PHOTOS_BARE = "api_photos.json", "api_photos_bare.json"
OBJECT, ARRAY = ("{\n", "\n}\n"), ("[\n", "\n]\n")
LISTED = ('{"success":true,"photos":[\n', "\n]}\n")
PLAIN = (EXIF_DATA, ALBUMS, LIKES)  # kept unpacked as well: everybody's, the others are the API's
FILES = {  # index file → what stands before and after its lines
    ALBUMS: OBJECT,
    EXIF_DATA: OBJECT,
    LIKES: OBJECT,
    API_EXIF: OBJECT,
    API_MAP: ARRAY,
    API_PHOTOS: LISTED,
    API_PHOTOS_BARE: LISTED,
}


def pieces_of(album: Album, given: Mapping[str, Interaction], store: Store) -> Pieces:
    """Shape one album; ``given`` is what its photos got, by photo id."""
    urls = _urls(album, store, versions=True)
    lines: dict[str, list[str]] = {name: [] for name in FILES}
    lines[ALBUMS].append(_line(album.id, _album_entry(album, urls)))
    for photo, url in zip(album.photos, urls, strict=True):
        _add_photo(lines, photo, album, given.get(photo.id, NONE_GIVEN), url)
    texts = {name: ",\n".join(found) for name, found in lines.items() if found}
    if not album.is_mirrored:
        texts[YAML] = _album_yaml(album, _urls(album, store, versions=False))
    return Pieces(
        album_id=album.id,
        date=album.date or "",
        is_mirrored=album.is_mirrored,
        packed={name: pack(text) for name, text in texts.items()},
    )


def whole(name: str, pieces: Iterable[bytes]) -> bytes:
    """Join the packed pieces of a file to its text."""
    return b"".join(map(unpack, enclosed(pieces, *FILES[name])))


def whole_packed(name: str, pieces: Iterable[bytes]) -> bytes:
    """Join the packed pieces of a file to a gzip file."""
    return gzip_file(enclosed(pieces, *FILES[name]))


def index_files(all_pieces: Iterable[Pieces]) -> dict[str, bytes]:
    """Return whole files by name: newest album first, undated ones last."""
    by_id = sorted(all_pieces, key=lambda one: one.album_id)
    newest_first = sorted(by_id, key=lambda one: one.date, reverse=True)
    return {
        name: whole(name, (one.packed[name] for one in newest_first if name in one.packed))
        for name in FILES
    }


def _add_photo(
    lines: dict[str, list[str]], photo: Shown, album: Album, got: Interaction, url: str
) -> None:
    key, entry = exif_key(photo), _exif_entry(photo, album, got)
    lines[EXIF_DATA].append(_line(key, entry))
    lines[LIKES].append(_line(key, got.likes))
    lines[API_EXIF].append(
        _line(momentography.photo_id(photo), entry | {"star": momentography.star(got)})
    )
    listed = momentography.list_entry(photo, album, got, url, entry)
    lines[API_PHOTOS_BARE].append(_compact(listed))
    lines[API_PHOTOS].append(_compact(listed | {"exif": momentography.facts_entry(photo, entry)}))
    if on_map := momentography.map_entry(photo, album, url, entry):
        lines[API_MAP].append(_compact(on_map))


def exif_key(photo: Shown) -> str:
    """Return the key of a photo in exif_data.json.

    The front-end maps only .jpg and .jpeg to .webp, so only they keep their own ending.
    """
    kept = photo.suffix if photo.suffix.lower() in JPEG_SUFFIXES else ".webp"
    return photo.id + kept


def _album_entry(album: Album, urls: Sequence[str]) -> dict[str, Any]:
    entry = {
        "images": urls,
        "title": album.title,
        "location": album.location,
        "date": album.date,
        "desc": album.desc,
    }
    return entry | ({"from": "bucket"} if album.is_mirrored else {})


def _exif_entry(photo: Shown, album: Album, got: Interaction) -> dict[str, Any]:
    entry = facts.written(photo.exif) | {"Location": photo.place or album.title}
    if got.stars is not None:
        entry["star"] = int(got.stars) if got.stars.is_integer() else got.stars
    if got.likes:
        entry["likes"] = got.likes
    return entry | facts.further(photo.exif, photo.placeholder) | facts.sizes(photo)


def _urls(album: Album, store: Store, *, versions: bool) -> list[str]:
    return [
        store.url(display_object(photo.album_id, photo.name), photo.version if versions else None)
        for photo in album.photos
    ]


def _album_yaml(album: Album, urls: Sequence[str]) -> str:
    """Return info.yaml; the date is quoted, since readers take a bare one for a Date."""
    values = {
        "title": album.title,
        "date": album.date or "",
        "location": album.location or "",
        "desc": album.desc,
        "images": list(urls),
    }
    text: str = yaml.dump(
        values, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=10**6, default_style=None
    )
    return text


def _line(key: str, value: Any) -> str:
    return f"{_compact(key)}:{_compact(value)}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
