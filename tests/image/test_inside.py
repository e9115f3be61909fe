"""A rendition holds its picture and its colour profile, and nothing else that we would miss."""

import io

import piexif
import pytest
from PIL import Image, ImageCms

from local_image_process.image.inside import is_webp, surplus

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GPS = piexif.dump({"GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N"}})


def webp(mode: str = "RGB", **held: bytes) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (9, 7), "teal").save(file, "WEBP", **held)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(webp(), [], id="a picture alone"),
        pytest.param(webp("RGBA", icc_profile=SRGB), [], id="with alpha and colour profile"),
        pytest.param(webp(exif=GPS), ["EXIF"], id="with EXIF"),
        pytest.param(webp(xmp=b"<x:xmpmeta/>"), ["XMP"], id="with XMP"),
        pytest.param(webp(exif=GPS)[:-5], ["EXIF"], id="cut short"),
        pytest.param(b"", [], id="nothing"),
    ],
)
def test_what_is_neither_picture_nor_profile_is_named(content: bytes, found: list[str]) -> None:
    assert surplus(content) == found


def test_other_bytes_are_no_webp() -> None:
    assert is_webp(webp())
    assert not is_webp(b"other bytes")
