"""What a person sees of the catalogue: every photo in one state, the newest, the failed."""

from dataclasses import replace
from pathlib import Path

import pytest

from local_image_process.model import Exif, Failure, Photo, Stamp
from local_image_process.record.catalogue import Catalogue
from local_image_process.record.database import Database
from local_image_process.record.overview import Overview

STAMP = Stamp(size=10, mtime_ns=1, inode=1)


def photo(key: str, *, version: str = "00000000") -> Photo:
    album_id, _, file_name = key.partition("/")
    return Photo(
        key=key,
        path=key,
        stamp=STAMP,
        fingerprint=key,
        image_digest=key,
        recipe="recipe",
        album_id=album_id,
        name=file_name.partition(".")[0],
        width_px=6,
        height_px=4,
        version=version,
        thumb_edges_px=(480,),
        exif=Exif(),
    )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'catalogue.db'}")


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


@pytest.fixture
def overview(database: Database) -> Overview:
    return Overview(database)


def publish(catalogue: Catalogue, *photos: Photo) -> None:
    for one in photos:
        catalogue.record(one, objects=())


def fail(catalogue: Catalogue, *keys: str) -> None:
    for key in keys:
        catalogue.fail(Failure(key=key, stamp=STAMP, reason="torn"), "today")


def states(overview: Overview, *waiting: str) -> tuple[int, int, int]:
    census = overview.census(set(waiting))
    assert census.total == census.published + census.waiting + census.failed
    return census.published, census.waiting, census.failed


def test_every_photo_is_in_one_state(catalogue: Catalogue, overview: Overview) -> None:
    publish(catalogue, *(photo(f"a/{number}.jpg") for number in range(5)))
    fail(catalogue, "a/torn.jpg", "a/0.jpg")  # the second had a good state before
    assert states(overview) == (4, 0, 2)
    assert states(overview, "a/new.jpg") == (4, 1, 2)
    assert states(overview, "a/0.jpg", "a/1.jpg", "a/torn.jpg") == (3, 3, 0)


def test_many_that_wait_are_counted_alike(catalogue: Catalogue, overview: Overview) -> None:
    publish(catalogue, *(photo(f"a/{number}.jpg") for number in range(3)))
    fail(catalogue, "a/2.jpg", "a/torn.jpg")
    waiting = [f"a/{number}.jpg" for number in range(2, 1000)]
    assert states(overview, *waiting) == (2, 998, 1)


def test_the_newest_pictures_come_first_however_often_they_are_recorded(
    catalogue: Catalogue, overview: Overview
) -> None:
    first, second, third = (photo(f"a/{name}.jpg") for name in ("z", "y", "x"))
    publish(catalogue, first, second, third)
    publish(catalogue, replace(first, fingerprint="other words in the file"))
    assert [one.name for one in overview.newest(2)] == ["x", "y"]
    publish(catalogue, replace(first, version="11111111"))
    assert [one.name for one in overview.newest(9)] == ["z", "x", "y"]


def test_a_moved_photo_is_no_new_one(catalogue: Catalogue, overview: Overview) -> None:
    old, new = photo("a/z.jpg"), photo("a/y.jpg")
    publish(catalogue, old, new)
    catalogue.record(photo("b/z.jpg"), objects=(), moved_from=old)
    assert [one.id for one in overview.newest(9)] == ["a/y", "b/z"]


def test_failed_photos_are_tried_again_one_or_all(catalogue: Catalogue, overview: Overview) -> None:
    fail(catalogue, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    assert overview.folders_to_try_again() == set()
    assert overview.try_again(["b/2.jpg", "b/nothing.jpg"]) == 1
    assert overview.folders_to_try_again() == {"b"}
    assert catalogue.tried("b")["b/2.jpg"].conditions != "today"
    assert overview.try_again() == 3
    assert overview.folders_to_try_again() == {"a", "b", "c"}
    assert [failure.key for failure in overview.failures(2)] == ["a/1.jpg", "b/2.jpg"]
