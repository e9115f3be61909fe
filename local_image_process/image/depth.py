"""Bring pictures of more than 8 bits a channel down to 8: scaled, never cut."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO, _CIELAB = 258, 262, 0, 8  # TIFF 6.0
_HIGHLIGHTS = 16.0  # as far above a white of 1.0, and no further, reach pictures of high range
_WHITES = {1.0: _HIGHLIGHTS, 255.0: 255.0, 65535.0: 65535.0}  # white: the largest value then


def in_8_bits(image: Image.Image) -> Image.Image:
    """Return the picture in a mode whose neighbouring values may be mixed, 8 bits a channel."""
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return _from_deep_grey(image)
    if image.mode in ("P", "PA") or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "RGB" and _tags(image).get(_PHOTOMETRIC) == _CIELAB:
        return _as_lab(image)
    return image.convert("L") if image.mode == "1" else image


def scaled(numbers: Image.Image, *, white: float) -> Image.Image:
    """Map 0…white to 0…255; what is beyond is clipped."""
    return numbers.point(lambda value: value * (255 / white) + 0.5).convert("L")


def brightest(numbers: Image.Image) -> float:
    """Return the largest value of a picture of one band."""
    largest = numbers.getextrema()[1]
    return float(largest) if isinstance(largest, (int, float)) else 0.0


def usual_white(largest: float) -> float:
    """Guess which value is white in a picture of floating-point numbers."""
    return next((w for w, reach in _WHITES.items() if largest <= reach), largest)


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """White is where the values' own type or, failing that, they end."""
    image.info.pop("transparency", None)  # a grey of 16 bits that no 8-bit pixel can match
    tags = _tags(image)
    if image.mode.startswith("I;16"):
        white = 2.0 ** _first(tags.get(_BITS, 16)) - 1
    elif image.mode == "F":
        white = usual_white(brightest(image))
    else:
        white = next((w for w in (255.0, 65535.0) if brightest(image) <= w), brightest(image))
    numbers = image if image.mode in ("F", "I") else image.convert("I")
    grey = scaled(numbers.convert("F"), white=white)
    is_negative = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO  # Pillow turns only 8 bits round
    return grey.point(lambda value: 255 - value) if is_negative else grey


def _as_lab(image: Image.Image) -> Image.Image:
    """Take three channels, the upper bytes of Lab's 16 bits, for what they are."""
    lightness, *signed = image.split()
    return Image.merge("LAB", (lightness, *(one.point(lambda v: v ^ 128) for one in signed)))


def _tags(image: Image.Image) -> Mapping[int, Any]:
    """Return the tags of a TIFF, of anything else none."""
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    return tags


def _first(value: int | tuple[int, ...]) -> int:
    return value[0] if isinstance(value, tuple) else value
