"""The command line: what it says, what it returns, what it leaves alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from local_image_process import __version__
from tests.live import ROOT, LiveGallery
from tests.photos import make_photo

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]
COUNTS = ("published", "moved", "refreshed", "withdrawn", "failed", "unchanged")


def photos(live: LiveGallery, number: int, folder: str = "上海") -> None:
    for seed in range(number):
        make_photo(live.library / f"{folder}/photo{seed:02}.jpg", size=(64, 48), seed=seed)


def test_once_publishes_then_has_nothing_to_do(gallery: Make) -> None:
    live = gallery()
    photos(live, 3)
    done = live.command("once", "--json")
    assert done.returncode == 0
    first = json.loads(done.stdout)
    assert set(first) == {*COUNTS, "rendered", "uploaded", "seconds", "problems"}
    assert (first["published"], first["rendered"], first["uploaded"]) == (3, 3, 9)
    second = live.once()
    assert (second["published"], second["unchanged"], second["rendered"]) == (0, 3, 0)
    assert "3 unchanged" in live.command("once").stdout


def test_once_tells_when_some_photos_failed(gallery: Make) -> None:
    live = gallery()
    photos(live, 1)
    (live.library / "上海/letter.jpg").write_text("Dear all,", encoding="utf-8")
    assert live.command("once").returncode == 1
    assert live.command("once").returncode == 1, "as long as it is so"


@pytest.mark.parametrize("command", ["once", "plan"])
def test_without_a_library_nothing_is_done(gallery: Make, command: str) -> None:
    live = gallery()
    live.library.rmdir()
    done = live.command(command, "--json")
    assert done.returncode == 2
    assert "WATCH_DIR" in json.loads(done.stdout)["error"]


def test_wrong_settings_are_told_all_at_once(gallery: Make) -> None:
    done = gallery().command("once", PORT="many", DISPLAY_QUALITY="0")
    assert done.returncode == 2
    assert "PORT" in done.stderr
    assert "DISPLAY_QUALITY" in done.stderr


def test_plan_says_what_once_would_do_and_changes_nothing(gallery: Make) -> None:
    live = gallery()
    photos(live, 3)
    live.once()
    (live.library / "上海/photo00.jpg").unlink()
    (live.library / "上海/photo01.jpg").rename(live.library / "上海/moved.jpg")
    make_photo(live.library / "北京/new one.jpg", size=(64, 48), seed=9)
    (live.library / "北京/info.yaml").write_text("title: 新\n", encoding="utf-8")
    before = {p: p.stat().st_mtime_ns for p in live.data.rglob("*") if p.is_file()}
    planned = json.loads(live.command("plan", "--json").stdout)
    assert planned == {
        "publish": ["北京/new one.jpg"],
        "move": ["上海/photo01.jpg → 上海/moved.jpg"],
        "rename": [],
        "withdraw": ["上海/photo00.jpg"],
        "unchanged": 1,
        "failed": 0,
        "held": False,
    }
    assert {p: p.stat().st_mtime_ns for p in live.data.rglob("*") if p.is_file()} == before
    report = live.once()
    done = {name: report[name] for name in ("published", "moved", "withdrawn", "rendered")}
    assert done == {"published": 1, "moved": 1, "withdrawn": 1, "rendered": 1}


def test_many_withdrawals_are_held_until_confirmed(gallery: Make) -> None:
    live = gallery()
    photos(live, 22)
    photos(live, 1, "always")
    live.once()
    for path in (live.library / "上海").iterdir():
        path.unlink()
    assert json.loads(live.command("plan", "--json").stdout)["held"]
    held = live.command("once")
    assert (held.returncode, "0 withdrawn" in held.stdout) == (1, True)
    assert "22 photos are gone from the library" in held.stdout
    assert f"{sys.executable} -m local_image_process once --confirm-withdraw" in held.stdout
    assert live.once("--confirm-withdraw")["withdrawn"] == 22


def test_a_library_that_really_is_empty_can_be_confirmed(gallery: Make) -> None:
    live = gallery()
    photos(live, 2)
    live.once()
    for path in (live.library / "上海").iterdir():
        path.unlink()
    assert live.command("once").returncode == 2
    assert live.once("--confirm-withdraw")["withdrawn"] == 2
    assert json.loads((live.data / "albums.json").read_bytes()) == {}


def test_once_beside_a_service_lets_the_leader_do_it(gallery: Make) -> None:
    live = gallery(WATCH_MODE="sweep", SWEEP_INTERVAL_S="3600")
    photos(live, 1, "before")
    live.start()
    live.wait_for_ids("before/photo00")  # the first sweep
    photos(live, 4)
    report = live.once()
    assert report["published"] == 4
    assert len(live.ids()) == 5
    live.stop()


def test_once_beside_a_service_tells_what_is_held(gallery: Make) -> None:
    live = gallery()
    photos(live, 22)
    photos(live, 1, "always")
    live.start()
    live.wait(lambda: len(live.ids()) == 23, what="all photos")
    for path in (live.library / "上海").iterdir():
        path.unlink()
    live.wait(lambda: live.log_lines("withdrawal held back"), what="the fuse to hold")
    done = live.command("once")
    assert (done.returncode, "--confirm-withdraw" in done.stdout) == (1, True)
    live.stop()


def test_a_folder_that_cannot_be_listed_is_told(gallery: Make) -> None:
    live = gallery()
    photos(live, 1)
    photos(live, 1, "locked")
    live.once()
    (live.library / "locked").chmod(0)
    try:
        done = live.command("once")
        assert (done.returncode, "locked: cannot be listed" in done.stdout) == (1, True)
        found = live.command("check")
        assert found.returncode == 1
        assert "locked: cannot be listed" in found.stdout
        assert found.stdout.endswith("\n1 finding\n")
    finally:
        (live.library / "locked").chmod(0o755)
    assert live.command("check").stdout == "all well\n"


def test_an_absent_library_is_told_though_nobody_is_at_work(gallery: Make) -> None:
    live = gallery()
    live.library.rmdir()
    for command in ("status", "check"):
        assert "WATCH_DIR" in live.command(command).stdout


def test_check_names_what_is_missing_left_over_or_broken(gallery: Make) -> None:
    live = gallery()
    photos(live, 3)
    live.once()
    assert live.command("check").stdout == "all well\n"
    media = live.data / "media"
    (media / "gallery/上海/photo00.webp").unlink()
    (media / "gallery/上海/photo01.webp").write_bytes(b"other bytes")
    (media / "gallery/上海/stranger.webp").write_bytes(b"who am I")
    (live.data / "exif_data.json").write_text('{"half": ', encoding="utf-8")
    (live.data / "likes.json").write_text("{}", encoding="utf-8")
    done = live.command("check", "--json")
    assert done.returncode == 1
    found = {(row["kind"], row["name"]) for row in json.loads(done.stdout)["findings"]}
    assert found == {
        ("missing", "gallery/上海/photo00.webp"),
        ("broken", "gallery/上海/photo01.webp"),
        ("left over", "gallery/上海/stranger.webp"),
        ("json", "exif_data.json"),
        ("json", "likes.json"),
    }


def test_another_recipe_redoes_all_and_a_smaller_limit_fails_what_is_too_large(
    gallery: Make,
) -> None:
    live = gallery()
    photos(live, 2)
    live.once()
    redone = live.once(DISPLAY_QUALITY="60", THUMB_EDGES_PX="32")
    assert (redone["published"], redone["rendered"]) == (2, 2)
    assert live.command("check").stdout == "all well\n"
    names = {p.relative_to(live.data / "media").parts[1] for p in live.data.glob("media/thumbs/*")}
    assert names == {"32"}


def test_preload_is_refused_with_a_reason(gallery: Make) -> None:
    live = gallery()
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--preload", "server:app"],
        cwd=ROOT,
        env=live.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "--preload is not supported" in done.stderr


def test_the_version_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local_image_process", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.stdout == f"{__version__}\n"


def test_a_catalogue_deleted_under_a_running_service_is_made_anew(gallery: Make) -> None:
    live = gallery()
    photos(live, 3)
    live.start()
    live.wait_for_ids(*(f"上海/photo0{n}" for n in range(3)))
    before = live.urls()
    (live.library / "上海/photo02.jpg").rename(live.library.with_name("aside.jpg"))
    (live.data / "catalogue.db").unlink()
    live.wait_for_ids("上海/photo00", "上海/photo01")
    live.wait(lambda: live.command("check").stdout == "all well\n", what="nothing left over")
    assert set(live.urls()) < set(before), "the same addresses"
    assert len(live.log_lines("photo published")) == 5, "each of the two taken back"
    live.stop()


def test_a_confirmation_counts_once_also_beside_a_service(gallery: Make) -> None:
    live = gallery()
    photos(live, 22, "上海")
    photos(live, 22, "北京")
    photos(live, 1, "always")
    live.start()
    live.wait(lambda: len(live.ids()) == 45, what="all photos")
    shutil.rmtree(live.library / "上海")
    live.wait(lambda: live.log_lines("withdrawal held back"), what="the fuse to hold")
    assert live.once("--confirm-withdraw")["withdrawn"] == 22
    shutil.rmtree(live.library / "北京")
    live.wait(lambda: len(live.log_lines("withdrawal held back")) == 2, what="the fuse again")
    assert len(live.ids()) == 23
    live.stop()
