"""A rendition holds its picture and its colour profile, and nothing else that we would miss."""

import io

import piexif
import pytest
from PIL import Image, ImageCms

from local_image_process.image.inside import is_webp, surplus
from tests.image.files import saved

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GPS = piexif.dump({"GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N"}})
ARTIST = {piexif.ImageIFD.Artist: b"Ansel", piexif.ImageIFD.Copyright: b"1941"}
OWNER = piexif.dump({"0th": ARTIST})
SERIAL = {piexif.ExifIFD.BodySerialNumber: b"0815"}
OWNER_AND_SERIAL = piexif.dump({"0th": ARTIST, "Exif": SERIAL})
THUMBNAIL = saved(Image.new("RGB", (16, 12)), "JPEG")
WITH_THUMBNAIL = piexif.dump({"0th": ARTIST, "1st": {259: 6}, "thumbnail": THUMBNAIL})


def webp(mode: str = "RGB", **held: bytes) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (9, 7), "teal").save(file, "WEBP", **held)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(webp(), [], id="a picture alone"),
        pytest.param(webp("RGBA", icc_profile=SRGB), [], id="with alpha and colour profile"),
        pytest.param(webp(exif=OWNER), [], id="with artist and copyright"),
        pytest.param(webp(exif=GPS), ["0th 34853", "GPS"], id="with a position"),
        pytest.param(webp(exif=OWNER_AND_SERIAL), ["Exif 42033"], id="with a serial number"),
        pytest.param(webp(exif=WITH_THUMBNAIL), ["1st", "thumbnail"], id="with a thumbnail"),
        pytest.param(webp(exif=b"Exif\0\0no EXIF"), ["EXIF"], id="with what cannot be read"),
        pytest.param(webp(xmp=b"<x:xmpmeta/>"), ["XMP"], id="with XMP"),
        pytest.param(webp(exif=GPS)[:-12], ["EXIF"], id="cut short"),
        pytest.param(b"", [], id="nothing"),
    ],
)
def test_what_is_neither_picture_nor_profile_is_named(content: bytes, found: list[str]) -> None:
    assert surplus(content) == found


def test_other_bytes_are_no_webp() -> None:
    assert is_webp(webp())
    assert not is_webp(b"other bytes")
