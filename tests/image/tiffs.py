"""TIFFs that Pillow cannot write, byte by byte (TIFF 6.0; floats: TIFF Technical Note 3)."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]
Order = Literal["<", ">"]
Value = int | bytes | Sequence[int] | Sequence[tuple[int, int]]
Entries = Mapping[tuple[int, int], Value]  # (tag, type) → value

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}
_CODES = {BYTE: "B", SHORT: "H", LONG: "L"}
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, SEPARATED, CIELAB = 0, 1, 2, 5, 8
_UNSIGNED, _FLOAT = 1, 3


def directory(entries: Entries, at: int, *, order: str = "<") -> bytes:
    """Return a directory that lies at an offset, with the values that do not fit into it."""
    table, body = b"", b""
    values_at = at + 2 + 12 * len(entries) + 4
    for (tag, kind), value in sorted(entries.items()):
        raw = _raw(value, kind, order)
        table += struct.pack(order + "HHL", tag, kind, len(raw) // _SIZES[kind])
        if len(raw) <= 4:
            table += raw.ljust(4, b"\0")
        else:
            table += struct.pack(order + "L", values_at + len(body))
            body += raw + bytes(len(raw) % 2)
    return struct.pack(order + "H", len(entries)) + table + bytes(4) + body


def tiff(
    pixels: Pixels,
    *,
    photometric: int = RGB,
    order: Order = "<",
    predictor: int = 1,
    tile_px: int | None = None,
    is_planar: bool = False,
    is_packed: bool = False,
    bits: int | None = None,
    more: Entries | None = None,
) -> bytes:
    """Return a file of (height, width, samples); floats of 32 bits or unsigned numbers.

    ``predictor`` 3 is the one for floats. ``bits`` says how many of 16 are told of. ``more``
    are further entries.
    """
    height, width, samples = pixels.shape
    is_float = pixels.dtype.kind == "f"
    planes = np.moveaxis(pixels, -1, 0)[..., None] if is_planar else pixels[None]
    parts = [
        _coded(part, order, predictor)
        for plane in planes
        for part in (_tiles(plane, tile_px) if tile_px else [plane])
    ]
    parts = [zlib.compress(part) for part in parts] if is_packed else parts
    sizes = [len(part) for part in parts]
    entries: dict[tuple[int, int], Value] = {
        (256, LONG): width,
        (257, LONG): height,
        (258, SHORT): [bits or pixels.dtype.itemsize * 8] * samples,
        (259, SHORT): 8 if is_packed else 1,
        (262, SHORT): photometric,
        (277, SHORT): samples,
        (284, SHORT): 2 if is_planar else 1,
        (339, SHORT): [_FLOAT if is_float else _UNSIGNED] * samples,
        **(more or {}),
    }
    if predictor != 1:
        entries[317, SHORT] = predictor
    offsets, counts = ((324, LONG), (325, LONG)) if tile_px else ((273, LONG), (279, LONG))
    if tile_px:
        entries |= {(322, SHORT): tile_px, (323, SHORT): tile_px}
    else:
        entries[278, LONG] = height
    entries |= {counts: sizes, offsets: sizes}  # of the right length
    at = 8 + len(directory(entries, 8, order=order))
    entries[offsets] = [at + sum(sizes[:number]) for number in range(len(sizes))]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", 8)
    return head + directory(entries, 8, order=order) + b"".join(parts)


def _raw(value: Value, kind: int, order: str) -> bytes:
    if isinstance(value, bytes):
        return value
    values = [value] if isinstance(value, int) else value
    if kind == RATIONAL:
        return b"".join(struct.pack(order + "LL", *pair) for pair in values)  # type: ignore[misc]
    return struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values)


def _tiles(plane: Pixels, tile_px: int) -> list[Pixels]:
    height, width = plane.shape[:2]
    fill = [(0, -height % tile_px), (0, -width % tile_px), (0, 0)]
    whole = np.pad(plane, fill)
    rows = range(0, whole.shape[0], tile_px)
    columns = range(0, whole.shape[1], tile_px)
    return [whole[y : y + tile_px, x : x + tile_px] for y in rows for x in columns]


def _coded(part: Pixels, order: Order, predictor: int) -> bytes:
    if predictor == 1:
        return part.astype(part.dtype.newbyteorder(order)).tobytes()
    height, _, samples = part.shape
    numbers = part.astype(">f4").reshape(height, -1)
    places = numbers.view(np.uint8).reshape(height, -1, 4).swapaxes(1, 2).reshape(height, -1)
    steps = places.copy()
    steps[:, samples:] -= places[:, :-samples]
    return steps.tobytes()
