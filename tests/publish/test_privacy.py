"""Coordinates in public files: as they are, rounded, or none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_image_process.model import Circle, Exif
from local_image_process.publish.privacy import Privacy, coarse, distance_m

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
BUND = (31.2397, 121.4992)


def told(privacy: Privacy, wish: str | None = None) -> tuple[float | None, float | None]:
    exif = privacy.told_of(Exif(latitude_deg=BUND[0], longitude_deg=BUND[1]), wish)
    return exif.latitude_deg, exif.longitude_deg


@pytest.mark.parametrize(
    ("precision", "wish", "expected"),
    [
        pytest.param("exact", None, BUND, id="as it is"),
        pytest.param("exact", "exact", BUND, id="and the album agrees"),
        pytest.param("exact", "coarse", (31.24, 121.5045), id="the album wants less"),
        pytest.param("exact", "none", (None, None), id="the album wants nothing"),
        pytest.param("coarse", None, (31.24, 121.5045), id="rounded"),
        pytest.param("coarse", "exact", (31.24, 121.5045), id="an album cannot have more"),
        pytest.param("coarse", "none", (None, None), id="but less"),
        pytest.param("none", None, (None, None), id="nothing"),
        pytest.param("none", "exact", (None, None), id="whatever the album wants"),
    ],
)
def test_the_most_private_wish_wins(
    precision: str, wish: str | None, expected: tuple[float | None, float | None]
) -> None:
    assert told(Privacy(precision=precision), wish) == expected


@given(latitude_deg=LATITUDES, longitude_deg=LONGITUDES)
def test_coarse_is_near_but_says_no_more_than_a_kilometre(
    latitude_deg: float, longitude_deg: float
) -> None:
    rounded = coarse(latitude_deg, longitude_deg)
    middle = Circle(latitude_deg=rounded[0], longitude_deg=rounded[1], radius_m=1)
    assert distance_m(latitude_deg, longitude_deg, middle) < 900
    assert coarse(*rounded) == rounded


@given(latitude_deg=st.floats(-85, 85), longitude_deg=LONGITUDES)
def test_coarse_points_are_a_kilometre_apart(latitude_deg: float, longitude_deg: float) -> None:
    here = coarse(latitude_deg, longitude_deg)
    width_deg = 0.006 / math.cos(math.radians(latitude_deg))
    beside = coarse(latitude_deg, min(180.0, longitude_deg + width_deg))
    if beside[1] != here[1]:
        middle = Circle(latitude_deg=beside[0], longitude_deg=beside[1], radius_m=1)
        assert distance_m(*here, middle) > 900


@pytest.mark.parametrize(
    ("start", "end", "metres"),
    [
        pytest.param((31.0, 121.0), (32.0, 121.0), 111_195, id="a degree to the north"),
        pytest.param((60.0, 10.0), (60.0, 11.0), 55_597, id="a degree to the east, half way up"),
        pytest.param((0.0, -90.0), (0.0, 90.0), 20_015_115, id="to the other side"),
    ],
)
def test_distances_are_those_on_a_globe(
    start: tuple[float, float], end: tuple[float, float], metres: float
) -> None:
    circle = Circle(latitude_deg=end[0], longitude_deg=end[1], radius_m=1)
    assert distance_m(*start, circle) == pytest.approx(metres, rel=1e-4)


@pytest.mark.parametrize(
    ("middle", "radius_m", "is_hidden"),
    [
        pytest.param(BUND, 1, True, id="the very spot"),
        pytest.param((31.2442, 121.4992), 510, True, id="within"),
        pytest.param((31.2442, 121.4992), 490, False, id="just outside"),
        pytest.param((31.2397, -121.4992), 5000, False, id="the other side of the world"),
    ],
)
def test_a_hidden_circle_hides_what_lies_in_it(
    middle: tuple[float, float], radius_m: float, is_hidden: bool
) -> None:
    circle = Circle(latitude_deg=middle[0], longitude_deg=middle[1], radius_m=radius_m)
    assert (told(Privacy(hidden=(circle,))) == (None, None)) is is_hidden


def test_a_hidden_circle_may_lie_across_the_line_where_days_change() -> None:
    circle = Circle(latitude_deg=0, longitude_deg=179.999, radius_m=500)
    assert Privacy(hidden=(circle,)).hides(0, -179.999)
