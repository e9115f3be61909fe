"""When a photo was taken: a wall clock, and how far it was from UTC where the file says so."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from piexif import GPSIFD, ExifIFD, ImageIFD

from .fields import Fields, attempt, first, number, words

_TIMES = {  # a time → the offset that is said of it (Exif 2.31, 4.6.5.C), and that tag's name
    ExifIFD.DateTimeOriginal: (ExifIFD.OffsetTimeOriginal, "OffsetTimeOriginal"),
    ExifIFD.DateTimeDigitized: (ExifIFD.OffsetTimeDigitized, "OffsetTimeDigitized"),
    ImageIFD.DateTime: (ExifIFD.OffsetTime, "OffsetTime"),
}
GPS_TIME = "GPS time"
_DAY = r"(\d{4})[:/.-]\s*(\d{1,2})[:/.-]\s*(\d{1,2})"
_TIME = re.compile(_DAY + r"[T\s]\s*(\d{1,2}):\s*(\d{1,2})(?::\s*(\d{1,2}))?")
_GPS_DAY = re.compile(_DAY)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?")
_ISO_OFFSET = re.compile(r"\d(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})$")
_FIRST_YEAR = 1826  # of the oldest photograph there is; an earlier one is a camera's empty clock
_FURTHEST_MIN = 14 * 60  # from UTC, of any place
_STEP_MIN = 15  # of all offsets in use
_SLACK = timedelta(minutes=2)  # between a camera's clock and the satellites'


@dataclass(frozen=True, slots=True)
class Moment:
    """A capture time, as ``model.Exif`` has it."""

    time: datetime  # a wall clock, without a zone
    utc_offset_min: int | None = None  # minutes east of UTC
    source: str | None = None  # of the offset


def of_fields(camera: Fields, gps: Fields) -> Moment | None:
    """Return the moment that EXIF tells."""
    for tag, (offset_tag, name) in _TIMES.items():
        time = time_in(words(camera.get(tag)))
        if time is not None:
            offset_min = offset_in(words(camera.get(offset_tag)))
            if offset_min is not None:
                return Moment(time, offset_min, name)
            by_gps_min = _offset_by_gps(time, gps)
            return Moment(time, by_gps_min, None if by_gps_min is None else GPS_TIME)
    return None


def of_xmp(texts: Mapping[str, str]) -> Moment | None:
    """Return the moment of the first property, by its name, that holds a day and a time."""
    return first(_of_iso(name, value) for name, value in texts.items())


def time_in(value: str | None) -> datetime | None:
    """Return the time that a text begins with, in any spelling of cameras."""
    match = _TIME.match(value or "")
    return _datetime(match.groups()) if match else None


def offset_in(value: str | None) -> int | None:
    """Return minutes east of UTC from "+08:00", "-5:00", "+0530", "+8" or "Z"."""
    if value == "Z":
        return 0
    match = _OFFSET.fullmatch(value or "")
    if match is None:
        return None
    minutes = int(match[3] or 0)
    total = 60 * int(match[2]) + minutes
    if minutes >= 60 or total > _FURTHEST_MIN:
        return None
    return -total if match[1] == "-" else total


def _of_iso(name: str, value: str) -> Moment | None:
    time, zone = time_in(value), _ISO_OFFSET.search(value)
    if time is None:
        return None
    offset_min = offset_in(zone[1]) if zone else None
    return Moment(time, offset_min, None if offset_min is None else name)


def _offset_by_gps(time: datetime, gps: Fields) -> int | None:
    """Return the offset that lies between the camera's clock and the satellites' UTC."""
    utc = _utc(gps)
    if utc is None:
        return None
    steps = round((time - utc) / timedelta(minutes=_STEP_MIN))
    offset_min = steps * _STEP_MIN
    is_plausible = abs(time - utc - timedelta(minutes=offset_min)) <= _SLACK
    return offset_min if is_plausible and abs(offset_min) <= _FURTHEST_MIN else None


def _utc(gps: Fields) -> datetime | None:
    day = _GPS_DAY.fullmatch(words(gps.get(GPSIFD.GPSDateStamp)) or "")
    parts: Any = gps.get(GPSIFD.GPSTimeStamp)
    if day is None or not isinstance(parts, (tuple, list)) or len(parts) != 3:
        return None
    numbers = [found for found in map(number, parts) if found is not None and found >= 0]
    if len(numbers) != len(parts):
        return None
    midnight = _datetime((*day.groups(), 0, 0, 0))
    hours, minutes, seconds = numbers
    since = attempt(lambda: timedelta(hours=hours, minutes=minutes, seconds=seconds))
    if midnight is None or since is None or since > timedelta(days=1):
        return None
    return midnight + since


def _datetime(parts: Iterable[Any]) -> datetime | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    if year < _FIRST_YEAR:
        return None
    return attempt(
        lambda: datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - wall clock
    )
