"""Read the lens from cameras' own notes, where EXIF does not name it: a name or nothing.

Lens numbers are not looked up: makers and third parties share them, and a table would guess.
Layouts after the tag tables of ExifTool (https://exiftool.org/TagNames).
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from . import text
from .fields import number

_ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED, _IFD = 2, 3, 4, 5, 7, 13
_BYTES = {1: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, 6: 1, _UNDEFINED: 1, _IFD: 4}
_ORDERS = {b"II": "<", b"MM": ">"}
_ENTRIES_MAX = 512
_NAME_BYTES_MAX = 128
_CANON_NAME, _PANASONIC_NAME = 0x0095, 0x0051
_NIKON_SPECIFICATION = 0x0084
_OLYMPUS_EQUIPMENT, _OLYMPUS_NAME = 0x2010, 0x0203
_NO_NAMES = frozenset({"none", "unknown", "n/a", "no lens", "manual lens"})


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory of tags, and what its offsets count from."""

    content: bytes
    base: int
    at: int
    order: str  # "<" or ">"
    limits: range  # where values may lie

    def values(self, wanted: int) -> Iterator[tuple[int, int, int]]:
        """Yield type, count and place of the values of a tag."""
        count = min(self._unpack("H", self.at), _ENTRIES_MAX)
        for entry in range(self.at + 2, self.at + 2 + 12 * count, 12):
            if self._unpack("H", entry) == wanted:
                kind, many = self._unpack("H", entry + 2), self._unpack("L", entry + 4)
                place, size = entry + 8, _BYTES.get(kind, 8) * many
                if size > 4:
                    place = self.base + self._unpack("L", place)
                if place in self.limits and size <= self.limits.stop - place:
                    yield kind, many, place

    def name(self, wanted: int) -> str | None:
        """Return the text of a tag, if it is whole and plain."""
        for kind, many, at in self.values(wanted):
            if kind in (_ASCII, _UNDEFINED) and many <= _NAME_BYTES_MAX:
                raw = self.content[at : at + many].partition(b"\0")[0]
                if raw and raw.isascii() and raw.decode("ascii").isprintable():
                    return _named(raw.decode("ascii"))
        return None

    def rationals(self, wanted: int) -> list[float]:
        """Return the fractions of a tag."""
        for kind, many, at in self.values(wanted):
            if kind == _RATIONAL and many <= 4:
                pairs = [(self._unpack("L", i), self._unpack("L", i + 4)) for i in _steps(at, many)]
                return [above / below if below else math.nan for above, below in pairs]
        return []

    def below(self, wanted: int) -> "_Directory | None":
        """Return the directory that a tag holds or points to."""
        for kind, _, at in self.values(wanted):
            where = self.base + self._unpack("L", at) if kind in (_LONG, _IFD) else at
            return replace(self, at=where) if where in self.limits else None
        return None

    def _unpack(self, form: str, at: int) -> int:
        return int(struct.unpack_from(self.order + form, self.content, at)[0])


def lens(block: bytes, note: bytes, *, make: str) -> str | None:
    """Return the name of the lens, or its specification, from a maker's note.

    ``block`` is the EXIF that the note lies in: some makers count offsets from its start.
    """
    try:
        return _own_offsets(note) or _offsets_in(block, note, make)
    except struct.error:  # it leads out of the file
        return None


def specification(values: Any) -> str | None:
    """Return "18-55mm f/3.5-5.6" from the four numbers of LensSpecification (Exif 2.3, 4.6.5.F).

    They are shortest and longest focal length, and the smallest f-number at each.
    """
    if not isinstance(values, (tuple, list)) or len(values) != 4:
        return None
    short, long, fast, slow = (found or 0.0 for found in map(number, values))
    if not 0 < short <= long <= 10_000:
        return None
    apertures = [one for one in (fast, slow) if 0 < one < 100]
    lengths = f"{_range(short, long)}mm"
    return f"{lengths} f/{_range(*apertures)}" if len(apertures) == 2 else lengths


def _own_offsets(note: bytes) -> str | None:
    """Read a note that is a file of its own."""
    if note.startswith(b"Nikon\0\x02") and note[10:12] in _ORDERS:
        return _nikon(note[10:], _ORDERS[note[10:12]])
    for name, mark, at in ((b"OLYMPUS\0", 8, 12), (b"OM SYSTEM\0", 12, 16)):
        if note.startswith(name) and note[mark : mark + 2] in _ORDERS:
            order = _ORDERS[note[mark : mark + 2]]
            return _olympus(_Directory(note, 0, at, order, range(len(note))))
    return None


def _offsets_in(block: bytes, note: bytes, make: str) -> str | None:
    """Read a note that counts from the start of the EXIF."""
    start, order = block.find(note), _ORDERS.get(block[:2])
    if not note or start < 0 or order is None:
        return None
    directory = _Directory(block, 0, start, order, range(start, start + len(note)))
    if note.startswith(b"OLYMP\0"):
        return _olympus(replace(directory, at=start + 8))
    if note.startswith(b"Panasonic\0\0\0"):
        return replace(directory, at=start + 12).name(_PANASONIC_NAME)
    if make.lower().startswith("canon"):
        return replace(directory, base=_canon_base(note, start, order)).name(_CANON_NAME)
    return None


def _nikon(block: bytes, order: str) -> str | None:
    at = struct.unpack_from(order + "L", block, 4)[0]
    directory = _Directory(block, 0, at, order, range(len(block)))
    return specification(directory.rationals(_NIKON_SPECIFICATION))


def _olympus(directory: _Directory) -> str | None:
    equipment = directory.below(_OLYMPUS_EQUIPMENT)
    return equipment.name(_OLYMPUS_NAME) if equipment else None


def _canon_base(note: bytes, start: int, order: str) -> int:
    """Return how far the note was moved by an editor: its last bytes tell where it lay."""
    if note[-8:-4] not in (b"II*\0", b"MM\0*"):
        return 0
    return start - int(struct.unpack_from(order + "L", note, len(note) - 4)[0])


def _named(name: str) -> str | None:
    found = text.cleaned(name)
    is_name = found and found.strip("-") and found.lower() not in _NO_NAMES
    return found if is_name else None


def _range(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g}-{high:.4g}"


def _steps(at: int, many: int) -> range:
    return range(at, at + 8 * many, 8)
