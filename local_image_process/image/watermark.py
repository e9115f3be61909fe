"""Put the photographer's mark on a picture."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image

from ..errors import SettingsError
from ..model import Watermark
from . import colour

_MARGIN = 0.02  # of the picture's shorter edge
_LANCZOS = Image.Resampling.LANCZOS
_KEPT = 4  # marks as they go on pictures; those of a library come in few sizes


def read(path: Path, *, opacity: float, position: str, scale: float) -> Watermark:
    """Read a mark from its file. Raises SettingsError when it is no PNG that can be opened."""
    try:
        mark = Watermark(content=path.read_bytes(), opacity=opacity, position=position, scale=scale)
        _opened(mark.content)
    except Exception as error:  # foreign decoders on foreign bytes raise anything
        raise SettingsError(
            f"WATERMARK_FILE is {str(path)!r}: not a PNG that can be opened ({error});"
            " save it anew, or leave the setting empty"
        ) from error
    return mark


def stamp(picture: Image.Image, watermark: Watermark, profile: bytes) -> None:
    """Put the mark on a picture of RGB or RGBA, whose colours are those of ``profile``."""
    margin = round(_MARGIN * min(picture.size))
    size = _size(picture.size, watermark, margin)
    if min(size) < 1:
        return  # a picture too small to bear it
    mark = _mark(watermark, size, profile)
    place = _place(picture.size, size, watermark.position, margin)
    if picture.mode == "RGBA":
        picture.alpha_composite(mark, place)
    else:
        picture.paste(mark, place, mark)


def _size(picture: tuple[int, int], watermark: Watermark, margin: int) -> tuple[int, int]:
    """Return how large the mark becomes: as wide as asked, but never more than fits."""
    width, height = _opened(watermark.content).size
    scale = min(
        watermark.scale * picture[0] / width,
        (picture[0] - 2 * margin) / width,
        (picture[1] - 2 * margin) / height,
    )
    return round(width * scale), round(height * scale)


def _place(
    picture: tuple[int, int], mark: tuple[int, int], position: str, margin: int
) -> tuple[int, int]:
    """Return where the mark's upper left corner comes to lie."""
    left, top = ((whole - part) // 2 for whole, part in zip(picture, mark, strict=True))
    if "left" in position:
        left = margin
    elif "right" in position:
        left = picture[0] - mark[0] - margin
    if "top" in position:
        top = margin
    elif "bottom" in position:
        top = picture[1] - mark[1] - margin
    return left, top


@lru_cache(maxsize=1)
def _opened(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content), formats=("PNG",)) as image:
        return image.convert("RGBA")


@lru_cache(maxsize=_KEPT)
def _mark(watermark: Watermark, size: tuple[int, int], profile: bytes) -> Image.Image:
    """Return the mark in the picture's colours, as large as it goes on, and as faint."""
    resized = _opened(watermark.content).resize(size, _LANCZOS)
    alpha = resized.getchannel("A").point(lambda value: round(value * watermark.opacity))
    mark = colour.from_srgb(resized.convert("RGB"), profile)
    mark.putalpha(alpha)
    return mark
