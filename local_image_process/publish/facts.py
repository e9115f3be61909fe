"""The facts of exif_data.json: how each is written there, and read back."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..model import Exif

SHORTEST_S = 1e-12  # EXIF can tell none that is shorter
SMALLEST = 0.005  # of apertures and focal lengths: less is written as 0.0
SLOW_S = 0.3  # from here on cameras show exposure times as decimals
NOT_KNOWN = frozenset({"", "unknown", "未知", "未知时间", "none", "null"})
LONGEST_TEXT = 500
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+|/\d+\.?\d*)?")
_UNFIT = re.compile("[\0\ud800-\udfff]")  # halves of characters, which no file can hold
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T]+(\d\d):(\d\d):(\d\d)")


def exposure_text(seconds: float) -> str:
    """Return an exposure time as photographers write it: "1/200", "0.4", "30"."""
    if seconds < SHORTEST_S:
        return "0"
    whole = round(1 / seconds)
    if whole > 1 and (seconds < SLOW_S or abs(1 / seconds - whole) < 0.01 * whole):
        return f"1/{whole}"
    decimal = round(seconds, 1)
    return "1/2" if decimal == 0.5 else f"{decimal:g}"  # one spelling of it, read back or not


def time_text(time: datetime) -> str:
    """Return a camera's wall clock in EXIF's own form."""
    return f"{time.year:04}:{time:%m:%d %H:%M:%S}"


def text_in(value: object) -> str | None:
    """Return words, also of a number; ``None`` for what says that nothing is known."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        text = _UNFIT.sub("", str(value)).strip()[:LONGEST_TEXT].strip()
    except ValueError:  # a number of thousands of digits
        return None
    return None if text.lower() in NOT_KNOWN else text


def number_in(value: object) -> float | None:
    """Return the number that a text begins with, whatever unit follows: "50mm", "f/2.8", "1/200".

    A number that is not finite, or not there, is ``None``.
    """
    text = (text_in(value) or "").lower()
    found = _NUMBER.match(text.removeprefix("f/").removeprefix("ƒ/").strip())
    if not found:
        return None
    above, _, below = found[0].partition("/")
    try:
        number = float(above) / float(below or 1)
    except (ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def time_in(value: object) -> datetime | None:
    """Return a time without a zone from "2024:04:04 18:03:45", also with dashes."""
    found = _TIME.match(text_in(value) or "")
    try:
        return (
            datetime.fromisoformat("{}-{}-{}T{}:{}:{}".format(*found.groups())) if found else None
        )
    except ValueError:
        return None


def _at_least(least: float) -> Callable[[object], float | None]:
    def number(value: object) -> float | None:
        found = number_in(value)
        return found if found is not None and found >= least else None

    return number


def _whole(value: object) -> int | None:
    number = number_in(value)
    return round(number) if number is not None and 1 <= number < 10**10 else None


def _within(limit: float) -> Callable[[object], float | None]:
    def degrees(value: object) -> float | None:
        number = number_in(value)
        return number if number is not None and abs(number) <= limit else None

    return degrees


def _decimal(value: float) -> str | None:
    return str(round(value, 2)) if value >= SMALLEST else None  # 18.0, 42.4, 1.54; no "0.0"


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its field of Exif, its name in the JSON, how it is written and read."""

    field: str
    name: str
    written: Callable[[Any], Any]
    read: Callable[[object], Any]  # gives ``None`` for what cannot be understood


FACTS = (
    Fact("camera", "CameraModel", _as_it_is, text_in),
    Fact("lens", "LensModel", _as_it_is, text_in),
    Fact("exposure_time_s", "ExposureTime", exposure_text, _at_least(SHORTEST_S)),
    Fact("aperture", "FNumber", _decimal, _at_least(SMALLEST)),
    Fact("iso", "ISO", str, _whole),
    Fact("focal_length_mm", "FocalLength", _decimal, _at_least(SMALLEST)),
    Fact("latitude_deg", "Latitude", _as_it_is, _within(90)),
    Fact("longitude_deg", "Longitude", _as_it_is, _within(180)),
    Fact("capture_time", "DateTime", time_text, time_in),
)


def written(exif: Exif) -> dict[str, Any]:
    """Return all facts by their names in the JSON; what is absent is ``None``."""
    values = ((fact, getattr(exif, fact.field)) for fact in FACTS)
    return {fact.name: None if value is None else fact.written(value) for fact, value in values}


def read(entry: Mapping[str, Any]) -> Exif:
    """Return the facts of an entry of exif_data.json, ours or a predecessor's.

    Whatever cannot be understood is absent; a latitude without a longitude is neither.
    """
    values = {fact.field: fact.read(entry.get(fact.name)) for fact in FACTS}
    if values["latitude_deg"] is None or values["longitude_deg"] is None:
        values["latitude_deg"] = values["longitude_deg"] = None
    return Exif(**values)
