"""Which changes of a file are changes of its picture."""

import hashlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import piexif
import pytest
from PIL import ImageCms

from local_image_process.image import digest, recipe
from local_image_process.model import Recipe
from tests.photos import make_exif, make_photo, make_picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>%s</x:xmpmeta>"
RECIPE = Recipe(
    display_edge_px=2560, display_quality=82, thumb_edges_px=(1280, 480), thumb_quality=75
)


def _jpeg(seed: int = 0, **save: Any) -> bytes:
    buffer = BytesIO()
    make_picture((64, 48), seed=seed).save(buffer, "JPEG", **save)
    return buffer.getvalue()


def _with_segment(content: bytes, marker: int, payload: bytes) -> bytes:
    length = (len(payload) + 2).to_bytes(2, "big")
    return content[:2] + bytes([0xFF, marker]) + length + payload + content[2:]


PLAIN = _jpeg()


def test_a_fingerprint_is_that_of_all_bytes() -> None:
    assert digest.fingerprint(b"abc") == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize(
    "edited",
    [
        pytest.param(_jpeg(exif=make_exif(camera="X100V", gps=(31, 121))), id="EXIF"),
        pytest.param(_jpeg(exif=make_exif(orientation=1)), id="orientation 1 said aloud"),
        pytest.param(_jpeg(xmp=XMP % b"<xmp:Rating>5</xmp:Rating>"), id="rating in XMP"),
        pytest.param(_jpeg(comment="for grandmother"), id="comment"),
        pytest.param(_jpeg(dpi=(300, 300)), id="dots per inch"),
        pytest.param(_with_segment(PLAIN, 0xED, b"Photoshop 3.0\0 keyword"), id="IPTC keyword"),
        pytest.param(PLAIN + PLAIN, id="a second picture behind the end"),
        pytest.param(PLAIN[:2] + b"\xff\xff" + PLAIN[2:], id="fill bytes"),
    ],
)
def test_edited_words_are_not_an_edited_picture(edited: bytes) -> None:
    assert edited != PLAIN
    assert digest.image_digest(edited) == digest.image_digest(PLAIN)


@pytest.mark.parametrize(
    "edited",
    [
        pytest.param(_jpeg(seed=1), id="pixels"),
        pytest.param(_jpeg(quality=60), id="quality"),
        pytest.param(_jpeg(progressive=True), id="progressive"),
        pytest.param(_jpeg(exif=make_exif(orientation=6)), id="orientation"),
        pytest.param(_jpeg(xmp=XMP % b'<a tiff:Orientation="6"/>'), id="orientation in XMP"),
        pytest.param(_jpeg(icc_profile=SRGB), id="ICC profile"),
        pytest.param(
            _with_segment(PLAIN, 0xEE, b"Adobe\0\x64\0\0\0\0\0"), id="Adobe marker: RGB, not YCbCr"
        ),
    ],
)
def test_an_edited_picture_is_a_new_one(edited: bytes) -> None:
    assert digest.image_digest(edited) != digest.image_digest(PLAIN)


def test_a_progressive_jpeg_is_taken_to_its_end() -> None:
    plain, edited = _jpeg(progressive=True), _jpeg(progressive=True, comment="edited")
    assert digest.image_digest(edited) == digest.image_digest(plain)
    assert digest.image_digest(plain) != digest.fingerprint(plain)


def test_restart_markers_belong_to_the_picture() -> None:
    restarting = _jpeg(restart_marker_rows=1)
    assert digest.is_whole_jpeg(restarting)
    changed = restarting.replace(b"\xff\xd1", b"\xff\xd2", 1)
    assert digest.image_digest(changed) != digest.image_digest(restarting)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".heic", ".avif", ".gif", ".bmp"])
def test_other_formats_count_with_all_their_bytes(tmp_path: Path, suffix: str) -> None:
    content = make_photo(tmp_path / f"a{suffix}", size=(64, 48)).read_bytes()
    assert digest.image_digest(content) == digest.fingerprint(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8", id="start only"),
        pytest.param(b"\xff\xd8\xff", id="half a marker"),
        pytest.param(b"\xff\xd8\xff\xd9"[:-1] + b"\xe1", id="marker without length"),
        pytest.param(b"\xff\xd8\xff\xe1\0\0" + PLAIN[2:], id="length 0"),
        pytest.param(b"\xff\xd8\xff\xe1\xff\xff", id="length beyond the end"),
        pytest.param(b"\xff\xd8" + b"\xff" * 1000, id="fill without end"),
        pytest.param(PLAIN[:2] + b"garbage" + PLAIN[2:], id="garbage between segments"),
        pytest.param(PLAIN[:-2], id="no end marker"),
        pytest.param(PLAIN[:400], id="cut off"),
        pytest.param(b"\xff\xd8" + PLAIN, id="two starts"),
    ],
)
def test_a_jpeg_with_an_odd_structure_counts_with_all_its_bytes(content: bytes) -> None:
    assert digest.image_digest(content) == digest.fingerprint(content)
    assert not digest.is_whole_jpeg(content)


def test_any_changed_field_makes_another_recipe() -> None:
    recipes = [
        RECIPE,
        replace(RECIPE, display_edge_px=2048),
        replace(RECIPE, display_quality=80),
        replace(RECIPE, thumb_edges_px=(1280,)),
        replace(RECIPE, thumb_quality=70),
    ]
    digests = {recipe.digest(one) for one in recipes}
    assert len(digests) == len(recipes)
    assert all(len(one) == 16 for one in digests)
    assert recipe.digest(replace(RECIPE)) == recipe.digest(RECIPE)


def test_a_colour_space_that_is_only_named_belongs_to_the_picture() -> None:
    named: bytes = piexif.dump(
        {
            "Exif": {piexif.ExifIFD.ColorSpace: 0xFFFF},
            "Interop": {piexif.InteropIFD.InteroperabilityIndex: b"R03"},
        }
    )
    assert digest.image_digest(_jpeg(exif=named)) != digest.image_digest(PLAIN)
    both = _jpeg(exif=named, icc_profile=SRGB)
    assert digest.image_digest(both) == digest.image_digest(_jpeg(icc_profile=SRGB))
