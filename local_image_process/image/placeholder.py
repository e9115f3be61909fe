"""Make what a page shows while a picture is on its way: a blur and a colour."""

import colorsys
from collections.abc import Sequence

from PIL import Image

from ..model import Placeholder
from .colour import to_srgb
from .thumb_hash import Pixel, thumb_hash

EDGE_PX = 32  # of what it is made from: the blur holds no more than seven waves
CLUSTERS = 12
_VIVID = 2.0  # how much more a pure colour counts than a grey of the same area
_SEEN = 128  # of alpha: what is more transparent has no colour


def of_rendered(picture: Image.Image, profile: bytes) -> Placeholder:
    """Make it from the smallest picture of a photo, in the colours of a profile; uses it up."""
    picture.thumbnail((EDGE_PX, EDGE_PX), Image.Resampling.BOX)
    return of_picture(to_srgb(picture, profile))


def of_picture(picture: Image.Image) -> Placeholder:
    """Make it from a small sRGB picture."""
    rgba = picture.convert("RGBA")
    flat = rgba.tobytes()
    pixels = list(zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True))
    return Placeholder(thumb_hash=thumb_hash(rgba.size, pixels), dominant_colour=_dominant(pixels))


def _dominant(pixels: Sequence[Pixel]) -> str | None:
    """Return the fullest cluster of a median cut, where vivid colours weigh more than greys."""
    seen = [channel for pixel in pixels if pixel[3] >= _SEEN for channel in pixel[:3]]
    if not seen:
        return None
    opaque = Image.frombytes("RGB", (len(seen) // 3, 1), bytes(seen))
    clusters = opaque.quantize(CLUSTERS, Image.Quantize.MEDIANCUT)
    palette = clusters.getpalette() or []
    histogram = enumerate(clusters.histogram()[: len(palette) // 3])
    found = [(count, tuple(palette[3 * i : 3 * i + 3])) for i, count in histogram]
    _, colour = max(found, key=lambda one: (one[0] * _weight(one[1]), one[1]))
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _weight(colour: tuple[int, ...]) -> float:
    """Return 1 for greys, up to 2 for what is both saturated and neither dark nor pale."""
    _, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    return 1 + (_VIVID - 1) * saturation * (1 - abs(2 * lightness - 1))
