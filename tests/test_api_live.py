"""What was acknowledged is kept and shown: by four workers, and when all of them are killed."""

import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.live import Answer, LiveGallery
from tests.oss_server import OssServer
from tests.photos import make_photo
from tests.support import wait_for

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]
PASSWORD = "for tests only"
ID, KEY = "上海/DSC04056.webp", "上海/DSC04056.JPG"


def log_in(live: LiveGallery) -> str:
    """Return the administrator's cookie."""
    answer = live.post("/api/auth/login", {"password": PASSWORD})
    cookies = answer.headers.get_all("Set-Cookie", [])
    return next(one.partition(";")[0] for one in cookies if one.startswith("gallery_session="))


def like(live: LiveGallery, number: int, photo_id: str = ID) -> Answer:
    """Click on a heart as the visitor of that number."""
    address = f"10.0.{number >> 8}.{number & 255}"
    return live.post("/api/like", {"photoId": photo_id, "likes": 1}, x_forwarded_for=address)


def shown(live: LiveGallery, key: str = KEY) -> dict[str, Any]:
    """Return what all of the JSON says of a photo; an empty object while it does not agree."""
    photo_id = f"{key.rpartition('.')[0]}.webp"
    exif = live.exif().get(key, {})
    listed = live.get("/api/photos/list?withExif=true").json()["photos"]
    (photo,) = [one for one in listed if one["id"] == photo_id] or [{}]
    by_id = live.get("/api/data/exif").json().get(photo_id, {})
    told = {
        "likes": exif.get("likes", 0),
        "star": exif.get("star", 0),
        "iso": exif.get("ISO"),
        "place": exif.get("Location"),
    }
    others = [
        {
            "likes": live.get("/data/likes.json").json().get(key),
            "star": photo.get("star"),
            "iso": str(photo["exif"]["iso"]) if photo and photo["exif"]["iso"] else None,
            "place": photo["exif"]["location"] if photo else None,
        },
        {
            "likes": by_id.get("likes", 0),
            "star": by_id.get("star"),
            "iso": by_id.get("ISO"),
            "place": by_id.get("Location"),
        },
    ]
    return told if all(other == told for other in others) else {}


def wait_until_shown(live: LiveGallery, wanted: dict[str, Any], key: str = KEY) -> None:
    live.wait(lambda: shown(live, key) == wanted, what=f"{wanted} of {key}")


@pytest.fixture
def live(gallery: Make) -> LiveGallery:
    one = gallery()
    make_photo(one.library / KEY, size=(64, 48), exposed=True)
    one.start()
    one.wait_for_ids("上海/DSC04056")
    return one


def test_what_was_acknowledged_survives_kill_9_right_after_the_answer(live: LiveGallery) -> None:
    admin = log_in(live)
    wanted = {"likes": 0, "star": 0, "iso": "400", "place": "上海"}
    assert shown(live) == wanted
    facts = {"photoId": ID, "exifData": {"iso": 800, "location": "外滩"}}
    for path, body, change in (
        ("/api/like", {"photoId": ID, "likes": 1}, {"likes": 1}),
        ("/api/photos/update-star", {"photoId": ID, "star": 4.5}, {"star": 4.5}),
        ("/api/photos/update-exif", facts, {"iso": "800", "place": "外滩"}),
    ):
        assert live.post(path, body, cookie=admin).status == 200
        live.kill_all()
        wanted.update(change)
        live.start()
        wait_until_shown(live, wanted)
    (live.library / "北京").mkdir()
    (live.library / KEY).rename(live.library / "北京/DSC04056.JPG")
    live.wait_for_ids("北京/DSC04056")
    wait_until_shown(live, wanted, "北京/DSC04056.JPG")


def test_what_was_given_is_in_every_json_within_a_second(live: LiveGallery) -> None:
    admin = log_in(live)
    took_s = []
    for number in range(1, 6):
        began_s = time.monotonic()
        assert like(live, number).json()["likes"] == number
        star = {"photoId": ID, "star": number / 2}
        assert live.post("/api/photos/update-star", star, cookie=admin).status == 200
        iso = {"photoId": ID, "exifData": {"iso": number}}
        assert live.post("/api/photos/update-exif", iso, cookie=admin).status == 200
        wanted = {"likes": number, "star": number / 2, "iso": str(number), "place": "上海"}
        wait_until_shown(live, wanted)
        took_s.append(time.monotonic() - began_s)
    assert statistics.median(took_s) < 1, took_s


def test_four_workers_count_as_one(live: LiveGallery) -> None:
    with ThreadPoolExecutor(16) as visitors:
        assert {answer.status for answer in visitors.map(like, [live] * 60, range(60))} == {200}
        again = visitors.map(like, [live] * 12, [7] * 12)  # one visitor, at all workers at once
        assert {(answer.status, answer.json()["likes"]) for answer in again} == {(200, 60)}
        busy = list(visitors.map(like, [live] * 40, [8] * 40))
    assert sorted(answer.status for answer in busy) == [200] * 29 + [429] * 11
    live.wait(lambda: shown(live).get("likes") == 60, what="60 likes in every JSON")


def test_the_bucket_is_told_within_the_interval(gallery: Make) -> None:
    with OssServer() as oss:
        live = gallery(
            OSS_ENDPOINT=oss.endpoint,
            OSS_BUCKET=oss.bucket,
            OSS_REGION=oss.region,
            OSS_ACCESS_KEY=oss.access_key,
            OSS_SECRET_KEY=oss.secret_key,
            INDEX_INTERVAL_S="2",
        )
        make_photo(live.library / KEY, size=(64, 48))
        live.start()

        def is_in_bucket(likes: int) -> bool:
            entry = json.loads(oss.read("gallery/exif_data.json")).get(KEY, {})
            return bool(entry.get("likes") == likes)

        live.wait(lambda: live.exif() and oss.keys("gallery/exif_data.json"), what="the bucket")
        for number in (1, 2):
            began_s = time.monotonic()
            assert like(live, number).json()["likes"] == number
            wait_for(partial(is_in_bucket, number), what="the like in the bucket")
            assert time.monotonic() - began_s < 2 + 2
        live.stop()
