"""The public JSON and the album YAML, shaped as the front-end reads them. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..model import JPEG_SUFFIXES, Album, Interaction, Photo
from .store import Store, display_object

NONE_GIVEN = Interaction()
SLOW_S = 0.3  # from here on cameras show exposure times as decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """One album's part of every file, kept so that a change elsewhere does not make it anew."""

    album_id: str
    date: str
    albums: str  # one line of albums.json
    exif: tuple[str, ...]  # lines of exif_data.json
    likes: tuple[str, ...]  # lines of likes.json
    yaml: bytes  # the album's info.yaml


def pieces_of(album: Album, given: Mapping[str, Interaction], store: Store) -> Pieces:
    """Shape one album; ``given`` is what its photos got, by photo id."""
    found = [(photo, given.get(photo.id, NONE_GIVEN)) for photo in album.photos]
    return Pieces(
        album_id=album.id,
        date=album.date or "",
        albums=_line(album.id, _album_entry(album, _urls(album, store, versions=True))),
        exif=tuple(_line(exif_key(p), _exif_entry(p, album, got)) for p, got in found),
        likes=tuple(_line(exif_key(p), got.likes) for p, got in found),
        yaml=_album_yaml(album, _urls(album, store, versions=False)),
    )


def index_files(pieces: Iterable[Pieces]) -> dict[str, bytes]:
    """Join the pieces to whole files by name: newest album first, undated ones last."""
    by_id = sorted(pieces, key=lambda piece: piece.album_id)
    newest_first = sorted(by_id, key=lambda piece: piece.date, reverse=True)
    return {
        "albums.json": _joined([piece.albums for piece in newest_first]),
        "exif_data.json": _joined([line for piece in newest_first for line in piece.exif]),
        "likes.json": _joined([line for piece in newest_first for line in piece.likes]),
    }


def exif_key(photo: Photo) -> str:
    """Return the key of a photo in exif_data.json.

    The front-end maps only .jpg and .jpeg to .webp, so only they keep their own ending.
    """
    kept = photo.suffix if photo.suffix.lower() in JPEG_SUFFIXES else ".webp"
    return photo.id + kept


def exposure_text(seconds: float) -> str:
    """Return an exposure time as photographers write it: "1/200", "0.5", "30"."""
    if seconds <= 0:
        return "0"
    whole = round(1 / seconds)
    if whole > 1 and (seconds < SLOW_S or abs(1 / seconds - whole) < 0.01 * whole):
        return f"1/{whole}"
    return f"{round(seconds, 1):g}"


def _album_entry(album: Album, urls: Sequence[str]) -> dict[str, Any]:
    return {
        "images": urls,
        "title": album.title,
        "location": album.location,
        "date": album.date,
        "desc": album.desc,
    }


def _exif_entry(photo: Photo, album: Album, got: Interaction) -> dict[str, Any]:
    exif = photo.exif
    entry: dict[str, Any] = {
        "CameraModel": exif.camera,
        "LensModel": exif.lens,
        "ExposureTime": _text(exif.exposure_time_s, exposure_text),
        "FNumber": _text(exif.aperture, _decimal),
        "ISO": _text(exif.iso, str),
        "FocalLength": _text(exif.focal_length_mm, _decimal),
        "Latitude": exif.latitude_deg,
        "Longitude": exif.longitude_deg,
        "DateTime": exif.capture_time and f"{exif.capture_time:%Y:%m:%d %H:%M:%S}",
        "Location": album.title,
    }
    if got.stars is not None:
        entry["star"] = int(got.stars) if got.stars.is_integer() else got.stars
    if got.likes:
        entry["likes"] = got.likes
    return entry


def _text(value: Any, form: Any) -> str | None:
    return None if value is None else form(value)


def _decimal(value: float) -> str:
    return str(round(value, 2))  # 18.0, 42.4, 1.54


def _urls(album: Album, store: Store, *, versions: bool) -> list[str]:
    return [
        store.url(display_object(photo.album_id, photo.name), photo.version if versions else None)
        for photo in album.photos
    ]


def _album_yaml(album: Album, urls: Sequence[str]) -> bytes:
    """Return info.yaml; the date is quoted, since readers take a bare one for a Date."""
    values = {
        "title": album.title,
        "date": album.date or "",
        "location": album.location or "",
        "desc": album.desc,
        "images": list(urls),
    }
    text = yaml.safe_dump(
        values, allow_unicode=True, sort_keys=False, width=10**6, default_style=None
    )
    return text.encode("utf-8")


def _line(key: str, value: Any) -> str:
    return f"{_compact(key)}:{_compact(value)}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _joined(lines: Sequence[str]) -> bytes:
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8")
