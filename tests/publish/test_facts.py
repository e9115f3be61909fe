"""Facts in exif_data.json: what is written is read back, whoever wrote it, and nothing is fatal."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local_image_process.model import NO_PLACEHOLDER, Exif, Placeholder
from local_image_process.publish.facts import (
    NAMES,
    exposure_text,
    further,
    number_in,
    offset_in,
    offset_text,
    read,
    read_placeholder,
    text_in,
    time_in,
    written,
)

PREDECESSORS = {
    "CameraModel": "ZV-E10",
    "LensModel": "18-50mm F2.8 DC DN | Contemporary 021",
    "ExposureTime": "1/200",
    "FNumber": "3.2",
    "ISO": "400",
    "FocalLength": "42.4",
    "Latitude": None,
    "Longitude": None,
    "DateTime": "2024:04:04 18:03:45",
    "Location": "未知",
    "star": 4,
    "likes": 192,
}
READ = Exif(
    camera="ZV-E10",
    lens="18-50mm F2.8 DC DN | Contemporary 021",
    exposure_time_s=1 / 200,
    aperture=3.2,
    iso=400,
    focal_length_mm=42.4,
    capture_time=datetime(2024, 4, 4, 18, 3, 45),  # noqa: DTZ001 - the camera's wall clock
)

NOTHINGS: list[Any] = ["", " ", "Unknown", "UNKNOWN", "null", "None", "未知", "未知时间"]
NOTHINGS += [None, True, False, [], {}, ["a"]]

# what EXIF can hold: fractions of 32-bit numbers, printable text, whole seconds, degrees
FRACTIONS = st.builds(
    lambda above, below: above / below, st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1)
)
USUAL_TIMES_S = st.one_of(
    st.integers(1, 32_000).map(lambda below: 1 / below),
    st.integers(1, 36_000).map(lambda tenths: tenths / 10),
    st.floats(0.25, 2.0),
)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60).filter(
    lambda text: text_in(text) == text  # "Unknown" is no camera
)
CAMERAS_FACTS = st.builds(
    Exif,
    camera=st.none() | WORDS,
    lens=st.none() | WORDS,
    exposure_time_s=st.none() | FRACTIONS | USUAL_TIMES_S,
    aperture=st.none() | st.integers(50, 12_800).map(lambda hundredths: hundredths / 100),
    iso=st.none() | st.integers(1, 2**32 - 1),
    focal_length_mm=st.none() | st.integers(1, 500_000).map(lambda hundredths: hundredths / 100),
    capture_time=st.none()
    | st.datetimes(datetime(1826, 1, 1)).map(lambda time: time.replace(microsecond=0)),  # noqa: DTZ001
)
LINES = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just("\n"), max_size=60).filter(
    lambda text: text and text == text.strip()
)
FURTHER = st.fixed_dictionaries(
    {},
    optional={
        "make": WORDS,
        "equivalent_focal_length_mm": st.integers(1, 65_535),
        "exposure_bias_ev": st.integers(-2000, 2000).map(lambda hundredths: hundredths / 100),
        "exposure_program": st.sampled_from(["Manual", "Aperture priority"]),
        "metering_mode": st.just("Center-weighted average"),
        "white_balance": st.sampled_from(["Auto", "Manual"]),
        "flash_fired": st.booleans(),
        "software": WORDS,
        "utc_offset_min": st.integers(-14 * 60, 14 * 60),
        "utc_offset_source": st.sampled_from(["OffsetTimeOriginal", "GPS time"]),
        "width_px": st.integers(1, 100_000),
        "height_px": st.integers(1, 100_000),
        "title": LINES,
        "description": LINES,
        "keywords": st.lists(LINES, unique=True, max_size=5).map(tuple),
        "rating": st.sampled_from([-1, 1, 2, 3, 4, 5]),
        "artist": LINES,
        "copyright": LINES,
    },
)
BLUR = Placeholder(thumb_hash="HwgKLxpwdndwd3d3eGh3eId3BwmYgI8H", dominant_colour="#c81e5a")
POSITIONS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def through_json(entry: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(entry, ensure_ascii=False))


def without_exposure(exif: Exif) -> Exif:
    """Leave out the one fact that is rounded when written."""
    return replace(exif, exposure_time_s=None)


def entry_of(exif: Exif, placeholder: Placeholder = NO_PLACEHOLDER) -> dict[str, Any]:
    entry: dict[str, Any] = through_json(written(exif) | further(exif, placeholder))
    return entry


@settings(max_examples=400, deadline=None)
@given(exif=CAMERAS_FACTS, more=FURTHER, position=st.none() | POSITIONS)
@example(exif=READ, more={}, position=None)
@example(exif=Exif(exposure_time_s=0.4785), more={}, position=None)  # a telephone's half a second
@example(exif=Exif(), more={}, position=(51.4779, 0.00005))  # by Greenwich, where it is 5e-05
@example(exif=Exif(camera="NIKON  D700"), more={}, position=None)  # two spaces
@example(exif=Exif(), more={"title": "Unknown", "keywords": ("none", "未知")}, position=None)
def test_what_is_written_is_read_back(
    exif: Exif, more: dict[str, Any], position: tuple[float, float] | None
) -> None:
    exif = replace(exif, **more)
    if position:
        exif = replace(exif, latitude_deg=position[0], longitude_deg=position[1])
    entry = entry_of(exif, BLUR)
    again = read(entry)
    assert without_exposure(again) == without_exposure(exif)
    assert read_placeholder(entry) == BLUR
    assert entry_of(again, BLUR) == entry, "a mirror writes what the library wrote"
    assert set(entry) <= set(NAMES)


def test_facts_that_are_absent_take_no_room() -> None:
    assert set(entry_of(Exif())) == set(PREDECESSORS) - {"Location", "star", "likes"}


def test_further_facts_have_the_names_of_the_standards() -> None:
    exif = Exif(
        make="SONY",
        equivalent_focal_length_mm=63,
        exposure_bias_ev=-0.33,
        exposure_program="Aperture priority",
        metering_mode="Pattern",
        white_balance="Auto",
        flash_fired=False,
        software="Capture One",
        utc_offset_min=-210,
        utc_offset_source="OffsetTimeOriginal",
        width_px=6000,
        height_px=4000,
        title="外滩之夜",
        description="第一行\n第二行",
        keywords=("夜景", "上海"),
        rating=-1,
        artist="李雷",
        copyright="© 李雷",
    )
    assert further(exif, BLUR) == {
        "Make": "SONY",
        "FocalLengthIn35mmFilm": 63,
        "ExposureBiasValue": -0.33,
        "ExposureProgram": "Aperture priority",
        "MeteringMode": "Pattern",
        "WhiteBalance": "Auto",
        "Flash": False,
        "Software": "Capture One",
        "OffsetTime": "-03:30",
        "OffsetTimeSource": "OffsetTimeOriginal",
        "ImageWidth": 6000,
        "ImageHeight": 4000,
        "Title": "外滩之夜",
        "Description": "第一行\n第二行",
        "Keywords": ["夜景", "上海"],
        "Rating": -1,
        "Artist": "李雷",
        "Copyright": "© 李雷",
        "Megapixels": 24.0,
        "ThumbHash": BLUR.thumb_hash,
        "DominantColor": "#c81e5a",
    }


@pytest.mark.parametrize(
    ("told", "offset_min"),
    [("+08:00", 480), ("-03:30", -210), ("+00:00", 0), ("+15:00", None), ("8", None), (480, None)],
)
def test_offsets_are_read_as_they_are_written(told: object, offset_min: int | None) -> None:
    assert offset_in(told) == offset_min
    assert offset_min is None or offset_text(offset_min) == told


@pytest.mark.parametrize(
    "entry",
    [
        {"ThumbHash": "not base64!", "DominantColor": "red"},
        {"ThumbHash": 5, "DominantColor": "#FFFFFF\n"},
        {"ThumbHash": "A" * 400, "DominantColor": ["#ffffff"]},
        {},
    ],
)
def test_what_is_no_placeholder_is_none(entry: dict[str, Any]) -> None:
    assert read_placeholder(entry) == NO_PLACEHOLDER


@settings(max_examples=400, deadline=None)
@given(seconds=FRACTIONS | USUAL_TIMES_S)
def test_an_exposure_time_is_read_back_as_near_as_it_is_written(seconds: float) -> None:
    again = number_in(exposure_text(seconds))
    assert again is not None
    assert math.isclose(again, seconds, rel_tol=0.21), "a step of cameras is a quarter"
    assert exposure_text(again) == exposure_text(seconds)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 5e-324, 1e-300])
def test_an_exposure_time_that_is_none_is_written_as_none(seconds: float) -> None:
    assert exposure_text(seconds) == "0"


def test_a_predecessors_entry_is_read() -> None:
    assert read(PREDECESSORS) == READ


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        pytest.param("42.4", 42.4, id="plain"),
        pytest.param(42.4, 42.4, id="a number"),
        pytest.param(50, 50.0, id="a whole number"),
        pytest.param("50mm", 50.0, id="unit behind"),
        pytest.param("50 mm", 50.0, id="unit behind a space"),
        pytest.param("f/2.8", 2.8, id="f-number"),
        pytest.param("F/2.8", 2.8, id="F-number"),
        pytest.param("ƒ/2.8", 2.8, id="f-number of typographers"),
        pytest.param("f/ 2.8", 2.8, id="f-number with a space"),
        pytest.param("1/200", 1 / 200, id="fraction"),
        pytest.param("1/200s", 1 / 200, id="fraction with unit"),
        pytest.param("1/200 sec", 1 / 200, id="fraction with unit behind a space"),
        pytest.param("28/10", 2.8, id="EXIF's fraction"),
        pytest.param(".5", 0.5, id="without a zero"),
        pytest.param("-33.8688", -33.8688, id="south"),
        pytest.param("1e-05", 1e-05, id="as floats are written"),
        pytest.param(1e-05, 1e-05, id="a small number"),
        pytest.param("５０", 50.0, id="full-width digits"),
        pytest.param("1/0", None, id="divided by nothing"),
        pytest.param("1e999", None, id="beyond all numbers"),
        pytest.param("9" * 400, None, id="very many digits"),
        pytest.param(10**5000, None, id="more digits than Python prints"),
        pytest.param(math.inf, None, id="infinite"),
        pytest.param(math.nan, None, id="not a number"),
        pytest.param("nan", None, id="not a number, in words"),
        pytest.param("Unknown", None, id="Unknown"),
        pytest.param("未知", None, id="未知"),
        pytest.param("", None, id="nothing"),
        pytest.param("-", None, id="a dash"),
        pytest.param(None, None, id="null"),
        pytest.param(True, None, id="true"),
        pytest.param(["50"], None, id="a list"),
        pytest.param({"value": 50}, None, id="an object"),
    ],
)
def test_a_number_in_whatever_spelling(value: object, wanted: float | None) -> None:
    assert number_in(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        pytest.param("ZV-E10", "ZV-E10", id="words"),
        pytest.param(" ZV-E10 \n", "ZV-E10", id="blanks around"),
        pytest.param("NIKON  D700", "NIKON  D700", id="blanks inside"),
        pytest.param("E-M1\0\0", "E-M1", id="a camera's padding"),
        pytest.param("E-M1\ud800", "E-M1", id="half a character"),
        pytest.param(5, "5", id="a number"),
        pytest.param("x" * 600, "x" * 500, id="endless"),
        *(pytest.param(nothing, None, id=repr(nothing)) for nothing in NOTHINGS),
    ],
)
def test_words(value: object, wanted: str | None) -> None:
    assert text_in(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        pytest.param("2024:04:04 18:03:45", READ.capture_time, id="EXIF's form"),
        pytest.param("2024-04-04 18:03:45", READ.capture_time, id="with dashes"),
        pytest.param("2024-04-04T18:03:45", READ.capture_time, id="ISO"),
        pytest.param("2024:04:04 18:03:45+08:00", READ.capture_time, id="the zone is left out"),
        pytest.param("2024:04:04  18:03:45", READ.capture_time, id="two blanks"),
        pytest.param("0000:00:00 00:00:00", None, id="a clock never set"),
        pytest.param("2024:02:30 00:00:00", None, id="no such day"),
        pytest.param("2024:04:04", None, id="no time of day"),
        pytest.param("未知时间", None, id="未知时间"),
        pytest.param(1712253825, None, id="seconds since 1970"),
        pytest.param(None, None, id="null"),
    ],
)
def test_times(value: object, wanted: datetime | None) -> None:
    assert time_in(value) == wanted


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        pytest.param({}, Exif(), id="nothing"),
        pytest.param({"ISO": "0", "FNumber": 0, "FocalLength": "-3"}, Exif(), id="not above 0"),
        pytest.param({"ISO": 0.4}, Exif(), id="less than one"),
        pytest.param({"ISO": "Auto 400"}, Exif(), id="words before the number"),
        pytest.param({"Latitude": 31.2}, Exif(), id="half a place"),
        pytest.param({"Latitude": 31.2, "Longitude": None}, Exif(), id="half a place, and null"),
        pytest.param({"Latitude": 91, "Longitude": 1}, Exif(), id="beyond the pole"),
        pytest.param({"Latitude": 1, "Longitude": -180.1}, Exif(), id="round the world"),
        pytest.param(
            {"Latitude": "31.2", "Longitude": "121.5"},
            Exif(latitude_deg=31.2, longitude_deg=121.5),
            id="a place in words",
        ),
        pytest.param({"CameraModel": {"a": ["ZV-E10"]}, "ISO": "400"}, Exif(iso=400), id="nested"),
        pytest.param(
            {"ExposureTime": "0." + "0" * 310 + "1"}, Exif(), id="shorter than any exposure"
        ),
    ],
)
def test_a_fact_that_is_none_costs_only_itself(entry: dict[str, Any], wanted: Exif) -> None:
    assert read(entry) == wanted
    json.dumps(written(read(entry)))


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.text(alphabet="0123456789.:-/+e fƒ", max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=5,
)


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JUNK))
def test_whatever_stands_there_is_read_and_can_be_written_again(entry: dict[str, Any]) -> None:
    again = entry_of(read(entry), read_placeholder(entry))
    assert entry_of(read(again), read_placeholder(again)) == again
    text = json.dumps(again, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")
