"""Sites without photos that show what lies in the bucket: the whole program, on a real server."""

import http.client
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import oss2
import pytest

from local_image_process.record.database import Database
from tests.likes import like
from tests.live import LIKE_ANYBODY, ROOT, LiveGallery
from tests.oss_server import Kind, OssServer
from tests.photos import make_photo

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]

SECRET = "a shared secret"
INDEX_FILES = ("albums.json", "exif_data.json", "likes.json")
NOT_READ = "bucket not read"  # as the log says
MANY = 1000
BURST = 500


def env_of(bucket: OssServer) -> dict[str, str]:
    return {
        "OSS_ENDPOINT": bucket.endpoint,
        "OSS_BUCKET": bucket.bucket,
        "OSS_REGION": bucket.region,
        "OSS_ACCESS_KEY": bucket.access_key,
        "OSS_SECRET_KEY": bucket.secret_key,
        "OSS_PUBLIC_URL": "https://photos.example.com",
        "INDEX_INTERVAL_S": "0",
        "WEBHOOK_SECRET": SECRET,
    }


def without_library(live: LiveGallery) -> LiveGallery:
    del live.env["WATCH_DIR"]
    return live


@pytest.fixture
def bucket() -> Iterator[OssServer]:
    with OssServer() as one:
        yield one


@pytest.fixture
def library(gallery: Make, bucket: OssServer) -> LiveGallery:
    return gallery(**env_of(bucket))


@pytest.fixture
def mirror(gallery: Make, bucket: OssServer) -> LiveGallery:
    return without_library(gallery(**env_of(bucket)))


def publish_some(library: LiveGallery, *names: str) -> None:
    for seed, name in enumerate(names):
        make_photo(library.library / f"{name}.jpg", size=(64, 48), seed=seed)
    assert library.once()["published"] == len(names)


def post(live: LiveGallery, times: int = 1) -> list[float]:
    """Notify a site; return how long each answer took, in seconds."""
    took_s = []
    with closing(http.client.HTTPConnection("127.0.0.1", live.port, timeout=20)) as connection:
        for _ in range(times):
            began_s = time.perf_counter()
            connection.request("POST", "/webhook", b"{}", {"x-webhook-secret": SECRET})
            answer = connection.getresponse()
            answer.read()
            took_s.append(time.perf_counter() - began_s)
            assert answer.status == 200
    return took_s


def readings(bucket: OssServer) -> int:
    """Return how often somebody began to list the bucket since the log was cleared."""
    listings = bucket.requests("ListObjectsV2")
    return sum("prefix=gallery%2F" in e.query and "token=&" in e.query for e in listings)


def shown(live: LiveGallery) -> set[str]:
    """Return the ids of all photos in both JSON files."""
    keys = {key.rpartition(".")[0] for key in live.exif()}
    names = {url.partition("/gallery/")[2].partition(".webp")[0] for url in live.urls()}
    return keys & names


def wait_until_shown(live: LiveGallery, *ids: str, timeout_s: float = 30) -> None:
    live.wait(lambda: shown(live) == set(ids), what=f"exactly {ids}", timeout_s=timeout_s)


def served(live: LiveGallery) -> dict[str, bytes]:
    return {name: live.get(f"/data/{name}").body for name in INDEX_FILES}


def written(live: LiveGallery) -> dict[str, bytes]:
    return {name: (live.data / name).read_bytes() for name in INDEX_FILES}


# a copy of what the library shows


def test_a_mirror_serves_what_the_library_serves_byte_for_byte(
    library: LiveGallery, mirror: LiveGallery
) -> None:
    album = library.library / "2024/上海  外滩"
    make_photo(
        album / "DSC04056.JPG",
        size=(64, 48),
        camera="NIKON  D700",
        lens="18-50mm F2.8 DC DN | Contemporary 021",
        captured=datetime(2024, 4, 4, 17, 59, 54),  # noqa: DTZ001 - camera time
        gps=(31.2397, 121.4992),
        exposed=True,
    )
    make_photo(album / "DSC04056.png", size=(64, 48), seed=1)
    make_photo(album / "IMG_1.heic", size=(64, 48), seed=2, gps=(51.4779, 0.00003))
    make_photo(library.library / "# 100% & ?/a.b.c.jpg", size=(64, 48), seed=3)
    make_photo(library.library / "Cafe\u0301/E\u0301te\u0301 2024.jpg", size=(64, 48), seed=4)
    words = 'title: "  没有  日期: #1 "\ndate: 2024-5-1\ndesc: |\n  一\n\n  二: 三\n'
    (library.library / "# 100% & ?/info.yaml").write_text(words, encoding="utf-8")
    assert library.once()["published"] == 5
    like_at(library, 3, photo_id=next(iter(library_ids(library))))
    library.once()
    mirror.start()
    mirror.wait(lambda: served(mirror) == written(library), what="the same")

    (album / "DSC04056.JPG").unlink()
    album.rename(library.library / "外滩")
    (library.library / "外滩/info.yaml").write_text(
        "title: 外滩\norder: name\ncover: IMG_1.heic", encoding="utf-8"
    )
    make_photo(library.library / "# 100% & ?/a.b.c.jpg", size=(64, 48), seed=30)
    library.once()
    post(mirror)
    mirror.wait(lambda: served(mirror) == written(library), what="the same again")
    assert mirror.command("check", "--remote").stdout == "all well\n"
    assert library.command("check", "--remote").stdout == "all well\n"


def library_ids(library: LiveGallery) -> set[str]:
    return {key.rpartition(".")[0] for key in json.loads(written(library)["exif_data.json"])}


def test_a_library_shows_the_albums_of_others_and_never_touches_them(
    library: LiveGallery, mirror: LiveGallery, bucket: OssServer
) -> None:
    bucket.put("gallery/北京/theirs.webp", b"theirs")
    bucket.put("gallery/北京/info.yaml", "title: 首都".encode())
    publish_some(library, "上海/first", "上海/second")
    foreign = {key: bucket.read(key) for key in bucket.keys("gallery/北京/")}
    albums = json.loads(written(library)["albums.json"])
    assert albums["北京"]["from"] == "bucket"
    assert albums["北京"]["title"] == "首都"
    assert "from" not in albums["上海"]
    mirror.command("sync")
    assert json.loads(written(mirror)["exif_data.json"]) == json.loads(
        written(library)["exif_data.json"]
    )
    like_at(mirror, 2, photo_id="北京/theirs")
    mirror.command("sync")
    theirs = f"interactions/{site_of(mirror)}.json"
    lose(library.data.glob("catalogue.db*"))
    (library.library / "上海/first.jpg").unlink()
    library.once("--confirm-withdraw")
    exif = json.loads(written(library)["exif_data.json"])
    assert set(exif) == {"上海/second.jpg", "北京/theirs.webp"}
    assert exif["北京/theirs.webp"]["likes"] == 2
    assert theirs in bucket.keys("interactions/")
    assert {key: bucket.read(key) for key in bucket.keys("gallery/北京/")} == foreign
    assert library.command("check", "--remote").stdout == "all well\n"


# webhooks


@pytest.fixture(scope="module")
def crowd() -> Iterator[OssServer]:
    """Give a bucket of a thousand pictures."""
    with OssServer(process=True) as one:
        session = oss2.Session(pool_size=4)
        keys = oss2.credentials.StaticCredentialsProvider(one.access_key, one.secret_key)
        auth = oss2.ProviderAuthV4(keys)
        raw = oss2.Bucket(auth, one.endpoint, one.bucket, session=session, region=one.region)

        def put(number: int) -> None:
            body = f"picture {number}".encode()
            raw.put_object(f"gallery/album {number % 10}/photo {number:04}.webp", body)

        with ThreadPoolExecutor(4) as threads:
            assert len(list(threads.map(put, range(MANY)))) == MANY
        session.session.close()
        yield one


@pytest.fixture(scope="module")
def of_crowd(crowd: OssServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGallery]:
    """Give a mirror that has read them, and reads again only when asked."""
    one = without_library(
        LiveGallery(tmp_path_factory.mktemp("mirror"), **env_of(crowd), SYNC_INTERVAL_S="3600")
    )
    one.start()
    one.wait(lambda: len(one.exif()) == MANY, what="the first reading")
    yield one
    one.stop()


def test_a_new_picture_is_seen_at_once_after_a_webhook(
    crowd: OssServer, of_crowd: LiveGallery
) -> None:
    for number in range(3):
        crowd.put(f"gallery/new/picture {number}.webp", f"new {number}".encode())
        post(of_crowd)
        wait_until_among(of_crowd, f"new/picture {number}", timeout_s=5)


def wait_until_among(live: LiveGallery, photo_id: str, *, timeout_s: float = 30) -> None:
    live.wait(lambda: photo_id in shown(live), what=photo_id, timeout_s=timeout_s)


def test_a_burst_of_webhooks_is_two_readings_and_the_last_is_not_lost(
    crowd: OssServer, of_crowd: LiveGallery
) -> None:
    crowd.clear_requests()
    crowd.fault("delay", operation="ListObjects*", count=1, delay_s=4)
    try:
        post(of_crowd)
        of_crowd.wait(lambda: readings(crowd) == 1, what="the first reading")
        with ThreadPoolExecutor(5) as threads:
            assert len(list(threads.map(lambda _: post(of_crowd, BURST // 5), range(5)))) == 5
        crowd.put("gallery/album 0/a last one.webp", b"last")  # behind what is listed already
        post(of_crowd)
        wait_until_among(of_crowd, "album 0/a last one")
    finally:
        crowd.clear_faults()
    assert of_crowd.command("sync", "--json").returncode == 0
    assert readings(crowd) == 2 + 1, "that of the command, and no other was waiting"


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("hang", id="slow"),
        pytest.param("503", id="refusing"),
        pytest.param("reset", id="down"),
    ],
)
def test_a_webhook_is_answered_at_once_whatever_the_bucket_does(
    crowd: OssServer, of_crowd: LiveGallery, kind: Kind
) -> None:
    crowd.fault(kind, delay_s=3)
    try:
        took_s = post(of_crowd, 100)
    finally:
        crowd.clear_faults()
    assert statistics.median(took_s) <= 0.1


# likes of several sites


def site_of(live: LiveGallery) -> str:
    return (live.data / "site_id").read_text()


def like_at(live: LiveGallery, times: int, *, photo_id: str = "上海/first") -> None:
    """Count likes at a site; each is acknowledged when this returns."""
    database, site = Database(f"sqlite:///{live.data / 'catalogue.db'}"), site_of(live)
    for _ in range(times):
        like(database, photo_id, site=site)
    database.close()


def likes_in(content: bytes, key: str = "上海/first.jpg") -> int:
    entry: dict[str, Any] = json.loads(content).get(key, {})
    return int(entry.get("likes", 0))


def likes_shown(live: LiveGallery) -> int:
    return likes_in(live.get("/data/exif_data.json").body)


def likes_told(content: bytes) -> int:
    """Return how many a site's own file tells."""
    photos = json.loads(content)["photos"]
    return sum(entry.get("likes", 0) for entry in photos.values())


def all_at_once(work: Callable[[LiveGallery], object], sites: list[LiveGallery]) -> None:
    with ThreadPoolExecutor(len(sites)) as threads:
        assert len(list(threads.map(work, sites))) == len(sites)


def lose(paths: Iterable[Path]) -> None:
    for path in [*paths]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def wait_for_likes(live: LiveGallery, number: int) -> None:
    live.wait(lambda: likes_shown(live) == number, what=f"{number} likes")


def wait_until_told(live: LiveGallery, bucket: OssServer, number: int) -> None:
    """Wait until what was given at a site is in its own file, here and in the bucket."""
    own, told = live.data / "interactions.json", f"interactions/{site_of(live)}.json"
    live.wait(
        lambda: own.exists() and likes_told(own.read_bytes()) == number, what=f"{number} kept"
    )
    live.wait(
        lambda: told in bucket.keys("interactions/") and likes_told(bucket.read(told)) == number,
        what=f"{number} told",
    )


def test_a_site_that_lost_all_but_its_name_hears_what_it_told_before_it_tells_anew(
    mirror: LiveGallery, bucket: OssServer
) -> None:
    bucket.put("gallery/上海/first.webp", b"a predecessor's")
    mirror.start()
    wait_until_shown(mirror, "上海/first")
    like_at(mirror, 5)
    wait_until_told(mirror, bucket, 5)
    mirror.kill_all()
    lose(path for path in mirror.data.iterdir() if path.name != "site_id")
    own = f"interactions/{site_of(mirror)}.json"
    bucket.fault("500", operation="GetObject", key=own)
    mirror.start()
    mirror.wait(lambda: "上海/first" in shown(mirror), what="the photo")
    mirror.wait(lambda: NOT_READ in mirror.log_text(), what="word of the trouble")
    like_at(mirror, 2)
    mirror.wait(lambda: mirror.exif()["上海/first.webp"].get("likes") == 2, what="likes meanwhile")
    assert likes_told(bucket.read(own)) == 5

    bucket.clear_faults()
    wait_until_told(mirror, bucket, 7)


def test_every_like_at_three_sites_counts_once_whatever_dies(
    gallery: Make, library: LiveGallery, mirror: LiveGallery, bucket: OssServer
) -> None:
    publish_some(library, "上海/first", "上海/second")
    bucket.put("interactions/0123456789abcdef.json", b'{"site": "0123456789abcdef", "pho')
    other = without_library(gallery(**env_of(bucket)))
    sites = [library, mirror, other]
    for site in sites:
        site.env["SYNC_INTERVAL_S"] = "1"
    all_at_once(LiveGallery.start, sites)
    all_at_once(lambda site: wait_until_shown(site, "上海/first", "上海/second"), sites)

    givers = [threading.Thread(target=like_at, args=(site, 500)) for site in sites]
    for giver in givers:
        giver.start()
    all_at_once(LiveGallery.kill_all, sites)  # in the midst of it
    for giver in givers:
        giver.join()
    all_at_once(LiveGallery.start, sites)
    all_at_once(lambda site: wait_until_told(site, bucket, 500), sites)
    all_at_once(LiveGallery.kill_all, sites)
    lose(library.data.glob("catalogue.db*"))
    lose(mirror.data.glob("catalogue.db*"))
    lose(path for path in other.data.iterdir() if path.name != "site_id")  # who it is

    all_at_once(LiveGallery.start, sites)
    all_at_once(lambda site: like_at(site, 500), sites)
    all_at_once(lambda site: wait_for_likes(site, 3000), sites)
    library.wait(
        lambda: likes_in(bucket.read("gallery/exif_data.json")) == 3000, what="them in the bucket"
    )
    for site in (*sites, *reversed(sites)):
        assert site.command("sync").returncode in {0, 1}
    assert [likes_shown(site) for site in sites] == [3000] * 3
    assert served(mirror) == served(library) == served(other)
    lines = [line for line in mirror.log_lines("0123456789abcdef") if "left out" in line]
    assert 1 <= len(lines) <= 3, "half a file is told by a start at most once, and costs no like"


# troubles


def test_while_the_bucket_is_in_trouble_a_mirror_serves_on_and_says_what_to_do(
    library: LiveGallery, mirror: LiveGallery, bucket: OssServer
) -> None:
    publish_some(library, "上海/first")
    mirror.env["SYNC_INTERVAL_S"] = "1"
    mirror.start()
    wait_until_shown(mirror, "上海/first")
    begins: list[tuple[Callable[[], None], str]] = [
        (lambda: bucket.fault("no_bucket"), "OSS_BUCKET"),
        (lambda: bucket.fault("clock", offset_s=1200), "clock"),
        (bucket.stop, "does not answer"),
    ]
    for number, (begin, words) in enumerate(begins, start=1):
        begin()
        wait_for_lines(mirror, NOT_READ, number)
        like_at(mirror, 1)
        wait_for_likes(mirror, number)
        assert shown(mirror) == {"上海/first"}
        assert len(mirror.log_lines(NOT_READ)) == number, mirror.log_lines(NOT_READ)
        assert words in mirror.log_lines(NOT_READ)[-1]
        bucket.start()
        bucket.clear_faults()
        wait_for_lines(mirror, "concerning=bucket", number)
    bucket.put("gallery/上海/another.webp", b"another")
    wait_until_shown(mirror, "上海/first", "上海/another")
    assert bucket.secret_key not in mirror.log_text()


def wait_for_lines(live: LiveGallery, words: str, number: int) -> None:
    """Wait until the log has so many lines with these words, and notify the site all the while."""
    live.wait(
        lambda: post(live) and len(live.log_lines(words)) == number, what=f"{number} × {words}"
    )


@pytest.mark.parametrize(
    ("variable", "wrong", "words"),
    [
        pytest.param("OSS_SECRET_KEY", "a guessed secret", "OSS_SECRET_KEY", id="key"),
        pytest.param("OSS_REGION", "cn-beijing", "OSS_REGION", id="region"),
    ],
)
def test_a_mirror_with_a_wrong_setting_serves_what_it_had(
    mirror: LiveGallery, bucket: OssServer, variable: str, wrong: str, words: str
) -> None:
    bucket.put("gallery/上海/first.webp", b"first")
    assert mirror.command("sync", "--json").returncode == 0
    right, mirror.env[variable] = mirror.env[variable], wrong
    mirror.start()
    wait_for_lines(mirror, NOT_READ, 1)
    bucket.clear_requests()
    mirror.wait(
        lambda: post(mirror) and len(bucket.requests("ListObjectsV2")) >= 3, what="more attempts"
    )
    assert len(mirror.log_lines(NOT_READ)) == 1
    assert words in mirror.log_lines(NOT_READ)[0]
    failed = mirror.command("sync")
    assert failed.returncode == 2
    assert words in failed.stderr
    assert shown(mirror) == {"上海/first"}
    assert wrong not in mirror.log_text()
    mirror.stop()
    mirror.env[variable] = right
    bucket.put("gallery/上海/second.webp", b"second")
    assert json.loads(mirror.command("sync", "--json").stdout)["added"] == 1


def test_likes_count_at_a_mirror_that_was_started_without_a_bucket(
    library: LiveGallery, mirror: LiveGallery, bucket: OssServer
) -> None:
    publish_some(library, "上海/first")
    mirror.command("sync")
    bucket.stop()
    mirror.start()
    like_at(mirror, 5)
    wait_for_likes(mirror, 5)
    bucket.start()
    post(mirror)
    wait_until_told(mirror, bucket, 5)


def test_a_bucket_that_is_emptied_is_shown_on_until_somebody_confirms(
    mirror: LiveGallery, bucket: OssServer
) -> None:
    names = [f"上海/photo {number:02}" for number in range(25)]
    for name in names:
        bucket.put(f"gallery/{name}.webp", name.encode())
    mirror.start()
    wait_until_shown(mirror, *names)
    for name in names:
        bucket.delete(f"gallery/{name}.webp")
    held = mirror.command("sync", "--json")
    assert json.loads(held.stdout)["held"] == 25
    wait_until_shown(mirror, *names)
    (told,) = mirror.log_lines("held=25")
    assert "--confirm-withdraw" in told
    assert (
        json.loads(mirror.command("sync", "--json", "--confirm-withdraw").stdout)["removed"] == 25
    )
    wait_until_shown(mirror)


# the command


def read_oss(live: LiveGallery, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LIKE_ANYBODY, sys.executable, str(ROOT / "read_oss.py"), *arguments],
        cwd=live.data.parent,
        env=live.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_says_what_changed_with_and_without_a_service(
    mirror: LiveGallery, bucket: OssServer
) -> None:
    bucket.put("gallery/上海/first.webp", b"first")
    bucket.put("gallery/上海/SECOND.WEBP", b"second")
    done = read_oss(mirror)
    assert (done.returncode, done.stderr.count("Traceback")) == (1, 0), done.stderr
    problem, numbers = done.stdout.splitlines()
    assert problem.startswith("gallery/上海/SECOND.WEBP: ")
    assert numbers.startswith("1 added")
    assert set(json.loads(written(mirror)["exif_data.json"])) == {"上海/first.webp"}
    bucket.delete("gallery/上海/SECOND.WEBP")
    mirror.env["SYNC_INTERVAL_S"] = "3600"
    bucket.clear_requests()
    mirror.start()
    mirror.wait(lambda: len(bucket.requests("ListObjectsV2")) >= 3, what="the first reading")
    bucket.put("gallery/上海/third.webp", b"third")
    done = read_oss(mirror, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == 1
    assert shown(mirror) == {"上海/first", "上海/third"}, "shown when the command ends"


def test_the_command_without_a_bucket_says_what_is_missing(gallery: Make) -> None:
    live = gallery()
    done = read_oss(live)
    assert done.returncode == 2
    assert "OSS_BUCKET" in done.stderr
    assert not Path(live.data / "albums.json").exists()
