"""Colours stay what they were: by CIEDE2000, the original beside what a browser shows of it."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import piexif
import pytest
from PIL import Image, ImageCms

from local_image_process.image import profiles as named
from local_image_process.image.render import render
from tests.image.colours import PATCHES, Numbers, ciede2000, insides, target
from tests.image.files import (
    RECIPE,
    developed,
    display,
    jp2,
    png_16_bits,
    saved,
    ycck_jpeg,
)
from tests.image.profiles import (
    D50,
    SPACES,
    cmyk_profile,
    grey_profile,
    ink_xyz,
    lab_by_profile,
    rgb_profile,
    xyz_to_lab,
)
from tests.image.tiffs import CIELAB, SEPARATED, Order, tiff

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PERCEPTUAL = (ImageCms.Intent.PERCEPTUAL, ImageCms.Direction.INPUT)
MEAN_MOST, WORST = 1.0, 3.0
CHART = Image.fromarray(target(PATCHES).astype(np.uint8))
DEEP = PATCHES.astype(np.uint16) * 257 + np.arange(-90, 102, 8, dtype=np.int16)[:, None]
INKS = np.random.default_rng(5).integers(0, 6, (24, 4)) * 51  # at the nodes of the table
GREYS = np.linspace(12, 250, 24).astype(np.uint8)[:, None]
SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""  # Sharma, Wu and Dalal (2005), table 1


def test_differences_are_those_that_the_authors_of_the_test_data_publish() -> None:
    table = np.array([line.split() for line in SHARMA.strip().splitlines()], float)
    one, other, published = table[:, :3], table[:, 3:6], table[:, 6]
    assert ciede2000(one, other) == pytest.approx(published, abs=6e-5)
    assert ciede2000(other, one) == pytest.approx(published, abs=6e-5)


def _differences(path: Path, meant: Numbers) -> Numbers:
    """Return ΔE00 of each pixel inside the patches of a target's rendition."""
    image = display(path)
    profile = image.info.get("icc_profile", SRGB)
    shown = lab_by_profile(insides(np.asarray(image.convert("RGB"))), profile)
    return ciede2000(shown, meant[:, None, :])


def _assert_right(path: Path, meant: Numbers) -> None:
    differences = _differences(path, meant)
    assert differences.mean() <= MEAN_MOST
    assert differences.max() <= WORST


FILES_WITH_A_PROFILE: dict[str, Callable[[bytes], bytes]] = {
    "a.png": lambda profile: saved(CHART, "PNG", icc_profile=profile),
    "a.jpg": lambda profile: saved(CHART, "JPEG", quality=96, icc_profile=profile),
    "a.tif": lambda profile: saved(CHART, "TIFF", compression="tiff_lzw", icc_profile=profile),
    "a.webp": lambda profile: saved(CHART, "WEBP", lossless=True, icc_profile=profile),
    "a.heic": lambda profile: saved(CHART, "HEIF", quality=97, chroma=444, icc_profile=profile),
    "a.avif": lambda profile: saved(CHART, "AVIF", quality=97, icc_profile=profile),
    "a.jp2": lambda profile: jp2(CHART, profile=profile),
    "palette.png": lambda profile: saved(CHART.quantize(32), "PNG", icc_profile=profile),
}


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", FILES_WITH_A_PROFILE)
def test_the_profile_of_rgb_travels_and_the_colours_stay(
    tmp_path: Path, name: str, space: str
) -> None:
    profile = rgb_profile(space)
    path = tmp_path / name
    path.write_bytes(FILES_WITH_A_PROFILE[name](profile))
    assert display(path).info["icc_profile"] == profile
    _assert_right(path, lab_by_profile(PATCHES, profile))


def test_the_profile_is_in_every_rendition(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    profile = rgb_profile("Display P3")
    CHART.save(path, icc_profile=profile)
    with Image.open(path) as image:
        renditions = render(image, replace(RECIPE, thumb_edges_px=(240, 120))).renditions
    assert [profile in one.content for one in renditions] == [True] * 3


@pytest.mark.parametrize("space", ["sRGB", "ProPhoto"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "TIFF of planes", "big-endian TIFF", "floats"])
def test_16_bits_and_floats_are_scaled(tmp_path: Path, kind: str, space: str) -> None:
    profile = rgb_profile(space)
    pixels = target(DEEP).astype(np.uint16)
    more: Any = {(34675, 7): profile}
    content = {
        "PNG": lambda: png_16_bits(pixels, profile=profile),
        "TIFF": lambda: tiff(pixels, more=more, is_packed=True),
        "TIFF of planes": lambda: tiff(pixels, more=more, is_planar=True),
        "big-endian TIFF": lambda: tiff(pixels, more=more, order=">"),
        "floats": lambda: tiff((pixels / 65535).astype(np.float32), more=more),
    }[kind]()
    path = tmp_path / ("a.png" if kind == "PNG" else "a.tif")
    path.write_bytes(content)
    _assert_right(path, lab_by_profile(DEEP / 257.0, profile))


CMYK = Image.frombytes("CMYK", CHART.size, target(INKS).astype(np.uint8).tobytes())
DEEP_CMYK = target(INKS).astype(np.uint16) * 257
INKED: dict[str, Callable[[bytes], bytes]] = {
    "a.tif": lambda profile: saved(CMYK, "TIFF", icc_profile=profile),
    "16 bits.tif": lambda profile: tiff(
        DEEP_CMYK, photometric=SEPARATED, more={(34675, 7): profile}
    ),
    "a.jpg": lambda profile: saved(CMYK, "JPEG", quality=97, icc_profile=profile),
    "ycck.jpg": lambda profile: ycck_jpeg(CMYK, quality=97, icc_profile=profile),
}


@pytest.mark.parametrize("name", INKED)
def test_inks_become_srgb_by_their_profile(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(INKED[name](cmyk_profile()))
    assert "icc_profile" not in display(path).info
    _assert_right(path, xyz_to_lab(ink_xyz(INKS / 255)))


def test_the_black_of_a_print_becomes_the_black_of_the_screen(tmp_path: Path) -> None:
    darkest = 0.02
    path = tmp_path / "a.tif"
    path.write_bytes(INKED["a.tif"](cmyk_profile(darkest=darkest)))
    printed = ink_xyz(INKS / 255, darkest=darkest)
    compensated = D50 * (printed / D50 - darkest) / (1 - darkest)
    _assert_right(path, xyz_to_lab(compensated))
    assert _differences(path, xyz_to_lab(printed)).max() > WORST


@pytest.mark.parametrize("gamma", [1.0, 1.8])
@pytest.mark.parametrize("kind", ["L", "LA", "16 bits"])
def test_greys_become_srgb_by_their_profile(tmp_path: Path, kind: str, gamma: float) -> None:
    greys = np.concatenate([GREYS, np.full_like(GREYS, 255)], axis=1) if kind == "LA" else GREYS
    pixels, profile = target(greys), grey_profile(gamma)
    path = tmp_path / "a.png"
    if kind == "16 bits":
        path.write_bytes(png_16_bits(pixels.astype(np.uint16) * 257, profile=profile))
    else:
        picture = Image.frombytes(kind, CHART.size, pixels.astype(np.uint8).tobytes())
        picture.save(path, icc_profile=profile)
    assert "icc_profile" not in display(path).info
    light = (GREYS / 255) ** (round(gamma * 256) / 256)
    _assert_right(path, xyz_to_lab(light * D50))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_lab_becomes_srgb(tmp_path: Path, order: Order, bits: int) -> None:
    lab = lab_by_profile(PATCHES, SRGB)
    if bits == 8:
        coded = np.column_stack([lab[:, 0] * 2.55, lab[:, 1:]]).round()
        pixels = target(coded.astype(np.int16).astype(np.uint8))
        meant = coded / [2.55, 1, 1]
    else:
        coded = np.column_stack([lab[:, 0] * 655.35, lab[:, 1:] * 256]).round()
        pixels = target(coded.astype(np.int32).astype(np.uint16))
        meant = lab
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(pixels, photometric=CIELAB, order=order))
    _assert_right(path, meant)


def _r03(colour_space: int) -> bytes:
    """Return EXIF as a camera writes it that is set to Adobe RGB."""
    content: bytes = piexif.dump(
        {
            "Exif": {piexif.ExifIFD.ColorSpace: colour_space},
            "Interop": {piexif.InteropIFD.InteroperabilityIndex: b"R03"},
        }
    )
    return content


def test_adobe_rgb_that_a_camera_only_names_is_shown_as_such(tmp_path: Path) -> None:
    path = tmp_path / "_DSC0001.jpg"
    path.write_bytes(saved(CHART, "JPEG", quality=96, exif=_r03(0xFFFF)))
    _assert_right(path, lab_by_profile(PATCHES, rgb_profile("Adobe RGB")))


@pytest.mark.parametrize(
    "save",
    [
        pytest.param({"exif": _r03(1)}, id="sRGB by the colour space"),
        pytest.param({"exif": _r03(0xFFFF), "icc_profile": SRGB}, id="sRGB by the profile"),
        pytest.param({}, id="nothing said"),
    ],
)
def test_what_is_not_adobe_rgb_stays_srgb(tmp_path: Path, save: dict[str, Any]) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(CHART, "JPEG", quality=96, **save))
    assert display(path).info.get("icc_profile", SRGB) == SRGB
    _assert_right(path, lab_by_profile(PATCHES, SRGB))


def test_display_p3_that_a_heic_only_names_is_shown_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(saved(CHART, "HEIF", quality=98, chroma=444, color_primaries=12))
    _assert_right(path, lab_by_profile(PATCHES, rgb_profile("Display P3")))


@pytest.mark.parametrize(
    ("profile", "space"),
    [
        pytest.param(named.adobe_rgb(), "Adobe RGB", id="Adobe RGB"),
        pytest.param(named.by_primaries(12), "Display P3", id="Display P3"),
    ],
)
def test_our_own_profiles_are_right_and_others_can_read_them(profile: bytes, space: str) -> None:
    assert ImageCms.isIntentSupported(ImageCms.getOpenProfile(BytesIO(profile)), *PERCEPTUAL) == 1
    assert ImageCms.getProfileDescription(BytesIO(profile)).strip()
    ours, theirs = (lab_by_profile(PATCHES, one) for one in (profile, rgb_profile(space)))
    assert ciede2000(ours, theirs).max() < 0.1


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(b"no profile at all", id="other bytes"),
        pytest.param(rgb_profile("Display P3")[:200], id="cut off"),
        pytest.param(rgb_profile("Display P3").replace(b"rXYZ", b"none"), id="without red"),
    ],
)
def test_a_broken_profile_is_taken_for_srgb_and_said(tmp_path: Path, profile: bytes) -> None:
    path = tmp_path / "a.png"
    CHART.save(path, icc_profile=profile)
    assert "icc_profile" not in display(path).info
    assert "profile is broken" in (developed(path).note or "")
    _assert_right(path, lab_by_profile(PATCHES, SRGB))


@pytest.mark.parametrize("mode", ["CMYK", "L", "LAB"])
def test_a_profile_of_other_colours_than_the_pictures_is_left_out(
    tmp_path: Path, mode: str
) -> None:
    path = tmp_path / "a.tif"
    CHART.convert(mode).save(path, icc_profile=cmyk_profile() if mode == "L" else SRGB)
    assert "icc_profile" not in display(path).info


def test_a_picture_of_high_range_is_said_to_look_dull(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(
        saved(CHART, "HEIF", color_primaries=9, transfer_characteristics=16, matrix_coefficients=9)
    )
    assert "PQ" in (developed(path).note or "")
