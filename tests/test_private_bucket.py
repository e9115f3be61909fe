"""A bucket that nobody may read, and one that makes thumbnails itself."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.live import LiveGallery
from tests.oss_server import OssServer
from tests.photos import make_photo

pytestmark = pytest.mark.slow


class Unfollowed(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to be looked at."""

    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture
def bucket() -> Iterator[OssServer]:
    with OssServer() as one:
        yield one


@pytest.fixture
def live(bucket: OssServer, gallery: Callable[..., LiveGallery]) -> LiveGallery:
    one = gallery(
        OSS_ENDPOINT=bucket.endpoint,
        OSS_BUCKET=bucket.bucket,
        OSS_REGION=bucket.region,
        OSS_ACCESS_KEY=bucket.access_key,
        OSS_SECRET_KEY=bucket.secret_key,
    )
    make_photo(one.library / "上海/a sunny day.jpg", size=(1500, 1000))
    return one


def sent_on_to(live: LiveGallery, path: str) -> tuple[str, Message]:
    """Return where a request is sent on to, and the headers that say so."""
    url = f"http://127.0.0.1:{live.port}" + quote(path, safe="/?=&%")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(Unfollowed).open(url, timeout=10)
    with caught.value as answer:
        assert answer.code == 302
        return str(answer.headers["Location"]), answer.headers


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        return bytes(response.read())


def test_a_private_buckets_pictures_are_reached_by_signed_addresses(
    live: LiveGallery, bucket: OssServer
) -> None:
    live.env["OSS_SIGNED_URLS"] = "1"
    live.start()
    live.wait_for_ids("上海/a sunny day")
    (url,) = live.urls()
    assert url.startswith("/media/gallery/上海/a sunny day.webp?v=")
    signed, headers = sent_on_to(live, url)
    assert parse_qs(urlsplit(signed).query)["x-oss-expires"] == ["600"]
    assert "max-age=300" in headers["Cache-Control"], "shorter than the address is good for"
    assert bucket.secret_key not in signed
    assert fetched(signed) == bucket.read("gallery/上海/a sunny day.webp")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetched(signed.partition("?")[0])
    thumb, _ = sent_on_to(live, f"/_next/image?url={quote(url, safe='')}&w=384&q=75")
    assert fetched(thumb) == bucket.read("thumbs/480/上海/a sunny day.webp")


def test_only_what_the_json_names_is_signed(live: LiveGallery, bucket: OssServer) -> None:
    bucket.put("private/diary.txt", b"Dear diary")
    bucket.put("gallery/secret/picture.webp", b"a picture")
    bucket.put("gallery/secret/info.yaml", b"hidden: true\n")
    bucket.put("interactions/somebody.json", b"{}")
    live.env["OSS_SIGNED_URLS"] = "1"
    live.start()
    live.wait_for_ids("上海/a sunny day")
    live.wait(lambda: bucket.requests("ListObjectsV2"), what="a reading of the bucket")
    names = (
        "private/diary.txt",
        "gallery/../private/diary.txt",
        "gallery/secret/picture.webp",
        "gallery/exif_data.json",
        "interactions/somebody.json",
    )
    assert {name: live.get(f"/media/{name}").status for name in names} == dict.fromkeys(names, 404)


def test_a_bucket_that_makes_thumbnails_stores_none(live: LiveGallery, bucket: OssServer) -> None:
    live.env |= {"OSS_IMAGE_PROCESS": "1", "OSS_PUBLIC_URL": "https://photos.example.com"}
    live.start()
    live.wait(lambda: live.urls(), what="the photo")
    assert not bucket.keys("thumbs/")
    (url,) = live.urls()
    there, _ = sent_on_to(live, f"/_next/image?url={quote(url, safe='')}&w=640&q=75")
    address = urlsplit(there)
    assert (address.hostname, address.path) == (
        "photos.example.com",
        quote("/gallery/上海/a sunny day.webp"),
    )
    assert parse_qs(address.query)["x-oss-process"] == ["image/resize,w_640"]
