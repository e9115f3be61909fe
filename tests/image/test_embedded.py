"""What a rendition carries inside: artist and copyright, and camera facts if wanted."""

from datetime import datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import piexif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from local_image_process.image import embedded
from local_image_process.model import Exif
from tests.image.files import RECIPE, developed
from tests.photos import make_photo

TAKEN = datetime.fromisoformat("2024-07-01 18:30:00")
FULL = Exif(
    make="NIKON",
    camera="Z 6",
    lens="NIKKOR Z 24-70mm f/4 S",
    exposure_time_s=1 / 200,
    aperture=3.2,
    iso=400,
    focal_length_mm=42.4,
    capture_time=TAKEN,
    utc_offset_min=-570,
    latitude_deg=31.2397,
    longitude_deg=121.4992,
    title="外滩",
    artist="陈 安",
    copyright="© 2024 陈 安",
)


def read(block: bytes) -> dict[str, object]:
    """Read a block by Pillow, which did not write it; by the names of its tags."""
    found = Image.Exif()
    found.load(block)
    camera = found.get_ifd(ExifTags.IFD.Exif)
    return {ExifTags.TAGS[tag]: value for tag, value in {**found, **camera}.items()}


def test_artist_and_copyright_alone() -> None:
    told = read(embedded.block(FULL, with_camera=False))
    assert told.keys() == {"Artist", "Copyright"}
    assert str(told["Artist"]).encode("latin-1").decode() == "陈 安"


def test_camera_facts_if_wanted() -> None:
    told = read(embedded.block(FULL, with_camera=True))
    assert told.pop("ExifOffset")
    assert told.pop("Artist")
    assert told.pop("Copyright")
    assert told == {
        "Make": "NIKON",
        "Model": "Z 6",
        "LensModel": "NIKKOR Z 24-70mm f/4 S",
        "ExposureTime": Fraction(1, 200),
        "FNumber": 3.2,
        "ISOSpeedRatings": 400,
        "FocalLength": 42.4,
        "DateTimeOriginal": "2024:07:01 18:30:00",
        "OffsetTimeOriginal": "-09:30",
    }


@pytest.mark.parametrize("with_camera", [False, True])
def test_nothing_to_tell_is_no_block(with_camera: bool) -> None:
    assert embedded.block(Exif(title="外滩", latitude_deg=1.0), with_camera=with_camera) == b""


@given(
    st.builds(
        Exif,
        camera=st.none() | st.text(max_size=50),
        artist=st.none() | st.text(max_size=50),
        exposure_time_s=st.none() | st.floats(1e-12, 1e12),
        aperture=st.none() | st.floats(1e-3, 1e12),
        iso=st.none() | st.integers(1, 10**12),
        focal_length_mm=st.none() | st.floats(1e-3, 1e12),
        capture_time=st.none() | st.datetimes(),
        utc_offset_min=st.none() | st.integers(-840, 840),
    )
)
def test_whatever_cameras_say_can_be_embedded_and_may_leave(facts: Exif) -> None:
    block = embedded.block(facts, with_camera=True)
    assert not block or embedded.surplus(block) == []


def owned(path: Path, artist: str) -> Path:
    return make_photo(path, size=(60, 40), exif=piexif.dump({"0th": {315: artist.encode()}}))


def test_every_rendition_carries_it_and_another_artist_makes_others(tmp_path: Path) -> None:
    one, other = (
        developed(owned(tmp_path / f"{name}.jpg", name)) for name in ("Ansel", "Dorothea")
    )
    for rendition in one.renditions:
        with Image.open(BytesIO(rendition.content)) as image:
            assert image.getexif()[315] == "Ansel"
    assert one.image_digest != other.image_digest
    again = developed(
        owned(tmp_path / "a.jpg", "Ansel"), RECIPE, known_digests=frozenset({one.image_digest})
    )
    assert again.renditions == ()
