"""Read what the camera wrote, each fact by itself: a broken one costs only itself."""

import math
import re
import struct
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from piexif import GPSIFD, ExifIFD, ImageIFD
from piexif._load import _ExifReader
from PIL import ExifTags, Image

from ..model import Exif

_T = TypeVar("_T")
_Fields = Mapping[int, Any]  # by tag number; whatever the file holds, in any type

_ISO_TAGS = (  # Exif 2.32, annex G: 65535 in the first means "look at the others"
    ExifIFD.ISOSpeedRatings,
    ExifIFD.RecommendedExposureIndex,
    ExifIFD.StandardOutputSensitivity,
    ExifIFD.ISOSpeed,
)
_TIME_TAGS = (ExifIFD.DateTimeOriginal, ExifIFD.DateTimeDigitized, ImageIFD.DateTime)
_TIME = re.compile(
    r"(\d{4})[:/.-]\s*(\d{1,2})[:/.-]\s*(\d{1,2})[T\s]\s*(\d{1,2}):\s*(\d{1,2})(?::\s*(\d{1,2}))?"
)
_INTEROPERABILITY_INDEX, _SRGB = 1, 1  # Exif 2.32, interoperability tag 1; value of ColorSpace
_FIRST_YEAR = 1826  # of the oldest photograph there is; an earlier one is a camera's empty clock


def read(image: Image.Image) -> Exif:
    """Read the facts; what is absent, broken or impossible is ``None``."""
    fields, gps = _fields(image)
    latitude_deg, longitude_deg = _position(gps)
    return Exif(
        camera=_text(fields.get(ImageIFD.Model)),
        lens=_text(fields.get(ExifIFD.LensModel)),
        exposure_time_s=_positive(fields.get(ExifIFD.ExposureTime)),
        aperture=_positive(fields.get(ExifIFD.FNumber)),
        iso=_iso(fields),
        focal_length_mm=_positive(fields.get(ExifIFD.FocalLength)),
        capture_time=_first(_time(fields.get(tag)) for tag in _TIME_TAGS),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
    )


def orientation(image: Image.Image) -> int:
    """Return how the stored picture still has to be turned, 1…8 (Exif 2.32, tag 274).

    Ask after decoding: some decoders turn the picture themselves and then take
    the tag away.
    """
    return own_orientation(image) or 1


def own_orientation(image: Image.Image) -> int | None:
    """Return the orientation that the EXIF says, if it says any."""
    value = _number(_fields(image)[0].get(ImageIFD.Orientation))
    return int(value) if value is not None and value in range(1, 9) else None


def is_adobe_rgb(image: Image.Image) -> bool:
    """Tell whether a camera means Adobe RGB: it brings no profile then (DCF 2.0, 4.6)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _attempt(image.getexif) or Image.Exif()
        interoperability = _attempt(lambda: found.get_ifd(ExifTags.IFD.Interop)) or {}
    if _text(interoperability.get(_INTEROPERABILITY_INDEX)) != "R03":
        return False
    return _number(_fields(image)[0].get(ExifIFD.ColorSpace)) != _SRGB


def _fields(image: Image.Image) -> tuple[_Fields, _Fields]:
    """Return the camera's fields and the GPS fields.

    At the first offset that leads nowhere Pillow drops the rest of a directory;
    piexif, asked field by field, fills in what is missing then.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, on corrupt EXIF
        found = _attempt(image.getexif) or Image.Exif()
        main = _attempt(lambda: dict(found)) or {}
        camera = _attempt(lambda: found.get_ifd(ExifTags.IFD.Exif)) or {}
        gps = _attempt(lambda: found.get_ifd(ExifTags.IFD.GPSInfo)) or {}
    block = image.info.get("exif", b"")
    main_again, gps_again = _attempt(lambda: _read_again(block)) or ({}, {})
    return {**main_again, **main, **camera}, {**gps_again, **gps}


class _TolerantReader(_ExifReader):  # type: ignore[misc]  # piexif has no types
    """piexif's reader; its public ``load`` gives up the whole block for one bad field."""

    def convert_value(self, val: tuple[int, int, bytes, int]) -> Any:
        kind, count, _, _ = val
        if count > len(self.tiftag):  # piexif would build a format string of that length
            return None
        value = _attempt(lambda: super(_TolerantReader, self).convert_value(val))
        if kind not in (5, 10) or value is None:  # (S)RATIONAL: pairs, made numbers like Pillow's
            return value
        return _quotient(*value) if count == 1 else tuple(_quotient(*pair) for pair in value)


def _read_again(block: bytes) -> tuple[_Fields, _Fields]:
    bare = re.sub(rb"^(Exif\0\0)+", b"", block)
    reader = _TolerantReader(b"Exif\0\0" + bare)
    reader.endian_mark = "<" if bare[:2] == b"II" else ">"
    main = reader.get_ifd_dict(struct.unpack(reader.endian_mark + "L", bare[4:8])[0], "0th")
    camera = _attempt(lambda: reader.get_ifd_dict(main[ImageIFD.ExifTag], "Exif"))
    gps = _attempt(lambda: reader.get_ifd_dict(main[ImageIFD.GPSTag], "GPS"))
    return {**main, **(camera or {})}, gps or {}


def _attempt(read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except Exception:  # noqa: BLE001 - foreign readers on foreign bytes raise anything
        return None


def _first(values: Iterable[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)


def _quotient(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else math.nan


def _number(value: Any) -> float | None:
    """Return a finite number; of several the first."""
    if isinstance(value, (tuple, list)):
        value = value[0] if value else None
    if value is None or isinstance(value, (str, bytes, bool)):
        return None
    number = _attempt(lambda: float(value))
    return number if number is not None and math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _iso(fields: _Fields) -> int | None:
    speeds = (_positive(fields.get(tag)) for tag in _ISO_TAGS)
    return _first(int(speed) for speed in speeds if speed and speed != 65535 and speed >= 1)


def _text(value: Any) -> str | None:
    """Return the text up to its first NUL; UTF-8 where it is that, else Latin-1."""
    if isinstance(value, str):  # Pillow reads all text as Latin-1
        value = _attempt(lambda: value.encode("latin-1")) or value.encode()
    if not isinstance(value, bytes):
        return None
    raw = value.lstrip(b"\0 ").partition(b"\0")[0]
    text = _attempt(raw.decode) or raw.decode("latin-1")
    text = "".join(c for c in text if c.isprintable()).strip()
    return text if text.strip("-") else None  # "----": a lens that tells the camera nothing


def _time(value: Any) -> datetime | None:
    match = _TIME.match(_text(value) or "")
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    if year < _FIRST_YEAR:
        return None
    return _attempt(
        lambda: datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - wall clock
    )


def _position(gps: _Fields) -> tuple[float | None, float | None]:
    """Return latitude and longitude in degrees, or neither."""
    latitude = _degrees(
        gps.get(GPSIFD.GPSLatitude), _text(gps.get(GPSIFD.GPSLatitudeRef)), letters="NS", limit=90
    )
    longitude = _degrees(
        gps.get(GPSIFD.GPSLongitude),
        _text(gps.get(GPSIFD.GPSLongitudeRef)),
        letters="EW",
        limit=180,
    )
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None
    return latitude, longitude


def _degrees(value: Any, reference: str | None, *, letters: str, limit: int) -> float | None:
    """Return signed degrees from degrees, minutes, seconds (Exif 2.32, tags GPS 1…4)."""
    letter = (reference or "?")[0].upper()
    parts = [_number(part) for part in (value if isinstance(value, (tuple, list)) else (value,))]
    if letter not in letters or not 1 <= len(parts) <= 3:
        return None
    numbers = [part for part in parts if part is not None and part >= 0]
    if len(numbers) != len(parts):
        return None
    degrees = math.fsum(part / 60.0**power for power, part in enumerate(numbers))
    if degrees > limit:
        return None
    return -degrees if letter == letters[1] else degrees
