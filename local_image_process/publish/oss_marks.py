"""How a mark is written into an object's headers."""

from dataclasses import asdict, fields
from typing import Any

from .store import Mark

META = "x-oss-meta-"
MAY_LACK = frozenset({"thumb_hash", "dominant_colour"})  # of the fields of a mark


def mark_headers(mark: Mark) -> dict[str, str]:
    """Return the headers that say what a mark says."""
    told = ((name, value) for name, value in asdict(mark).items() if value is not None)
    return {META + _dashed(name): str(value) for name, value in told}


def mark_in(headers: Any) -> Mark | None:
    """Return the mark that an object's headers carry; ``None`` if they carry no whole one."""
    names = ((f.name, META + _dashed(f.name)) for f in fields(Mark))
    try:
        values: dict[str, Any] = {
            name: headers.get(header) if name in MAY_LACK else headers[header]
            for name, header in names
        }
        for name in ("width_px", "height_px"):
            values[name] = int(values[name])
    except (KeyError, ValueError):
        return None
    return Mark(**values)


def _dashed(name: str) -> str:
    return name.replace("_", "-")
