"""What the catalogue keeps of a photo is what it was given, also what nobody said."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from local_image_process.model import Exif, Mirrored, Photo, Placeholder, Stamp
from local_image_process.record.catalogue import Catalogue
from local_image_process.record.database import Database
from local_image_process.record.mirror import Changes, Mirror

FULL = Exif(
    make="SONY",
    camera="ILCE-7M4",
    lens="FE 24-70mm F2.8 GM",
    exposure_time_s=1 / 200,
    aperture=3.2,
    iso=400,
    focal_length_mm=42.4,
    equivalent_focal_length_mm=42,
    exposure_bias_ev=0.0,
    exposure_program="Manual",
    metering_mode="Pattern",
    white_balance="Auto",
    flash_fired=False,
    software="Capture One",
    capture_time=datetime(2024, 4, 4, 18, 3, 45),  # noqa: DTZ001 - the camera's wall clock
    utc_offset_min=0,
    utc_offset_source="GPS time",
    latitude_deg=0.0,
    longitude_deg=121.4992,
    width_px=6000,
    height_px=4000,
    title="外滩",
    description="第一行\n第二行",
    keywords=("夜景", "上海"),
    rating=-1,
    artist="李雷",
    copyright="© 李雷",
)
BLUR = Placeholder(thumb_hash="HwgKLxpwdndwd3d3eGh3eId3BwmYgI8H", dominant_colour="#c81e5a")
BOTH = pytest.mark.parametrize(
    ("exif", "placeholder"), [(FULL, BLUR), (Exif(), Placeholder())], ids=["everything", "nothing"]
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    one = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    yield one
    one.close()


def test_the_photo_with_everything_lacks_nothing() -> None:
    assert None not in [getattr(FULL, name) for name in Exif.__dataclass_fields__]


@BOTH
def test_a_photo_comes_back_as_it_was(
    database: Database, exif: Exif, placeholder: Placeholder
) -> None:
    photo = Photo(
        key="上海/a.jpg",
        path="上海/a.jpg",
        stamp=Stamp(size=1, mtime_ns=1, inode=2**64 - 1),
        fingerprint="f",
        image_digest="d",
        recipe="r",
        album_id="上海",
        name="a",
        width_px=4,
        height_px=3,
        version="01234567",
        thumb_edges_px=(480, 1280),
        exif=exif,
        placeholder=placeholder,
    )
    Catalogue(database).record(photo, objects=[])
    assert Catalogue(database).photo("上海/a.jpg") == photo


@BOTH
def test_a_picture_of_the_bucket_comes_back_as_it_was(
    database: Database, exif: Exif, placeholder: Placeholder
) -> None:
    picture = Mirrored(
        album_id="上海",
        name="a",
        suffix=".webp",
        version="01234567",
        thumb_edges_px=(),
        exif=exif,
        place=None,
        placeholder=placeholder,
    )
    Mirror(database).change(Changes(photos=[picture]))
    assert Mirror(database).photo("上海", "a") == picture
