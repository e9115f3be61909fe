"""Colour profiles for pictures that name their colour space without bringing its profile."""

import struct
from functools import cache

# Colours of the primaries under D50, X Y Z each; sums are D50's (ICC.1:2022, 7.2.16).
_DISPLAY_P3 = (0.51512, 0.24120, -0.00105, 0.29198, 0.69225, 0.04189, 0.15710, 0.06657, 0.78407)
_ADOBE_RGB = (0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457)
_BT_2020 = (0.67348, 0.27904, -0.00193, 0.16566, 0.67534, 0.02997, 0.12505, 0.04562, 0.79680)
_D50 = (0.9642, 1.0, 0.8249)
_SRGB_CURVE = (3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # IEC 61966-2-1
_ADOBE_CURVE = (0, 563 / 256)  # Adobe RGB (1998), 4.3.1.2
_BY_PRIMARIES = {9: ("BT.2020", _BT_2020), 12: ("Display P3", _DISPLAY_P3)}  # ITU-T H.273, 8.1


@cache
def adobe_rgb() -> bytes:
    """Return a profile for what cameras call Adobe RGB."""
    return _profile("Compatible with Adobe RGB (1998)", _ADOBE_RGB, _ADOBE_CURVE)


@cache
def by_primaries(primaries: int) -> bytes:
    """Return a profile for colour primaries by their number in H.273; nothing for sRGB's."""
    if primaries not in _BY_PRIMARIES:
        return b""
    return _profile(*_BY_PRIMARIES[primaries], _SRGB_CURVE)


def _profile(name: str, colours: tuple[float, ...], curve: tuple[float, ...]) -> bytes:
    """Return an RGB display profile of version 4.3 (ICC.1:2010): a matrix and one curve."""
    kind, *parameters = curve
    shape = b"para" + bytes(4) + struct.pack(">HH", int(kind), 0) + _fixed(*parameters)
    tags = {
        b"desc": _text(name),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": b"XYZ " + bytes(4) + _fixed(*_D50),
        b"rXYZ": b"XYZ " + bytes(4) + _fixed(*colours[:3]),
        b"gXYZ": b"XYZ " + bytes(4) + _fixed(*colours[3:6]),
        b"bXYZ": b"XYZ " + bytes(4) + _fixed(*colours[6:]),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), shape),
    }
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">L", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">LL", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">L4sL4s4s4s", at + len(body), b"", 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s28x", 2024, 1, 1, 0, 0, 0, b"acsp") + _fixed(*_D50)
    return head.ljust(128, b"\0") + table + body


def _fixed(*values: float) -> bytes:
    """Write s15Fixed16Numbers."""
    return b"".join(struct.pack(">l", round(value * 65536)) for value in values)


def _text(text: str) -> bytes:
    words = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xLL2s2sLL", 1, 12, b"en", b"US", len(words), 28) + words
