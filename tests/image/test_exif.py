"""What the camera wrote, and what of it survives damage."""

import struct
import warnings
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import piexif
import pillow_heif
import pytest
from piexif import GPSIFD, ExifIFD, ImageIFD
from PIL import Image

from local_image_process.image import exif
from local_image_process.model import Exif
from tests.photos import make_photo

CAPTURED = datetime(2024, 5, 1, 18, 30, 7)  # noqa: DTZ001 - a camera's wall clock
SUFFIXES = (".jpg", ".mpo", ".png", ".webp", ".tif", ".heic", ".avif")


def _read(path: Path) -> Exif:
    pillow_heif.register_heif_opener()
    with Image.open(path) as image:
        return exif.read(image)


def _read_block(block: bytes) -> Exif:
    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=block)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own, while it opens the file
        image = Image.open(buffer)
    return exif.read(image)


def _read_fields(
    main: dict[int, Any] | None = None,
    shot: dict[int, Any] | None = None,
    gps: dict[int, Any] | None = None,
) -> Exif:
    return _read_block(piexif.dump({"0th": main or {}, "Exif": shot or {}, "GPS": gps or {}}))


def _block(*entries: tuple[int, int, int, bytes], tail: bytes = b"") -> bytes:
    """Return a little-endian block with one directory of (tag, type, count, 4 value bytes)."""
    fields = b"".join(struct.pack("<HHL4s", *entry) for entry in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + fields + b"\0" * 4 + tail


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_tells_the_same_facts(tmp_path: Path, suffix: str) -> None:
    path = make_photo(
        tmp_path / f"a{suffix}",
        size=(64, 48),
        captured=CAPTURED,
        camera="ILCE-7M4",
        lens="FE 24-70mm F2.8 GM",
        gps=(31.2304, -121.4737),
        exposed=True,
    )
    facts = _read(path)
    assert (facts.camera, facts.lens) == ("ILCE-7M4", "FE 24-70mm F2.8 GM")
    assert (facts.iso, facts.capture_time) == (400, CAPTURED)
    numbers = (facts.exposure_time_s, facts.aperture, facts.focal_length_mm)
    assert numbers == pytest.approx((1 / 200, 3.2, 42.4))
    position = (facts.latitude_deg, facts.longitude_deg)
    assert position == pytest.approx((31.2304, -121.4737), abs=1e-6)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".bmp", ".gif"])
def test_a_photo_without_exif_has_no_facts(tmp_path: Path, suffix: str) -> None:
    assert _read(make_photo(tmp_path / f"a{suffix}", size=(64, 48))) == Exif()


@pytest.mark.parametrize(
    ("written", "time"),
    [
        pytest.param(b"2024:05:01 18:30:07", CAPTURED, id="as the standard says"),
        pytest.param(b"2024-05-01 18:30:07", CAPTURED, id="dashes"),
        pytest.param(b"2024/05/01 18:30:07", CAPTURED, id="slashes"),
        pytest.param(b"2024-05-01T18:30:07", CAPTURED, id="T"),
        pytest.param(b"2024:05:01 18:30:07\0\0", CAPTURED, id="trailing NUL"),
        pytest.param(b"  2024:05:01 18:30:07  ", CAPTURED, id="blanks"),
        pytest.param(b"2024:05:01 18:30:07.123", CAPTURED, id="sub-seconds"),
        pytest.param(b"2024: 5: 1 18:30: 7", CAPTURED, id="padded by blanks"),
        pytest.param(b"0000:00:00 00:00:00", None, id="zeros"),
        pytest.param(b"0001:01:01 00:00:00", None, id="year 1"),
        pytest.param(b"2024:02:30 00:00:00", None, id="30 February"),
        pytest.param(b"2024:13:01 00:00:00", None, id="month 13"),
        pytest.param(b"2024:05:01 25:00:00", None, id="hour 25"),
        pytest.param(b"    :  :     :  :  ", None, id="blank form"),
        pytest.param(b"yesterday", None, id="words"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_times_are_read_as_cameras_write_them(written: bytes, time: datetime | None) -> None:
    assert _read_fields(shot={ExifIFD.DateTimeOriginal: written}).capture_time == time


def test_the_time_of_capture_comes_before_that_of_the_file() -> None:
    later, last = b"2024:05:02 00:00:00", b"2024:05:03 00:00:00"
    shot = {ExifIFD.DateTimeOriginal: b"0000:00:00 00:00:00", ExifIFD.DateTimeDigitized: later}
    assert _read_fields({ImageIFD.DateTime: last}, shot).capture_time == datetime(2024, 5, 2)  # noqa: DTZ001
    assert _read_fields({ImageIFD.DateTime: last}).capture_time == datetime(2024, 5, 3)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param(b"X100V\0\0\0", "X100V", id="NULs behind"),
        pytest.param(b"  X100V  ", "X100V", id="blanks"),
        pytest.param(b"X100V\0garbage", "X100V", id="garbage behind NUL"),
        pytest.param("小米 14".encode(), "小米 14", id="UTF-8"),
        pytest.param("Müller".encode("latin-1"), "Müller", id="Latin-1"),
        pytest.param(b"\0\0\0\0", None, id="only NULs"),
        pytest.param(b"   ", None, id="only blanks"),
        pytest.param(b"----", None, id="a lens without contacts"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_text_is_cleaned_and_never_empty(written: bytes, text: str | None) -> None:
    facts = _read_fields({ImageIFD.Model: written}, {ExifIFD.LensModel: written})
    assert (facts.camera, facts.lens) == (text, text)


@pytest.mark.parametrize(
    ("shot", "iso"),
    [
        pytest.param({ExifIFD.ISOSpeedRatings: 400}, 400, id="number"),
        pytest.param({ExifIFD.ISOSpeedRatings: (800, 0)}, 800, id="two numbers"),
        pytest.param({ExifIFD.ISOSpeedRatings: 0}, None, id="zero"),
        pytest.param(
            {ExifIFD.ISOSpeedRatings: 65535, ExifIFD.RecommendedExposureIndex: 102400},
            102400,
            id="more than 16 bits hold",
        ),
        pytest.param({ExifIFD.ISOSpeedRatings: 65535}, None, id="more than 16 bits, untold"),
    ],
)
def test_iso_is_found_where_it_stands(shot: dict[int, Any], iso: int | None) -> None:
    assert _read_fields(shot=shot).iso == iso


@pytest.mark.parametrize("value", [(0, 0), (1, 0), (0, 1)], ids=["0/0", "1/0", "0/1"])
def test_numbers_that_say_nothing_are_absent(value: tuple[int, int]) -> None:
    tags = (ExifIFD.ExposureTime, ExifIFD.FNumber, ExifIFD.FocalLength)
    facts = _read_fields({ImageIFD.Model: b"X100V"}, dict.fromkeys(tags, value))
    assert facts == Exif(camera="X100V")


def _gps(latitude: Any, longitude: Any, references: tuple[bytes, bytes]) -> dict[int, Any]:
    return {
        GPSIFD.GPSLatitudeRef: references[0],
        GPSIFD.GPSLatitude: latitude,
        GPSIFD.GPSLongitudeRef: references[1],
        GPSIFD.GPSLongitude: longitude,
    }


NORTH, EAST = ((31, 1), (30, 1), (0, 1)), ((121, 1), (15, 1), (0, 1))
ZERO, VOID = ((0, 1),) * 3, ((0, 0),) * 3


@pytest.mark.parametrize(
    ("gps", "position"),
    [
        pytest.param(_gps(NORTH, EAST, (b"N", b"E")), (31.5, 121.25), id="north east"),
        pytest.param(_gps(NORTH, EAST, (b"S", b"W")), (-31.5, -121.25), id="south west"),
        pytest.param(_gps(NORTH, EAST, (b"s\0", b"West")), (-31.5, -121.25), id="odd letters"),
        pytest.param(_gps(ZERO, EAST, (b"N", b"E")), (0, 121.25), id="on the equator"),
        pytest.param(_gps(ZERO, ZERO, (b"N", b"E")), (None, None), id="0, 0"),
        pytest.param(_gps(VOID, EAST, (b"N", b"E")), (None, None), id="0/0"),
        pytest.param(_gps(EAST, EAST, (b"N", b"E")), (None, None), id="latitude 121"),
        pytest.param(_gps(NORTH, EAST, (b"N", b"?")), (None, None), id="east or west?"),
        pytest.param(
            {GPSIFD.GPSLatitudeRef: b"N", GPSIFD.GPSLatitude: NORTH}, (None, None), id="half"
        ),
    ],
)
def test_a_position_is_whole_and_possible_or_absent(
    gps: dict[int, Any], position: tuple[float | None, float | None]
) -> None:
    facts = _read_fields(gps=gps)
    assert (facts.latitude_deg, facts.longitude_deg) == position


WILD = struct.pack("<L", 0xFFFFFF00)
MODEL = (ImageIFD.Model, 2, 4, b"X10\0")


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param((ImageIFD.Make, 2, 40, WILD), id="wild offset of a text"),
        pytest.param((ImageIFD.Make, 5, 1, WILD), id="wild offset of a rational"),
        pytest.param((ImageIFD.Make, 2, 0xFFFFFFFF, WILD), id="wild length"),
        pytest.param((ImageIFD.Make, 3, 0xFFFFFFFF, WILD), id="wild count of numbers"),
        pytest.param((ImageIFD.Make, 99, 1, WILD), id="unknown type"),
        pytest.param((ImageIFD.Make, 2, 0, b"\0" * 4), id="text of length 0"),
        pytest.param((ImageIFD.ExifTag, 4, 1, WILD), id="wild camera directory"),
        pytest.param((ImageIFD.ExifTag, 4, 1, b"\x08\0\0\0"), id="directory within itself"),
        pytest.param((ImageIFD.ExifTag, 2, 4, b"abc\0"), id="text for a directory"),
        pytest.param((ImageIFD.GPSTag, 4, 1, WILD), id="wild GPS directory"),
        pytest.param((ImageIFD.GPSTag, 4, 1, b"\x08\0\0\0"), id="GPS that is the camera's"),
        pytest.param((ExifIFD.ExposureTime, 2, 4, b"1/2\0"), id="text for a number"),
        pytest.param((ExifIFD.LensModel, 3, 2, b"\1\0\2\0"), id="numbers for a text"),
        pytest.param((ExifIFD.FNumber, 11, 1, struct.pack("<f", float("nan"))), id="not a number"),
        pytest.param((ExifIFD.FNumber, 11, 1, struct.pack("<f", float("inf"))), id="infinite"),
    ],
)
def test_a_broken_field_costs_only_itself(broken: tuple[int, int, int, bytes]) -> None:
    assert _read_block(_block(broken, MODEL)) == Exif(camera="X10")


def test_a_camera_directory_behind_a_wild_offset_is_still_read() -> None:
    inner = struct.pack("<HHHL4s", 1, ExifIFD.ISOSpeedRatings, 3, 1, b"\xc8\0\0\0") + b"\0" * 4
    at = struct.pack("<L", 8 + 2 + 3 * 12 + 4)
    wild = (ImageIFD.Make, 5, 1, WILD)
    block = _block(wild, MODEL, (ImageIFD.ExifTag, 4, 1, at), tail=inner)
    assert _read_block(block) == Exif(camera="X10", iso=200)


@pytest.mark.parametrize(
    "block", [b"Exif\0\0", b"Exif\0\0II", b"Exif\0\0not a block at all"], ids=["bare", "cut", "no"]
)
def test_a_block_of_nonsense_has_no_facts(block: bytes) -> None:
    assert _read_block(block) == Exif()


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_orientation_is_upright(value: int) -> None:
    picture = Image.new("RGB", (8, 8))
    picture.info["exif"] = _block((ImageIFD.Orientation, 3, 1, struct.pack("<HH", value, 0)))
    assert exif.orientation(picture) == 1
