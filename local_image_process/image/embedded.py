"""The few facts that a rendition carries inside itself, as an EXIF block."""

from fractions import Fraction
from typing import Any

import piexif
from piexif import ExifIFD, ImageIFD

from ..model import Exif

ALLOWED = {  # tags by directory of piexif; nothing else ever leaves inside a picture
    "0th": frozenset(
        {ImageIFD.Artist, ImageIFD.Copyright, ImageIFD.Make, ImageIFD.Model, ImageIFD.ExifTag}
    ),
    "Exif": frozenset(
        {
            *(ExifIFD.LensModel, ExifIFD.ExposureTime, ExifIFD.FNumber, ExifIFD.ISOSpeedRatings),
            *(ExifIFD.FocalLength, ExifIFD.DateTimeOriginal, ExifIFD.OffsetTimeOriginal),
        }
    ),
}
_LARGEST = 2**32 - 1  # of both parts of a RATIONAL (Exif 2.32, 4.6.2)
_SHORT_LIMIT = 2**16


def block(facts: Exif, *, with_camera: bool) -> bytes:
    """Return the EXIF block with artist and copyright, and camera facts if wanted; b"" for none."""
    owner = {ImageIFD.Artist: _text(facts.artist), ImageIFD.Copyright: _text(facts.copyright)}
    main, shot = _there(owner), {}
    if with_camera:
        main |= _there({ImageIFD.Make: _text(facts.make), ImageIFD.Model: _text(facts.camera)})
        shot = _there(_of_shot(facts))
    return bytes(piexif.dump({"0th": main, "Exif": shot})) if main or shot else b""


def surplus(content: bytes) -> list[str]:
    """Return what an EXIF block holds that may not leave: "GPS", "Exif 37500"."""
    try:
        found = piexif.load(content if content.startswith(b"Exif\0\0") else b"Exif\0\0" + content)
    except Exception:  # noqa: BLE001 - a foreign reader on foreign bytes raises anything
        return ["EXIF"]
    names = [name for name in ("GPS", "1st", "Interop", "thumbnail") if found.get(name)]
    tags = [f"{name} {tag}" for name in ALLOWED for tag in found[name].keys() - ALLOWED[name]]
    return sorted(names + tags)


def _of_shot(facts: Exif) -> dict[int, Any]:
    taken = facts.capture_time
    is_short = facts.iso is not None and facts.iso < _SHORT_LIMIT
    return {
        ExifIFD.LensModel: _text(facts.lens),
        ExifIFD.ExposureTime: _rational(facts.exposure_time_s, 10**6),
        ExifIFD.FNumber: _rational(facts.aperture, 100),
        ExifIFD.ISOSpeedRatings: facts.iso if is_short else None,
        ExifIFD.FocalLength: _rational(facts.focal_length_mm, 100),
        ExifIFD.DateTimeOriginal: f"{taken.year:04}:{taken:%m:%d %H:%M:%S}" if taken else None,
        ExifIFD.OffsetTimeOriginal: _offset(facts.utc_offset_min) if taken else None,
    }


def _there(values: dict[int, Any]) -> dict[int, Any]:
    return {tag: value for tag, value in values.items() if value is not None}


def _text(value: str | None) -> bytes | None:
    return value.encode("utf-8", "replace") if value else None


def _rational(value: float | None, precision: int) -> tuple[int, int] | None:
    if value is None or not 0 < value < _LARGEST / precision:
        return None
    fraction = Fraction(value).limit_denominator(precision)
    return (fraction.numerator, fraction.denominator) if fraction else None


def _offset(minutes: int | None) -> str | None:
    """Return "+08:00" (Exif 2.32, tag 36881)."""
    if minutes is None:
        return None
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
