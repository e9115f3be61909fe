"""Get at the fields of EXIF, each by itself, however damaged their directories are."""

import math
import re
import struct
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from piexif import ImageIFD
from piexif._load import _ExifReader
from PIL import ExifTags, Image

from . import text

_T = TypeVar("_T")
Fields = Mapping[int, Any]  # by tag number; whatever the file holds, in any type
_HEADERS = re.compile(rb"^(Exif\0\0)+")


def fields_of(image: Image.Image) -> tuple[Fields, Fields]:
    """Return the camera's fields and the GPS fields.

    At the first offset that leads nowhere Pillow drops the rest of a directory;
    piexif, asked field by field, fills in what is missing then.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, on corrupt EXIF
        found = attempt(image.getexif) or Image.Exif()
        main = attempt(lambda: dict(found)) or {}
        camera = attempt(lambda: found.get_ifd(ExifTags.IFD.Exif)) or {}
        gps = attempt(lambda: found.get_ifd(ExifTags.IFD.GPSInfo)) or {}
    main_again, gps_again = attempt(lambda: _read_again(block_of(image))) or ({}, {})
    return {**main_again, **main, **camera}, {**gps_again, **gps}


def interoperability_of(image: Image.Image) -> Fields:
    """Return the fields that say which rules the file follows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = attempt(image.getexif) or Image.Exif()
        return attempt(lambda: found.get_ifd(ExifTags.IFD.Interop)) or {}


def block_of(image: Image.Image) -> bytes:
    """Return the EXIF of an image as it lies in the file, from its byte order mark on."""
    block = image.info.get("exif", b"")
    return _HEADERS.sub(b"", block) if isinstance(block, bytes) else b""


class _TolerantReader(_ExifReader):  # type: ignore[misc]  # piexif has no types
    """piexif's reader; its public ``load`` gives up the whole block for one bad field."""

    def convert_value(self, val: tuple[int, int, bytes, int]) -> Any:
        kind, count, _, _ = val
        if count > len(self.tiftag):  # piexif would build a format string of that length
            return None
        value = attempt(lambda: super(_TolerantReader, self).convert_value(val))
        if kind not in (5, 10) or value is None:  # (S)RATIONAL: pairs, made numbers like Pillow's
            return value
        return _quotient(*value) if count == 1 else tuple(_quotient(*pair) for pair in value)


def _read_again(block: bytes) -> tuple[Fields, Fields]:
    reader = _TolerantReader(b"Exif\0\0" + block)
    reader.endian_mark = "<" if block[:2] == b"II" else ">"
    main = reader.get_ifd_dict(struct.unpack(reader.endian_mark + "L", block[4:8])[0], "0th")
    camera = attempt(lambda: reader.get_ifd_dict(main[ImageIFD.ExifTag], "Exif"))
    gps = attempt(lambda: reader.get_ifd_dict(main[ImageIFD.GPSTag], "GPS"))
    return {**main, **(camera or {})}, gps or {}


def attempt(read: Callable[[], _T]) -> _T | None:
    """Return what a foreign reader makes of foreign bytes; ``None`` if it fails."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - they raise anything
        return None


def first(values: Iterable[_T | None]) -> _T | None:
    """Return the first value that is there."""
    return next((value for value in values if value is not None), None)


def number(value: Any) -> float | None:
    """Return a finite number; of several the first."""
    if isinstance(value, (tuple, list)):
        value = value[0] if value else None
    if value is None or isinstance(value, (str, bytes, bool)):
        return None
    found = attempt(lambda: float(value))
    return found if found is not None and math.isfinite(found) else None


def positive(value: Any) -> float | None:
    """Return a finite number above 0; of several the first."""
    found = number(value)
    return found if found is not None and found > 0 else None


def words(value: Any) -> str | None:
    """Return a text up to its first NUL."""
    raw = _raw(value)
    line = text.cleaned(text.decoded(raw.lstrip(b"\0 ").partition(b"\0")[0]))
    return line if line and line.strip("-") else None  # "----": a lens that tells nothing


def lines(value: Any) -> str | None:
    """Return a text up to its first NUL, which may have several lines."""
    return text.cleaned_lines(text.decoded(_raw(value).lstrip(b"\0 ").partition(b"\0")[0]))


def utf_16(value: Any) -> str | None:
    """Return a text of Windows' own fields, XPTitle and its like."""
    raw = raw_bytes(value)
    found = raw[: len(raw) & ~1].decode("utf-16-le", "ignore").partition("\0")[0]
    return text.cleaned_lines(found)


def raw_bytes(value: Any) -> bytes:
    """Return a value without a form of its own, also from numbers of a byte each."""
    if isinstance(value, (tuple, list)):
        return attempt(lambda: bytes(value)) or b""
    return _raw(value)


def _raw(value: Any) -> bytes:
    if isinstance(value, str):  # Pillow reads all text as Latin-1
        return attempt(lambda: value.encode("latin-1")) or value.encode("utf-8", "ignore")
    return value if isinstance(value, bytes) else b""


def _quotient(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else math.nan
