"""The public JSON costs what changed, and follows the settings."""

import gzip
import threading
from pathlib import Path

import pytest

from local_image_process.errors import StoreUnavailable
from local_image_process.publish.export import FILES, PLAIN
from local_image_process.record.catalogue import Catalogue
from local_image_process.run import assembly
from tests.photos import make_photo
from tests.web.in_process import Gallery

ALBUMS = ("上海", "北京", "青岛")


@pytest.fixture
def site(tmp_path: Path) -> Gallery:
    """Return a gallery of three albums."""
    one = Gallery(tmp_path)
    for number, album in enumerate(ALBUMS):
        make_photo(one.library / album / "first.jpg", size=(64, 48), seed=number)
    assert one.publish()["published"] == 3
    return one


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the folders of which all photos are read, as it happens."""
    folders: list[str] = []
    photos = Catalogue.photos

    def noted(self: Catalogue, folder: str) -> object:
        folders.append(folder)
        return photos(self, folder)

    monkeypatch.setattr(Catalogue, "photos", noted)
    return folders


def test_a_change_makes_only_its_own_album_anew(site: Gallery, read: list[str]) -> None:
    make_photo(site.library / "北京/second.jpg", size=(64, 48), seed=7)
    site.publish()
    assert set(read) == {"北京"}
    assert len(site.json("/data/exif_data.json")) == 4
    assert site.check() == []


def test_nothing_is_read_or_written_where_nothing_changed(site: Gallery, read: list[str]) -> None:
    before = {path: path.stat() for path in site.data.glob("*.json*")}
    site.publish()
    site.export()
    assert read == []
    assert {path: path.stat() for path in site.data.glob("*.json*")} == before


def test_what_is_packed_says_the_same(site: Gallery) -> None:
    for name in FILES:
        packed = gzip.decompress((site.data / f"{name}.gz").read_bytes())
        assert (site.data / name).exists() == (name in PLAIN)
        if name in PLAIN:
            assert (site.data / name).read_bytes() == packed


def test_no_picture_is_shown_before_its_facts_are_there(site: Gallery) -> None:
    make_photo(site.library / "北京/second.jpg", size=(64, 48), seed=7)
    in_the_way = site.data / ".exif_data.json.tmp"
    in_the_way.mkdir()
    with pytest.raises(StoreUnavailable, match="JSON cannot be written"):
        site.publish()
    assert len(site.json("/data/exif_data.json")) == 3
    assert len(site.json("/data/albums.json")["北京"]["images"]) == 1
    in_the_way.rmdir()
    site.publish()
    assert len(site.json("/data/exif_data.json")) == 4
    assert len(site.json("/data/albums.json")["北京"]["images"]) == 2


def test_an_album_that_is_gone_leaves_every_file(site: Gallery) -> None:
    (site.library / "北京/first.jpg").unlink()
    site.publish()
    for name in FILES:
        packed = gzip.decompress((site.data / f"{name}.gz").read_bytes()).decode()
        assert "北京" not in packed
    assert site.check() == []


def test_other_settings_make_all_of_it_anew(tmp_path: Path, read: list[str]) -> None:
    site = Gallery(tmp_path)
    make_photo(site.library / "first.jpg", size=(64, 48))
    site.publish()
    read.clear()
    other = Gallery(tmp_path, PUBLIC_BASE_URL="https://photos.example.com")
    other.publish()
    assert read == [""]
    (album,) = other.json("/data/albums.json").values()
    assert album["images"][0].startswith("https://photos.example.com/media/")
    assert other.check() == []


def test_what_an_earlier_version_kept_unpacked_goes(site: Gallery) -> None:
    former = site.data / "api_photos.json"
    former.write_text("{}", encoding="utf-8")
    make_photo(site.library / "北京/second.jpg", size=(64, 48), seed=7)
    site.publish()
    assert not former.exists()
    assert len(site.json("/api/photos/list")["photos"]) == 4


def test_the_first_photo_of_all_waits_for_nothing(tmp_path: Path) -> None:
    site = Gallery(tmp_path)
    store = assembly.make_store(site.settings, threading.Event())
    exporter = assembly.make_exporter(site.settings, site.records, store)
    exporter.export()  # of an empty gallery, as at the start
    assert exporter.is_due(busy=True)
    make_photo(site.library / "first.jpg", size=(64, 48))
    site.publish()
    exporter.export(force=True)
    assert not exporter.is_due(busy=True)


def test_pieces_of_another_form_are_made_anew(
    site: Gallery, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_image_process.run.exporter.FORM", 1)
    site.export()
    assert set(read) == set(ALBUMS)
