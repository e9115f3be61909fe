"""How much memory it takes to develop a picture, told by its header alone."""

from PIL import Image

from ..errors import NeedsMemory
from ..model import Recipe
from .float_tiff import FloatTiff
from .render import draft_size

MB = 1 << 20
LEAST_BYTES = 96 * MB  # encoding the display rendition takes about so much, whatever the photo
_PER_PIXEL = {  # of other modes 4; those of many bits are scaled by way of two copies
    **{"1": 2, "L": 1, "P": 5, "PA": 6},
    **dict.fromkeys(("I", "F", "I;16", "I;16B"), 15),
}
_DECODER_PER_PIXEL = {"WEBP": 12, "JPEG2000": 16, "AVIF": 5, "HEIF": 4, "GIF": 2}
_FLOAT_PER_PIXEL = 40  # of three numbers of four bytes: the file again, and the numbers
_ALPHA_BYTES = 4  # pixels are multiplied by it in a copy


def admit(image: Image.Image, content_bytes: int, recipe: Recipe, *, allowed_bytes: int) -> None:
    """Raise NeedsMemory if the picture, opened but not decoded, would take more than allowed."""
    needed = needed_bytes(image, content_bytes, recipe)
    if needed > allowed_bytes:
        raise NeedsMemory(needed, allowed_bytes)


def needed_bytes(image: Image.Image, content_bytes: int, recipe: Recipe) -> int:
    """Estimate the peak while a picture is developed; measured, and checked by a test."""
    width, height = _decoded_size(image, recipe)
    display_px = recipe.display_edge_px or max(width, height)
    per_pixel = _PER_PIXEL.get(image.mode, 4)
    if "A" in image.mode or "transparency" in image.info:
        per_pixel += _ALPHA_BYTES
    decoded = width * height * per_pixel
    halfway = min(width, display_px) * height * 4  # Pillow resizes one axis after the other
    working = decoded + max(_decoders(image), halfway)
    return content_bytes + max(working + LEAST_BYTES // 3, LEAST_BYTES)


def _decoded_size(image: Image.Image, recipe: Recipe) -> tuple[int, int]:
    """Return how large a picture is decoded: a JPEG at the smallest scale that is large enough."""
    width, height = image.size
    if image.format not in ("JPEG", "MPO"):
        return width, height
    wanted_width, wanted_height = draft_size(image.size, recipe)
    room = min(width // wanted_width, height // wanted_height)
    scale = next(scale for scale in (8, 4, 2, 1) if scale <= max(room, 1))
    return -(-width // scale), -(-height // scale)


def _decoders(image: Image.Image) -> int:
    """Return what the decoder itself keeps of the whole picture."""
    pixels = image.width * image.height
    if isinstance(image, FloatTiff):
        return pixels * _FLOAT_PER_PIXEL
    if image.info.get("progressive"):
        return round(pixels * _coefficients(image) * 2)  # of two bytes each
    return pixels * _DECODER_PER_PIXEL.get(image.format or "", 0)


def _coefficients(image: Image.Image) -> float:
    """Return how many a pixel has in a JPEG: 1.5 where colours are stored at half size."""
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    samples = [across * down for _, across, down, _ in layers]
    return sum(samples) / max(samples, default=1)
