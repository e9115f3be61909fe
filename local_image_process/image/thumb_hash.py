"""Write ThumbHashes (https://evanw.github.io/thumbhash): a blurred picture in some twenty bytes."""

import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul

EDGE_MAX_PX = 100
_BROADEST, _BROADEST_WITH_ALPHA = 7, 5  # waves of lightness along the longer edge
_FEWEST = 3
_NOISE = 1e-9  # what is left of a wave that is not there, by rounding

Pixel = tuple[int, int, int, int]  # red, green, blue, alpha; not premultiplied
_Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class _Waves:
    """One channel as cosine waves: its mean, the strength of the others, and they themselves."""

    mean: float
    scale: float
    others: tuple[float, ...]  # 0…1, where 0.5 is none


def thumb_hash(size: tuple[int, int], pixels: Sequence[Pixel]) -> str:
    """Return the hash, in base64, of an sRGB picture of at most 100 px, given row by row."""
    width, height = size
    assert max(size) <= EDGE_MAX_PX
    has_alpha = any(pixel[3] < 255 for pixel in pixels)
    broadest = _BROADEST_WITH_ALPHA if has_alpha else _BROADEST
    across = max(1, _rounded(broadest * width / max(size)))
    down = max(1, _rounded(broadest * height / max(size)))
    light, yellow, red, alpha = (
        [channel[at : at + width] for at in range(0, len(pixels), width)]
        for channel in _channels(pixels)
    )
    waves = [
        _waves(light, max(_FEWEST, across), max(_FEWEST, down)),
        _waves(yellow, _FEWEST, _FEWEST),
        _waves(red, _FEWEST, _FEWEST),
        *([_waves(alpha, 5, 5)] if has_alpha else []),
    ]
    is_landscape = width > height
    head = _head(waves, down if is_landscape else across, is_landscape=is_landscape)
    return b64encode(head + _nibbles([one for wave in waves for one in wave.others])).decode()


def _channels(pixels: Sequence[Pixel]) -> tuple[list[float], ...]:
    """Return lightness, yellow against blue, red against green, and alpha, on the mean colour."""
    alphas = [pixel[3] / 255 for pixel in pixels]
    weight = math.fsum(alphas) or 1.0
    means = [
        math.fsum(p[i] / 255 * a for p, a in zip(pixels, alphas, strict=True)) / weight
        for i in range(3)
    ]
    light, yellow, red = [], [], []
    for pixel, alpha in zip(pixels, alphas, strict=True):
        r, g, b = (m * (1 - alpha) + alpha / 255 * c for m, c in zip(means, pixel, strict=False))
        light.append((r + g + b) / 3)
        yellow.append((r + g) / 2 - b)
        red.append(r - g)
    return light, yellow, red, alphas


def _waves(rows: Sequence[_Row], across: int, down: int) -> _Waves:
    """Return the discrete cosine transform's corner of low frequencies, a triangle."""
    height, width = len(rows), len(rows[0])
    lying = [[sum(map(mul, row, _cosine(width, x))) for row in rows] for x in range(across)]
    found = [
        sum(map(mul, lying[x], _cosine(height, y))) / (width * height)
        for y in range(down)
        for x in range(across)
        if x * down < across * (down - y)
    ]
    mean, *others = found
    scale = max(map(abs, others))
    if scale < _NOISE:
        return _Waves(mean, 0.0, (0.5,) * len(others))
    return _Waves(mean, scale, tuple(0.5 + 0.5 / scale * one for one in others))


@cache
def _cosine(length: int, wave: int) -> tuple[float, ...]:
    return tuple(math.cos(math.pi / length * wave * (i + 0.5)) for i in range(length))


def _head(waves: Sequence[_Waves], shorter: int, *, is_landscape: bool) -> bytes:
    """Return means, strengths and the shape of the picture, as the format packs them."""
    light, yellow, red = waves[:3]
    first = (
        _rounded(63 * light.mean)
        | _rounded(31.5 + 31.5 * yellow.mean) << 6
        | _rounded(31.5 + 31.5 * red.mean) << 12
        | _rounded(31 * light.scale) << 18
        | (len(waves) > 3) << 23
    )
    second = (
        shorter
        | _rounded(63 * yellow.scale) << 3
        | _rounded(63 * red.scale) << 9
        | is_landscape << 15
    )
    head = first.to_bytes(3, "little") + second.to_bytes(2, "little")
    alphas = (_rounded(15 * one.mean) | _rounded(15 * one.scale) << 4 for one in waves[3:])
    return head + bytes(alphas)


def _nibbles(values: Sequence[float]) -> bytes:
    """Pack values of 0…1 in four bits each, the lower half of a byte first."""
    steps = [_rounded(15 * value) for value in values]
    steps += [0] * (len(steps) % 2)
    return bytes(low | high << 4 for low, high in zip(steps[::2], steps[1::2], strict=True))


def _rounded(value: float) -> int:
    """Round as the format does: halves up."""
    return math.floor(value + 0.5)
