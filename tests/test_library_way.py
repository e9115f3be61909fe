"""A library that publishes to a bucket: the whole program against a strict server."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.listener import Listener
from tests.live import LiveGallery
from tests.oss_server import OssServer
from tests.photos import make_photo

pytestmark = pytest.mark.slow

PHOTOS = ("上海/first", "上海/second", "北京/third")


@pytest.fixture
def bucket() -> Iterator[OssServer]:
    with OssServer() as one:
        yield one


@pytest.fixture
def live(bucket: OssServer, tmp_path: Path, gallery: Callable[..., LiveGallery]) -> LiveGallery:
    one = gallery(
        OSS_ENDPOINT=bucket.endpoint,
        OSS_BUCKET=bucket.bucket,
        OSS_REGION=bucket.region,
        OSS_ACCESS_KEY=bucket.access_key,
        OSS_SECRET_KEY=bucket.secret_key,
        OSS_PUBLIC_URL="https://photos.example.com",
        INDEX_INTERVAL_S="0",
    )
    for seed, name in enumerate(PHOTOS):
        make_photo(one.library / f"{name}.jpg", size=(64, 48), seed=seed)
    return one


def pictures(bucket: OssServer) -> set[str]:
    """Return the ids whose display rendition lies in the bucket."""
    keys = bucket.keys("gallery/")
    return {key[len("gallery/") : -len(".webp")] for key in keys if key.endswith(".webp")}


def test_pictures_words_and_index_lie_in_the_bucket(live: LiveGallery, bucket: OssServer) -> None:
    report = live.once()
    assert (report["published"], report["uploaded"]) == (3, 9)
    found = bucket.objects()
    assert set(found) == {
        f"interactions/{(live.data / 'site_id').read_text()}.json",
        "gallery/albums.json",
        "gallery/exif_data.json",
        *(f"gallery/{album}/info.yaml" for album in ("上海", "北京")),
        *(f"gallery/{name}.webp" for name in PHOTOS),
        *(f"thumbs/{edge}/{name}.webp" for edge in (480, 1280) for name in PHOTOS),
    }
    assert all("site" in one.meta for one in found.values()), "every object of ours is marked"
    assert bucket.read("gallery/albums.json") == (live.data / "albums.json").read_bytes()
    urls = [u for album in live_albums(live).values() for u in album["images"]]
    assert all(url.startswith("https://photos.example.com/gallery/") for url in urls)
    assert not (live.data / "media/gallery").exists(), "nothing is kept here as well"
    puts = [entry.key for entry in bucket.requests("PutObject")]
    yaml = [puts.index(f"gallery/{album}/info.yaml") for album in ("上海", "北京")]
    last_index = len(puts) - 1 - puts[::-1].index("gallery/albums.json")
    assert max(puts.index(f"gallery/{n}.webp") for n in PHOTOS) < last_index
    assert max(yaml) < last_index
    assert live.command("check", "--remote").stdout == "all well\n"


def live_albums(live: LiveGallery) -> dict[str, dict[str, list[str]]]:
    albums: dict[str, dict[str, list[str]]] = json.loads((live.data / "albums.json").read_bytes())
    return albums


def test_a_renamed_folder_is_copied_in_the_bucket_not_uploaded(
    live: LiveGallery, bucket: OssServer
) -> None:
    live.once()
    bucket.clear_requests()
    (live.library / "上海").rename(live.library / "外滩")
    report = live.once()
    assert (report["moved"], report["rendered"], report["uploaded"]) == (2, 0, 0)
    assert pictures(bucket) == {"外滩/first", "外滩/second", "北京/third"}
    uploaded = {entry.key for entry in bucket.requests("PutObject")}
    assert not any(key.endswith(".webp") for key in uploaded)
    assert live.command("check", "--remote").stdout == "all well\n"


def test_a_lost_catalogue_takes_everything_back(live: LiveGallery, bucket: OssServer) -> None:
    live.once()
    told = bucket.read("gallery/exif_data.json")
    assert all({"ThumbHash", "DominantColor"} <= set(entry) for entry in json.loads(told).values())
    bucket.clear_requests()
    for path in live.data.glob("catalogue.db*"):
        path.unlink()
    report = live.once()
    assert (report["published"], report["rendered"], report["uploaded"]) == (3, 0, 0)
    assert not [e for e in bucket.requests("PutObject") if e.key.endswith(".webp")]
    assert bucket.read("gallery/exif_data.json") == told
    assert live.command("check", "--remote").stdout == "all well\n"


def test_a_lost_data_folder_never_shows_an_emptier_gallery(
    live: LiveGallery, bucket: OssServer
) -> None:
    live.once()
    whole = bucket.read("gallery/albums.json")
    shutil.rmtree(live.data)
    bucket.clear_requests()
    assert live.once()["rendered"] == 0
    assert bucket.read("gallery/albums.json") == whole
    assert len([e for e in bucket.requests("PutObject") if e.key == "gallery/albums.json"]) <= 2


def test_objects_of_others_stay_and_cost_only_the_photo_in_their_way(
    live: LiveGallery, bucket: OssServer
) -> None:
    bucket.put("gallery/上海/first.webp", b"somebody's")
    bucket.put("gallery/上海/theirs.webp", b"theirs")
    bucket.put("gallery/others/picture.webp", b"theirs")
    done = live.command("once", "--json")
    assert done.returncode == 1
    assert pictures(bucket) == {*PHOTOS, "上海/theirs", "others/picture"}
    assert bucket.read("gallery/上海/first.webp") == b"somebody's"
    checked = live.command("check", "--remote")
    assert "上海/first.jpg" in checked.stdout
    assert "foreign  gallery/上海/theirs.webp" in checked.stdout


def test_while_the_bucket_is_away_the_service_waits_then_catches_up(
    live: LiveGallery, bucket: OssServer
) -> None:
    bucket.fault("503")
    live.start()
    live.wait(lambda: live.log_lines("store does not answer"), what="the trouble to be told")
    assert pictures(bucket) == set()
    bucket.clear_faults()
    live.wait(lambda: pictures(bucket) == set(PHOTOS), what="all to be caught up", timeout_s=60)
    live.wait(
        lambda: (
            "gallery/albums.json" in bucket.keys("gallery/")
            and bucket.read("gallery/albums.json").count(b".webp") == len(PHOTOS)
        ),
        what="the index",
    )


def test_several_photos_are_uploaded_at_a_time(live: LiveGallery, bucket: OssServer) -> None:
    bucket.fault("delay", operation="PutObject", delay_s=0.2)
    for seed in range(4, 10):
        make_photo(live.library / f"青岛/photo{seed}.jpg", size=(64, 48), seed=seed)
    live.once(UPLOAD_WORKERS="3")
    at_a_time = max(e.in_flight for e in bucket.requests("PutObject") if e.key.endswith(".webp"))
    assert 3 <= at_a_time <= 5, "three photos, perhaps an index file, and the leader's question"


def likes_in_bucket(bucket: OssServer) -> int:
    entries = json.loads(bucket.read("gallery/exif_data.json"))
    return sum(entry.get("likes", 0) for entry in entries.values())


def test_mere_likes_wait_for_the_index_files_interval_but_photos_do_not(
    live: LiveGallery, bucket: OssServer
) -> None:
    live.env["INDEX_INTERVAL_S"] = "3600"
    live.start()
    live.wait(lambda: pictures(bucket) == set(PHOTOS), what="the photos")
    live.wait(lambda: len(live.exif()) == len(PHOTOS), what="the photos")
    live.wait(
        lambda: len(json.loads(bucket.read("gallery/exif_data.json"))) == len(PHOTOS), what="them"
    )
    assert live.post("/api/like", {"photoId": "上海/first.jpg", "likes": 1}).json()["likes"] == 1
    live.wait(lambda: live.exif()["上海/first.jpg"].get("likes") == 1, what="the like in the JSON")
    assert likes_in_bucket(bucket) == 0
    make_photo(live.library / "青岛/fourth.jpg", size=(64, 48), seed=9)
    live.wait(lambda: b"fourth" in bucket.read("gallery/exif_data.json"), what="the new photo")
    assert likes_in_bucket(bucket) == 1, "the like went with it"


def test_a_like_reaches_the_bucket_once_the_interval_is_over(
    live: LiveGallery, bucket: OssServer
) -> None:
    live.env["INDEX_INTERVAL_S"] = "1"
    live.start()
    live.wait(lambda: len(live.exif()) == len(PHOTOS), what="the photos")
    for visitor in ("one", "another"):
        live.post("/api/like", {"photoId": "上海/first.webp", "likes": 1}, User_Agent=visitor)
    live.wait(
        lambda: (
            "gallery/exif_data.json" in bucket.keys("gallery/") and likes_in_bucket(bucket) == 2
        ),
        what="both likes in the bucket",
    )


def test_a_refusal_says_what_to_mend_and_no_secret(live: LiveGallery, bucket: OssServer) -> None:
    done = live.command("once", OSS_SECRET_KEY="a wrong secret")
    assert done.returncode == 2
    assert "OSS_SECRET_KEY" in done.stderr
    assert "a wrong secret" not in done.stderr + done.stdout


def test_a_webhook_makes_the_leader_look_and_others_are_told(
    live: LiveGallery, bucket: OssServer
) -> None:
    """With no file events and no sweep for an hour, only the webhook can bring the photo in."""
    listener = Listener()
    live.env |= {
        "WATCH_MODE": "sweep",
        "SWEEP_INTERVAL_S": "3600",
        "WEBHOOK_SECRET": "a shared secret",
        "WEBHOOK_URL": listener.url,
    }
    try:
        live.start()
        live.wait(lambda: pictures(bucket) == set(PHOTOS), what="the first sweep")
        live.wait(lambda: listener.requests, what="a notice of it")
        first = json.loads(listener.requests[0].body)
        assert listener.requests[0].headers["x-webhook-secret"] == "a shared secret"
        assert set(first["albums"]) <= {"上海", "北京"}
        make_photo(live.library / "青岛/fourth.jpg", size=(64, 48), seed=9)
        answer = live.get("/webhook", x_webhook_secret="a shared secret")
        assert answer.status == 200
        live.post("/webhook", {}, x_webhook_secret="a shared secret")
        live.wait(lambda: pictures(bucket) == {*PHOTOS, "青岛/fourth"}, what="the photo")
        live.wait(
            lambda: any("青岛" in json.loads(r.body)["albums"] for r in listener.requests),
            what="a notice of the new album",
        )
        live.stop()
    finally:
        listener.close()
