"""Open a photo's bytes by whichever decoder knows them; no pixel is decoded yet."""

import functools
from io import BytesIO

import pillow_heif
from PIL import (  # all now: Pillow gives up for good what it cannot load, for want of memory
    AvifImagePlugin,  # noqa: F401
    Image,
    Jpeg2KImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    TiffImagePlugin,
    WebPImagePlugin,  # noqa: F401
)

from . import float_tiff, jpeg2000

FORMATS = (  # MPO opens as a JPEG
    *("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF", "JPEG2000"),
    float_tiff.PLUGIN,
)
_MORE_TIFFS = {  # kind → mode and order of the bytes, as in Pillow's own table
    (b"MM", 0, (1,), 1, (16,), ()): ("I;16B", "I;16B"),
    (b"II", 8, (1,), 1, (16, 16, 16), ()): ("RGB", "RGB;16L"),  # Lab: see depth
    (b"MM", 8, (1,), 1, (16, 16, 16), ()): ("RGB", "RGB;16B"),
}


def open_picture(content: bytes) -> Image.Image:
    """Open anything but RAW; all that the file says of the picture is in ``info``."""
    _prepare_decoders()
    image = Image.open(BytesIO(content), formats=FORMATS)
    if image.format == "JPEG2000":
        jpeg2000.describe(image, content)
    return image


@functools.cache
def _prepare_decoders() -> None:
    """Set up, once a process, what Pillow keeps in globals."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = None  # whoever opens a picture judges it by the user's own limit
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    TiffImagePlugin.OPEN_INFO.update(_MORE_TIFFS)  # type: ignore[arg-type]  # its type is inferred
    TiffImagePlugin.READ_LIBTIFF = True  # Pillow's own reader takes planes of 16 bits for 8
    float_tiff.register()
