"""Walk the boxes of a file: CR3 (ISO/IEC 14496-12, 4.2) and JPEG 2000 (ISO/IEC 15444-1, I.4)."""

from collections.abc import Iterator
from dataclasses import dataclass

_UUID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Box:
    """One box: what it is, and where its body lies."""

    kind: bytes  # four letters; of a "uuid" its 16 bytes
    start: int
    end: int


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes between two places; ends at the first one that makes no sense."""
    at, limit = start, len(content) if end is None else end
    while at + 8 <= limit:
        size, kind, body = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], 8
        if size == 1:
            size, body = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = limit - at
        if size < body or at + size > limit:
            return
        if kind == b"uuid":
            kind = content[at + body : at + body + _UUID_BYTES]
            body += _UUID_BYTES
        yield Box(kind, at + body, at + size)
        at += size


def find(content: bytes, *path: bytes) -> list[bytes]:
    """Return the bodies of all boxes that lie so: ``find(content, b"jp2h", b"colr")``."""
    places = [Box(b"", 0, len(content))]
    for kind in path:
        places = [
            box
            for place in places
            for box in boxes(content, place.start, place.end)
            if box.kind == kind
        ]
    return [content[place.start : place.end] for place in places]
