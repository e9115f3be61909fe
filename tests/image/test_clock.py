"""When a photo was taken: the camera's clock, and its zone only where the file tells it."""

from typing import Any

import pytest
from piexif import GPSIFD, ExifIFD, ImageIFD

from local_image_process.image.clock import Moment
from local_image_process.image.told import Told
from local_image_process.model import Exif
from tests.image.blocks import datasets, fields, jpeg, packet, read
from tests.image.times import at

TAKEN = b"2024:05:01 18:30:07"


def told(facts: Exif) -> tuple[int | None, str | None]:
    """Return the offset, and who says it."""
    return facts.utc_offset_min, facts.utc_offset_source


@pytest.mark.parametrize(
    ("written", "offset_min"),
    [
        pytest.param(b"+08:00", 480, id="as the standard says"),
        pytest.param(b"-05:00", -300, id="west"),
        pytest.param(b"+05:45", 345, id="Nepal"),
        pytest.param(b"-5:00", -300, id="one digit"),
        pytest.param(b"+08", 480, id="hours only"),
        pytest.param(b"+0800", 480, id="no colon"),
        pytest.param(b"+00:00", 0, id="zero"),
        pytest.param(b"Z", 0, id="Z"),
        pytest.param(b" +08:00\0\0", 480, id="padded"),
        pytest.param(b"+14:00", 840, id="the furthest"),
        pytest.param(b"+14:15", None, id="further than the furthest"),
        pytest.param(b"+08:60", None, id="sixty minutes"),
        pytest.param(b"08:00", None, id="no sign: east or west?"),
        pytest.param(b"   :  ", None, id="blank form"),
        pytest.param(b"CST", None, id="a name"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_an_offset_in_any_spelling(written: bytes, offset_min: int | None) -> None:
    shot = {ExifIFD.DateTimeOriginal: TAKEN, ExifIFD.OffsetTimeOriginal: written}
    facts = read(jpeg(exif=fields(shot=shot)))
    source = None if offset_min is None else "OffsetTimeOriginal"
    assert (facts.capture_time, *told(facts)) == (at("2024-05-01 18:30:07"), offset_min, source)


@pytest.mark.parametrize(
    ("main", "shot", "wanted"),
    [
        pytest.param(
            {},
            {ExifIFD.DateTimeDigitized: TAKEN, ExifIFD.OffsetTimeDigitized: b"+09:00"},
            (540, "OffsetTimeDigitized"),
            id="digitized",
        ),
        pytest.param(
            {ImageIFD.DateTime: TAKEN},
            {ExifIFD.OffsetTime: b"+02:00"},
            (120, "OffsetTime"),
            id="file",
        ),
        pytest.param(
            {},
            {ExifIFD.DateTimeOriginal: TAKEN, ExifIFD.OffsetTime: b"+02:00"},
            (None, None),
            id="another time's",
        ),
    ],
)
def test_an_offset_belongs_to_its_own_time(
    main: dict[int, Any], shot: dict[int, Any], wanted: tuple[int | None, str | None]
) -> None:
    assert told(read(jpeg(exif=fields(main, shot)))) == wanted


def satellites(day: bytes, *time: tuple[int, int]) -> dict[int, Any]:
    return {GPSIFD.GPSDateStamp: day, GPSIFD.GPSTimeStamp: time}


@pytest.mark.parametrize(
    ("gps", "offset_min"),
    [
        pytest.param(satellites(b"2024:05:01", (10, 1), (30, 1), (7, 1)), 480, id="China"),
        pytest.param(satellites(b"2024:05:01", (10, 1), (29, 1), (0, 1)), 480, id="a minute late"),
        pytest.param(satellites(b"2024:05:02", (4, 1), (15, 1), (700, 100)), -585, id="odd zone"),
        pytest.param(satellites(b"2024-05-01", (18, 1), (30, 1), (7, 1)), 0, id="dashes"),
        pytest.param(satellites(b"2024:05:01", (10, 1), (25, 1), (0, 1)), None, id="a stale fix"),
        pytest.param(satellites(b"2024:05:03", (10, 1), (30, 1), (7, 1)), None, id="another day"),
        pytest.param(satellites(b"2024:05:01", (10, 0), (30, 1), (7, 1)), None, id="10/0 h"),
        pytest.param(satellites(b"2024:05:01", (99, 1), (30, 1), (7, 1)), None, id="hour 99"),
        pytest.param(satellites(b"2024:02:31", (10, 1), (30, 1), (7, 1)), None, id="no such day"),
        pytest.param(satellites(b"", (10, 1), (30, 1), (7, 1)), None, id="no day"),
        pytest.param({GPSIFD.GPSDateStamp: b"2024:05:01"}, None, id="no time"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_satellites_tell_the_offset_only_where_it_is_one(
    gps: dict[int, Any], offset_min: int | None
) -> None:
    facts = read(jpeg(exif=fields(shot={ExifIFD.DateTimeOriginal: TAKEN}, gps=gps)))
    assert told(facts) == (offset_min, None if offset_min is None else "GPS time")


def test_what_the_camera_says_counts_more_than_the_satellites() -> None:
    shot = {ExifIFD.DateTimeOriginal: TAKEN, ExifIFD.OffsetTimeOriginal: b"+09:00"}
    gps = satellites(b"2024:05:01", (10, 1), (30, 1), (7, 1))
    assert told(read(jpeg(exif=fields(shot=shot, gps=gps)))) == (540, "OffsetTimeOriginal")


def test_editors_are_asked_only_where_the_camera_tells_no_time() -> None:
    xmp = packet(attributes='photoshop:DateCreated="2020-01-01T00:00:00+01:00"')
    iptc = datasets((2, 55, b"20190101"), (2, 60, b"120000+0100"))
    sidecar = Told(moment=Moment(at("2021-01-01 00:00:00")))
    camera = fields(shot={ExifIFD.DateTimeOriginal: TAKEN})
    times = [
        read(content, beside).capture_time
        for content, beside in (
            (jpeg(exif=camera, xmp=xmp, iptc=iptc), sidecar),
            (jpeg(xmp=xmp, iptc=iptc), sidecar),
            (jpeg(xmp=xmp, iptc=iptc), None),
            (jpeg(iptc=iptc), None),
        )
    ]
    wanted = ["2024-05-01 18:30:07", "2021-01-01", "2020-01-01", "2019-01-01 12:00:00"]
    assert times == [at(time) for time in wanted]
