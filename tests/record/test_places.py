"""What geocoders said: kept by cell, asked for once, and told to the albums."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local_image_process.model import Exif, Photo, Stamp
from local_image_process.record.backlog import Backlog
from local_image_process.record.catalogue import Catalogue
from local_image_process.record.database import Database
from local_image_process.record.places import LONGEST_S, Answer, Places
from local_image_process.record.rows import cell_of, middle_of

DAY_S = 86_400.0
BUND, LAKE = "31.240,121.491", "30.245,120.150"


class Gallery:
    """A catalogue of photos with coordinates, and a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 1_780_000_000.0
        self.database = Database(f"sqlite:///{folder / 'catalogue.db'}")
        self.catalogue = Catalogue(self.database)
        self.places = Places(self.database, clock=lambda: self.now_s)
        self.photos = 0

    def publish(self, key: str, cell: str | None = None, *, mtime_ns: int | None = None) -> Photo:
        self.photos += 1
        latitude, longitude = middle_of(cell) if cell else (None, None)
        photo = Photo(
            key=key,
            path=key,
            stamp=Stamp(size=1, mtime_ns=mtime_ns or self.photos, inode=self.photos),
            fingerprint=key,
            image_digest=key,
            recipe="recipe",
            album_id=key.rpartition("/")[0],
            name=key.rpartition("/")[2],
            width_px=1,
            height_px=1,
            version="0",
            thumb_edges_px=(),
            exif=Exif(latitude_deg=latitude, longitude_deg=longitude),
        )
        self.catalogue.record(photo, objects=[])
        return photo

    def answer(
        self,
        cell: str,
        text: str | None,
        *,
        of: str = "gaode",
        again_in_s: float | None = None,
    ) -> bool:
        asked_of = tuple(of.split(","))
        source = asked_of[-1] if text else None
        one = Answer(cell=cell, text=text, source=source, asked_of=asked_of, again_in_s=again_in_s)
        return self.places.record([one])

    def unknown(self, *of: str, limit: int = 99) -> list[str]:
        return self.places.unknown(limit, of=of or ("gaode",))

    def stale(self) -> set[str]:
        """Return the albums that are out of date, and bring them up to date."""
        backlog = Backlog(self.database)
        found = backlog.stale_albums()
        backlog.freshen(found)
        return set(found)


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    one = Gallery(tmp_path)
    yield one
    one.database.close()


@pytest.mark.parametrize(
    ("latitude", "longitude", "cell"),
    [
        pytest.param(31.23968, 121.49114, BUND, id="上海"),
        pytest.param(31.24, 121.491, BUND, id="the middle"),
        pytest.param(-33.8568, 151.2153, "-33.857,151.215", id="south"),
        pytest.param(-0.0002, -0.0004, "0.000,0.000", id="no minus nothing"),
        pytest.param(None, None, None, id="no coordinates"),
        pytest.param(31.24, None, None, id="half of them"),
    ],
)
def test_cells(latitude: float | None, longitude: float | None, cell: str | None) -> None:
    assert cell_of(Exif(latitude_deg=latitude, longitude_deg=longitude)) == cell


def test_the_middle_of_a_cell_lies_in_it() -> None:
    assert middle_of("-33.857,151.215") == (-33.857, 151.215)


def test_a_photo_without_coordinates_is_not_asked_about(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg")
    assert gallery.unknown() == []


def test_each_cell_is_asked_about_once_the_newest_photo_first(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg", BUND, mtime_ns=5)
    gallery.publish("上海/b.jpg", BUND, mtime_ns=50)
    gallery.publish("杭州/a.jpg", LAKE, mtime_ns=20)
    assert gallery.unknown() == [BUND, LAKE]
    assert gallery.unknown(limit=1) == [BUND]
    gallery.answer(BUND, "上海 · 黄浦区")
    gallery.answer(LAKE, "浙江 · 上城区")
    assert gallery.unknown() == []
    gallery.publish("上海/c.jpg", BUND)
    assert gallery.unknown() == []


def test_what_has_a_name_is_told(gallery: Gallery) -> None:
    gallery.answer(BUND, "上海 · 黄浦区")
    gallery.answer(LAKE, None)
    assert gallery.places.of_cells([BUND, LAKE, "1.000,1.000", BUND]) == {BUND: "上海 · 黄浦区"}
    assert gallery.places.of_cells([]) == {}


def test_photos_bear_the_names_of_their_places(gallery: Gallery) -> None:
    photos = [
        gallery.publish("上海/a.jpg", BUND),
        gallery.publish("上海/b.jpg"),
        gallery.publish("上海/c.jpg", LAKE),
        replace(gallery.publish("上海/d.jpg", BUND), place="家"),
    ]
    gallery.answer(BUND, "上海 · 黄浦区")
    named = gallery.places.named(photos)
    assert [photo.place for photo in named] == ["上海 · 黄浦区", None, None, "家"]
    assert [replace(photo, place=None) for photo in named[:3]] == photos[:3]
    assert gallery.places.named([]) == []


def test_many_cells_are_told_at_once(gallery: Gallery) -> None:
    cells = [f"{n / 1000:.3f},0.000" for n in range(1200)]
    gallery.places.record(
        [Answer(cell=c, text=c, source="a", asked_of="a", again_in_s=None) for c in cells]
    )
    assert gallery.places.of_cells(cells) == {cell: cell for cell in cells}


def test_albums_with_photos_there_are_out_of_date(gallery: Gallery) -> None:
    for key in ("2024/上海/a.jpg", "2024/上海/b.jpg", "夜/a.jpg"):
        gallery.publish(key, BUND)
    gallery.publish("杭州/a.jpg", LAKE)
    gallery.stale()
    assert gallery.answer(BUND, "上海 · 黄浦区")
    assert gallery.stale() == {"2024/上海", "夜"}


def test_an_answer_that_changes_nothing_leaves_albums_alone(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg", BUND)
    gallery.stale()
    assert not gallery.answer(BUND, None)
    assert gallery.stale() == set()
    assert gallery.answer(BUND, "上海")
    assert gallery.stale() == {"上海"}
    assert not gallery.answer(BUND, "上海")
    assert gallery.stale() == set()
    assert gallery.answer(BUND, "上海 · 黄浦区")
    assert gallery.stale() == {"上海"}


def test_where_nobody_knew_is_asked_again_when_it_is_time(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg", BUND)
    gallery.answer(BUND, None, again_in_s=30 * DAY_S)
    gallery.now_s += 30 * DAY_S - 1
    assert gallery.unknown() == []
    gallery.now_s += 2
    assert gallery.unknown() == [BUND]


def test_a_clock_that_was_wrong_puts_nothing_off(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg", BUND)
    gallery.now_s += 10 * LONGEST_S
    gallery.answer(BUND, None, again_in_s=DAY_S)
    gallery.now_s -= 10 * LONGEST_S
    assert gallery.unknown() == [BUND]


def test_another_geocoder_is_asked_what_is_not_known_for_good(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg", BUND)
    gallery.publish("杭州/a.jpg", LAKE)
    gallery.publish("海上/a.jpg", "0.000,0.000")
    gallery.answer(BUND, "上海", of="offline", again_in_s=30 * DAY_S)
    gallery.answer(LAKE, "浙江 · 上城区", of="nominatim")
    gallery.answer("0.000,0.000", None, of="nominatim", again_in_s=30 * DAY_S)
    assert gallery.unknown("offline") == ["0.000,0.000"]
    assert gallery.unknown("gaode", "offline") == ["0.000,0.000", BUND]
    assert gallery.unknown("gaode", "nominatim") == ["0.000,0.000", BUND]
    gallery.answer(BUND, "上海", of="gaode,offline", again_in_s=30 * DAY_S)
    assert gallery.unknown("offline", "gaode") == ["0.000,0.000"]


def test_what_was_never_asked_comes_before_what_is_asked_again(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg", BUND, mtime_ns=90)
    gallery.publish("杭州/a.jpg", LAKE, mtime_ns=10)
    gallery.answer(BUND, None, again_in_s=0.0)
    gallery.now_s += 1
    assert gallery.unknown() == [LAKE, BUND]


def test_a_place_outlives_its_photos(gallery: Gallery) -> None:
    gallery.publish("上海/a.jpg", BUND)
    gallery.answer(BUND, "上海 · 黄浦区")
    gallery.catalogue.forget({"上海/a.jpg": []})
    gallery.publish("上海/b.jpg", BUND)
    assert gallery.unknown() == []
    assert gallery.places.of_cells([BUND]) == {BUND: "上海 · 黄浦区"}


def test_a_photo_comes_back_from_the_catalogue_as_it_was(gallery: Gallery) -> None:
    photo = gallery.publish("上海/a.jpg", BUND)
    assert gallery.catalogue.photo("上海/a.jpg") == photo
