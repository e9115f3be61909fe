"""Readings of a bucket: what lies there is shown, and nothing that lies there does harm."""

import json
import logging
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import read_oss
from local_image_process.errors import GalleryError, StoreError, StoreRefused, StoreUnavailable
from local_image_process.model import Exif, Interaction, Mirrored, Photo, Stamp
from local_image_process.packed import unpack
from local_image_process.publish import oss
from local_image_process.publish.export import YAML, index_files, pieces_of
from local_image_process.publish.store import Entry, FolderStore, version_of
from local_image_process.run import assembly, syncing
from local_image_process.run.albums import make_album
from local_image_process.run.bucket import moves_of
from local_image_process.run.records import make_folders, open_records
from local_image_process.run.sync import Listed, Sync, SyncReport, Terms
from local_image_process.run.syncing import Syncing
from local_image_process.settings import Settings
from local_image_process.source import sidecar
from tests.likes import like
from tests.oss_server import Kind, OssServer
from tests.support import wait_for

PREFIXES = 3  # gallery/, thumbs/, interactions/: a listing each
EXIF_DATA = "gallery/exif_data.json"
FACTS = {
    "CameraModel": "ZV-E10",
    "LensModel": "18-50mm F2.8 DC DN | Contemporary 021",
    "ExposureTime": "1/200",
    "FNumber": "3.2",
    "ISO": "400",
    "FocalLength": "42.4",
    "Latitude": None,
    "Longitude": None,
    "DateTime": "2024:04:04 18:03:45",
    "Location": "未知",
}


class Reader:
    """A site that reads the bucket: its settings, its records, its store."""

    def __init__(self, server: OssServer, data: Path) -> None:
        self.settings = Settings.from_env(
            {
                "DATA_DIR": str(data),
                "OSS_ENDPOINT": server.endpoint,
                "OSS_BUCKET": server.bucket,
                "OSS_REGION": server.region,
                "OSS_ACCESS_KEY": server.access_key,
                "OSS_SECRET_KEY": server.secret_key,
                "OSS_PUBLIC_URL": "https://photos.example.com",
            }
        )
        make_folders(self.settings)
        self.records = open_records(self.settings)
        self.store: Listed = assembly.make_bucket(self.settings, threading.Event())
        self.sync = self.sync_of(self.store)

    def sync_of(self, store: Listed) -> Sync:
        records = self.records
        return Sync(store=store, mirror=records.mirror, interactions=records.interactions)

    def read(self, **terms: Any) -> SyncReport:
        return self.sync.run(Terms(site=self.records.site, **terms))

    def close(self) -> None:
        self.records.database.close()

    def photos(self) -> dict[str, Mirrored]:
        return {photo.id: photo for photo in self.records.mirror.photos()}

    def given(self, photo_id: str) -> Interaction:
        of_album = self.records.interactions.of_album(photo_id.partition("/")[0])
        return of_album.get(photo_id, Interaction())

    def like(self, photo_id: str) -> None:
        """Count one like at this site."""
        like(self.records.database, photo_id, site=self.records.site)

    def title(self, album_id: str) -> str | None:
        return self.records.mirror.albums()[album_id].words.title

    def index(self, name: str) -> Any:
        """Return what visitors get."""
        store = assembly.make_store(self.settings, threading.Event())
        exporter = assembly.make_exporter(self.settings, self.records, store)
        return json.loads(exporter.compute()[name])

    def state(self) -> tuple[object, ...]:
        """Return all that a reading may change."""
        mirror = self.records.mirror
        return mirror.photos(), mirror.albums(), mirror.read_versions()


def counts(report: SyncReport) -> dict[str, int]:
    return {name: number for name, number in report.counts().items() if number}


@pytest.fixture
def bucket() -> Iterator[OssServer]:
    with OssServer() as one:
        yield one


@pytest.fixture
def reader(bucket: OssServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.setattr(oss, "RETRY_FOR_S", 0.3)  # not to wait long for what stays broken
    one = Reader(bucket, tmp_path / "data")
    yield one
    one.close()


@pytest.fixture
def library(bucket: OssServer) -> oss.OssStore:
    """Return the store of a library of ours: what it puts is marked."""
    address = oss.BucketAddress(
        endpoint=bucket.endpoint,
        bucket=bucket.bucket,
        region=bucket.region,
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
        public_url="https://photos.example.com",
        site="0123456789abcdef",
    )
    return oss.OssStore(address, connections=2, stop=threading.Event())


def put_pictures(bucket: OssServer, *photo_ids: str) -> None:
    """Put pictures, each of its own content, as anybody would."""
    for photo_id in photo_ids:
        bucket.put(f"gallery/{photo_id}.webp", f"picture {photo_id}".encode())


def exif_data(*keys: str, **facts: Any) -> bytes:
    return json.dumps(dict.fromkeys(keys, FACTS | facts), ensure_ascii=False).encode()


def fetched(bucket: OssServer) -> list[str]:
    """Return the objects that were read since the log was cleared."""
    return [entry.key for entry in bucket.requests("GetObject")]


# what lies there is shown


def test_pictures_words_facts_and_thumbnails_are_read(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    put_pictures(bucket, "上海/first", "北京/a b")
    bucket.put("thumbs/480/上海/first.webp", b"small")
    bucket.put("thumbs/1280/上海/first.webp", b"middle")
    bucket.put("gallery/上海/info.yaml", "title: 上海之旅\ndate: '2024-07-01'".encode())
    library.put(EXIF_DATA, exif_data("上海/first.JPG", Location="上海 · 黄浦区"))
    report = read_oss.sync(reader.store, reader.records)
    assert counts(report) == {"added": 2}
    assert report.problems == []
    photos = reader.photos()
    assert photos["上海/first"] == Mirrored(
        album_id="上海",
        name="first",
        suffix=".JPG",
        version=version_of("picture 上海/first".encode()),
        thumb_edges_px=(480, 1280),
        exif=photos["上海/first"].exif,
        place="上海 · 黄浦区",
    )
    assert photos["上海/first"].exif.camera == "ZV-E10"
    assert photos["北京/a b"].exif == Exif()
    assert reader.title("上海") == "上海之旅"
    assert reader.index("albums.json")["北京"]["images"] == [
        f"https://photos.example.com/gallery/北京/a b.webp?v={photos['北京/a b'].version}"
    ]


def test_an_unchanged_bucket_costs_one_listing_and_no_write(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    put_pictures(bucket, "上海/first", "北京/second")
    bucket.put("gallery/上海/info.yaml", b"title: x")
    bucket.put("gallery/北京/a.yaml", b"title: [a, list")
    bucket.put("gallery/北京/b.yaml", b"")
    library.put(EXIF_DATA, exif_data("上海/first.JPG"))
    bucket.put("interactions/fedcba9876543210.json", b"no JSON")
    reader.read()
    bucket.clear_requests()
    with sqlite3.connect(reader.settings.data_dir / "catalogue.db") as watcher:
        before = watcher.execute("PRAGMA data_version").fetchone()
        report = reader.read()
        assert watcher.execute("PRAGMA data_version").fetchone() == before
    watcher.close()
    assert counts(report) == {}
    assert len(report.problems) == 2, "what is left out is told every time"
    assert [entry.operation for entry in bucket.requests()] == ["ListObjectsV2"] * PREFIXES


def test_only_what_changed_is_fetched(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    put_pictures(bucket, "上海/first", "北京/second")
    for album in ("上海", "北京"):
        bucket.put(f"gallery/{album}/info.yaml", f"title: {album}".encode())
    library.put(EXIF_DATA, exif_data("上海/first.JPG", "北京/second.JPG"))
    reader.read()
    bucket.clear_requests()
    bucket.put("gallery/北京/info.yaml", "title: 首都".encode())
    assert counts(reader.read()) == {}
    assert fetched(bucket) == ["gallery/北京/info.yaml"]
    assert (reader.title("上海"), reader.title("北京")) == ("上海", "首都")
    bucket.clear_requests()
    library.put(EXIF_DATA, exif_data("上海/first.JPG", "北京/second.JPG", ISO="800"))
    assert counts(reader.read()) == {"updated": 2}
    assert fetched(bucket) == [EXIF_DATA]
    assert {photo.exif.iso for photo in reader.photos().values()} == {800}
    bucket.clear_requests()
    bucket.put("gallery/上海/first.webp", b"edited")
    assert counts(reader.read()) == {"updated": 1}
    assert fetched(bucket) == []
    assert reader.photos()["上海/first"].version == version_of(b"edited")
    assert reader.photos()["上海/first"].exif.iso == 800, "its facts stay"


def test_likes_and_stars_outlive_a_picture_and_its_album(reader: Reader, bucket: OssServer) -> None:
    put_pictures(bucket, "上海/first", "上海/second", "北京/third")
    reader.read()
    for photo_id in ("上海/first", "北京/third"):
        reader.like(photo_id)
        reader.records.interactions.give_stars(photo_id, 4.5)
    wanted = Interaction(likes=1, stars=4.5)
    bucket.delete("gallery/上海/first.webp")
    bucket.delete("gallery/北京/third.webp")
    assert counts(reader.read()) == {"removed": 2}
    assert set(reader.index("exif_data.json")) == {"上海/second.webp"}
    assert set(reader.index("albums.json")) == {"上海"}
    put_pictures(bucket, "上海/first", "北京/third")
    bucket.put("gallery/上海/second.webp", b"edited")
    assert counts(reader.read()) == {"added": 2, "updated": 1}
    assert reader.given("上海/first") == reader.given("北京/third") == wanted
    entry = reader.index("exif_data.json")["上海/first.webp"]
    assert (entry["likes"], entry["star"]) == (1, 4.5)


def test_what_was_given_follows_a_renamed_album(reader: Reader, bucket: OssServer) -> None:
    put_pictures(bucket, "上海/first", "上海/second")
    reader.read()
    reader.like("上海/second")
    for name in ("first", "second"):
        bucket.put(f"gallery/外滩/{name}.webp", f"picture 上海/{name}".encode())
        bucket.delete(f"gallery/上海/{name}.webp")
    assert counts(reader.read()) == {"moved": 2}
    assert reader.given("外滩/second") == Interaction(likes=1)
    assert reader.given("上海/second") == Interaction()


def test_what_was_given_follows_a_picture_seen_under_both_names_meanwhile(
    reader: Reader, bucket: OssServer
) -> None:
    put_pictures(bucket, "上海/first")
    reader.read()
    reader.like("上海/first")
    bucket.put("gallery/外滩/first.webp", "picture 上海/first".encode())
    assert counts(reader.read()) == {"added": 1}
    reader.like("外滩/first")
    bucket.delete("gallery/上海/first.webp")
    assert counts(reader.read()) == {"moved": 1}
    assert reader.given("外滩/first") == Interaction(likes=2)


def photos_of(**versions: str) -> dict[str, Mirrored]:
    return {
        f"a/{name}": Mirrored(
            album_id="a",
            name=name,
            suffix=".webp",
            version=version,
            thumb_edges_px=(),
            exif=Exif(),
            place=None,
        )
        for name, version in versions.items()
    }


@pytest.mark.parametrize(
    ("known", "found", "moves"),
    [
        pytest.param({"x": "1"}, {"y": "1"}, {"x": "y"}, id="renamed"),
        pytest.param({"x": "1"}, {"y": "2"}, {}, id="another picture"),
        pytest.param({"x": "1"}, {"x": "2", "y": "1"}, {}, id="edited, and the old one kept"),
        pytest.param({"x": "1", "y": "1"}, {"y": "1"}, {"x": "y"}, id="one of two equal ones"),
        pytest.param(
            {"x": "1", "y": "1"}, {"y": "1", "z": "1"}, {"x": "z"}, id="rather to the new one"
        ),
        pytest.param(
            {"x": "1", "y": "1"}, {"v": "1", "w": "1"}, {"x": "v", "y": "w"}, id="one each"
        ),
        pytest.param({"x": "1", "y": "1"}, {"z": "1"}, {"x": "z", "y": "z"}, id="two to one"),
        pytest.param({"x": "1"}, {}, {}, id="gone"),
    ],
)
def test_which_pictures_count_as_moved(
    known: dict[str, str], found: dict[str, str], moves: dict[str, str]
) -> None:
    before, now = photos_of(**known), photos_of(**found)
    gone = {photo_id: photo for photo_id, photo in before.items() if photo_id not in now}
    wanted = {f"a/{old}": f"a/{new}" for old, new in moves.items()}
    assert moves_of(gone, now, before) == wanted


def test_names_may_spell_accents_either_way(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    composed, decomposed = (normalize(form, "Café/Été") for form in ("NFC", "NFD"))
    album, other = decomposed.partition("/")[0], f"{decomposed.partition('/')[0]}/a first one"
    put_pictures(bucket, decomposed, other)
    yaml = f"images: [https://x/gallery/{composed}.webp, https://x/gallery/{other}.webp]"
    bucket.put(f"gallery/{album}/info.yaml", yaml.encode())
    bucket.put(EXIF_DATA, exif_data(f"{composed}.JPG", likes=3))
    reader.read()
    assert reader.photos()[decomposed].exif.camera == "ZV-E10"
    assert reader.given(decomposed).likes == 3
    images = reader.index("albums.json")[album]["images"]
    assert f"/gallery/{decomposed}.webp?" in images[0], "found by its name, and the cover"


# a predecessor's bucket


def put_predecessors_bucket(bucket: OssServer) -> None:
    """Put an album with words and no list of images, one with no words, and likes in the facts."""
    put_pictures(bucket, "上海/DSC04056", "上海/DSC04076", "青岛/IMG_1594")
    bucket.put(
        "gallery/上海/info.yaml",
        'title: "上海之旅"\nlocation: [121.4992, 31.2397]\ndate: 2024-07-01\n'
        "desc: 我们的上海之旅\n".encode(),
    )
    bucket.put(
        EXIF_DATA,
        json.dumps(
            {
                "上海/DSC04076.JPG": FACTS | {"star": 4, "likes": 192},
                "上海/DSC04056.JPG": FACTS | {"DateTime": "2024:04:04 17:59:54", "star": 1.5},
                "青岛/IMG_1594.jpeg": FACTS
                | {"Latitude": 36.054, "Longitude": 120.339, "Location": "山东 · 青岛"},
            }
        ).encode(),
    )


def test_a_predecessors_bucket_is_shown_as_it_was(reader: Reader, bucket: OssServer) -> None:
    put_predecessors_bucket(bucket)
    assert counts(reader.read()) == {"added": 3}
    albums, facts = reader.index("albums.json"), reader.index("exif_data.json")
    shanghai = albums["上海"]
    assert shanghai | {"images": 0} == {
        "images": 0,
        "title": "上海之旅",
        "location": "121.4992, 31.2397",
        "date": "2024-07-01",
        "desc": "我们的上海之旅",
    }
    names = [url.rpartition("/")[2].partition(".webp")[0] for url in shanghai["images"]]
    assert names == ["DSC04056", "DSC04076"], "no list of images: by time"
    assert (albums["青岛"]["title"], albums["青岛"]["desc"]) == ("青岛", "")
    assert albums["青岛"]["location"] == "120.3390, 36.0540"
    assert albums["青岛"]["date"] == "2024-04-04"
    wanted = FACTS | {"Location": "上海之旅", "star": 4, "likes": 192}
    assert facts["上海/DSC04076.JPG"] == wanted
    assert facts["青岛/IMG_1594.jpeg"]["Location"] == "山东 · 青岛"
    assert reader.index("likes.json")["上海/DSC04076.JPG"] == 192


def test_what_a_predecessor_counted_is_taken_over_once(reader: Reader, bucket: OssServer) -> None:
    put_predecessors_bucket(bucket)
    for number in range(3):
        reader.read()
        put_pictures(bucket, f"上海/more {number}")
    reader.like("上海/DSC04076")
    reader.read()
    assert reader.given("上海/DSC04076") == Interaction(likes=193, stars=4.0)
    bucket.put(EXIF_DATA, exif_data("上海/DSC04076.JPG", likes=195, star=2))
    reader.read()
    assert reader.given("上海/DSC04076") == Interaction(likes=196, stars=4.0)


def test_a_new_picture_has_nothing_of_what_a_predecessor_counted_for_its_name(
    reader: Reader, bucket: OssServer
) -> None:
    put_predecessors_bucket(bucket)
    reader.read()
    bucket.put("gallery/外滩/moved.webp", "picture 上海/DSC04076".encode())
    bucket.delete("gallery/上海/DSC04076.webp")
    reader.read()
    bucket.put("gallery/上海/DSC04076.webp", b"another picture")
    reader.read()
    assert reader.given("外滩/moved") == Interaction(likes=192, stars=4.0)
    assert reader.given("上海/DSC04076") == Interaction()


def test_what_a_library_of_ours_says_of_likes_is_not_counted_again(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    put_pictures(bucket, "上海/first")
    library.put(EXIF_DATA, exif_data("上海/first.JPG", likes=192, star=4))
    reader.read()
    assert reader.given("上海/first") == Interaction()


# a bucket that does not answer, or is suddenly empty


HALVES: list[Kind] = ["500", "reset", "reset_midway", "truncate", "broken_xml"]


@pytest.mark.parametrize("kind", HALVES)
def test_half_a_listing_changes_nothing(
    reader: Reader, bucket: OssServer, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pictures(bucket, *(f"上海/photo {number}" for number in range(5)))
    reader.read()
    before = reader.state()
    put_pictures(bucket, "上海/another")
    bucket.delete("gallery/上海/photo 0.webp")
    monkeypatch.setattr(oss, "PAGE", 2)
    bucket.fault(kind, operation="ListObjects*", later_pages=True)
    with pytest.raises(StoreUnavailable):
        reader.read()
    assert reader.state() == before
    bucket.clear_faults()
    assert counts(reader.read()) == {"added": 1, "removed": 1}


def test_words_or_facts_that_cannot_be_fetched_change_nothing(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    put_pictures(bucket, "上海/first")
    reader.read()
    before = reader.state()
    put_pictures(bucket, "上海/second")
    bucket.put("gallery/上海/info.yaml", b"title: x")
    library.put(EXIF_DATA, exif_data("上海/first.JPG"))
    for key in ("gallery/上海/info.yaml", EXIF_DATA):
        bucket.fault("500", key=key, method="GET")
        with pytest.raises(StoreUnavailable):
            reader.read()
        assert reader.state() == before
        bucket.clear_faults()
    assert counts(reader.read()) == {"added": 1, "updated": 1}


def test_a_wrong_key_is_refused_and_changes_nothing(reader: Reader, bucket: OssServer) -> None:
    put_pictures(bucket, "上海/first")
    reader.read()
    before = reader.state()
    wrong = replace(reader.settings, oss_secret_key="guessed")
    reader.sync = reader.sync_of(assembly.make_bucket(wrong, threading.Event()))
    with pytest.raises(StoreRefused, match="OSS_SECRET_KEY"):
        reader.read()
    assert reader.state() == before


def put_album(bucket: OssServer, number: int) -> list[str]:
    ids = [f"上海/photo {n:03}" for n in range(number)]
    put_pictures(bucket, *ids)
    bucket.put("gallery/上海/info.yaml", "title: 上海之旅".encode())
    return ids


def test_a_bucket_that_is_suddenly_empty_changes_nothing(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    ids = put_album(bucket, 21)
    library.put(EXIF_DATA, exif_data(*(f"{photo_id}.JPG" for photo_id in ids)))
    reader.read()
    reader.like(ids[0])
    before, shown = reader.state(), reader.index("albums.json")
    for key in bucket.objects():
        bucket.delete(key)
    for _ in range(2):
        report = reader.read()
        assert counts(report) == {"held": 21}
        assert reader.state() == before
        assert reader.index("albums.json") == shown
    assert counts(reader.read(is_confirmed=True)) == {"removed": 21}
    assert reader.index("albums.json") == {}
    assert reader.given(ids[0]) == Interaction(likes=1)


def test_pictures_held_back_that_come_again_were_never_away(
    reader: Reader, bucket: OssServer
) -> None:
    ids = put_album(bucket, 30)
    reader.read()
    before = reader.state()
    for photo_id in ids[:25]:
        bucket.delete(f"gallery/{photo_id}.webp")
    bucket.delete("gallery/上海/info.yaml")
    assert counts(reader.read()) == {"held": 25}
    assert reader.title("上海") == "上海之旅", "words that vanish with the pictures are held, too"
    put_album(bucket, 30)
    assert counts(reader.read()) == {}
    assert reader.state() == before


@pytest.mark.parametrize(
    ("of", "gone", "held"),
    [
        pytest.param(20, 20, 0, id="a few"),
        pytest.param(21, 21, 21, id="more than a few"),
        pytest.param(80, 24, 0, id="less than a third of many"),
        pytest.param(80, 25, 25, id="about a third of many"),
    ],
)
def test_how_many_may_go_without_a_word(
    reader: Reader, bucket: OssServer, of: int, gone: int, held: int
) -> None:
    ids = put_album(bucket, of)
    reader.read()
    for photo_id in ids[:gone]:
        bucket.delete(f"gallery/{photo_id}.webp")
    report = reader.read()
    assert (report.held, report.removed) == (held, gone - held)


def test_what_a_library_withdrew_by_its_own_word_is_not_held(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    ids = put_album(bucket, 30)
    put_pictures(bucket, "北京/stays")
    keys = [f"{photo_id}.JPG" for photo_id in (*ids, "北京/stays")]
    library.put(EXIF_DATA, exif_data(*keys))
    reader.read()
    library.put(EXIF_DATA, exif_data("北京/stays.JPG"))
    reader.read()
    assert len(reader.photos()) == 31, "the objects go last"
    for photo_id in ids:
        bucket.delete(f"gallery/{photo_id}.webp")
    assert counts(reader.read()) == {"removed": 30}


@pytest.mark.parametrize(
    "word",
    [
        pytest.param(exif_data("北京/stays.JPG"), id="a predecessor's file that never named them"),
        pytest.param(b"{}", id="an empty file"),
        pytest.param(b"{", id="half a file"),
        pytest.param(None, id="no file"),
    ],
)
def test_who_says_nothing_of_pictures_withdraws_none(
    reader: Reader, bucket: OssServer, word: bytes | None
) -> None:
    ids = put_album(bucket, 30)
    put_pictures(bucket, "北京/stays")
    reader.read()
    if word is not None:
        bucket.put(EXIF_DATA, word)
    for photo_id in ids:
        bucket.delete(f"gallery/{photo_id}.webp")
    report = reader.read()
    assert (report.held, report.removed) == (30, 0)


def test_facts_stay_when_the_file_that_told_them_is_gone(reader: Reader, bucket: OssServer) -> None:
    put_predecessors_bucket(bucket)
    reader.read()
    before = reader.photos()
    bucket.delete(EXIF_DATA)
    assert counts(reader.read()) == {}
    put_pictures(bucket, "上海/another")
    assert counts(reader.read()) == {"added": 1}
    assert {photo_id: reader.photos()[photo_id] for photo_id in before} == before


# what does harm elsewhere


ALIASES = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
)


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        pytest.param(f"{ALIASES}images: *a59".encode(), "list of addresses only", id="bomb"),
        pytest.param(b"title: " + b"[" * 100_000, "nested too deeply", id="depth"),
        pytest.param(b"images: [" + b"a," * 300_000 + b"]", "far too many values", id="values"),
        pytest.param(b"title: x" + b" " * (8 * 1024**2), "larger than 8 MB", id="size"),
        pytest.param(b"\xff\xfe\x00", "save it as UTF-8", id="no text"),
        pytest.param(b"title: 'x", "quotation marks", id="half a text"),
        pytest.param(b'title: "\\ud800"', "line 1", id="half a character"),
        pytest.param(b"- title: x", "line 1: not 'name: value' lines", id="a list"),
        pytest.param(b"title: [x]", "'title' must be a single text", id="a list for a title"),
        pytest.param(b"!!python/object/apply:os.system [ls]", "line 1", id="code"),
    ],
)
def test_yaml_that_is_none_costs_its_album_only_new_words(
    reader: Reader, bucket: OssServer, yaml: bytes, words: str
) -> None:
    put_pictures(bucket, "上海/first", "北京/second")
    bucket.put("gallery/上海/info.yaml", "title: 上海之旅".encode())
    reader.read()
    bucket.put("gallery/上海/info.yaml", yaml)
    bucket.put("gallery/北京/info.yaml", "title: 首都".encode())
    report = reader.read()
    (problem,) = report.problems
    assert problem.startswith("gallery/上海/info.yaml: ")
    assert words in problem
    assert (reader.title("上海"), reader.title("北京")) == ("上海之旅", "首都"), (
        "the last good ones"
    )
    bucket.clear_requests()
    assert reader.read().problems == [problem]
    assert fetched(bucket) == [], "not before it changes"
    bucket.put("gallery/上海/info.yaml", "title: 外滩".encode())
    assert reader.read().problems == []
    assert reader.title("上海") == "外滩"


def test_several_yaml_files_are_told(reader: Reader, bucket: OssServer) -> None:
    put_pictures(bucket, "上海/first")
    for name in ("a.yaml", "b.yml"):
        bucket.put(f"gallery/上海/{name}", b"title: x")
    (problem,) = reader.read().problems
    assert "a.yaml, b.yml" in problem
    assert "info.yaml" in problem
    bucket.put("gallery/上海/Info.YAML", b"title: y")
    assert reader.read().problems == []
    assert reader.title("上海") == "y"


class Claiming:
    """The bucket, but one object is said to be of another size."""

    def __init__(self, store: Listed, name: str, size_bytes: int) -> None:
        self._store = store
        self._name = name
        self._size_bytes = size_bytes

    def entries(self) -> list[Entry]:
        return [
            replace(entry, size_bytes=self._size_bytes) if entry.name == self._name else entry
            for entry in self._store.entries()
        ]

    def read(self, name: str) -> bytes:
        return self._store.read(name)

    def holds(self, name: str) -> bool:
        return self._store.holds(name)


@pytest.mark.parametrize(
    ("name", "size_bytes"),
    [
        pytest.param("gallery/上海/info.yaml", 50 * 1024**2, id="yaml"),
        pytest.param(EXIF_DATA, 300 * 1024**2, id="facts"),
        pytest.param("interactions/fedcba9876543210.json", 300 * 1024**2, id="likes"),
    ],
)
def test_what_is_huge_is_never_fetched(
    reader: Reader, bucket: OssServer, name: str, size_bytes: int
) -> None:
    put_predecessors_bucket(bucket)
    bucket.put(name, b"{}")
    reader.sync = reader.sync_of(Claiming(reader.store, name, size_bytes))
    for _ in range(2):
        (problem,) = reader.read().problems
        assert problem.startswith(f"{name}: larger than")
    assert name not in fetched(bucket)
    assert len(reader.photos()) == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(exif_data("上海/first.JPG")[:-9], id="half of it"),
        pytest.param(b"[1, 2]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b'{"a/b.JPG": {"ISO": ' + b"9" * 5000 + b"}}", id="5000 digits"),
    ],
)
def test_facts_that_are_none_leave_those_of_before(
    reader: Reader, bucket: OssServer, content: bytes
) -> None:
    put_pictures(bucket, "上海/first")
    bucket.put(EXIF_DATA, exif_data("上海/first.JPG", likes=5))
    reader.read()
    bucket.put(EXIF_DATA, content)
    put_pictures(bucket, "上海/second")
    bucket.clear_requests()
    for _ in range(2):
        (problem,) = reader.read().problems
        assert problem.startswith(f"{EXIF_DATA}: not ")
    assert fetched(bucket) == [EXIF_DATA], "not again before it changes"
    photos = reader.photos()
    assert photos["上海/first"].exif.camera == "ZV-E10"
    assert photos["上海/second"].exif == Exif()
    assert reader.given("上海/first").likes == 5
    bucket.put(EXIF_DATA, exif_data("上海/first.JPG", "上海/second.JPG"))
    assert reader.read().problems == []
    assert reader.photos()["上海/second"].exif.camera == "ZV-E10"


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="a list"),
        pytest.param(5, id="a number"),
        pytest.param({"ISO": {"a": ["b"]}, "DateTime": True, "Location": []}, id="nested"),
        pytest.param({"CameraModel": "\ud800", "Location": "\ud800"}, id="half a character"),
        pytest.param({"ExposureTime": "0." + "0" * 310 + "1", "FNumber": "1e999"}, id="extremes"),
        pytest.param({"likes": -5, "star": 1e300}, id="likes and stars"),
    ],
)
def test_an_entry_that_is_none_costs_only_itself(
    reader: Reader, bucket: OssServer, entry: Any
) -> None:
    put_pictures(bucket, "上海/first", "上海/second")
    content = {"上海/first.JPG": entry, "上海/second.JPG": FACTS | {"likes": 3}}
    bucket.put(EXIF_DATA, json.dumps(content).encode())
    assert reader.read().problems == []
    assert set(reader.index("exif_data.json")) >= {"上海/second.JPG"}
    assert reader.photos()["上海/second"].exif.camera == "ZV-E10"
    assert reader.photos()["上海/first"].exif == Exif()
    assert reader.given("上海/first") == Interaction()
    assert reader.given("上海/second").likes == 3


@pytest.mark.parametrize("key", ["", "first.JPG", "上海/", "/", "上海/first", "a/\ud800.\ud800"])
def test_a_key_that_is_none_costs_only_itself(reader: Reader, bucket: OssServer, key: str) -> None:
    put_pictures(bucket, "上海/first")
    content = {key: FACTS | {"likes": 5}, "上海/first.JPG": FACTS}
    bucket.put(EXIF_DATA, json.dumps(content).encode())
    assert reader.read().problems == []
    assert set(reader.index("exif_data.json")) == {"上海/first.JPG"}


@pytest.mark.parametrize(
    ("ending", "shown"),
    [
        pytest.param(".JPG", ".JPG", id="JPG"),
        pytest.param(".jpeg", ".jpeg", id="jpeg"),
        pytest.param(".heic", ".webp", id="what the front-end does not know"),
        pytest.param(".exe", ".webp", id="no photo"),
        pytest.param(".\ud800", ".webp", id="half a character"),
    ],
)
def test_which_ending_a_photo_has(
    reader: Reader, bucket: OssServer, ending: str, shown: str
) -> None:
    put_pictures(bucket, "上海/first")
    bucket.put(EXIF_DATA, json.dumps({f"上海/first{ending}": FACTS}).encode())
    assert reader.read().problems == []
    (entry,) = reader.index("exif_data.json").items()
    assert entry == (f"上海/first{shown}", FACTS | {"Location": "上海"})


LONGEST = "上海/" + "x" * (1023 - len("gallery/上海/.webp".encode()))


@pytest.mark.parametrize(
    "photo_id",
    [
        pytest.param("一 album/a photo with spaces", id="spaces"),
        pytest.param("上海/DSC_0001 (2) & 'more'+~!@$^=;,[]{}", id="signs"),
        pytest.param("上海/photo.of.many.dots", id="dots"),
        pytest.param('上海/"quoted" <b>', id="what HTML and JSON escape"),
        pytest.param("上海/🏔️ mountain", id="emoji"),
        pytest.param(LONGEST, id="1,023 bytes"),
        pytest.param("info.yaml/first", id="an album like a file"),
    ],
)
def test_a_name_that_works_is_shown(reader: Reader, bucket: OssServer, photo_id: str) -> None:
    put_pictures(bucket, photo_id)
    assert reader.read().problems == []
    (album,) = reader.index("albums.json").values()
    assert album["images"][0].startswith(f"https://photos.example.com/gallery/{photo_id}.webp?v=")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("gallery/first.webp", "no album; move it", id="in no album"),
        pytest.param("gallery/info.yaml", "no album; move it", id="words in no album"),
        pytest.param("gallery/2024/上海/first.webp", "deeper than", id="deeper"),
        pytest.param("gallery/上海//first.webp", "deeper than", id="nothing between slashes"),
        pytest.param("gallery//first.webp", "its album has no name", id="no album's name"),
        pytest.param("gallery/ /first.webp", "its album has no name", id="a blank"),
        pytest.param("gallery/./first.webp", "its album has no name", id="."),
        pytest.param("gallery/../first.webp", "its album has no name", id=".."),
        pytest.param("gallery/上海/.webp", "begins with a dot", id="an ending only"),
        pytest.param("gallery/上海/._first.webp", "begins with a dot", id="Finder's"),
        pytest.param("gallery/上海/first.WEBP", "small letters", id="capitals"),
        *(
            pytest.param(f"gallery/{place}.webp", "cannot address", id=place)
            for mark in "#?%\\"
            for place in (f"上海/a{mark}b", f"上{mark}海/ab")
        ),
        pytest.param("gallery/上海/a\nb.webp", "cannot address", id="a line's end"),
        pytest.param("interactions/predecessor.json", "no site", id="a name of our own"),
        pytest.param("interactions/a/b.json", "no site", id="deeper interactions"),
        pytest.param("interactions/abc (1).json", "no site", id="a copy"),
        pytest.param("interactions/.json", "no site", id="a site without a name"),
    ],
)
def test_a_name_that_cannot_work_costs_a_sentence_and_nothing_else(
    reader: Reader, bucket: OssServer, name: str, words: str
) -> None:
    put_predecessors_bucket(bucket)
    bucket.put(name, json.dumps({"site": "x", "photos": {"青岛/IMG_1594": {"likes": 9}}}).encode())
    (problem,) = reader.read().problems
    assert problem.startswith(f"{name}: ")
    assert words in problem
    assert set(reader.photos()) == {"上海/DSC04056", "上海/DSC04076", "青岛/IMG_1594"}
    assert reader.given("青岛/IMG_1594") == Interaction()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("gallery/上海/", id="a folder"),
        pytest.param("gallery/上海/original.JPG", id="an original"),
        pytest.param("gallery/上海/notes.txt", id="notes"),
        pytest.param("gallery/albums.json", id="the index"),
        pytest.param("thumbs/480/上海/stranger.webp", id="a thumbnail of nothing"),
        pytest.param("thumbs/x/上海/DSC04056.webp", id="a thumbnail of no size"),
        pytest.param("thumbs/999999/上海/DSC04056.webp", id="a thumbnail of every size"),
        pytest.param("interactions/readme.txt", id="no interactions"),
        pytest.param("private/diary.webp", id="elsewhere"),
    ],
)
def test_what_is_not_ours_to_show_is_passed_over(
    reader: Reader, bucket: OssServer, name: str
) -> None:
    put_predecessors_bucket(bucket)
    reader.read()
    before = reader.photos()
    bucket.put(name, b"whatever")
    report = reader.read()
    assert (counts(report), report.problems) == ({}, [])
    assert reader.photos() == before


# what other sites tell


OTHER = "interactions/fedcba9876543210.json"


def told(photo_id: str, likes: int, version: str | None = None) -> bytes:
    photos = {photo_id: {"likes": likes, "version": version}}
    return json.dumps({"site": "fedcba9876543210", "photos": photos}).encode()


def test_what_another_site_tells_is_read_when_it_changed(reader: Reader, bucket: OssServer) -> None:
    put_pictures(bucket, "上海/first")
    bucket.put(OTHER, told("上海/first", 5))
    own = f"interactions/{reader.records.site}.json"
    bucket.put(own, b"what we wrote ourselves")
    reader.read()
    assert reader.given("上海/first").likes == 5
    bucket.clear_requests()
    reader.read()
    assert fetched(bucket) == []
    bucket.put(OTHER, told("上海/first", 7))
    assert reader.read().problems == []
    assert fetched(bucket) == [OTHER]
    assert reader.given("上海/first").likes == 7


def test_a_file_of_likes_that_is_none_is_told_and_costs_no_other(
    reader: Reader, bucket: OssServer
) -> None:
    put_pictures(bucket, "上海/first")
    bucket.put(OTHER, told("上海/first", 5))
    reader.read()
    bucket.put(OTHER, b'{"site": "fedcba98765')
    copy = "interactions/0000000000000000.json"
    bucket.put(copy, told("上海/first", 5))
    bucket.clear_requests()
    for _ in range(2):
        problems = reader.read().problems
        assert [problem.partition(":")[0] for problem in problems] == [copy, OTHER]
        assert "remove it" in problems[0]
    assert sorted(fetched(bucket)) == [copy, OTHER], "not again before they change"
    assert reader.given("上海/first").likes == 5
    bucket.put(OTHER, told("上海/first", 6))
    bucket.delete(copy)
    assert reader.read().problems == []
    assert reader.given("上海/first").likes == 6


def test_what_a_site_tells_of_a_picture_is_looked_up_again_when_pictures_change(
    reader: Reader, bucket: OssServer
) -> None:
    """A site that is away for ever cannot tell where the photo it means has gone."""
    version = version_of("picture 上海/first".encode())
    bucket.put(OTHER, told("上海/first", 5, version))
    put_pictures(bucket, "北京/second")
    reader.read()
    bucket.put("gallery/外滩/moved.webp", "picture 上海/first".encode())
    reader.read()
    assert reader.given("外滩/moved").likes == 5


def test_a_lost_catalogue_takes_back_what_this_site_told(reader: Reader, bucket: OssServer) -> None:
    put_pictures(bucket, "上海/first")
    own = f"interactions/{reader.records.site}.json"
    photos = {"上海/first": {"likes": 5, "stars": 3, "stars_at_s": 1e9}}
    bucket.put(own, json.dumps({"site": reader.records.site, "photos": photos}).encode())
    bucket.put(OTHER, told("上海/first", 2))
    for _ in range(2):
        reader.read(knows_own_file=False)
        assert reader.given("上海/first") == Interaction(likes=7, stars=3.0)


@pytest.mark.parametrize("knows_own_file", [True, False])
def test_what_this_site_told_since_its_first_reading_is_never_added(
    reader: Reader, bucket: OssServer, knows_own_file: bool
) -> None:
    interactions = reader.records.interactions
    interactions.take_back(own=bytes, exif_data=bytes)
    reader.read(knows_own_file=knows_own_file)
    reader.like("上海/first")
    bucket.put(f"interactions/{reader.records.site}.json", interactions.file())
    reader.read(knows_own_file=False)
    assert reader.given("上海/first").likes == 1


def test_what_this_site_told_is_restored_before_others_are_heard(
    reader: Reader, bucket: OssServer
) -> None:
    """Else what they gave to a photo of that name would follow our own, which moved."""
    bucket.put("gallery/外滩/moved.webp", "picture 上海/first".encode())
    version = version_of("picture 上海/first".encode())
    photos = {"上海/first": {"likes": 5, "version": version}}
    own = f"interactions/{reader.records.site}.json"
    bucket.put(own, json.dumps({"site": reader.records.site, "photos": photos}).encode())
    first = "0000000000000000"  # in the bucket's order
    bucket.put(
        f"interactions/{first}.json",
        told("上海/first", 2).replace(b"fedcba9876543210", first.encode()),
    )
    reader.read(knows_own_file=False)
    assert reader.given("外滩/moved").likes == 5
    assert reader.given("上海/first").likes == 2


# a library reads for albums that are not its own


def test_a_library_shows_albums_that_lie_only_in_the_bucket(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    put_pictures(bucket, "上海/first", "北京/second", "北京/third")
    library.put("gallery/上海/ours.webp", b"ours")
    library.put("gallery/天津/left over.webp", b"ours as well")
    bucket.clear_requests()
    assert counts(reader.read(own_albums={"上海"})) == {"added": 2}
    assert set(reader.photos()) == {"北京/second", "北京/third"}
    asked = {entry.key for entry in bucket.requests("HeadObject")}
    assert asked == {
        f"gallery/{name}.webp" for name in ("北京/second", "北京/third", "天津/left over")
    }
    bucket.clear_requests()
    put_pictures(bucket, "北京/fourth")
    assert counts(reader.read(own_albums={"上海"})) == {"added": 1}
    asked = {entry.key for entry in bucket.requests("HeadObject")}
    assert "gallery/北京/second.webp" not in asked, "it is known already"


class Withdrawing:
    """The bucket of a library that removes an object of its own just after it was listed."""

    def __init__(self, store: Listed, bucket: OssServer, name: str) -> None:
        self._store = store
        self._bucket = bucket
        self._name = name

    def entries(self) -> list[Entry]:
        found = self._store.entries()
        self._bucket.delete(self._name)
        return found

    def read(self, name: str) -> bytes:
        return self._store.read(name)

    def holds(self, name: str) -> bool:
        return self._store.holds(name)


def test_an_own_picture_that_is_being_withdrawn_is_not_taken_for_a_strangers(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    put_pictures(bucket, "北京/second")
    library.put("gallery/天津/ours.webp", b"ours")
    reader.sync = reader.sync_of(Withdrawing(reader.store, bucket, "gallery/天津/ours.webp"))
    assert counts(reader.read(own_albums={"上海"})) == {"added": 1}
    assert set(reader.photos()) == {"北京/second"}


def test_words_that_are_removed_just_after_they_were_listed_are_read_again_later(
    reader: Reader, bucket: OssServer
) -> None:
    put_pictures(bucket, "上海/first")
    bucket.put("gallery/上海/info.yaml", b"title: x")
    reader.sync = reader.sync_of(Withdrawing(reader.store, bucket, "gallery/上海/info.yaml"))
    with pytest.raises(StoreUnavailable):
        reader.read()
    assert counts(reader.read()) == {"added": 1}


def test_an_album_that_becomes_the_librarys_own_is_not_held(
    reader: Reader, bucket: OssServer
) -> None:
    put_album(bucket, 30)
    assert counts(reader.read(own_albums=set())) == {"added": 30}
    assert counts(reader.read(own_albums={"上海"})) == {"removed": 30}


def test_a_librarys_own_words_do_not_outlive_a_change_of_the_title(
    reader: Reader, bucket: OssServer, library: oss.OssStore
) -> None:
    """It writes an album's title where no place is known, and reads that again."""
    put_pictures(bucket, "北京/second")
    for title in ("北京", "首都", "京城"):
        bucket.put("gallery/北京/info.yaml", f"title: {title}".encode())
        put_pictures(bucket, f"北京/new in {title}")
        reader.read(own_albums=set())
        shown = reader.index("exif_data.json")
        assert {entry["Location"] for entry in shown.values()} == {title}
        library.put(EXIF_DATA, json.dumps(shown).encode())
        reader.read(own_albums=set())
        assert reader.index("exif_data.json") == shown


# what a library writes, a mirror writes again


class Shelf:
    """A bucket in memory, filled by a library of ours."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self._objects = objects

    def entries(self) -> list[Entry]:
        return [
            Entry(name=name, version=version_of(body), size_bytes=len(body))
            for name, body in sorted(self._objects.items())
        ]

    def read(self, name: str) -> bytes:
        return self._objects[name]

    def holds(self, name: str) -> bool:
        return name in self._objects


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LIKE_OTHERS = st.sampled_from(["null", "~", "true", "2024", "2024-5-1", "1e3", "- a", "a: b", "#"])
WORDS = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXT | LIKE_OTHERS,
        "date": TEXT | LIKE_OTHERS,
        "location": TEXT | LIKE_OTHERS | st.sampled_from(["121.5, 31", "181, 0", "1，2"]),
        "desc": TEXT | LIKE_OTHERS,
        "order": st.sampled_from(["time", "name"]) | st.permutations(["b0001.jpg", "a0002.jpg"]),
        "cover": st.sampled_from(["c0003.jpg", "nobody.jpg"]),
    },
)
TIMES = st.none() | st.datetimes(datetime(1900, 1, 1)).map(lambda t: t.replace(microsecond=0))  # noqa: DTZ001
PHOTOS = st.lists(
    st.tuples(TIMES, st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180))),
    min_size=3,
    max_size=3,
)


def librarys_photo(name: str, time: datetime | None, at: tuple[float, float] | None) -> Photo:
    latitude, longitude = at or (None, None)
    return Photo(
        key=f"2024/上海/{name}.jpg",
        path=f"2024/上海/{name}.jpg",
        stamp=Stamp(size=1, mtime_ns=1, inode=1),
        fingerprint="",
        image_digest="",
        recipe="",
        album_id="2024-上海",
        name=name,
        width_px=4,
        height_px=3,
        version=version_of(name.encode()),
        thumb_edges_px=(),
        exif=Exif(capture_time=time, latitude_deg=latitude, longitude_deg=longitude),
    )


@settings(max_examples=60, deadline=None)
@given(words=WORDS, facts=PHOTOS)
def test_a_mirror_makes_of_an_album_what_the_library_made(
    words: dict[str, Any], facts: list[tuple[datetime | None, tuple[float, float] | None]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "info.yaml"
        path.write_text(yaml.safe_dump(words, allow_unicode=True), encoding="utf-8")
        names = ("b0001", "a0002", "c0003")
        photos = [librarys_photo(name, *fact) for name, fact in zip(names, facts, strict=True)]
        store = FolderStore(media=path, marks=path, base_url="https://photos.example.com")
        album = make_album(photos, sidecar.read(path), title="上海")
        assert album is not None
        pieces = pieces_of(album, {}, store)
        objects = {f"gallery/2024-上海/{name}.webp": name.encode() for name in names}
        objects["gallery/2024-上海/info.yaml"] = unpack(pieces.packed[YAML])
        objects[EXIF_DATA] = index_files([pieces])["exif_data.json"]
        reader = Reader(OssServer(), Path(folder) / "data")  # nobody asks it
        reader.sync = reader.sync_of(Shelf(objects))
        assert reader.read().problems == []
        shown = make_album(
            reader.records.mirror.photos(),
            reader.records.mirror.albums()["2024-上海"].words,
            title="2024-上海",
        )
        reader.close()
        assert shown is not None
        assert index_files([pieces_of(shown, {}, store)]) == index_files([pieces])


# the thread


class Readings:
    """Readings that end when they are told to, and what they are to bring."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.confirmed: list[bool] = []
        self.outcomes: list[Exception | SyncReport] = []

    def __call__(self, is_confirmed: bool) -> SyncReport:
        self.confirmed.append(is_confirmed)
        self.begun.release()
        assert self.may_end.acquire(timeout=20)
        outcome = self.outcomes.pop(0) if self.outcomes else SyncReport()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def end(self, *outcomes: Exception | SyncReport) -> None:
        """Let as many readings as there are outcomes end so."""
        self.outcomes.extend(outcomes)
        for _ in outcomes:
            self.may_end.release()


Start = Callable[..., tuple[Syncing, Readings]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setattr(syncing, "REST_S", 0.0)
    monkeypatch.setattr(syncing, "AGAIN_S", 0.02)
    made: list[tuple[Syncing, Readings]] = []

    def begin(*, interval_s: float = 3600.0) -> tuple[Syncing, Readings]:
        readings = Readings()
        one = Syncing(sync=readings, interval_s=interval_s, on_done=lambda: None)
        one.start()
        made.append((one, readings))
        assert readings.begun.acquire(timeout=10), "the first reading, unasked"
        return one, readings

    yield begin
    for one, readings in made:
        readings.end(*[SyncReport()] * 100)
        one.stop()


def test_requests_during_a_reading_are_served_by_one_more(start: Start) -> None:
    one, readings = start()
    numbers = [one.ask() for _ in range(500)]
    readings.end(SyncReport())
    assert readings.begun.acquire(timeout=10)
    assert not one.is_served(numbers[0]), "the reading had begun before"
    readings.end(SyncReport())
    wait_for(lambda: one.is_served(numbers[-1]), what="the second reading")
    assert len(readings.confirmed) == 2
    last = one.ask()
    assert readings.begun.acquire(timeout=10)
    readings.end(SyncReport())
    wait_for(lambda: one.is_served(last), what="the last request")


def test_a_reading_in_vain_is_tried_again_by_itself(start: Start) -> None:
    one, readings = start()
    trouble = StoreUnavailable("the bucket does not answer")
    readings.end(trouble)
    assert readings.begun.acquire(timeout=10)
    assert one.trouble is trouble
    assert not one.has_synced
    readings.end(SyncReport(added=3))
    wait_for(lambda: one.has_synced, what="a reading that goes well")
    assert one.trouble is None
    assert one.report.added == 3


def test_whatever_a_reading_stumbles_over_the_next_one_comes(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    one, readings = start()
    number = one.ask()
    readings.end(RuntimeError("nobody thought of this"))
    assert readings.begun.acquire(timeout=10)
    readings.end(RuntimeError("nor of this"))
    wait_for(lambda: one.is_served(number), what="an answer all the same")
    assert isinstance(one.trouble, GalleryError)
    assert "nobody thought of this" in caplog.text
    assert readings.begun.acquire(timeout=10)
    readings.end(SyncReport())
    wait_for(lambda: one.has_synced, what="a reading that goes well")
    assert one.trouble is None


def test_a_confirmation_counts_for_the_reading_after_it_and_no_other(start: Start) -> None:
    one, readings = start()
    one.ask(confirmed=True)
    one.ask()
    readings.end(SyncReport(), SyncReport())
    for _ in range(2):
        assert readings.begun.acquire(timeout=10)
        number = one.ask()
        readings.end(SyncReport())
    wait_for(lambda: one.is_served(number), what="the last reading")
    assert readings.confirmed[:3] == [False, True, False]


def test_it_reads_by_the_clock_too(start: Start) -> None:
    _, readings = start(interval_s=0.01)
    for _ in range(3):
        readings.end(SyncReport())
        assert readings.begun.acquire(timeout=10)


def test_what_is_left_out_or_held_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    problems = [f"gallery/{number}.webp: it lies in no album; move it" for number in range(50)]
    reports = [
        SyncReport(problems=problems, held=25),
        SyncReport(problems=problems, held=25),
        SyncReport(problems=problems[1:2]),
        SyncReport(problems=problems[:2], held=25),
    ]
    one = Syncing(sync=lambda _: reports.pop(0), interval_s=1.0, on_done=lambda: None)
    told = []
    while reports:
        caplog.clear()
        one.run_once()
        told.append([record.getMessage() for record in caplog.records])
    assert len(told[0]) == syncing.MOST_TOLD + 2
    assert told[0][0] == f"left out of the bucket: {problems[0]}"
    assert told[0][-2] == "left out of the bucket: 30 more"
    assert "held=25" in told[0][-1]
    assert "--confirm-withdraw" in told[0][-1]
    assert told[1] == told[2] == []
    assert [line.partition(" ")[0] for line in told[3]] == ["left", "pictures"]


def test_it_ends_at_once_while_it_waits(start: Start) -> None:
    one, readings = start()
    readings.end(SyncReport())
    wait_for(lambda: one.has_synced, what="the first reading")
    one.stop()
    assert len(readings.confirmed) == 1


def test_a_refusal_is_no_secret(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = replace(reader.settings, oss_secret_key="a guessed secret")
    sync = reader.sync_of(assembly.make_bucket(wrong, threading.Event()))
    with pytest.raises(StoreError) as refused:
        sync.run(Terms(site="x"))
    assert "a guessed secret" not in str(refused.value) + caplog.text
