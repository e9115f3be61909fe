"""What visitors and the administrator click on the pages takes effect, and only that."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.library import LIBRARY, WITH_FACTS, Shot, shot_at
from tests.browser.seeing import assert_all_once
from tests.browser.site import PASSWORD, Site
from tests.browser.visitor import Visitor

LIKED = {"json": shot_at("上海/IMG_1.jpg"), "sql": shot_at("2024/2024.jpg")}
STARRED = {"json": shot_at("海 & 山/it's.jpg"), "sql": shot_at("🌊 海边/🌊🌊 日落.jpg")}
EDITED = shot_at("点.点/a.1.jpg")


def click(visitor: Visitor, shot: Shot, label: str, *, told: str) -> None:
    """Press a button under a photo, and wait until the page has told the server."""
    photo = visitor.photo(shot)
    photo.evaluate("figure => delete figure.dataset.told")
    visitor.press(label, inside=photo)
    photo.and_(visitor.page.locator(f"[data-told={told}]")).wait_for()


def likes_shown(visitor: Visitor) -> dict[str, int]:
    return {one.shot.path: int(one.said["likes"]) for one in visitor.open("/browse")}


def test_a_visitors_like_counts_once_and_is_there_at_the_next_look(
    visit: Visit, site: Site, generation: str
) -> None:
    shot = LIKED[generation]
    visitor = visit()
    before = likes_shown(visitor)
    for shown in (1, 2):  # the page adds one for each click
        click(visitor, shot, "♥", told="like")
        assert visitor.photo(shot).locator("[data-fact=likes]").inner_text() == str(shown)
    site.wait_until_told(shot, likes=1)
    expected = before | {shot.path: 1}
    assert likes_shown(visitor) == expected
    assert likes_shown(visit()) == expected


def test_the_photo_with_most_stars_stands_for_its_place(
    visit: Visit, site: Site, generation: str
) -> None:
    shot = STARRED[generation]

    def shown_at_home() -> Shot:
        (found,) = [o for o in visit().open("/")[1:] if o.said["album"] == shot.album]
        return found.shot

    assert shown_at_home() != shot
    visitor = visit().begin_session(PASSWORD)
    visitor.open("/admin")
    click(visitor, shot, "★4", told="star")
    assert visitor.photo(shot).locator("[data-fact=star]").inner_text() == "4"
    site.wait_until_told(shot, star=4)
    assert shown_at_home() == shot


@pytest.mark.parametrize("generation", ["sql"])
def test_facts_set_right_by_hand_are_shown_everywhere(visit: Visit, site: Site) -> None:
    editor = visit().begin_session(PASSWORD)
    editor.open("/admin")
    editor.press("编辑", inside=editor.photo(EDITED))
    other = {"camera": "Leica M6", "place": "东京 · 银座"}
    own = {name: EDITED.said[name] for name in other}
    save(editor, other)
    site.wait_until_told(EDITED, **other)
    pages = [("sql", "/browse", LIBRARY), ("sql", "/map", WITH_FACTS), ("json", "/browse", LIBRARY)]
    for generation, path, shots in pages:
        seen = visit(generation=generation).open(path)
        assert_all_once(seen, shots, corrected={EDITED: other})
    save(editor, own)
    site.wait_until_told(EDITED, **own)


def save(editor: Visitor, facts: dict[str, str]) -> None:
    """Fill in camera and place in the editor that is open; it sends all ten fields."""
    editor.page.fill("input[name=camera_model]", facts["camera"])
    editor.page.fill("input[name=location]", facts["place"])
    editor.page.evaluate("document.querySelector('output')?.remove()")
    editor.press("保存", inside=editor.page.locator("form"))
    assert editor.page.locator("output").inner_text() == "更新EXIF数据成功"
