"""Many photos gone at once are held back; all else goes on, and somebody's word lets them go."""

import itertools
import json
import shutil
from collections.abc import Callable

import pytest

from tests.live import LiveGallery
from tests.photos import make_photo

pytestmark = pytest.mark.slow

SEEDS = itertools.count()
Make = Callable[..., LiveGallery]


def photos(live: LiveGallery, folder: str, number: int) -> list[str]:
    """Make photos, none equal to another; return their ids."""
    ids = [f"{folder}/photo{n:02}" for n in range(number)]
    for one in ids:
        make_photo(live.library / f"{one}.jpg", size=(32, 24), seed=next(SEEDS))
    return ids


@pytest.mark.parametrize(
    ("gone", "kept", "is_held"),
    [
        pytest.param(20, 1, False, id="20 may go of however few"),
        pytest.param(21, 9, True, id="21 of 30 are more than 30 percent"),
        pytest.param(21, 49, False, id="21 of 70 are not"),
    ],
)
def test_plan_tells_what_is_held_and_why(
    gallery: Make, gone: int, kept: int, is_held: bool
) -> None:
    live = gallery()
    names = photos(live, "上海", gone)
    photos(live, "北京", kept)
    live.once()
    shutil.rmtree(live.library / "上海")
    planned = json.loads(live.command("plan", "--json").stdout)
    assert planned["withdraw"] == [f"{name}.jpg" for name in names]
    assert planned["held"] is is_held
    words = live.command("plan").stdout
    assert ("held back" in words, "--confirm-withdraw" in words) == (is_held, is_held)
    assert live.once()["withdrawn"] == (0 if is_held else gone)


def test_while_withdrawals_are_held_all_else_goes_on(gallery: Make) -> None:
    live = gallery(SETTLE_S="0.1")
    held = photos(live, "上海", 21)
    kept = photos(live, "北京", 2)
    live.start()
    live.wait_for_ids(*held, *kept)
    before = live.urls()
    shutil.rmtree(live.library / "上海")
    live.wait(lambda: live.log_lines("withdrawal held back"), what="the fuse to hold")

    make_photo(live.library / "青岛/new one.jpg", size=(32, 24), seed=next(SEEDS))
    make_photo(live.library / "北京/photo00.jpg", size=(32, 24), seed=next(SEEDS))
    (live.library / "北京/photo01.jpg").rename(live.library / "北京/moved.jpg")
    live.wait_for_ids(*held, "北京/photo00", "北京/moved", "青岛/new one")
    changed = [url for url in before if "北京/photo00" in url]
    live.wait(lambda: not set(changed) & set(live.urls()), what="the edited pixels")
    assert all(live.get(url).status == 200 for url in live.urls()), "what is held is still there"

    (live.library / "北京/photo00.jpg").unlink()  # one more that is gone waits with the others
    live.wait(lambda: len(live.log_lines("withdrawal held back")) == 2, what="the fuse again")
    assert live.once("--confirm-withdraw")["withdrawn"] == 22
    live.wait_for_ids("北京/moved", "青岛/new one")
    assert [live.get(url).status for url in before[:3]] == [404] * 3


def test_what_comes_back_is_held_no_longer(gallery: Make) -> None:
    live = gallery(SETTLE_S="0.1")
    held = photos(live, "上海", 21)
    kept = photos(live, "北京", 2)
    live.start()
    live.wait_for_ids(*held, *kept)
    away = live.library.with_name("away")
    (live.library / "上海").rename(away)
    live.wait(lambda: live.log_lines("withdrawal held back"), what="the fuse to hold")
    away.rename(live.library / "上海")
    (live.library / "北京/photo00.jpg").unlink()
    live.wait_for_ids(*held, "北京/photo01")
    assert len(live.log_lines("photo withdrawn")) == 1
    assert len(live.log_lines("photo published")) == 23, "nothing was made anew"
