"""The facts of exif_data.json: how each is written there, and read back."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..model import Exif, Placeholder, Shown

SHORTEST_S = 1e-12  # EXIF can tell none that is shorter
SMALLEST = 0.005  # of apertures and focal lengths: less is written as 0.0
SLOW_S = 0.3  # from here on cameras show exposure times as decimals
NOT_KNOWN = frozenset({"", "unknown", "未知", "未知时间", "none", "null"})
LONGEST_TEXT, LONGEST_DESCRIPTION = 500, 5000  # characters
MOST_KEYWORDS = 200
LONGEST_MM, MOST_PX = 100_000, 10**7
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+|/\d+\.?\d*)?")
_UNFIT = re.compile("[\0\ud800-\udfff]")  # halves of characters, which no file can hold
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)")
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


def _words(limit: int) -> Callable[[object], str | None]:
    def words(value: object) -> str | None:
        if not isinstance(value, str):
            return None
        return _UNFIT.sub("", value).strip()[:limit].strip() or None

    return words


def _keywords_in(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    words = map(_words(LONGEST_TEXT), value[:MOST_KEYWORDS])
    return tuple(dict.fromkeys(word for word in words if word))


def _between(low: float, high: float) -> Callable[[object], Any]:
    def number(value: object) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number and low <= value <= high else None  # type: ignore[operator]

    return number


def _integer(low: int, high: int) -> Callable[[object], int | None]:
    def integer(value: object) -> int | None:
        return value if type(value) is int and low <= value <= high else None

    return integer


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def offset_text(offset_min: int) -> str:
    """Return an offset from UTC in EXIF's own form: "+08:00"."""
    hours, minutes = divmod(abs(offset_min), 60)
    return f"{'-' if offset_min < 0 else '+'}{hours:02}:{minutes:02}"


def offset_in(value: object) -> int | None:
    """Return minutes east of UTC from "+08:00"."""
    found = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    minutes = 60 * int(found[2]) + int(found[3])
    return -minutes if found[1] == "-" else minutes


def _matching(pattern: str) -> Callable[[object], str | None]:
    form = re.compile(pattern)

    def text(value: object) -> str | None:
        return value if isinstance(value, str) and form.fullmatch(value) else None

    return text


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its field, its name in the JSON, how it is written and read."""

    field: str  # of Exif, or of Placeholder
    name: str
    written: Callable[[Any], Any]
    read: Callable[[object], Any]  # gives what is absent for what cannot be understood


PREDECESSORS = (  # always there: ``null`` where absent
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
FURTHER = (  # left out where absent
    Fact("make", "Make", _as_it_is, _words(LONGEST_TEXT)),
    Fact("equivalent_focal_length_mm", "FocalLengthIn35mmFilm", _as_it_is, _integer(1, LONGEST_MM)),
    Fact("exposure_bias_ev", "ExposureBiasValue", _as_it_is, _between(-20, 20)),
    Fact("exposure_program", "ExposureProgram", _as_it_is, _words(LONGEST_TEXT)),
    Fact("metering_mode", "MeteringMode", _as_it_is, _words(LONGEST_TEXT)),
    Fact("white_balance", "WhiteBalance", _as_it_is, _words(LONGEST_TEXT)),
    Fact("flash_fired", "Flash", _as_it_is, _truth),
    Fact("software", "Software", _as_it_is, _words(LONGEST_TEXT)),
    Fact("utc_offset_min", "OffsetTime", offset_text, offset_in),
    Fact("utc_offset_source", "OffsetTimeSource", _as_it_is, _words(LONGEST_TEXT)),
    Fact("width_px", "ImageWidth", _as_it_is, _integer(1, MOST_PX)),
    Fact("height_px", "ImageHeight", _as_it_is, _integer(1, MOST_PX)),
    Fact("title", "Title", _as_it_is, _words(LONGEST_TEXT)),
    Fact("description", "Description", _as_it_is, _words(LONGEST_DESCRIPTION)),
    Fact("keywords", "Keywords", list, _keywords_in),
    Fact("rating", "Rating", _as_it_is, _integer(-1, 5)),
    Fact("artist", "Artist", _as_it_is, _words(LONGEST_TEXT)),
    Fact("copyright", "Copyright", _as_it_is, _words(LONGEST_TEXT)),
)
MEGAPIXELS = "Megapixels"  # of the two sizes: written, not read
PLACEHOLDERS = (
    Fact("thumb_hash", "ThumbHash", _as_it_is, _matching("[0-9A-Za-z+/]{6,34}={0,2}")),
    Fact("dominant_colour", "DominantColor", _as_it_is, _matching("#[0-9a-f]{6}")),
)
SIZES = (  # of the display rendition, which lies upright
    Fact("width_px", "DisplayWidth", _as_it_is, _integer(1, MOST_PX)),
    Fact("height_px", "DisplayHeight", _as_it_is, _integer(1, MOST_PX)),
)
FACTS = (*PREDECESSORS, *FURTHER)
NAMES = (
    *(fact.name for fact in FACTS),
    MEGAPIXELS,
    *(fact.name for fact in (*PLACEHOLDERS, *SIZES)),
)


def written(exif: Exif) -> dict[str, Any]:
    """Return a predecessor's facts by their names in the JSON; what is absent is ``None``."""
    return {fact.name: _value(fact, exif) for fact in PREDECESSORS}


def further(exif: Exif, placeholder: Placeholder) -> dict[str, Any]:
    """Return the facts that no predecessor had, as far as they are there."""
    entry = {fact.name: _value(fact, exif) for fact in FURTHER}
    if exif.width_px and exif.height_px:
        entry[MEGAPIXELS] = round(exif.width_px * exif.height_px / 1e6, 1)
    entry |= {fact.name: _value(fact, placeholder) for fact in PLACEHOLDERS}
    return {name: value for name, value in entry.items() if value is not None}


def sizes(photo: Shown) -> dict[str, int]:
    """Return the size in which a photo is shown, where it is known."""
    told = {fact.name: getattr(photo, fact.field) for fact in SIZES}
    return {name: value for name, value in told.items() if value is not None}


def read_size(entry: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return width and height in which a photo is shown."""
    width_px, height_px = (fact.read(entry.get(fact.name)) for fact in SIZES)
    return width_px, height_px


def read(entry: Mapping[str, Any]) -> Exif:
    """Return the facts of an entry of exif_data.json, ours or a predecessor's.

    Whatever cannot be understood is absent; a latitude without a longitude is neither.
    """
    values = {fact.field: fact.read(entry.get(fact.name)) for fact in FACTS}
    if values["latitude_deg"] is None or values["longitude_deg"] is None:
        values["latitude_deg"] = values["longitude_deg"] = None
    return Exif(**values)


def read_placeholder(entry: Mapping[str, Any]) -> Placeholder:
    """Return what an entry of exif_data.json tells to show at first."""
    return Placeholder(**{fact.field: fact.read(entry.get(fact.name)) for fact in PLACEHOLDERS})


def _value(fact: Fact, facts: Exif | Placeholder) -> Any:
    value = getattr(facts, fact.field)
    return None if value in (None, ()) else fact.written(value)
