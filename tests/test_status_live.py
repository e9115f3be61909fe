"""How things stand, told by a real service while it works, is killed and starts again."""

import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import psutil
import pytest

from local_image_process.record.database import Database
from local_image_process.record.overview import Overview
from local_image_process.run.pace import Pace, Speed
from local_image_process.run.volatile import volatile_folder
from tests.live import LiveGallery
from tests.photos import make_photo

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]
PHOTOS = 12
LEAST_GONE = 22  # photos at once that the fuse holds


def fill(live: LiveGallery, number: int = PHOTOS, *, size: tuple[int, int] = (900, 600)) -> None:
    for seed in range(number):
        make_photo(live.library / f"上海/DSC0{4000 + seed}.jpg", size=size, seed=seed)


def status(live: LiveGallery, **headers: str) -> dict[str, Any]:
    told: dict[str, Any] = live.get("/api/status", **headers).json()
    photos = told["photos"]
    assert photos["total"] == photos["published"] + photos["waiting"] + photos["failed"]
    return told


def wait_for_counts(live: LiveGallery, **expected: int) -> None:
    live.wait(lambda: expected.items() <= status(live)["photos"].items(), what=str(expected))


def log_in(live: LiveGallery) -> dict[str, str]:
    """Return the headers of the administrator."""
    answer = live.post("/api/auth/login", {"password": "for tests only"})
    cookies = [cookie.partition(";")[0] for cookie in answer.headers.get_all("Set-Cookie") or ()]
    return {"Cookie": "; ".join(cookies)}


def metric(live: LiveGallery, name: str, **labels: str) -> float:
    """Return the sum of a metric over all labels that are not given."""
    lines = live.get("/metrics").body.decode().splitlines()
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if re.match(rf"{name}[{{ ]", line) and all(label in line for label in wanted)
    )


def workers(live: LiveGallery) -> list[psutil.Process]:
    master = live.family()[0]
    return [one for one in master.children() if one.is_running()]


@contextmanager
def listening(live: LiveGallery) -> Iterator[HTTPResponse]:
    """Open a stream of events."""
    connection = HTTPConnection("127.0.0.1", live.port, timeout=20)
    connection.request("GET", "/api/status/events")
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def events(stream: HTTPResponse) -> Iterator[dict[str, Any]]:
    for line in stream:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def test_the_counts_add_up_at_every_moment_of_an_import(gallery: Make) -> None:
    live = gallery(RENDER_WORKERS="1")
    fill(live)
    (live.library / "上海/letter.jpg").write_text("Dear all,", encoding="utf-8")
    live.start()
    seen: list[dict[str, int]] = []
    while not seen or seen[-1]["published"] < PHOTOS or seen[-1]["waiting"]:
        told = status(live)
        if not told["is_looking"] and told["photos"] not in seen:
            seen.append(told["photos"])
    assert {photos["total"] for photos in seen} == {PHOTOS + 1}
    assert any(0 < photos["published"] < PHOTOS for photos in seen), "it was seen at work"
    assert [photos["published"] for photos in seen] == sorted(p["published"] for p in seen)
    assert (seen[-1]["published"], seen[-1]["failed"]) == (PHOTOS, 1)


def test_a_stream_tells_of_every_step_and_ends_as_it_stands(gallery: Make) -> None:
    live = gallery(RENDER_WORKERS="1").start()
    with listening(live) as stream:
        told = events(stream)
        assert next(told)["photos"]["total"] == 0
        fill(live, 6)
        heard: list[dict[str, int]] = []
        while not heard or heard[-1]["published"] < 6 or heard[-1]["waiting"]:
            heard.append(next(told)["photos"])
    assert max(photos["waiting"] for photos in heard) > 0


def test_streams_leave_threads_for_everybody_else(gallery: Make) -> None:
    live = gallery().start()
    streams = []
    for _ in range(40):  # more than there are threads
        connection = HTTPConnection("127.0.0.1", live.port, timeout=20)
        connection.request("GET", "/api/status/events")
        streams.append((connection, connection.getresponse()))
    began_s = time.monotonic()
    for _ in range(20):
        assert live.get("/healthz").status == 200
    assert time.monotonic() - began_s < 5
    live.stop()  # though they listen
    assert time.monotonic() - began_s < 10
    for connection, answer in streams:
        answer.close()
        connection.close()


def test_requests_are_counted_over_all_processes_and_killed_ones_too(gallery: Make) -> None:
    live = gallery().start()
    before = metric(live, "gallery_http_requests_total", route="/api/status")
    for _ in range(60):
        status(live)
    count = {"route": "/api/status", "method": "GET", "status": "200"}
    assert metric(live, "gallery_http_requests_total", **count) == before + 60
    leader = live.leader_pid()
    victims = [one for one in workers(live) if one.pid != leader]
    victims[0].kill()
    live.wait(lambda: len(workers(live)) == 4 and victims[0] not in workers(live), what="another")
    assert metric(live, "gallery_http_requests_total", **count) == before + 60
    assert live.get("/nothing/here").status == 404
    assert metric(live, "gallery_http_requests_total", route="none", status="404") == 1


def test_a_new_leader_counts_on_from_where_the_killed_one_was(gallery: Make) -> None:
    live = gallery(RENDER_WORKERS="1")
    fill(live, 6, size=(64, 48))
    live.start()
    wait_for_counts(live, published=6, waiting=0)
    assert metric(live, "gallery_renders_total") == 6
    assert metric(live, "gallery_uploads_total") == 18
    killed = live.leader_pid()
    assert killed
    psutil.Process(killed).kill()
    live.wait(lambda: live.leader_pid() not in {None, killed}, what="another leader")
    make_photo(live.library / "上海/one more.jpg", size=(64, 48), seed=99)
    wait_for_counts(live, published=7, waiting=0)
    assert metric(live, "gallery_renders_total") == 7
    assert metric(live, "gallery_photos_done_total", result="published") == 7


@pytest.mark.parametrize("end", ["stop", "kill_all"])
def test_how_long_it_takes_is_known_at_once_after_a_restart(gallery: Make, end: str) -> None:
    live = gallery(RENDER_WORKERS="1")
    fill(live, 80, size=(900, 600))  # more than the seconds that it takes to measure
    live.start()
    live.wait(lambda: status(live)["left_s"], what="how long it takes", timeout_s=60)
    wait_for_counts(live, waiting=0)
    live.wait(lambda: status(live)["photos_per_s"] is None, what="rest")
    getattr(live, end)()
    for path in live.library.rglob("*.jpg"):
        path.unlink()
    fill(live, 30, size=(900, 601))
    live.start()
    first = live.wait(lambda: _at_work(status(live)), what="work", timeout_s=60)
    low_s, high_s = first["left_s"]
    assert 0 < low_s < high_s


def _at_work(told: dict[str, Any]) -> dict[str, Any] | None:
    return told if told["photos"]["waiting"] and not told["is_looking"] else None


def test_a_failed_photo_is_tried_again_by_a_button(gallery: Make) -> None:
    live = gallery(WATCH_MODE="sweep", SWEEP_INTERVAL_S="3600")
    (live.library / "上海").mkdir()
    (live.library / "上海/letter.jpg").write_text("Dear all,", encoding="utf-8")
    live.start()
    wait_for_counts(live, failed=1, waiting=0)
    admin = log_in(live)
    (failure,) = status(live, **admin)["details"]["failures"]
    assert live.post("/api/status/retry", {"keys": [failure["key"]]}, **admin).status == 200
    tried = {"result": "failed"}
    live.wait(lambda: metric(live, "gallery_photos_done_total", **tried) == 2, what="a try")
    wait_for_counts(live, failed=1, waiting=0)


def test_held_withdrawals_are_shown_and_released(gallery: Make) -> None:
    live = gallery()
    fill(live, LEAST_GONE, size=(64, 48))
    make_photo(live.library / "always/there.jpg", size=(64, 48))
    live.start()
    wait_for_counts(live, published=LEAST_GONE + 1, waiting=0)
    for path in (live.library / "上海").iterdir():
        path.unlink()
    wait_for_counts(live, held=LEAST_GONE, published=LEAST_GONE + 1)
    admin = log_in(live)
    assert "上海/DSC04000.jpg" in status(live, **admin)["details"]["held"]["keys"]
    answer = live.post("/api/status/release", {"held": LEAST_GONE}, **admin)
    assert answer.status == 200, answer.body
    wait_for_counts(live, held=0, published=1, total=1)


def test_an_idle_gallery_writes_nothing_at_all(gallery: Make) -> None:
    live = gallery()
    fill(live, 2, size=(64, 48))
    live.once()
    speed = Speed(photos=2.0, bytes=2000.0)
    overview = Overview(Database(f"sqlite:///{live.data / 'catalogue.db'}"))
    overview.keep_pace(Pace(long=speed, short=speed).to_text())
    live.start()
    live.wait_for_ids("上海/DSC04000", "上海/DSC04001")
    live.wait(lambda: not status(live)["is_looking"], what="a look at everything")
    wait_for_beats(live, 4)  # what there was to do is done
    before = _states(live.data)
    with listening(live) as stream:
        next(events(stream))
        for path in ("/api/status", "/", "/readyz", "/metrics"):
            assert live.get(path).status == 200
        wait_for_beats(live, 14)  # beyond the next step, which is due every few seconds
    assert _states(live.data) == before


def wait_for_beats(live: LiveGallery, number: int) -> None:
    """Wait until the leader has gone through its loop so often: it beats each time."""
    sign = volatile_folder(live.data) / "leader"
    seen = {sign.read_bytes()}

    def has_beaten() -> bool:
        seen.add(sign.read_bytes())
        return len(seen) > number

    live.wait(has_beaten, what=f"{number} beats")


def _states(data: Path) -> dict[str, tuple[int, int]]:
    found = {str(path): path.stat() for path in data.rglob("*") if path.is_file()}
    return {path: (one.st_mtime_ns, one.st_size) for path, one in found.items()}


def test_a_leader_that_hangs_is_told_within_half_a_minute(gallery: Make) -> None:
    live = gallery().start()
    assert live.get("/readyz").status == 200
    leader = psutil.Process(live.leader_pid())
    leader.send_signal(signal.SIGSTOP)
    try:
        answer = live.wait(lambda: _refused(live), what="not to be ready", timeout_s=40)
        assert str(leader.pid) in answer.json()["error"]
    finally:
        leader.send_signal(signal.SIGCONT)
    live.wait(lambda: live.get("/readyz").status == 200, what="to be ready again")


def _refused(live: LiveGallery) -> Any:
    answer = live.get("/readyz")
    return answer if answer.status == 503 else None


def test_the_terminal_shows_what_the_page_shows(gallery: Make) -> None:
    live = gallery()
    fill(live, 2, size=(64, 48))
    (live.library / "上海/letter.jpg").write_text("Dear all,", encoding="utf-8")
    live.start()
    wait_for_counts(live, published=2, failed=1, waiting=0)
    shown = live.command("status")
    assert shown.returncode == 1, "some failed"
    assert "3: 2 published, 0 waiting, 1 failed" in shown.stdout
    assert "上海/letter.jpg: this is not a picture" in shown.stdout
    told = json.loads(live.command("status", "--json").stdout)
    page = status(live, **log_in(live))
    assert told["photos"] == page["photos"]
    assert told["details"]["failures"] == page["details"]["failures"]
    live.stop()
    assert "nobody is at work" in live.command("status").stdout
