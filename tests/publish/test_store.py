"""A folder as a store: whole objects, marks that never lie, sentences for what the disk refuses."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from local_image_process.errors import StoreRefused, StoreUnavailable
from local_image_process.publish.store import FolderStore, Mark

MARK = Mark(
    fingerprint="f",
    image_digest="d",
    recipe="r",
    width_px=4,
    height_px=3,
    version="01234567",
    thumb_hash="HwgKLxpwdndwd3d3eGh3eId3BwmYgI8+/w==",
    dominant_colour="#c81e5a",
)
NAME = "gallery/上海/a photo.webp"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(media=tmp_path / "media", marks=tmp_path / "marks", base_url="https://a.b")


def test_an_object_can_be_put_copied_read_and_deleted(store: FolderStore, tmp_path: Path) -> None:
    store.put(NAME, b"pixels", mark=MARK)
    store.copy(NAME, "gallery/北京/copy.webp")
    assert sorted(store.names()) == [NAME, "gallery/北京/copy.webp"]
    assert store.read("gallery/北京/copy.webp") == b"pixels"
    assert store.mark("gallery/北京/copy.webp") == MARK
    for name in (NAME, "gallery/北京/copy.webp", "gallery/never there.webp"):
        store.delete(name)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert list((tmp_path / "media").iterdir()) == [], "empty folders go too"


def test_a_mark_never_speaks_of_other_bytes(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(NAME, b"old", mark=MARK)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="full"):
        store.put(NAME, b"new", mark=MARK)
    assert store.read(NAME) == b"old"
    assert store.mark(NAME) is None
    monkeypatch.undo()
    store.put(NAME, b"new")
    assert store.mark(NAME) is None


def test_a_damaged_mark_is_none(store: FolderStore, tmp_path: Path) -> None:
    store.put(NAME, b"pixels", mark=MARK)
    (tmp_path / "marks" / f"{NAME}.json").write_text('{"half": ', encoding="utf-8")
    assert store.mark(NAME) is None


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        pytest.param(errno.ENOSPC, StoreUnavailable, "make space", id="full"),
        pytest.param(errno.EROFS, StoreUnavailable, "cannot be written", id="read-only"),
        pytest.param(errno.EACCES, StoreRefused, "the right to write", id="not allowed"),
    ],
)
def test_what_the_disk_refuses_is_told(
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
    words: str,
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(kind, match=words):
        store.put(NAME, b"pixels")


def test_addresses_are_raw_and_carry_the_version(store: FolderStore) -> None:
    assert store.url(NAME, "01234567") == f"https://a.b/media/{NAME}?v=01234567"
    assert store.url(NAME) == f"https://a.b/media/{NAME}"


def test_the_mark_of_an_older_version_still_speaks(store: FolderStore, tmp_path: Path) -> None:
    store.put(NAME, b"pixels", mark=MARK)
    (mark,) = (path for path in (tmp_path / "marks").rglob("*.json"))
    older = {
        name: value
        for name, value in json.loads(mark.read_bytes()).items()
        if name not in ("thumb_hash", "dominant_colour")
    }
    mark.write_text(json.dumps(older), encoding="utf-8")
    assert store.mark(NAME) == replace(MARK, thumb_hash=None, dominant_colour=None)


def test_a_copy_shares_the_bytes_and_outlives_what_replaces_the_other(
    store: FolderStore, tmp_path: Path
) -> None:
    other = "gallery/北京/copy.webp"
    store.put(NAME, b"pixels", mark=MARK)
    for _ in range(2):  # the second time both are one file already
        store.copy(NAME, other)
    paths = [tmp_path / "media" / name for name in (NAME, other)]
    assert paths[0].samefile(paths[1])
    assert sorted(store.names()) == [NAME, other], "and nothing besides"
    store.put(NAME, b"other pixels", mark=MARK)
    assert store.read(other) == b"pixels"
    store.delete(NAME)
    assert store.read(other) == b"pixels"


def test_where_no_links_can_be_made_bytes_are_copied(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    store.put(NAME, b"pixels", mark=MARK)
    monkeypatch.setattr(os, "link", refuse)
    store.copy(NAME, "gallery/北京/copy.webp")
    assert store.read("gallery/北京/copy.webp") == b"pixels"
    assert store.mark("gallery/北京/copy.webp") == MARK
