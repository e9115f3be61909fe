"""Make WebP renditions: upright, in the right colours, telling nothing but what they are to."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from ..model import Recipe, Rendition
from . import depth, exif, watermark
from .colour import coloured, profile_of
from .reducing import reduced

WEBP_LIMIT_PX = 16383  # an edge of a WebP has 14 bits
WEBP_METHOD = 2  # takes half the time of the default, 4, for about 4 % more bytes
DRAFT_GAP = 1.4  # decoded to less than that above the size wanted, fine lines turn into moiré
_TURNS = {  # what brings a picture upright that was stored so
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The thumbnails, large to small, and last the display rendition."""

    renditions: tuple[Rendition, ...]
    smallest: Image.Image  # before it was encoded; RGB or RGBA
    profile: bytes  # of its colours


def render(image: Image.Image, recipe: Recipe, *, exif_block: bytes = b"") -> Rendered:
    """Make all renditions of a photo.

    ``image`` is opened, not yet loaded, and used up: it is closed as soon as the
    display size is made, so that the big picture's memory is free for encoding.
    ``exif_block`` is embedded in each. Nothing is enlarged: a photo smaller than an
    edge keeps its size.
    """
    display = _upright_at(image, recipe)
    profile = profile_of(image)
    image.close()
    display, profile = coloured(display, profile)

    renditions = []
    smaller = display
    for edge_px in sorted(recipe.thumb_edges_px, reverse=True):
        smaller = reduced(smaller, _fitted(smaller.size, edge_px))
        content = _encoded(smaller, recipe.thumb_quality, profile, exif_block)
        renditions.append(_rendition(edge_px, smaller, content))
    if recipe.watermark:  # Order: thumbnails are made from what bears no mark
        smaller = smaller.copy() if smaller is display else smaller
        watermark.stamp(display, recipe.watermark, profile)
    content = _encoded(display, recipe.display_quality, profile, exif_block)
    renditions.append(_rendition(None, display, content))
    return Rendered(renditions=tuple(renditions), smallest=smaller, profile=profile)


def draft_size(size: tuple[int, int], recipe: Recipe) -> tuple[int, int]:
    """Return the least size to decode a picture to; a JPEG can be decoded at 1/2, 1/4 or 1/8."""
    return _fitted(size, _display_edge_px(recipe) * DRAFT_GAP)


def _display_edge_px(recipe: Recipe) -> int:
    return min(recipe.display_edge_px or WEBP_LIMIT_PX, WEBP_LIMIT_PX)


def _upright_at(image: Image.Image, recipe: Recipe) -> Image.Image:
    """Decode no more than needed, reduce, and only then turn what is left."""
    image.draft(None, draft_size(image.size, recipe))
    image.load()
    turn = _TURNS.get(exif.orientation(image))  # Order: after load, TIFFs are upright by then
    small = reduced(depth.in_8_bits(image), _fitted(image.size, _display_edge_px(recipe)))
    return small.transpose(turn) if turn is not None else small


def _fitted(size: tuple[int, int], edge_px: float) -> tuple[int, int]:
    width, height = size
    scale = min(1.0, edge_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _encoded(picture: Image.Image, quality: int, profile: bytes, exif_block: bytes) -> bytes:
    buffer = BytesIO()
    picture.save(
        buffer,
        "WEBP",
        quality=quality,
        method=WEBP_METHOD,
        icc_profile=profile,
        exif=exif_block,
        xmp=b"",  # said aloud: nothing that the original tells besides its picture
    )
    return buffer.getvalue()


def _rendition(edge_px: int | None, picture: Image.Image, content: bytes) -> Rendition:
    width_px, height_px = picture.size
    return Rendition(edge_px=edge_px, width_px=width_px, height_px=height_px, content=content)
