"""Moving in from a former gallery: the whole program, with its bucket, on a real server."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.former_gallery import EXIF_DATA, GIVEN, PHOTOS, as_file, leave_data, leave_objects
from tests.live import LIKE_ANYBODY, LiveGallery
from tests.oss_server import OssServer
from tests.photos import make_photo
from tests.support import wait_for

pytestmark = pytest.mark.slow

REPLACED = {f"gallery/{key.rpartition('.')[0]}.webp" for key in PHOTOS}
INDEX = {"gallery/exif_data.json", "gallery/albums.json", "gallery/大理/info.yaml"}
STAYING = {
    "gallery/厦门/original lost.webp",
    "gallery/拉萨/long gone.webp",
    "elsewhere/notes.txt",
}
BASE = "https://photos.example.com"


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
        OSS_PUBLIC_URL=BASE,
        INDEX_INTERVAL_S="0",
    )
    for seed, key in enumerate(PHOTOS):
        make_photo(one.library / key, size=(64, 48), seed=seed)
    return one


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return leave_data(tmp_path / "old")


def adopt(live: LiveGallery, old: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return live.command("adopt", "--from", str(old), "--bucket", *more)


def told(live: LiveGallery, old: Path, *more: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(adopt(live, old, "--json", *more).stdout)
    return answer


def likes_and_stars(live: LiveGallery) -> dict[str, tuple[int, float | None]]:
    return {
        key.rpartition(".")[0]: (one.get("likes", 0), one.get("star"))
        for key, one in live.exif().items()
    }


def ours(bucket: OssServer) -> set[str]:
    return {name for name, one in bucket.objects().items() if "site" in one.meta}


WANTED = GIVEN | {"大理/IMG_0421": (3, None)}  # the bucket's own file told of three more likes


def wait_until_moved_in(live: LiveGallery, bucket: OssServer) -> None:
    live.wait(lambda: ours(bucket) >= REPLACED | INDEX, what="our objects", timeout_s=60)
    live.wait(lambda: likes_and_stars(live) == WANTED, what="likes and stars")


def test_a_gallery_moves_in_with_its_bucket(
    live: LiveGallery, bucket: OssServer, old: Path
) -> None:
    before = leave_objects(bucket)
    asked = adopt(live, old)
    assert asked.returncode == 2
    assert "Nothing was changed" in asked.stderr
    assert {name: bucket.read(name) for name in before} == before
    assert not (live.data / "predecessor").exists()

    done = adopt(live, old, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "厦门/DSC01084  31 likes, 4 stars" in done.stdout
    assert {name: bucket.read(name) for name in before} == before, "the service replaces them"
    kept = live.data / "predecessor"
    assert all((kept / "bucket" / name).read_bytes() == before[name] for name in INDEX)
    assert (kept / "exif_data.json").read_bytes() == (old / "exif_data.json").read_bytes()
    assert told(live, old)["nothing_to_do"]

    live.start()
    wait_until_moved_in(live, bucket)
    urls = {url.partition("?")[0] for url in live.urls()}
    assert urls == {f"{BASE}/{name}" for name in {*REPLACED, "gallery/拉萨/long gone.webp"}}
    found = {name: bucket.read(name) for name in before}
    assert {name: found[name] for name in STAYING} == {name: before[name] for name in STAYING}
    assert all(found[name][:4] == b"RIFF" for name in REPLACED)
    assert not ours(bucket) & STAYING
    live.stop()
    again = told(live, old, "--yes")
    assert (again["nothing_to_do"], again["bucket"]["replaced"]) == (True, [])
    assert {name: bucket.read(name) for name in before} == found


def test_it_works_beside_a_running_service(live: LiveGallery, bucket: OssServer, old: Path) -> None:
    """A library that ran for a while found every place taken, and gave its photos up."""
    before = leave_objects(bucket)
    live.env |= {"WATCH_MODE": "sweep", "SWEEP_INTERVAL_S": "3600"}
    live.start()
    live.wait(lambda: len(live.log_lines("not ours")) >= len(PHOTOS), what="all to be refused")
    live.wait(
        lambda: live.log_lines("not written: gallery/exif_data.json"), what="the index to be, too"
    )
    assert bucket.read("gallery/exif_data.json") == before["gallery/exif_data.json"]
    assert adopt(live, old, "--yes").returncode == 0
    wait_until_moved_in(live, bucket)
    live.wait(
        lambda: bucket.read("gallery/exif_data.json") == live.get("/data/exif_data.json").body,
        what="the bucket to tell what we tell",
    )
    live.wait(lambda: not live.command("check").returncode, what="nothing to be amiss")


def test_what_the_former_gallery_writes_later_is_not_lost(
    live: LiveGallery, bucket: OssServer, old: Path
) -> None:
    leave_objects(bucket)
    assert adopt(live, old, "--yes").returncode == 0
    newer = as_file(EXIF_DATA | {"大理/IMG_0421.jpeg": {"likes": 500}})
    bucket.put("gallery/exif_data.json", newer)
    bucket.put("gallery/大理/IMG_0421.webp", b"newer")
    live.once()
    assert bucket.read("gallery/exif_data.json") == newer
    assert bucket.read("gallery/大理/IMG_0421.webp") == b"newer"
    assert adopt(live, old, "--yes").returncode == 0
    live.once()
    assert ours(bucket) >= REPLACED | INDEX
    copies = (live.data / "predecessor/bucket/gallery").glob("exif_data*.json")
    assert newer in [copy.read_bytes() for copy in copies]
    assert json.loads(bucket.read("gallery/exif_data.json"))["大理/IMG_0421.jpeg"]["likes"] == 500


@pytest.mark.parametrize("after", [1, 6, 12, 18])
def test_killed_in_the_middle_it_is_done_by_the_next_run(
    live: LiveGallery, bucket: OssServer, old: Path, after: int
) -> None:
    before = leave_objects(bucket)
    bucket.fault("delay", delay_s=0.05)
    program = [*LIKE_ANYBODY, sys.executable, "-m", "local_image_process"]
    with subprocess.Popen(
        [*program, "adopt", "--from", str(old), "--bucket", "--yes"],
        cwd=live.data.parent,
        env=live.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        wait_for(
            lambda: len(bucket.requests()) >= after or process.poll() is not None,
            what=f"{after} requests",
        )
        process.send_signal(signal.SIGKILL)
    bucket.clear_faults()
    assert {name: bucket.read(name) for name in before} == before
    assert adopt(live, old, "--yes").returncode == 0
    live.start()
    live.wait(lambda: ours(bucket) & REPLACED, what="the first picture", timeout_s=60)
    live.kill_all()
    live.start()
    wait_until_moved_in(live, bucket)
    assert told(live, old, "--yes")["nothing_to_do"]


def test_without_a_library_the_bucket_is_only_read(
    bucket: OssServer, live: LiveGallery, old: Path
) -> None:
    before = leave_objects(bucket)
    del live.env["WATCH_DIR"]
    done = adopt(live, old, "--yes")
    assert done.returncode == 0
    assert "only reads the bucket" in done.stdout
    live.start()
    live.wait(lambda: WANTED.items() <= likes_and_stars(live).items(), what="likes and stars")
    assert {name: bucket.read(name) for name in before} == before


def test_a_library_that_is_away_replaces_nothing(
    bucket: OssServer, live: LiveGallery, old: Path
) -> None:
    leave_objects(bucket)
    live.library.rename(live.library.with_name("elsewhere"))
    done = adopt(live, old, "--yes")
    assert done.returncode == 2
    assert "WATCH_DIR" in done.stderr
    assert not (live.data / "predecessor").exists()


def test_a_bucket_that_refuses_changes_nothing_and_no_secret_is_told(
    live: LiveGallery, bucket: OssServer, old: Path
) -> None:
    wrong = "marked and wrong"
    (old.parent / ".env").write_text(f"OSS_SECRET_KEY={wrong} too\n", encoding="utf-8")
    arguments = ("adopt", "--from", str(old), "--bucket", "--yes")
    done = live.command(*arguments, OSS_SECRET_KEY=wrong, LOG_LEVEL="debug")
    assert done.returncode == 2
    assert "check OSS_SECRET_KEY" in done.stderr
    assert wrong not in done.stdout + done.stderr
    assert bucket.secret_key not in done.stdout + done.stderr
    assert not (live.data / "predecessor").exists()


@pytest.mark.parametrize(("answer", "is_done"), [("y", True), ("n", False), ("", False)])
def test_at_a_terminal_it_asks(live: LiveGallery, old: Path, answer: str, is_done: bool) -> None:
    ours_here, its_end = os.openpty()
    with os.fdopen(ours_here, "r+b", buffering=0) as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_image_process", "adopt", "--from", str(old)],
            cwd=live.data.parent,
            env=live.env,
            stdin=its_end,
            stdout=its_end,
            stderr=subprocess.DEVNULL,
        )
        os.close(its_end)
        said = b""
        while not said.endswith(b"[y/N] "):
            said += terminal.read(1)
        terminal.write(f"{answer}\n".encode())
        said += b"".join(_rest(terminal))
        status = process.wait(timeout=20)
    assert "31 likes" in said.decode()
    assert (live.data / "predecessor").exists() == is_done
    assert (b"Done." in said, status) == ((True, 0) if is_done else (False, 2))


def _rest(terminal: IO[bytes]) -> Iterator[bytes]:
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while part := terminal.read(1000):
            yield part
