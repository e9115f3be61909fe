"""Folders that were compared once are passed over until anything about them changes."""

import errno
import os
from pathlib import Path

import pytest

from local_image_process.source import sidecar
from tests.photos import make_photo
from tests.web.in_process import Gallery

pytestmark = pytest.mark.slow


def folders_compared(site: Gallery, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Bring the gallery up to date; return the folders whose photos were asked for one by one."""
    compared: list[str] = []
    known = type(site.records.catalogue).known

    def noted(self: object, folder: str) -> object:
        compared.append(folder)
        return known(self, folder)  # type: ignore[arg-type] # it is a catalogue

    with monkeypatch.context() as patched:
        patched.setattr(type(site.records.catalogue), "known", noted)
        site.publish()
    return sorted(compared)


@pytest.fixture
def site(tmp_path: Path) -> Gallery:
    """Return a gallery of two albums that was swept twice."""
    one = Gallery(tmp_path)
    for number, album in enumerate(("上海", "北京")):
        make_photo(one.library / album / "first.jpg", size=(64, 48), seed=number)
    assert one.publish()["published"] == 2
    assert one.publish()["unchanged"] == 2
    return one


def test_an_unchanged_library_is_not_asked_for_photos(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folders_compared(site, monkeypatch) == []
    assert site.publish()["unchanged"] == 2


def test_a_changed_folder_is_compared_and_the_others_are_not(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo(site.library / "上海/second.jpg", size=(64, 48), seed=5)
    assert folders_compared(site, monkeypatch) == ["上海"]
    assert folders_compared(site, monkeypatch) == ["上海"], "what was published is looked at once"
    assert folders_compared(site, monkeypatch) == []


def test_what_leaves_the_record_is_compared(site: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    site.records.catalogue.forget({"北京/first.jpg": ()})
    assert folders_compared(site, monkeypatch) == ["北京"]
    assert "北京/first.jpg" in site.json("/data/exif_data.json")


def test_another_recipe_compares_everything(tmp_path: Path) -> None:
    site = Gallery(tmp_path)
    make_photo(site.library / "上海/first.jpg", size=(64, 48))
    site.publish()
    site.publish()
    other = Gallery(tmp_path, DISPLAY_QUALITY="40")
    assert other.publish()["published"] == 1


def test_a_photo_that_failed_is_asked_for_each_time(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.library / "上海/letter.jpg").write_text("Dear all,", encoding="utf-8")
    site.publish()
    for _ in range(2):
        assert folders_compared(site, monkeypatch) == ["上海"]


def test_an_album_that_gets_another_id_is_compared(site: Gallery) -> None:
    make_photo(site.library / "a/b/first.jpg", size=(64, 48), seed=3)
    site.publish()
    site.publish()
    make_photo(site.library / "a-b/first.jpg", size=(64, 48), seed=4)  # comes first by path
    for _ in range(3):
        site.publish()
    ids = set(site.json("/data/albums.json"))
    assert {"a-b", "上海", "北京"} < ids
    assert len(ids) == 4


def test_album_words_that_the_disk_did_not_give_are_read_again(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = site.library / "上海/info.yaml"
    words.write_text("title: 上海之旅", encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr(sidecar, "SIDECAR_BYTES_MAX", _Broken())
        site.publish()
        assert [finding.kind for finding in site.check()] == ["album"]
    site.publish()
    assert site.check() == []
    assert site.json("/data/albums.json")["上海"]["title"] == "上海之旅"


class _Broken(int):
    """A limit that fails as a disk does when it is reckoned with."""

    def __add__(self, _: int) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
