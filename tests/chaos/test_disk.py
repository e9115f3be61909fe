"""Disks that fail for a while: said once, nothing acknowledged, nothing lost, and caught up."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.shim import COMPILER, Shim
from tests.live import LiveGallery
from tests.photos import make_photo

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]
LIKE = {"photoId": "上海/first.webp", "likes": 1}


by_shim = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


def with_shim(gallery: Make, folder: Path) -> tuple[LiveGallery, Shim]:
    """Return a gallery that is still to be started, and what strikes its disks."""
    live = gallery(SETTLE_S="0.1")
    shim = Shim(folder, library=live.library, data=live.data)
    live.env |= shim.compile()
    return live, shim


@by_shim
@pytest.mark.parametrize("trouble", ["ENOSPC", "EROFS", "EIO"])
def test_a_disk_that_takes_nothing_is_waited_for(
    gallery: Make, tmp_path: Path, trouble: str
) -> None:
    live, shim = with_shim(gallery, tmp_path)
    make_photo(live.library / "上海/first.jpg", size=(64, 48))
    live.start()
    live.wait_for_ids("上海/first")
    assert live.post("/api/like", LIKE, User_Agent="one").status == 200
    before = live.get("/data/albums.json").body

    number = getattr(errno, trouble)
    shim.set(writing=number)
    assert live.post("/api/like", LIKE, User_Agent="another").status == 503
    make_photo(live.library / "上海/second.jpg", size=(64, 48), seed=1)
    live.wait(lambda: live.log_lines("store does not answer"), what="a word about the store")
    if trouble != "ENOSPC":
        live.wait(lambda: live.log_lines("service waits"), what="a word of who wants to lead")
    assert live.get("/data/albums.json").body == before
    assert os.strerror(number) in live.log_text() or "disk" in live.log_text()

    shim.set()
    live.wait_for_ids("上海/first", "上海/second")
    live.wait(lambda: live.exif()["上海/first.jpg"].get("likes") == 1, what="what was acknowledged")
    live.wait(lambda: live.command("check").stdout == "all well\n", what="nothing left over")
    assert "Traceback" not in live.log_text()


@by_shim
def test_a_folder_that_could_not_be_listed_is_looked_at_again(
    gallery: Make, tmp_path: Path
) -> None:
    """No event tells that it can be listed again, and the next sweep is an hour away."""
    live, shim = with_shim(gallery, tmp_path)
    make_photo(live.library / "上海/first.jpg", size=(64, 48))
    make_photo(live.library / "北京/second.jpg", size=(64, 48), seed=1)
    live.start()
    live.wait_for_ids("上海/first", "北京/second")
    shim.set(listing=2)
    make_photo(live.library / "上海/third.jpg", size=(64, 48), seed=2)
    live.wait(lambda: live.log_lines("folder left as it was folder=上海"), what="a word about it")
    shim.set()
    live.wait_for_ids("上海/first", "上海/third", "北京/second")
    assert live.log_lines("photo withdrawn") == []


@by_shim
def test_a_photo_that_could_not_be_read_is_tried_again(gallery: Make, tmp_path: Path) -> None:
    """Nothing about the file changes, so no event and no sweep would think of it."""
    live, shim = with_shim(gallery, tmp_path)
    make_photo(live.library / "上海/first.jpg", size=(64, 48))
    live.start()
    live.wait_for_ids("上海/first")
    shim.set(reading=errno.EIO)
    make_photo(live.library / "上海/second.jpg", size=(64, 48), seed=1)
    live.wait(lambda: live.log_lines("photo failed"), what="word of it")
    shim.set()
    live.wait_for_ids("上海/first", "上海/second")
    live.wait(lambda: live.command("check").stdout == "all well\n", what="nothing left over")


@by_shim
def test_folders_made_while_nothing_could_be_listed_are_watched(
    gallery: Make, tmp_path: Path
) -> None:
    live, shim = with_shim(gallery, tmp_path)
    make_photo(live.library / "上海/first.jpg", size=(64, 48))
    live.start()
    live.wait_for_ids("上海/first")
    shim.set(listing=2)
    made = make_photo(live.library / "上海/夜/second.jpg", size=(64, 48), seed=1).parent
    live.wait(lambda: live.log_lines("folder left as it was"), what="a word about it")
    shim.set()
    live.wait_for_ids("上海/first", "上海-夜/second")
    make_photo(made / "third.jpg", size=(64, 48), seed=2)
    live.wait_for_ids("上海/first", "上海-夜/second", "上海-夜/third")


def test_a_folder_that_may_be_read_later_is_watched_from_then_on(gallery: Make) -> None:
    live = gallery(SETTLE_S="0.1")
    make_photo(live.library / "北京/first.jpg", size=(64, 48))
    locked = make_photo(live.library / "上海/second.jpg", size=(64, 48), seed=1).parent
    locked.chmod(0)
    live.start()
    live.wait_for_ids("北京/first")
    locked.chmod(0o755)
    live.wait_for_ids("北京/first", "上海/second")
    live.wait(lambda: live.log_lines("watch begun anew"), what="another watch")
    make_photo(locked / "third.jpg", size=(64, 48), seed=2)
    live.wait_for_ids("北京/first", "上海/second", "上海/third")
