"""The promises of the design, each against real files and a real gunicorn with four workers."""

import hashlib
import json
import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local_image_process.record.database import Database
from local_image_process.record.interactions import Interactions
from tests.bad_files import BAD_FILES
from tests.likes import like
from tests.live import LiveGallery, is_alive
from tests.photos import make_photo
from tests.support import wait_for

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]


def tree_hash(root: Path) -> str:
    """Return a digest of every name, mode, time and byte below a folder."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        digest.update(f"{path.relative_to(root)} {status.st_mode} {status.st_mtime_ns}".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def some_photos(library: Path, *names: str) -> None:
    for seed, name in enumerate(names):
        make_photo(library / name, size=(64, 48), seed=seed)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Take the right to write from a whole tree, as a read-only mount does."""
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(modes[path])


def test_1_the_library_is_never_written(gallery: Make) -> None:
    live = gallery()
    some_photos(live.library, "上海/first.jpg", "上海/second.png", "loose photo.jpg")
    (live.library / "上海/info.yaml").write_text("title: 上海之旅\n", encoding="utf-8")
    with unwritable(live.library):
        before = tree_hash(live.library)
        live.start()
        live.wait_for_ids("上海/first", "上海/second", "未分类/loose photo")
        live.stop()
        assert tree_hash(live.library) == before


AWAY = ("missing", "empty", "another volume", "unreadable")


@pytest.mark.parametrize("how", [*AWAY, "folder unreadable", "photo unreadable"])
def test_2_a_missing_empty_or_partly_unreadable_library_withdraws_nothing(
    gallery: Make, how: str
) -> None:
    live = gallery()
    published = ("上海/first", "上海/second", "北京/third")
    some_photos(live.library, *(f"{name}.jpg" for name in published))
    live.start()
    live.wait_for_ids(*published)
    json_before = live.get("/data/exif_data.json").body
    with spoiled(live.library, how):
        swept = live.command("once", "--json")
        told = 2 if how in AWAY else 1 if how == "folder unreadable" else 0
        assert swept.returncode == told, swept.stderr
        assert how not in AWAY or "library" in swept.stderr
        assert live.get("/data/exif_data.json").body == json_before
    live.wait(lambda: live.command("once").returncode == 0, what="the library to be back")
    report = live.once()
    assert (report["unchanged"], report["rendered"], report["withdrawn"]) == (3, 0, 0)
    assert all(live.get(url).status == 200 for url in live.urls())


@contextmanager
def spoiled(library: Path, how: str) -> Iterator[None]:
    away = library.with_name("away")
    locked = {"folder unreadable": library / "上海", "unreadable": library}.get(how)
    if how == "photo unreadable":
        locked = library / "上海/first.jpg"
    if locked:
        locked.chmod(0)
    else:
        library.rename(away)
    if how in {"empty", "another volume"}:
        library.mkdir()
    if how == "another volume":
        make_photo(library / "other/stranger.jpg", seed=99)
    yield
    if locked:
        locked.chmod(0o755)
    else:
        shutil.rmtree(library, ignore_errors=True)
        away.rename(library)


def test_3_what_the_json_names_can_be_fetched_at_every_moment(gallery: Make) -> None:
    """A visitor fetches without pause while photos come, change, move and go."""
    live = gallery().start()
    misses: list[str] = []
    done = threading.Event()

    def visit() -> None:
        while not done.is_set():
            named = live.urls()
            misses.extend(
                url
                for url in named
                if live.get(url).status != 200 and url in live.urls()  # Race: withdrawn meanwhile
            )

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        some_photos(live.library, *(f"上海/photo{n}.jpg" for n in range(8)))
        live.wait_for_ids(*(f"上海/photo{n}" for n in range(8)))
        (live.library / "上海").rename(live.library / "北京")
        live.wait_for_ids(*(f"北京/photo{n}" for n in range(8)))
        for n in range(4):
            make_photo(live.library / f"北京/photo{n}.jpg", size=(64, 48), seed=50 + n)
            (live.library / f"北京/photo{n + 4}.jpg").unlink()
        live.wait_for_ids(*(f"北京/photo{n}" for n in range(4)))
    finally:
        done.set()
        visitor.join()
    assert misses == []


def test_4_json_is_whole_and_the_same_catalogue_gives_the_same_bytes(gallery: Make) -> None:
    live = gallery().start()
    torn: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            for name in ("albums.json", "exif_data.json", "likes.json"):
                try:
                    json.loads((live.data / name).read_bytes())
                except FileNotFoundError:
                    continue
                except ValueError as error:
                    torn.append(f"{name}: {error}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        names = [f"上海/photo{n}" for n in range(12)]
        some_photos(live.library, *(f"{name}.jpg" for name in names))
        live.wait_for_ids(*names)
    finally:
        done.set()
        reader.join()
    assert torn == []
    live.stop()
    before = {path.name: path.read_bytes() for path in live.data.glob("*.json*")}
    for path in live.data.glob("*.json*"):
        path.unlink()
    live.once()
    assert {path.name: path.read_bytes() for path in live.data.glob("*.json*")} == before


def test_5_an_acknowledged_like_or_star_survives_everything(gallery: Make) -> None:
    live = gallery()
    some_photos(live.library, "上海/first.jpg", "上海/second.jpg")
    live.start()
    live.wait_for_ids("上海/first", "上海/second")
    database = Database(f"sqlite:///{live.data / 'catalogue.db'}")
    site = (live.data / "site_id").read_text()
    for _ in range(7):
        like(database, "上海/first", site=site)
    Interactions(database, site=site).give_stars("上海/first", 4.5)
    live.kill_all()
    database.close()

    live.start()
    live.wait(lambda: given(live, "上海/first.jpg") == (7, 4.5), what="likes after kill -9")
    before = live.urls()
    make_photo(live.library / "上海/first.jpg", size=(64, 48), seed=9)  # edited
    (live.library / "上海/second.jpg").unlink()
    live.wait_for_ids("上海/first")
    live.wait(lambda: not set(live.urls()) & set(before), what="the photo as it was edited")
    assert given(live, "上海/first.jpg") == (7, 4.5)
    (live.library / "上海/first.jpg").rename(live.library / "first of all.jpg")
    live.wait_for_ids("未分类/first of all")
    assert given(live, "未分类/first of all.jpg") == (7, 4.5)

    live.stop()
    for path in live.data.glob("catalogue.db*"):
        path.unlink()
    report = live.once()
    assert (report["rendered"], report["published"]) == (0, 1)
    live.start()
    live.wait_for_ids("未分类/first of all")
    assert given(live, "未分类/first of all.jpg") == (7, 4.5)


def given(live: LiveGallery, key: str) -> tuple[int | None, float | None]:
    entry = live.exif().get(key, {})
    return entry.get("likes"), entry.get("star")


def test_6_exactly_one_leads_and_another_follows_within_two_seconds(gallery: Make) -> None:
    """The leader is killed in the middle of an import of 200 photos."""
    live = gallery(RENDER_WORKERS="2")
    names = [f"album {n % 4}/photo{n:03}" for n in range(200)]
    some_photos(live.library, *(f"{name}.jpg" for name in names))
    live.start()
    live.wait(lambda: len(live.exif()) >= 30, what="the import to be under way")
    leader = live.leader_pid()
    assert leader is not None
    in_hand_at_most = 2 * 2 + 2  # jobs at the workers, and those developed but not stored yet
    children = psutil.Process(leader).children(recursive=True)
    os.kill(leader, signal.SIGKILL)
    live.wait(lambda: live.leader_pid() not in {None, leader}, what="another leader", timeout_s=2.0)
    wait_for(lambda: not any(map(is_alive, children)), what="its render processes to end")
    live.wait_for_ids(*names, timeout_s=90)
    assert len(live.log_lines(" leading")) == 2
    rendered = Counter(line.split("key=")[1] for line in live.log_lines("photo published"))
    assert set(rendered.values()) <= {1, 2}
    assert sum(count - 1 for count in rendered.values()) <= in_hand_at_most
    assert live.command("check").returncode == 0


@pytest.mark.parametrize("spoil", sorted(BAD_FILES))
def test_7_a_bad_photo_costs_only_itself_and_is_told(gallery: Make, spoil: str) -> None:
    live = gallery(RENDER_TIMEOUT_S="20")
    make_photo(live.library / "上海/good one.jpg", size=(64, 48))
    name, content, reason = BAD_FILES[spoil]
    path = os.fsencode(live.library / "上海") + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 - the name is bytes
        file.write(content)
    report = live.once()
    assert (report["published"], report["failed"]) == (1, 1)
    checked = live.command("check")
    assert checked.returncode == 1
    assert reason in checked.stdout
    again = live.once()
    assert (again["unchanged"], again["failed"], again["rendered"]) == (1, 1, 0)
    os.unlink(path)  # noqa: PTH108 - the name is bytes
    live.once()
    assert live.command("check").returncode == 0


def test_8_an_unchanged_library_costs_nothing(gallery: Make) -> None:
    live = gallery()
    some_photos(live.library, "上海/first.jpg", "上海/second.jpg", "上海/text.jpg")
    (live.library / "上海/text.jpg").write_text("no picture", encoding="utf-8")
    live.once()

    before = files_of(live.data)
    report = live.once()
    assert (report["unchanged"], report["rendered"], report["uploaded"]) == (2, 0, 0)
    assert files_of(live.data) == before
    live.start()
    report = live.once()  # a sweep by the running service
    assert (report["unchanged"], report["rendered"], report["uploaded"]) == (2, 0, 0)
    live.stop()
    assert live.log_lines("json written") == []
    assert live.log_lines("photo ") == []


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of every file; SQLite's own working files left out."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("catalogue.db-")
    }


def test_11_events_are_only_hints(gallery: Make) -> None:
    """With no events at all, sweeps reach the same state."""
    live = gallery(WATCH_MODE="sweep", SWEEP_INTERVAL_S="1").start()
    some_photos(live.library, "上海/first.jpg", "上海/second.jpg")
    live.wait_for_ids("上海/first", "上海/second")
    (live.library / "上海").rename(live.library / "北京")
    live.wait_for_ids("北京/first", "北京/second")
    (live.library / "北京/second.jpg").unlink()
    live.wait_for_ids("北京/first")
    assert live.log_lines("watching by sweeps")
