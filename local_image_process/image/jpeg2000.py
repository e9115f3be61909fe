"""What a JPEG 2000 says of its picture, and Pillow passes over (ISO/IEC 15444-1, annex I)."""

from PIL import Image

from . import boxes

_ICC_METHODS = (2, 3)  # a restricted profile, any profile (15444-2, M.11.7.3)
_EXIF = b"JpgTiffExif->JP2"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def describe(image: Image.Image, content: bytes) -> None:
    """Add colour profile, EXIF and XMP to what is known of an opened picture."""
    for colour in boxes.find(content, b"jp2h", b"colr"):
        if colour[0] in _ICC_METHODS:
            image.info.setdefault("icc_profile", colour[3:])
    for kind, name in ((_EXIF, "exif"), (_XMP, "xmp")):
        for block in boxes.find(content, kind):
            image.info.setdefault(name, block)
