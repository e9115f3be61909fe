"""What browsers, proxies and strangers get over HTTP."""

import gzip
import json
from collections.abc import Iterator

import pytest

from tests.live import LiveGallery
from tests.photos import make_photo

PHOTO = "/media/gallery/上海/first.webp"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGallery]:
    one = LiveGallery(tmp_path_factory.mktemp("web"))
    make_photo(one.library / "上海/first.jpg", size=(64, 48))
    one.start()
    one.wait_for_ids("上海/first")
    yield one
    one.stop()


@pytest.mark.parametrize("name", ["albums.json", "exif_data.json", "likes.json"])
def test_index_files_are_fresh_cacheable_and_packed(live: LiveGallery, name: str) -> None:
    plain = live.get(f"/data/{name}")
    assert plain.status == 200
    assert plain.headers["Content-Type"] == "application/json"
    assert plain.headers["Cache-Control"] == "no-cache"
    assert plain.headers["Access-Control-Allow-Origin"] == "*"
    assert live.get(f"/{name}").body == plain.body
    packed = live.get(f"/data/{name}", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for answer, encoding in ((plain, "identity"), (packed, "gzip")):
        again = live.get(
            f"/data/{name}", Accept_Encoding=encoding, If_None_Match=answer.headers["ETag"]
        )
        assert (again.status, again.body) == (304, b"")


def test_likes_name_every_photo(live: LiveGallery) -> None:
    assert json.loads(live.get("/data/likes.json").body) == {"上海/first.jpg": 0}


def test_a_picture_asked_for_by_its_version_may_be_kept_for_ever(live: LiveGallery) -> None:
    (url,) = live.urls()
    assert live.get(url).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert live.get(url).headers["Content-Type"] == "image/webp"
    for other in (PHOTO, f"{PHOTO}?v=00000000", f"{PHOTO}?v="):
        assert live.get(other).headers["Cache-Control"] == "no-cache"
    etag = live.get(PHOTO).headers["ETag"]
    assert live.get(PHOTO, If_None_Match=etag).status == 304


def test_part_of_a_picture_can_be_asked_for(live: LiveGallery) -> None:
    whole = live.get(PHOTO)
    part = live.get(PHOTO, Range="bytes=4-9")
    assert (part.status, part.body) == (206, whole.body[4:10])
    assert part.headers["Content-Range"] == f"bytes 4-9/{len(whole.body)}"


@pytest.mark.parametrize(
    "path",
    [
        "/media/../catalogue.db",
        "/media/%2e%2e/catalogue.db",
        "/media/gallery/../../admin_password",
        "/media//etc/passwd",
        "/media/gallery/上海/.first.webp.tmp",
        "/media/gallery/上海",
        "/media/gallery/上海/first.jpg",
        "/media/",
        "/data/catalogue.db",
        "/data/admin_password",
        "/data/../server.py",
        "/nothing",
    ],
)
def test_nothing_else_is_given_away(live: LiveGallery, path: str) -> None:
    answer = live.get(path)
    assert answer.status == 404
    assert answer.json()["success"] is False


def test_every_answer_forbids_guessing_of_types(live: LiveGallery) -> None:
    for path in ("/data/albums.json", PHOTO, "/healthz", "/nothing"):
        assert live.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_health_tells_who_leads(live: LiveGallery) -> None:
    health = live.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["leader"]["pid"] in [process.pid for process in live.family()]
    assert 0 <= health["leader"]["seen_s"] < 2
