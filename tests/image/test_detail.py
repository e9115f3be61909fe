"""Fine detail is kept: beside a reference made in floating point, and what of it is encoded."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFilter

from local_image_process.image import render as module
from local_image_process.model import Recipe
from tests.image.files import RECIPE, developed, display, saved

Plane = npt.NDArray[np.float64]

BEFORE, AFTER = 0.995, 0.96
LUMA = np.array([0.299, 0.587, 0.114])
GRAINS = ((2, 8.0), (4, 16.0), (9, 20.0))  # pixels and contrast of what is in focus


def _scene(size: tuple[int, int], *, seed: int) -> Image.Image:
    """Return a scene as a lens draws it: half of it sharp and rich in texture, half of it soft."""
    rng = np.random.default_rng(seed)
    width, height = size
    light = _clouds(size, rng) * 34 + 118
    canvas = Image.new("L", size, 128)
    draw = ImageDraw.Draw(canvas)
    for number in range(60):
        reach = width * 0.2 * 0.95**number
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
        corners = [(x + reach * np.cos(a), y + reach * np.sin(a)) for a in angles]
        draw.polygon(corners, fill=int(np.clip(rng.normal(128, 30), 30, 226)))
    sharp = np.asarray(canvas.filter(ImageFilter.GaussianBlur(0.7)), float)
    soft = np.asarray(canvas.filter(ImageFilter.GaussianBlur(width / 60)), float)
    in_focus = (_clouds(size, rng) * 4).clip(0, 1)
    light += in_focus * sharp + (1 - in_focus) * soft - 128
    for grain_px, contrast in GRAINS:
        grain = rng.standard_normal((height // grain_px, width // grain_px))
        light += _enlarged(grain, size) * in_focus * contrast
    light += rng.standard_normal(light.shape) * 0.5  # of the sensor, at its lowest speed
    chroma = [128 + _clouds(size, rng) * 13 for _ in ("Cb", "Cr")]
    bands = [Image.fromarray(one.clip(0, 255).astype(np.uint8)) for one in (light, *chroma)]
    return Image.merge("YCbCr", bands).convert("RGB")


def _clouds(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Return forms of all sizes, their spectrum about 1/f, of deviation 1 around 0."""
    total, edge_px, strength = np.zeros(size[::-1]), 6, 1.0
    while edge_px <= size[0] // 4:
        total += _enlarged(rng.standard_normal((edge_px * 2 // 3, edge_px)), size) * strength
        edge_px, strength = edge_px * 2, strength * 0.48
    clouds: Plane = total / total.std()
    return clouds


def _enlarged(plane: Plane, size: tuple[int, int]) -> Plane:
    enlarged = Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(enlarged, float)


def _reference(picture: Image.Image, size: tuple[int, int]) -> Plane:
    """Return the picture, red, green and blue, reduced by Lanczos in 32-bit floating point."""
    bands = [
        Image.fromarray(np.asarray(band, np.float32)).resize(size, Image.Resampling.LANCZOS)
        for band in picture.convert("RGB").split()
    ]
    return np.stack([np.asarray(band, float) for band in bands], axis=-1)


def _chroma(pixels: Plane) -> list[Plane]:
    """Return Cb and Cr (ITU-T T.871) of every four pixels together, as a WebP keeps them."""
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    rows = pixels[:height, :width].reshape(height // 2, 2, width // 2, 2, 3)
    red, _, blue = np.moveaxis(rows.mean(axis=(1, 3)), -1, 0)
    luma: Plane = rows.mean(axis=(1, 3)) @ LUMA
    return [(blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128]


def _luma(picture: Image.Image) -> Plane:
    luma: Plane = np.asarray(picture.convert("RGB"), float) @ LUMA
    return luma


def ssim(one: Plane, other: Plane) -> float:
    """Return the mean structural similarity (Wang et al., 2004): Gaussian window, σ = 1.5."""
    steady, textured = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_one, mean_other = _windowed(one), _windowed(other)
    variance_one = _windowed(one * one) - mean_one**2
    variance_other = _windowed(other * other) - mean_other**2
    covariance = _windowed(one * other) - mean_one * mean_other
    alike = (2 * mean_one * mean_other + steady) * (2 * covariance + textured)
    whole = (mean_one**2 + mean_other**2 + steady) * (variance_one + variance_other + textured)
    return float((alike / whole).mean())


def _windowed(plane: Plane) -> Plane:
    weights = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    for axis in (0, 1):
        views = np.lib.stride_tricks.sliding_window_view(plane, len(weights), axis=axis)
        plane = views @ weights
    return plane


SCENE = _scene((1800, 1200), seed=1)
FILES: dict[str, Callable[[], bytes]] = {
    "a.jpg": lambda: saved(SCENE, "JPEG", quality=94),
    "a.png": lambda: saved(SCENE, "PNG", compress_level=1),
}


def _recipe(edge_px: int) -> Recipe:
    return replace(RECIPE, display_edge_px=edge_px)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[Image.Image]:
    """Note the pictures that are encoded, the display rendition last."""
    given: list[Image.Image] = []
    encode = module._encoded

    def note(picture: Image.Image, quality: int, profile: bytes, block: bytes) -> bytes:
        given.append(picture.copy())
        return encode(picture, quality, profile, block)

    monkeypatch.setattr(module, "_encoded", note)
    return given


@pytest.mark.slow
@pytest.mark.parametrize("reduced", [1.05, 1.5, 2.1, 2.34, 2.61, 2.73, 2.9, 3.1, 4.5, 6.2, 9.0])
@pytest.mark.parametrize("name", FILES)
def test_what_is_encoded_is_what_floating_point_would_give(
    tmp_path: Path, encoded: list[Image.Image], name: str, reduced: float
) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    display(path, _recipe(round(SCENE.width / reduced)))
    with Image.open(path) as original:
        wanted = _reference(original, encoded[-1].size)
    assert ssim(_luma(encoded[-1]), wanted @ LUMA) >= BEFORE


@pytest.mark.parametrize("reduced", [1.0, 1.05, 1.5, 2.34, 2.9, 4.5, 9.0])
def test_colours_are_as_fine_as_a_webp_can_show_them(
    tmp_path: Path, encoded: list[Image.Image], reduced: float
) -> None:
    rng = np.random.default_rng(2)
    light, *dull = SCENE.convert("YCbCr").split()
    grain_px = round(4 * reduced)  # two pixels of a WebP's chroma
    grid = SCENE.height // grain_px, SCENE.width // grain_px
    grain = [rng.standard_normal(grid) * 24 for _ in dull]
    planes = [
        np.asarray(b, float) + _enlarged(g, SCENE.size) for b, g in zip(dull, grain, strict=True)
    ]
    rich = [Image.fromarray(plane.clip(0, 255).astype(np.uint8)) for plane in planes]
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(Image.merge("YCbCr", (light, *rich)).convert("RGB"), "JPEG", quality=94))
    display(path, _recipe(round(SCENE.width / reduced)))
    with Image.open(path) as original:
        wanted = _chroma(_reference(original, encoded[-1].size))
    shown = _chroma(np.asarray(encoded[-1].convert("RGB"), float))
    alike = [ssim(one, other) for one, other in zip(shown, wanted, strict=True)]
    assert min(alike) >= BEFORE


@pytest.mark.parametrize("reduced", [1.0, 1.4, 2.34])
def test_at_the_default_quality_the_detail_of_a_photo_is_still_there(
    tmp_path: Path, reduced: float
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(FILES["a.jpg"]())
    recipe = _recipe(round(SCENE.width / reduced))
    shown = display(path, recipe)
    with Image.open(path) as original:
        wanted = _reference(original, shown.size)
    assert ssim(_luma(shown), wanted @ LUMA) >= AFTER
    pixels = shown.width * shown.height
    bytes_a_pixel = len(developed(path, recipe).renditions[-1].content) / pixels
    assert 0.05 < bytes_a_pixel < 0.14, "not as rich as the photos of telephones and cameras"


@pytest.mark.parametrize("reduced", [1.5, 2.34, 2.61, 2.73, 2.9, 3.1, 5.0])
def test_lines_too_fine_to_be_shown_turn_grey_and_not_into_moire(
    tmp_path: Path, reduced: float
) -> None:
    lines_a_pixel = 0.75 / reduced  # one and a half times what the rendition can show
    wave = 128 + 100 * np.cos(2 * np.pi * lines_a_pixel * np.arange(1800))
    pixels = np.tile(wave.astype(np.uint8), (600, 1))
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(Image.fromarray(pixels).convert("RGB"), "JPEG", quality=96))
    shown = _luma(display(path, replace(_recipe(round(1800 / reduced)), display_quality=95)))
    assert shown[:, 20:-20].std() < 4


def test_an_edge_does_not_ring(tmp_path: Path) -> None:
    pixels = np.full((600, 900), 60, np.uint8)
    pixels[:, 450:] = 190
    path = tmp_path / "a.png"
    Image.fromarray(pixels).convert("RGB").save(path)
    shown = _luma(display(path, replace(_recipe(300), display_quality=100)))
    assert shown.min() > 60 - 0.1 * 130  # Lanczos with three lobes overshoots by 6 %
    assert shown.max() < 190 + 0.1 * 130


def test_two_equal_pictures_are_alike_and_a_blurred_one_is_less() -> None:
    luma = _luma(SCENE)
    blurred = _luma(SCENE.filter(ImageFilter.GaussianBlur(1)))
    assert ssim(luma, luma) == pytest.approx(1)
    assert ssim(luma, blurred) < 0.98
