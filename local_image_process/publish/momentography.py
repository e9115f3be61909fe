"""What Momentography's later generation asks under /api, one photo's part of each answer. Pure."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from ..model import Album, Interaction, Shown
from . import facts


def photo_id(photo: Shown) -> str:
    """Return a photo's id there: album and name, with the ending of the picture."""
    return f"{photo.id}.webp"


def star(given: Interaction) -> float | int:
    """Return the stars as a number, whole where it is; none given is 0."""
    number = given.stars or 0.0
    return int(number) if number.is_integer() else number


def list_entry(
    photo: Shown, album: Album, given: Interaction, url: str, entry: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a photo of ``/api/photos/list``, without its facts.

    ``entry`` is the photo's entry in exif_data.json. The date satisfies both of the front-end's
    parsers.
    """
    return {
        "id": photo_id(photo),
        "album_id": album.id,
        "url": url,
        "title": album.title,
        "description": None,
        "location": album.location,
        "date": f"{album.date} 00:00:00" if _is_day(album.date) else None,
        "star": star(given),
        "likes": given.likes,
        "created_at": _time(photo),
        "updated_at": _time(photo),
        "album_title": album.title,
        "album_location": album.location,
    }


def facts_entry(photo: Shown, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a photo of ``/api/photos/list``: numbers and texts as the pages need.

    Exposure time and focal length are texts, aperture, ISO and coordinates are numbers, for the
    pages crash on anything else.
    """
    exif = photo.exif
    raw = {name: entry[name] for name in (*(fact.name for fact in facts.PREDECESSORS), "Location")}
    return {
        "image_id": photo_id(photo),
        "camera_model": entry["CameraModel"],
        "lens_model": entry["LensModel"],
        "f_number": exif.aperture,
        "exposure_time": entry["ExposureTime"],
        "iso": exif.iso,
        "focal_length": entry["FocalLength"],
        "location": entry["Location"],
        "date_time": entry["DateTime"],
        "latitude": exif.latitude_deg,
        "longitude": exif.longitude_deg,
        "raw_data": json.dumps(raw, ensure_ascii=False),
        "raw": raw,
        "created_at": _time(photo),
        "updated_at": _time(photo),
    }


def map_entry(
    photo: Shown, album: Album, url: str, entry: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return a photo of ``/api/data/map``; ``None`` without coordinates, for the page would die.

    0, 0 counts as none: the page leaves out a zero, and no gallery lies there.
    """
    exif = photo.exif
    if not exif.latitude_deg or not exif.longitude_deg:
        return None
    return {
        "id": photo_id(photo),
        "url": url,
        "title": album.title,
        "location": entry["Location"],
        "latitude": exif.latitude_deg,
        "longitude": exif.longitude_deg,
        "date": entry["DateTime"] or album.date or "",
        "cameraModel": entry["CameraModel"],
        "exif": {
            name: entry[name]
            for name in ("FNumber", "ISO", "FocalLength", "ExposureTime", "LensModel")
        },
    }


def _is_day(words: str | None) -> bool:
    """Tell whether an album's date is a day of the calendar, as YYYY-MM-DD."""
    try:
        return words is not None and date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False


def _time(photo: Shown) -> str | None:
    taken = photo.exif.capture_time
    return taken.isoformat(" ", "seconds") if taken else None
