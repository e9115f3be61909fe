"""What is shown while a picture is on its way: the right shape and colours, in a few bytes."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from local_image_process.image.placeholder import of_picture
from local_image_process.image.profiles import adobe_rgb
from local_image_process.image.thumb_hash import Pixel, thumb_hash
from tests.image.files import RECIPE, developed
from tests.photos import make_photo

THUMBS = replace(RECIPE, thumb_edges_px=(60, 120))
Scene = Callable[[int, int], list[Pixel]]


def gradient(width: int, height: int) -> list[Pixel]:
    places = [(x, y) for y in range(height) for x in range(width)]
    return [
        (255 * x // (width - 1), 255 * y // (height - 1), x * y * 7 % 256, 255) for x, y in places
    ]


def disc(width: int, height: int) -> list[Pixel]:
    radius = min(width, height) / 2

    def alpha(x: int, y: int) -> int:
        is_inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < radius**2
        return 255 if is_inside else x * 9 % 200

    places = [(x, y) for y in range(height) for x in range(width)]
    return [
        ((x * 37 + y * 11) % 256, (x * 5 + y * 91) % 256, (x * x + y) % 256, alpha(x, y))
        for x, y in places
    ]


@pytest.mark.parametrize(
    ("scene", "size", "wanted"),
    [
        pytest.param(gradient, (40, 30), "HwgKNZpwdndwd4d3h2d3d5CACfh4", id="lying"),
        pytest.param(gradient, (30, 40), "H/gJNRpwdnB3d3dnh3d3eJCACfh4", id="standing"),
        pytest.param(gradient, (32, 32), "HwgKLxpwdndwd3d3eGh3eId3BwmYgI8H", id="square"),
        pytest.param(gradient, (100, 10), "XvgNMZxyd3dwd2d4gIMb+Hg=", id="a panorama"),
        pytest.param(gradient, (9, 100), "nggOMRxgcnh3d3d3w4AI6Hg=", id="a tower"),
        pytest.param(disc, (33, 20), "HwiCC4BJBGZle5n8e9UDzgZ3h4iFeHc=", id="see-through"),
        pytest.param(disc, (20, 33), "3QiGGwI6QJaoemjPeWaY91Nmd4hgiHg=", id="both"),
    ],
)
def test_a_thumb_hash_is_what_other_encoders_write(
    scene: Scene, size: tuple[int, int], wanted: str
) -> None:
    assert thumb_hash(size, scene(*size)) == wanted


def test_a_plain_colour_has_no_waves() -> None:
    assert Blur(thumb_hash((24, 16), [(200, 30, 90, 255)] * 24 * 16)).strengths == (0, 0, 0)


class Blur:
    """As much of a ThumbHash as a page uses at first: mean colour, strengths, shape."""

    def __init__(self, text: str) -> None:
        content = base64.b64decode(text)
        first, second = (
            int.from_bytes(content[:3], "little"),
            int.from_bytes(content[3:5], "little"),
        )
        light = (first & 63) / 63
        yellow, red = ((first >> at & 63) / 31.5 - 1 for at in (6, 12))
        blue = light - 2 / 3 * yellow
        red, green = (3 * light - blue + red) / 2, (3 * light - blue - red) / 2
        self.mean = tuple(round(255 * channel) for channel in (red, green, blue))
        self.strengths = (first >> 18 & 31, second >> 3 & 63, second >> 9 & 63)
        longer = 5 if first >> 23 else 7
        sides = (longer, second & 7) if second >> 15 else (second & 7, longer)
        self.ratio = sides[0] / sides[1]


@pytest.mark.parametrize(
    ("size", "ratio"), [((640, 427), 7 / 5), ((427, 640), 5 / 7), ((400, 400), 1)]
)
def test_every_photo_has_a_blur_of_its_shape_and_colour(
    tmp_path: Path, size: tuple[int, int], ratio: float
) -> None:
    path = make_photo(tmp_path / "a.jpg", size=size)
    found = developed(path, THUMBS).placeholder
    assert found.thumb_hash is not None
    blur = Blur(found.thumb_hash)
    assert blur.ratio == pytest.approx(ratio)
    mean = np.asarray(Image.open(path)).mean(axis=(0, 1))
    assert blur.mean == pytest.approx(tuple(mean), abs=8)


def test_colours_are_those_that_are_seen_whatever_the_profile(tmp_path: Path) -> None:
    green = Image.new("RGB", (320, 200), (0, 255, 0))
    green.save(tmp_path / "adobe.png", icc_profile=adobe_rgb())
    muted = Image.new("RGB", (320, 200), (144, 190, 70))
    muted.save(tmp_path / "plain.png")
    muted.save(tmp_path / "wide.png", icc_profile=adobe_rgb())
    colours = {
        path.stem: developed(path, THUMBS).placeholder.dominant_colour
        for path in tmp_path.glob("*.png")
    }
    assert channels(colours["plain"]) == pytest.approx((144, 190, 70), abs=3)
    assert channels(colours["wide"])[0] < 130, "the same numbers mean a greener green"
    assert channels(colours["adobe"]) == pytest.approx((0, 255, 0), abs=3)


def test_a_photo_that_is_not_rendered_has_no_placeholder_of_its_own(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg", size=(64, 48))
    known = developed(path, THUMBS)
    again = developed(path, THUMBS, known_digests=frozenset({known.image_digest}))
    assert (again.placeholder.thumb_hash, again.placeholder.dominant_colour) == (None, None)


def scene(background: str, *patches: tuple[str, tuple[int, int, int, int]]) -> Image.Image:
    picture = Image.new("RGB", (48, 32), background)
    for colour, box in patches:
        ImageDraw.Draw(picture).rectangle(box, colour)
    return picture


def channels(colour: str | None) -> tuple[int, ...]:
    assert colour is not None
    return tuple(bytes.fromhex(colour.removeprefix("#")))


SKY, SAND, NIGHT, RED = "#3a7bd5", "#e0c89a", "#101018", "#d02020"


@pytest.mark.parametrize(
    ("picture", "wanted"),
    [
        pytest.param(scene(SKY), SKY, id="one colour"),
        pytest.param(scene(SKY, (SAND, (0, 22, 47, 31))), SKY, id="two thirds sky"),
        pytest.param(scene(SAND, (SKY, (0, 0, 47, 9))), SAND, id="two thirds sand"),
        pytest.param(scene("#808080", (RED, (0, 0, 21, 31))), RED, id="nearly as much red as grey"),
        pytest.param(scene("#808080", (RED, (0, 0, 3, 3))), "#808080", id="a red dot on grey"),
        pytest.param(scene(NIGHT, ("#fffde0", (20, 8, 23, 11))), NIGHT, id="the moon at night"),
        pytest.param(scene("#ffffff"), "#ffffff", id="white"),
    ],
)
def test_the_dominant_colour_is_what_one_would_say(picture: Image.Image, wanted: str) -> None:
    found = of_picture(picture).dominant_colour
    assert channels(found) == pytest.approx(channels(wanted), abs=6)


def test_what_is_transparent_has_no_colour() -> None:
    picture = Image.new("RGBA", (48, 32), (255, 0, 0, 0))
    assert of_picture(picture).dominant_colour is None
    picture.paste((0, 0, 255, 255), (0, 0, 10, 10))
    assert of_picture(picture).dominant_colour == "#0000ff"


def test_a_single_pixel_has_both() -> None:
    found = of_picture(Image.new("RGB", (1, 1), SKY))
    assert found.dominant_colour == SKY
    assert Blur(found.thumb_hash or "").mean == pytest.approx(channels(SKY), abs=8)
