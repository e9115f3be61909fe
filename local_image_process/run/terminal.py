"""How things stand, in lines for a terminal: the words of the status page, in English."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FAILURES_SHOWN = 20
UNITS = ("B", "kB", "MB", "GB", "TB")


def lines_of(told: Mapping[str, Any]) -> list[str]:
    """Put what Standing tells into lines."""
    named = [*_work(told), *_health(told["details"])]
    lines = [f"{name:<10}{text}" for name, text in named]
    return [*lines, *_failures(told["photos"]["failed"], told["details"]["failures"])]


def _work(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    photos = told["photos"]
    counted = ", ".join(f"{photos[name]:,} {name}" for name in ("published", "waiting", "failed"))
    yield "photos", f"{photos['total']:,}: {counted}"
    if not told["has_leader"]:
        yield "service", "nobody is at work: start it, or run 'once'"
    elif told["is_looking"]:
        yield "service", "looking through the library"
    elif photos["waiting"]:
        left = span(told["left_s"]) if told["left_s"] else "not known yet how long"
        yield "progress", f"{left} to go{_speed(told)}"
    if photos["held"]:
        yield (
            "held",
            f"{photos['held']:,} withdrawals wait for a word:"
            " if the photos really are gone, 'once --confirm-withdraw'",
        )


def _speed(told: Mapping[str, Any]) -> str:
    if told["photos_per_s"] is None:
        return ""
    return f" ({told['photos_per_s']:.2g} photos and {in_bytes(told['bytes_per_s'])} a second)"


def _health(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if library := details["library"]:
        yield "library", _or_error(library["path"], library["error"])
    if (watching := details["watching"]) and watching["by"]:
        yield "watching", watching["why"] or f"by {watching['by']}"
    disk = details["disk"]
    free = f"{in_bytes(disk['free_bytes'])} free of {in_bytes(disk['total_bytes'])}"
    low = "little space is left: make room" if disk["is_low"] else None
    yield "disk", _or_error(f"{disk['path']}, {free}", disk["error"] or low)
    store = details["store"]
    where = f"bucket {store['bucket']}" if store["bucket"] else "data folder"
    yield "pictures", _or_error(where, store["error"])
    if details["bucket"] and details["bucket"]["error"]:
        yield "bucket", details["bucket"]["error"]
    if notices := details["notices"]:
        counted = f"{notices['waiting']} to be taken, {notices['given_up']} given up"
        yield "notices", _or_error(counted, notices["error"])


def _or_error(text: str, error: str | None) -> str:
    return f"{text}: {error}" if error else text


def _failures(number: int, failures: Sequence[Mapping[str, str]]) -> Iterator[str]:
    for failure in failures[:FAILURES_SHOWN]:
        yield f"failed    {failure['key']}: {failure['reason']}"
    if number > FAILURES_SHOWN:
        yield f"          and {number - FAILURES_SHOWN:,} more: 'check' lists them"


def span(left_s: Sequence[int]) -> str:
    """Return a range of seconds in words: "12–18 min"."""
    least_s, most_s = left_s
    unit, seconds = ("s", 1) if most_s < 90 else ("min", 60) if most_s < 5400 else ("h", 3600)
    digits = 1 if unit == "h" else 0
    ends = [f"{max(end_s / seconds, 10**-digits):.{digits}f}" for end_s in (least_s, most_s)]
    return f"{ends[0] if ends[0] == ends[1] else '–'.join(ends)} {unit}"


def in_bytes(size: float) -> str:
    """Return a size in words: "1.5 GB"."""
    power = 0
    while size >= 1000 and power < len(UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.3g} {UNITS[power]}"
