"""Pictures are made smaller truly, by the library and without it."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from local_image_process.image import reducing
from local_image_process.image.reducing import reduced

MODES = ["L", "RGB", "RGBA", "CMYK", "LA", "LAB"]
ROUNDING = 0.6  # of a level in the mean: each of two steps rounds, by half of one at the most


@pytest.fixture(params=["the library", "Pillow"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Reduce with the library and, as on other processors, without it."""
    if request.param == "Pillow":
        monkeypatch.setattr(reducing, "fast", None)
    return str(request.param)


def _noise(size: tuple[int, int], mode: str) -> Image.Image:
    rng = np.random.default_rng(3)
    bands = []
    for _ in Image.new(mode, (1, 1)).getbands():
        levels = rng.normal(128, 30, size[::-1]).clip(0, 255)
        bands.append(Image.fromarray(levels.astype(np.uint8)))
    if mode.endswith("A"):  # opaque: what alpha does to colours is Pillow's to know
        bands[-1] = Image.new("L", size, 255)
    return bands[0] if mode == "L" else Image.merge(mode, bands)


def _bands(picture: Image.Image) -> npt.NDArray[np.float32]:
    return np.stack([np.asarray(band, np.float32) for band in picture.split()])


def _floating(picture: Image.Image, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return its bands, reduced by Lanczos in 32-bit floating point."""
    planes = (Image.fromarray(band) for band in _bands(picture))
    return np.stack([np.asarray(p.resize(size, Image.Resampling.LANCZOS)) for p in planes])


@pytest.mark.parametrize("size", [(599, 399), (256, 171), (90, 60), (7, 5), (1, 1), (600, 1)])
@pytest.mark.parametrize("mode", MODES)
def test_it_is_what_floating_point_gives(way: str, mode: str, size: tuple[int, int]) -> None:
    picture = _noise((600, 400), mode)
    found = reduced(picture, size)
    assert (found.mode, found.size) == (mode, size)
    off = np.abs(_bands(found) - _floating(picture, size).clip(0, 255))
    assert off.mean() < ROUNDING, way


@pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (3, 2), (1, 1)])
def test_odd_forms_do_no_harm(way: str, size: tuple[int, int]) -> None:
    found = reduced(Image.new("RGB", size, (200, 100, 50)), (1, 1))
    assert found.getpixel((0, 0)) == (200, 100, 50), way


def test_one_of_the_same_size_is_a_picture_of_its_own(way: str) -> None:
    picture = Image.new("RGB", (30, 20), (200, 100, 50))
    found = reduced(picture, picture.size)
    picture.close()
    assert found.getpixel((29, 19)) == (200, 100, 50), way
