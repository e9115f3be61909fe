"""Make WebP renditions: upright, in the right colours, telling nothing but what they are to."""

from io import BytesIO

from PIL import Image

from ..model import Recipe, Rendition
from . import depth, exif, watermark
from .colour import coloured, profile_of

WEBP_LIMIT_PX = 16383  # an edge of a WebP has 14 bits
WEBP_METHOD = 2  # takes half the time of the default, 4, for about 4 % more bytes
DRAFT_GAP = 1.4  # decoded to less than that above the size wanted, fine lines turn into moiré
FROM_ORIGINAL = Image.Resampling.LANCZOS
FROM_DISPLAY = Image.Resampling.BICUBIC  # what is too fine is gone by then
FROM_THUMBNAIL = Image.Resampling.LANCZOS  # costs little there, where every loss is seen
OF_CHROMA = Image.Resampling.HAMMING  # a WebP keeps a quarter of it
CHROMA_GAP = 1.0  # the least step of averaging whole pixels comes first, where there is room
_TURNS = {  # what brings a picture upright that was stored so
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def render(image: Image.Image, recipe: Recipe, *, exif_block: bytes = b"") -> tuple[Rendition, ...]:
    """Make the thumbnails, large to small, and last the display rendition.

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
    smaller, resampling = display, FROM_DISPLAY
    for edge_px in sorted(recipe.thumb_edges_px, reverse=True):
        smaller = _reduced(smaller, edge_px, resampling)
        resampling = FROM_THUMBNAIL
        content = _encoded(smaller, recipe.thumb_quality, profile, exif_block)
        renditions.append(_rendition(edge_px, smaller, content))
    if recipe.watermark:  # Order: thumbnails are made from what bears no mark
        display = display.convert("RGB") if display.mode == "YCbCr" else display
        watermark.stamp(display, recipe.watermark, profile)
    content = _encoded(display, recipe.display_quality, profile, exif_block)
    return *renditions, _rendition(None, display, content)


def draft_size(size: tuple[int, int], recipe: Recipe) -> tuple[int, int]:
    """Return the least size to decode a picture to; a JPEG can be decoded at 1/2, 1/4 or 1/8."""
    return _fitted(size, _display_edge_px(recipe) * DRAFT_GAP)


def _display_edge_px(recipe: Recipe) -> int:
    return min(recipe.display_edge_px or WEBP_LIMIT_PX, WEBP_LIMIT_PX)


def _upright_at(image: Image.Image, recipe: Recipe) -> Image.Image:
    """Decode no more than needed, reduce, and only then turn what is left."""
    image.draft("YCbCr" if _has_luma(image) else None, draft_size(image.size, recipe))
    image.load()
    turn = _TURNS.get(exif.orientation(image))  # Order: after load, TIFFs are upright by then
    small = _reduced(depth.in_8_bits(image), _display_edge_px(recipe), FROM_ORIGINAL)
    return small.transpose(turn) if turn is not None else small


def _has_luma(image: Image.Image) -> bool:
    """Tell whether a picture is a JPEG that surely is stored as luma and chroma, not as RGB.

    By the numbers of its components and the mark of Adobe, as libjpeg guesses it.
    """
    numbers = [component[0] for component in getattr(image, "layer", ())]
    return numbers == [1, 2, 3] and image.info.get("adobe_transform", 1) == 1


def _fitted(size: tuple[int, int], edge_px: float) -> tuple[int, int]:
    width, height = size
    scale = min(1.0, edge_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _reduced(picture: Image.Image, edge_px: int, resampling: Image.Resampling) -> Image.Image:
    """Return a new picture that is no larger than the edge; alpha is weighed in by Pillow.

    Luma and chroma are reduced apart, for half of the price: only luma needs all care.
    """
    size = _fitted(picture.size, edge_px)
    if size == picture.size:
        return picture.copy()
    if picture.mode != "YCbCr":
        return picture.resize(size, resampling)
    luma = picture.getchannel("Y").resize(size, resampling)
    chroma = (
        picture.getchannel(name).resize(size, OF_CHROMA, reducing_gap=CHROMA_GAP)
        for name in ("Cb", "Cr")
    )
    return Image.merge("YCbCr", (luma, *chroma))


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
