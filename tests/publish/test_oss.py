"""The bucket as a store, against a server as strict as the real one."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from local_image_process.errors import ForeignObject, StoreError, StoreRefused, StoreUnavailable
from local_image_process.publish import oss
from local_image_process.publish.oss import BucketAddress, OssStore
from local_image_process.publish.store import Mark
from tests.oss_server import Kind, OssServer

MARK = Mark(
    fingerprint="f0",
    image_digest="d0",
    recipe="r0",
    width_px=4,
    height_px=3,
    version="01234567",
    thumb_hash="HwgKLxpwdndwd3d3eGh3eId3BwmYgI8+/w==",
    dominant_colour="#c81e5a",
)
NAME = "gallery/上海/a photo & more+.webp"


@pytest.fixture
def bucket() -> Iterator[OssServer]:
    with OssServer() as one:
        yield one


def address_of(server: OssServer) -> BucketAddress:
    return BucketAddress(
        endpoint=server.endpoint,
        bucket=server.bucket,
        region=server.region,
        access_key=server.access_key,
        secret_key=server.secret_key,
        public_url="https://photos.example.com",
        site="0123456789abcdef",
    )


def open_store(address: BucketAddress) -> OssStore:
    return OssStore(address, connections=2, stop=threading.Event())


@pytest.fixture
def store(bucket: OssServer, monkeypatch: pytest.MonkeyPatch) -> OssStore:
    monkeypatch.setattr(oss, "RETRY_FOR_S", 1.0)  # not to wait long for what stays broken
    return open_store(address_of(bucket))


def test_an_object_carries_type_cache_rule_and_mark(store: OssStore, bucket: OssServer) -> None:
    store.put(NAME, b"pixels", mark=MARK)
    found = bucket.objects()[NAME]
    assert (found.content_type, found.cache_control) == ("image/webp", "public, max-age=86400")
    assert found.meta["site"] == "0123456789abcdef"
    assert store.mark(NAME) == MARK
    assert store.holds(NAME)
    assert store.read(NAME) == b"pixels"
    assert store.url(NAME, "01234567") == f"https://photos.example.com/{NAME}?v=01234567"


def test_the_mark_of_an_older_version_still_speaks(store: OssStore) -> None:
    older = replace(MARK, thumb_hash=None, dominant_colour=None)
    store.put(NAME, b"pixels", mark=older)
    assert store.mark(NAME) == older


def test_our_own_objects_are_replaced_copied_and_deleted(
    store: OssStore, bucket: OssServer
) -> None:
    store.put(NAME, b"old", mark=MARK)
    store.put(NAME, b"new", mark=replace(MARK, version="89abcdef"))
    store.copy(NAME, "gallery/北京/moved.webp")
    assert bucket.read("gallery/北京/moved.webp") == b"new"
    moved = store.mark("gallery/北京/moved.webp")
    assert moved is not None
    assert moved.version == "89abcdef"
    assert "CopyObject" in {entry.operation for entry in bucket.requests()}
    store.delete(NAME)
    store.delete(NAME)
    assert bucket.keys() == ["gallery/北京/moved.webp"]


def test_12_objects_of_others_are_never_overwritten_or_deleted(
    store: OssStore, bucket: OssServer
) -> None:
    bucket.put(NAME, b"somebody's")
    with pytest.raises(ForeignObject, match="not ours"):
        store.put(NAME, b"pixels", mark=MARK)
    store.put("gallery/上海/own.webp", b"pixels", mark=MARK)
    with pytest.raises(ForeignObject):
        store.copy("gallery/上海/own.webp", NAME)
    store.delete(NAME)
    assert bucket.read(NAME) == b"somebody's"
    assert not store.holds(NAME)
    assert store.mark(NAME) is None
    store.put(NAME, b"somebody's", mark=MARK)  # the same bytes need no quarrel


def test_a_listing_is_whole_or_nothing(
    store: OssStore, bucket: OssServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"gallery/上海/photo {n}.webp" for n in range(5)} | {"thumbs/480/上海/photo 0.webp"}
    for name in names:
        bucket.put(name, b"x")
    bucket.put("private/diary.txt", b"x")
    monkeypatch.setattr(oss, "PAGE", 2)
    assert set(store.names()) == names
    bucket.fault("500", operation="ListObjects*", later_pages=True)
    with pytest.raises(StoreUnavailable):
        store.names()


PASSING: list[Kind] = [
    "500",
    "503",
    "429",
    "reset",
    "done_but_500",
    "done_but_reset",
    "reset_midway",
]


@pytest.mark.parametrize("kind", PASSING)
def test_a_passing_trouble_is_sat_out(store: OssStore, bucket: OssServer, kind: Kind) -> None:
    bucket.fault(kind, method="PUT", count=1)
    store.put(NAME, b"all of the pixels", mark=MARK)
    assert bucket.read(NAME) == b"all of the pixels", "the body is sent from its start again"
    assert store.mark(NAME) == MARK


@pytest.mark.parametrize("kind", ["truncate", "flip", "reset_midway", "500"])
def test_a_damaged_download_is_fetched_again(
    store: OssStore, bucket: OssServer, kind: Kind
) -> None:
    store.put(NAME, b"all of the pixels")
    bucket.fault(kind, method="GET", count=1)
    assert store.read(NAME) == b"all of the pixels"


def test_a_lasting_trouble_is_told_as_such(store: OssStore, bucket: OssServer) -> None:
    bucket.fault("503")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        store.put(NAME, b"pixels")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({"bucket": "no-such-bucket"}, "OSS_BUCKET", id="bucket"),
        pytest.param({"access_key": "unknown"}, "OSS_ACCESS_KEY", id="access key"),
        pytest.param({"secret_key": "guessed"}, "OSS_SECRET_KEY", id="secret"),
        pytest.param({"region": "cn-beijing"}, "OSS_REGION", id="region"),
    ],
)
def test_what_the_operator_must_mend_is_named(
    bucket: OssServer, wrong: dict[str, str], words: str
) -> None:
    address = replace(address_of(bucket), **wrong)
    with pytest.raises(StoreRefused) as refused:
        open_store(address).put(NAME, b"pixels")
    assert words in str(refused.value)
    assert bucket.secret_key not in repr(address) + str(refused.value)


def test_a_clock_that_is_wrong_is_named(store: OssStore, bucket: OssServer) -> None:
    bucket.fault("clock", offset_s=1200)
    with pytest.raises(StoreRefused, match="clock"):
        store.put(NAME, b"pixels")


def test_a_full_quota_is_named(store: OssStore, bucket: OssServer) -> None:
    bucket.fault("quota", method="PUT")
    with pytest.raises(StoreRefused, match="quota"):
        store.put(NAME, b"pixels")


def test_a_bucket_that_nobody_answers_for_is_unavailable(store: OssStore) -> None:
    nowhere = BucketAddress(
        endpoint="http://127.0.0.1:9",
        bucket="photos",
        region="cn-hangzhou",
        access_key="a",
        secret_key="b",
        public_url="",
        site="s",
    )
    with pytest.raises(StoreUnavailable):
        open_store(nowhere).put(NAME, b"pixels")


def test_one_who_waits_to_try_again_is_let_go_at_the_end(bucket: OssServer) -> None:
    stop = threading.Event()
    store = OssStore(address_of(bucket), connections=2, stop=stop)
    bucket.fault("500")
    outcome: list[StoreError] = []

    def put() -> None:
        try:
            store.put(NAME, b"pixels")
        except StoreError as error:
            outcome.append(error)

    thread = threading.Thread(target=put)
    thread.start()
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert outcome


def test_an_index_file_is_sent_once_for_each_change(store: OssStore, bucket: OssServer) -> None:
    for content in (b"{}", b"{1}", b"{2}"):
        store.put("gallery/exif_data.json", content)
    puts = [entry for entry in bucket.requests() if entry.operation == "PutObject"]
    assert [entry.status for entry in puts] == [200, 200, 200]
    bucket.put("gallery/exif_data.json", b"a stranger's")
    with pytest.raises(ForeignObject):
        store.put("gallery/exif_data.json", b"{3}")
    assert bucket.read("gallery/exif_data.json") == b"a stranger's"
