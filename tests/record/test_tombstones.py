"""Likes of a withdrawn picture wait for it, and find it under another name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from local_image_process.model import Exif, Photo, Stamp
from local_image_process.record.catalogue import Catalogue
from local_image_process.record.corrections import Correction, Corrections
from local_image_process.record.database import Database
from local_image_process.record.interactions import Interactions
from local_image_process.record.schema import meta
from local_image_process.record.tombstones import DAY_S, Tombstones
from tests.likes import like

KEPT_S = 30 * DAY_S


def photo(key: str, version: str) -> Photo:
    album_id, _, file_name = key.rpartition("/")
    return Photo(
        key=key,
        path=key,
        stamp=Stamp(size=1, mtime_ns=1, inode=1),
        fingerprint=version,
        image_digest=version,
        recipe="",
        album_id=album_id,
        name=file_name.partition(".")[0],
        width_px=4,
        height_px=3,
        version=version,
        thumb_edges_px=(),
        exif=Exif(),
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    one = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    yield one
    one.close()


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


@pytest.fixture
def liked(catalogue: Catalogue, database: Database) -> Interactions:
    """A photo with two likes and a correction, withdrawn again."""
    interactions = Interactions(database, site="here")
    catalogue.record(photo("上海/first.jpg", "aaaaaaaa"), objects=[])
    like(database, "上海/first", site="here")
    like(database, "上海/first", site="here")
    Corrections(database).correct(
        "上海/first", Correction(exif=Exif(camera="X100"), place="浙江 · 上城区")
    )
    catalogue.forget({"上海/first.jpg": []})
    return interactions


def likes(interactions: Interactions, photo_id: str) -> int:
    given = interactions.of_album(photo_id.rpartition("/")[0]).get(photo_id)
    return given.likes if given else 0


def test_a_picture_that_comes_back_by_another_name_finds_what_it_was_given(
    catalogue: Catalogue, database: Database, liked: Interactions
) -> None:
    catalogue.record(photo("北京/renamed.jpg", "aaaaaaaa"), objects=[])
    assert Tombstones(database, kept_s=KEPT_S).rehome() == 1
    assert (likes(liked, "北京/renamed"), likes(liked, "上海/first")) == (2, 0)
    assert Corrections(database).of_album("北京")["北京/renamed"].exif.camera == "X100"
    assert Tombstones(database, kept_s=KEPT_S).rehome() == 0


def test_one_that_comes_back_where_it_was_shares_nothing_with_a_copy(
    catalogue: Catalogue, database: Database, liked: Interactions
) -> None:
    catalogue.record(photo("北京/copy.jpg", "aaaaaaaa"), objects=[])
    catalogue.record(photo("上海/first.jpg", "aaaaaaaa"), objects=[])
    assert Tombstones(database, kept_s=KEPT_S).rehome() == 0
    assert (likes(liked, "上海/first"), likes(liked, "北京/copy")) == (2, 0)


def test_another_picture_gets_nothing(
    catalogue: Catalogue, database: Database, liked: Interactions
) -> None:
    catalogue.record(photo("北京/another.jpg", "bbbbbbbb"), objects=[])
    assert Tombstones(database, kept_s=KEPT_S).rehome() == 0
    assert likes(liked, "北京/another") == 0


def test_after_some_time_nobody_waits_any_more(
    catalogue: Catalogue, database: Database, liked: Interactions
) -> None:
    catalogue.record(photo("北京/renamed.jpg", "aaaaaaaa"), objects=[])
    assert Tombstones(database, kept_s=-1.0).rehome() == 0
    assert likes(liked, "北京/renamed") == 0


def test_a_lost_catalogue_finds_a_picture_that_moved_meanwhile(
    tmp_path: Path, catalogue: Catalogue, liked: Interactions
) -> None:
    catalogue.record(photo("上海/first.jpg", "aaaaaaaa"), objects=[])
    told = liked.file()
    database = Database(f"sqlite:///{tmp_path / 'another.db'}")
    new = Interactions(database, site="here")
    new.take_back(own=lambda: told, exif_data=lambda: b"")
    Catalogue(database).record(photo("北京/renamed.jpg", "aaaaaaaa"), objects=[])
    assert Tombstones(database, kept_s=KEPT_S).rehome() == 1
    assert likes(new, "北京/renamed") == 2
    assert Corrections(database).of_album("北京")["北京/renamed"].place == "浙江 · 上城区"
    database.close()


def test_another_schema_finds_a_picture_that_moved_meanwhile(
    catalogue: Catalogue, database: Database, liked: Interactions
) -> None:
    catalogue.record(photo("上海/first.jpg", "aaaaaaaa"), objects=[])
    with database.write() as db:
        db.execute(sa.update(meta).where(meta.c.name == "schema_version").values(value="1"))
        db.execute(sa.text("ALTER TABLE photos DROP COLUMN exif"))
    database.close()  # the next transaction opens it as another version of the program does
    assert catalogue.count() == 0
    catalogue.record(photo("北京/renamed.jpg", "aaaaaaaa"), objects=[])
    assert Tombstones(database, kept_s=KEPT_S).rehome() == 1
    assert (likes(liked, "北京/renamed"), likes(liked, "上海/first")) == (2, 0)
