"""Colour profiles made on the spot, and what an RGB profile says of pixels (ICC.1:2001-04)."""

import struct
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

D50 = np.array([0.9642, 1.0, 0.8249])
D65_XY, D50_XY = (0.3127, 0.3290), (0.3457, 0.3585)
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
CMYK_NODES = 6  # of each ink: at 0, 51 … 255
SRGB_CURVE = -1.0  # in place of a gamma


@dataclass(frozen=True)
class Space:
    """An RGB colour space: primaries and white by x and y, and its gamma."""

    primaries: tuple[tuple[float, float], ...]
    white: tuple[float, float]
    gamma: float


SPACES = {
    "sRGB": Space(((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65_XY, SRGB_CURVE),
    "Display P3": Space(((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65_XY, SRGB_CURVE),
    "Adobe RGB": Space(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65_XY, 563 / 256),
    "ProPhoto": Space(((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), D50_XY, 1.8),
}


def rgb_profile(name: str) -> bytes:
    """Return a matrix profile of one of SPACES."""
    space = SPACES[name]
    colours = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), colours_under_d50(space).T, strict=True))
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(space.gamma))
    return _profile(b"mntr", b"RGB ", b"XYZ ", {k: _xyz(v) for k, v in colours.items()} | curves)


def grey_profile(gamma: float) -> bytes:
    """Return a profile for grey."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _curve(gamma)})


def cmyk_profile(*, darkest: float = 0.0) -> bytes:
    """Return a printer's profile: a table of ``ink_xyz``; ``darkest`` is black's reflectance."""
    levels = np.linspace(0, 1, CMYK_NODES)
    inks = np.array(list(product(levels, repeat=4)))
    lab = xyz_to_lab(ink_xyz(inks, darkest=darkest))
    coded = np.column_stack([lab[:, 0] * 652.8, (lab[:, 1:] + 128) * 256]).round()
    table = coded.astype(">u2").tobytes()
    head = struct.pack(">4s4x4B", b"mft2", 4, 3, CMYK_NODES, 0)
    head += struct.pack(">9l", *[65536 * one for one in (1, 0, 0, 0, 1, 0, 0, 0, 1)])
    head += struct.pack(">2H", 2, 2)
    straight = struct.pack(">2H", 0, 65535)
    tags = {b"A2B0": head + 4 * straight + table + 3 * straight}
    return _profile(b"prtr", b"CMYK", b"Lab ", tags)


def ink_xyz(inks: Numbers, *, darkest: float = 0.0) -> Numbers:
    """Return X Y Z under D50 of inks 0…1: all of them colours that sRGB has, too."""
    cyan, magenta, yellow, black = inks.T
    red = (1 - 0.96 * cyan) * (1 - 0.10 * magenta) * (1 - 0.02 * yellow)
    green = (1 - 0.35 * cyan) * (1 - 0.95 * magenta) * (1 - 0.08 * yellow)
    blue = (1 - 0.12 * cyan) * (1 - 0.40 * magenta) * (1 - 0.94 * yellow)
    light = np.stack([red, green, blue], axis=-1) * (1 - black)[:, None]
    xyz: Numbers = (light * (1 - darkest) + darkest) @ colours_under_d50(SPACES["sRGB"]).T
    return xyz


def colours_under_d50(space: Space) -> Numbers:
    """Return the matrix from linear RGB to X Y Z, adapted by Bradford (ICC.1, annex E)."""
    primaries = np.array([(x / y, 1, (1 - x - y) / y) for x, y in space.primaries]).T
    x, y = space.white
    white = np.array([x / y, 1, (1 - x - y) / y])
    colours = primaries * np.linalg.solve(primaries, white)
    scale = np.diag((BRADFORD @ D50) / (BRADFORD @ white))
    adapted: Numbers = np.linalg.inv(BRADFORD) @ scale @ BRADFORD @ colours
    return adapted


def lab_by_profile(pixels: npt.NDArray[Any], profile: bytes) -> Numbers:
    """Return L* a* b* of RGB pixels by the matrix and the curves of a profile."""
    tags = _tags(profile)
    colours = np.array([_fixed(tags[tag][8:20]) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")])
    values = pixels.astype(float) / 255
    curves = (tags[tag] for tag in (b"rTRC", b"gTRC", b"bTRC"))
    linear = [_linear(values[..., band], curve) for band, curve in enumerate(curves)]
    return xyz_to_lab(np.stack(linear, axis=-1) @ colours)


def xyz_to_lab(xyz: Numbers) -> Numbers:
    """Return CIE L* a* b* under D50 (CIE 15:2004)."""
    ratio = xyz / D50
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _linear(values: Numbers, curve: bytes) -> Numbers:
    if curve[:4] == b"para":
        kind = struct.unpack(">H", curve[8:10])[0]
        gamma, *rest = _fixed(curve[12:])
        if kind == 0:
            return values**gamma
        assert kind == 3
        a, b, c, d = rest[:4]
        return np.where(values >= d, (a * values + b).clip(0) ** gamma, c * values)
    count = struct.unpack(">L", curve[8:12])[0]
    points = np.frombuffer(curve[12 : 12 + 2 * count], ">u2")
    if count == 1:
        raised: Numbers = values ** (points[0] / 256)
        return raised
    return np.interp(values, np.linspace(0, 1, count), points / 65535)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = struct.unpack(">L", profile[128:132])[0]
    entries = [struct.unpack_from(">4sLL", profile, 132 + 12 * n) for n in range(count)]
    return {tag: profile[at : at + size] for tag, at, size in entries}


def _fixed(content: bytes) -> list[float]:
    return [value / 65536 for (value,) in struct.iter_unpack(">l", content)]


def _curve(gamma: float) -> bytes:
    if gamma != SRGB_CURVE:
        return struct.pack(">4s4xLH", b"curv", 1, round(gamma * 256))
    values = np.linspace(0, 1, 4096)
    light = np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    return struct.pack(">4s4xL", b"curv", 4096) + (light * 65535).round().astype(">u2").tobytes()


def _xyz(colour: Numbers) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3l", *(round(one * 65536) for one in colour))


def _profile(kind: bytes, space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"made for a test\0"
    tags = {
        b"desc": b"desc" + bytes(4) + len(name).to_bytes(4, "big") + name + bytes(78),
        b"wtpt": _xyz(D50),
        **tags,
    }
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">L", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">LL", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">L4xL4s4s4s12x4s28x", at + len(body), 0x02400000, kind, space, pcs, b"acsp")
    return (head + _xyz(D50)[8:]).ljust(128, b"\0") + table + body
