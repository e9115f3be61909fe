"""Every page of both generations of the front-end shows every photo once, with its own facts."""

from collections import Counter

import pytest

from tests.browser.conftest import Visit
from tests.browser.library import ALBUMS, LARGE_PX, LIBRARY, WITH_FACTS, shot_at
from tests.browser.seeing import assert_all_once

FEWEST_INVENTED_LIKES = 50
HERO = shot_at("北京/IMG_3734.jpg")  # the front-end's home asks for it by name


def test_home_shows_one_photo_of_each_place(visit: Visit) -> None:
    hero, *shown = visit().open("/")
    assert hero.shot == HERO
    assert Counter(one.said["album"] for one in shown) == Counter(ALBUMS)
    assert_all_once(shown, [one.shot for one in shown])


def test_the_list_of_albums_shows_each_with_its_cover(visit: Visit) -> None:
    cards = visit().open("/albums")
    assert Counter(card.said["album"] for card in cards) == Counter(ALBUMS)
    for card in cards:
        assert card.shot.album == card.said["album"]
        assert card.said["title"] == card.shot.title


def test_each_album_that_the_list_links_to_shows_its_own_photos(visit: Visit) -> None:
    visitor = visit()
    cards = visitor.open("/albums")
    targets = visitor.page.eval_on_selector_all("a", "links => links.map((link) => link.href)")
    for card, target in zip(cards, targets, strict=True):
        own = [shot for shot in LIBRARY if f"/albums/{shot.album}" == card.link]
        assert own, card.link
        assert_all_once(visitor.open(target), own)


def test_browse_shows_every_photo_newest_first(visit: Visit) -> None:
    seen = visit().open("/browse")
    assert_all_once(seen, LIBRARY)
    dates = [one.said["date"] for one in seen if one.shot.has_facts]
    assert dates == sorted(dates, reverse=True)
    assert all(int(one.said["likes"]) < FEWEST_INVENTED_LIKES for one in seen)


@pytest.mark.parametrize("generation", ["sql"])
def test_a_photo_without_a_time_goes_by_its_albums_day(visit: Visit) -> None:
    (undated,) = [one for one in visit().open("/browse") if not one.shot.has_facts]
    assert undated.said["sorted"] == f"{HERO.taken:%Y-%m-%d} 00:00:00"


def test_the_map_shows_every_photo_with_coordinates_at_its_own_place(visit: Visit) -> None:
    seen = visit().open("/map")
    assert_all_once(seen, WITH_FACTS)
    assert all("position" in one.said for one in seen)
    assert {one.link for one in seen} == {f"/albums/{shot.album}" for shot in WITH_FACTS}


def test_pictures_come_at_the_size_that_the_page_asks_for(visit: Visit) -> None:
    visitor = visit()
    for path, width_px in {"/map": 480, "/albums": 1280, "/": LARGE_PX[0]}.items():
        large = [one for one in visitor.open(path) if one.shot.size_px == LARGE_PX]
        assert {one.width_px for one in large} == {width_px}, path


def test_dates_are_the_cameras_wherever_the_visitor_is(visit: Visit) -> None:
    assert_all_once(visit(zone="America/New_York").open("/browse"), LIBRARY)
