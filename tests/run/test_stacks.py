"""RAW and JPEG of one shot are one photo, and so are a Live Photo's picture and film."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.image.raws import preview, raw
from tests.likes import like
from tests.photos import make_photo
from tests.web.in_process import Gallery

pytestmark = pytest.mark.slow

SHOT = datetime.fromisoformat("2024-05-01 18:30:07")  # as tests.image.raws says
LATER = SHOT + timedelta(seconds=1)
PHOTO = "上海/IMG_0001"
OTHER = "北京/DSC04056.jpg"  # which tells that the library is there


@pytest.fixture
def site(tmp_path: Path) -> Gallery:
    gallery = Gallery(tmp_path, RENDER_WORKERS="2")
    make_photo(gallery.library / OTHER, size=(90, 60), seed=1)
    return gallery


def put_raw(site: Gallery, key: str = f"{PHOTO}.nef") -> Path:
    path = site.library / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw(path.suffix, jpeg=preview()))
    return path


def put_jpeg(site: Gallery, key: str = f"{PHOTO}.jpg", taken: datetime | None = SHOT) -> Path:
    return make_photo(site.library / key, size=(90, 60), captured=taken, camera="NIKON Z 6")


def published(site: Gallery) -> list[str]:
    """Publish; return the exif keys of what is shown, which must agree in every way."""
    site.publish()
    assert site.check() == []
    return shown(site)


def shown(site: Gallery) -> list[str]:
    return sorted(site.json("/data/exif_data.json").keys() - {OTHER})


def likes(site: Gallery) -> dict[str, int]:
    return {key: number for key, number in site.json("/data/likes.json").items() if number}


@pytest.mark.parametrize("taken", [pytest.param(SHOT, id="known"), pytest.param(None, id="not")])
def test_raw_and_jpeg_of_one_second_are_one_photo(site: Gallery, taken: datetime | None) -> None:
    put_raw(site)
    put_jpeg(site, taken=taken)
    assert published(site) == [f"{PHOTO}.jpg"]
    report = site.publish()
    assert (report["published"], report["refreshed"], report["withdrawn"]) == (0, 0, 0)


def test_raw_and_heif_of_one_second_are_one_photo(site: Gallery) -> None:
    put_raw(site)
    put_jpeg(site, f"{PHOTO}.heic")
    assert published(site) == [f"{PHOTO}.webp"]


def test_another_second_makes_another_photo(site: Gallery) -> None:
    put_raw(site)
    put_jpeg(site, taken=LATER)
    assert published(site) == [f"{PHOTO}.jpg", f"{PHOTO}_nef.webp"]


def test_a_raw_file_whose_jpeg_comes_later_hands_it_name_and_likes(site: Gallery) -> None:
    put_raw(site)
    assert published(site) == [f"{PHOTO}.webp"]
    like(site.records.database, PHOTO, site=site.records.site)
    put_jpeg(site)
    assert published(site) == [f"{PHOTO}.jpg"]
    assert likes(site) == {f"{PHOTO}.jpg": 1}


def test_a_raw_file_whose_jpeg_goes_takes_its_name_and_likes(site: Gallery) -> None:
    put_raw(site)
    jpeg = put_jpeg(site)
    assert published(site) == [f"{PHOTO}.jpg"]
    like(site.records.database, PHOTO, site=site.records.site)
    jpeg.unlink()
    assert published(site) == [f"{PHOTO}.webp"]
    assert likes(site) == {f"{PHOTO}.webp": 1}


def test_a_broken_jpeg_does_not_hide_its_raw_file(site: Gallery) -> None:
    put_raw(site)
    broken = put_jpeg(site)
    broken.write_bytes(broken.read_bytes()[:900])
    site.publish()
    assert shown(site) == [f"{PHOTO}_nef.webp"]
    put_jpeg(site)
    assert published(site) == [f"{PHOTO}.jpg"]


def test_a_broken_raw_file_does_not_hide_its_jpeg(site: Gallery) -> None:
    put_raw(site).write_bytes(b"II*\0 cut off")
    put_jpeg(site)
    assert published(site) == [f"{PHOTO}.jpg"]


def test_a_raw_file_that_turns_out_to_be_of_another_shot_is_shown(site: Gallery) -> None:
    put_raw(site)
    put_jpeg(site)
    assert published(site) == [f"{PHOTO}.jpg"]
    put_jpeg(site, taken=LATER)
    assert published(site) == [f"{PHOTO}.jpg", f"{PHOTO}_nef.webp"]
    put_jpeg(site, taken=SHOT)
    assert published(site) == [f"{PHOTO}.jpg"]


def test_a_pair_that_moves_is_rendered_no_more(site: Gallery) -> None:
    put_raw(site)
    put_jpeg(site)
    published(site)
    like(site.records.database, PHOTO, site=site.records.site)
    (site.library / "上海").rename(site.library / "外滩")
    report = site.publish()
    assert (report["moved"], report["rendered"]) == (1, 0)
    assert likes(site) == {"外滩/IMG_0001.jpg": 1}


@pytest.mark.parametrize("ending", [".jpg", ".heic"])
@pytest.mark.parametrize("film", [".MOV", ".mov", ".mp4"])
def test_a_live_photos_film_is_no_photo_and_no_error(site: Gallery, ending: str, film: str) -> None:
    put_jpeg(site, f"{PHOTO}{ending}")
    (site.library / f"{PHOTO}{film}").write_bytes(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ")
    assert len(published(site)) == 1
