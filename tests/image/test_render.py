"""Sizes, colours and direction of renditions, and what they must not tell."""

from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from local_image_process.image import render as module
from local_image_process.image.render import render
from local_image_process.model import Recipe, Rendition
from tests.photos import CORNERS, make_photo, make_picture

RECIPE = Recipe(display_edge_px=120, display_quality=90, thumb_edges_px=(60, 30), thumb_quality=90)
ICC_RGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SECRETS = (b"SN-4711-SECRET", b"ILCE-7M4", b"xmpmeta")
PICTURE_CHUNKS = {b"VP8 ", b"VP8X", b"ICCP"}  # RFC 9649, 2.7


def _render(path: Path, recipe: Recipe = RECIPE) -> tuple[Rendition, ...]:
    pillow_heif.register_heif_opener()
    return render(Image.open(path), recipe).renditions


def _decoded(rendition: Rendition) -> Image.Image:
    image = Image.open(BytesIO(rendition.content))
    image.load()
    assert image.format == "WEBP"
    assert image.size == (rendition.width_px, rendition.height_px)
    return image


def _display(path: Path, recipe: Recipe = RECIPE) -> Image.Image:
    return _decoded(_render(path, recipe)[-1])


def _quarters(image: Image.Image) -> np.ndarray:
    """Return the mean colour of the four quarters: top left, top right, bottom left, right."""
    pixels = np.asarray(image.convert("RGB"), dtype=float)
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    halves = (pixels[:height, :width], pixels[:height, width:])
    lower = (pixels[height:, :width], pixels[height:, width:])
    return np.array([part.mean(axis=(0, 1)) for part in halves + lower])


@pytest.mark.parametrize("suffix", [".jpg", ".mpo", ".png", ".webp", ".tif", ".heic", ".avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_photo_stands_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = make_photo(tmp_path / f"a{suffix}", size=(300, 200), orientation=orientation)
    *_, small, display = _render(path)
    assert (display.width_px, display.height_px) == (120, 80)
    assert _quarters(_decoded(display)) == pytest.approx(np.array(CORNERS), abs=25)
    assert _quarters(_decoded(small)) == pytest.approx(np.array(CORNERS), abs=25)


def test_thumbnails_come_first_and_the_display_rendition_last(tmp_path: Path) -> None:
    renditions = _render(make_photo(tmp_path / "a.jpg", size=(640, 427)))
    sizes = [(one.edge_px, one.width_px, one.height_px) for one in renditions]
    assert sizes == [(60, 60, 40), (30, 30, 20), (None, 120, 80)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param((40, 20), [(40, 20), (30, 15), (40, 20)], id="smaller than an edge"),
        pytest.param((100, 200), [(30, 60), (15, 30), (60, 120)], id="portrait"),
        pytest.param((1, 1), [(1, 1), (1, 1), (1, 1)], id="one pixel"),
        pytest.param((2000, 1), [(60, 1), (30, 1), (120, 1)], id="a line"),
        pytest.param((120, 120), [(60, 60), (30, 30), (120, 120)], id="exactly the edge"),
    ],
)
def test_nothing_is_enlarged_and_every_edge_has_its_thumbnail(
    tmp_path: Path, size: tuple[int, int], expected: list[tuple[int, int]]
) -> None:
    renditions = _render(make_photo(tmp_path / "a.png", size=size))
    assert [(one.width_px, one.height_px) for one in renditions] == expected


def test_edge_0_keeps_the_full_size(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg", size=(641, 427))
    assert _display(path, replace(RECIPE, display_edge_px=0)).size == (641, 427)


def test_no_edge_is_longer_than_webp_allows(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.png", size=(20000, 8))
    recipe = replace(RECIPE, display_edge_px=0)
    assert _display(path, recipe).size == (module.WEBP_LIMIT_PX, 7)


def test_a_big_jpeg_is_decoded_at_reduced_scale(tmp_path: Path) -> None:
    image = Image.open(make_photo(tmp_path / "a.jpg", size=(1200, 800)))
    render(image, RECIPE)
    assert image.size == (300, 200)  # a quarter; an eighth would leave no room against moiré


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_an_rgb_profile_travels_along(tmp_path: Path, suffix: str) -> None:
    path = make_photo(tmp_path / f"a{suffix}", icc_profile=ICC_RGB)
    for rendition in _render(path):
        assert _decoded(rendition).info["icc_profile"] == ICC_RGB


@pytest.mark.parametrize("profile", [b"broken", ICC_RGB[:200], b""], ids=["broken", "cut", "none"])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_a_profile_that_is_no_use_is_left_out(tmp_path: Path, mode: str, profile: bytes) -> None:
    path = make_photo(tmp_path / "a.jpg", mode=mode, icc_profile=profile)
    display = _display(path)
    assert "icc_profile" not in display.info
    grey = np.array([[np.dot(c, (0.299, 0.587, 0.114))] * 3 for c in CORNERS])
    wanted = grey if mode == "L" else np.array(CORNERS)
    assert _quarters(display) == pytest.approx(wanted, abs=25)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_is_not_shown_as_a_negative(tmp_path: Path, suffix: str) -> None:
    display = _display(make_photo(tmp_path / f"a{suffix}", mode="CMYK"))
    assert display.mode == "RGB"
    assert _quarters(display) == pytest.approx(np.array(CORNERS), abs=25)


@pytest.mark.parametrize("mode", ["L", "1", "YCbCr"])
def test_a_profile_for_rgb_on_other_modes_does_no_harm(tmp_path: Path, mode: str) -> None:
    path = make_photo(tmp_path / "a.tif", mode=mode, icc_profile=ICC_RGB)
    assert _display(path).mode == "RGB"


def test_lab_is_shown_in_its_colours(tmp_path: Path) -> None:
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    picture = ImageCms.profileToProfile(make_picture((200, 200)), srgb, lab, outputMode="LAB")
    assert picture is not None
    picture.save(tmp_path / "a.tif")
    assert _quarters(_display(tmp_path / "a.tif")) == pytest.approx(np.array(CORNERS), abs=25)


def _deep(kind: str) -> Image.Image:
    ramp = np.tile(np.linspace(0, 1, 100), (50, 1))
    if kind == "F":
        return Image.fromarray(ramp.astype(np.float32))
    deep = (ramp * 65535).astype(np.int32 if kind == "I" else np.uint16)
    return Image.fromarray(deep)


@pytest.mark.parametrize(
    ("kind", "suffix"), [("I;16", ".png"), ("I;16", ".tif"), ("I", ".tif"), ("F", ".tif")]
)
def test_deep_grey_is_scaled_and_not_cut(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    _deep(kind).save(path)
    greys = np.asarray(_display(path).convert("L"), dtype=float).mean(axis=0)
    assert greys[[2, 25, 50, 75, 97]] == pytest.approx([5, 64, 129, 193, 250], abs=6)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA", "tRNS"])
def test_transparency_is_kept(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "PA" else "a.png")
    picture = Image.new("RGBA", (200, 100), (200, 30, 30, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 100, 100))
    if mode == "tRNS":
        picture.convert("RGB").save(path, transparency=(0, 0, 0))
    elif mode == "P":
        picture.quantize(4).save(path)
    else:
        picture.convert("RGBA" if mode == "PA" else mode).save(path)
    display = _display(path)
    assert display.mode == "RGBA"
    assert display.getpixel((20, 30))[3] == 0  # type: ignore[index]  # RGBA: a tuple
    assert display.getpixel((100, 30))[3] == 255  # type: ignore[index]


@pytest.mark.parametrize("suffix", [".gif", ".tif", ".webp", ".png", ".mpo"])
def test_of_many_frames_the_first_is_shown(tmp_path: Path, suffix: str) -> None:
    red, blue = (Image.new("RGB", (200, 100), colour) for colour in ("red", "blue"))
    path = tmp_path / f"a{suffix}"
    red.save(path, save_all=True, append_images=[blue])
    display = _display(path)
    assert getattr(display, "n_frames", 1) == 1
    assert display.convert("RGB").getpixel((60, 30)) == pytest.approx((255, 0, 0), abs=4)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic", ".avif"])
@pytest.mark.parametrize("edge_px", [120, 0], ids=["reduced", "full size"])
def test_a_rendition_tells_nothing_but_its_picture(
    tmp_path: Path, suffix: str, edge_px: int
) -> None:
    path = make_photo(
        tmp_path / f"a{suffix}",
        orientation=6,
        gps=(31.2, 121.4),
        captured=datetime(2024, 5, 1),  # noqa: DTZ001 - a camera's wall clock
        camera="ILCE-7M4",
        serial="SN-4711-SECRET",
        exposed=True,
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SN-4711-SECRET</x:xmpmeta>",
    )
    for rendition in _render(path, replace(RECIPE, display_edge_px=edge_px)):
        assert [secret for secret in SECRETS if secret in rendition.content] == []
        assert _chunks(rendition.content) <= PICTURE_CHUNKS
        image = _decoded(rendition)
        assert dict(image.getexif()) == {}
        assert not {"exif", "xmp"} & set(image.info)


def _chunks(webp: bytes) -> set[bytes]:
    names, at = set(), len(b"RIFF....WEBP")
    while at < len(webp):
        names.add(webp[at : at + 4])
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    return names
