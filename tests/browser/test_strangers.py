"""Another site cannot make a visitor's browser like, star or sync; it may read what is public."""

import json
from typing import Any

import pytest

from tests.browser.asking import ask
from tests.browser.conftest import Visit
from tests.browser.library import LIBRARY
from tests.browser.site import PASSWORD, Site

VICTIM, BYSTANDER = LIBRARY[7], LIBRARY[8]
ANSWERED = "ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"  # but not for the page to know
BY_SCRIPT = {  # attempt → whether the browser sends it before it knows that it may
    "fetch": False,
    "action": False,
    "simple": True,
}
ATTEMPT = "([how, ...call]) => attempts[how](...call)"
HOSTS = pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="same-site"),  # to its requests browsers add our cookies
        pytest.param("localhost", id="cross-site"),
    ],
)
pytestmark = pytest.mark.parametrize("generation", ["json"])


def given(site: Site) -> dict[str, tuple[Any, Any]]:
    """Return likes and stars of every photo."""
    likes, exif = site.likes(), site.gallery.exif()
    return {key: (likes[key], entry.get("star")) for key, entry in exif.items()}


def like_as_ourselves(site: Site, key: str, *, agent: str) -> None:
    """Like a photo, and wait until all that was given before it is in the JSON, too."""
    body = json.dumps({"photoId": key, "likes": 1}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": agent}
    expected = site.likes()[key] + 1
    assert ask(site.port, "/api/like", method="POST", body=body, headers=headers).status == 200
    site.gallery.wait(lambda: site.likes()[key] == expected, what="a like of our own")


@HOSTS
def test_another_site_can_neither_like_nor_star_nor_sync(
    visit: Visit, site: Site, host: str
) -> None:
    visitor = visit().begin_session(PASSWORD)
    before, key, bystander = given(site), site.key(VICTIM), site.key(BYSTANDER)
    calls = {
        "/api/like": {"photoId": key, "likes": 1},
        "/api/photos/star": {"photoPath": key, "stars": 5},
        "/admin": {},
    }
    for path, body in calls.items():
        call = [site.origin + path, json.dumps(body)]
        visitor.page.goto(f"http://{host}:{site.foreign_port}/")
        for how, is_sent in BY_SCRIPT.items():
            learned = visitor.page.evaluate(ATTEMPT, [how, *call])
            assert learned == "not answered", (how, path)
            assert (ANSWERED in str(visitor.take_troubles())) == is_sent, (how, path)
        with visitor.page.expect_navigation(url=call[0]):
            visitor.page.evaluate(ATTEMPT, ["form", *call])
        assert f"403: {call[0]}" in visitor.take_troubles()
    like_as_ourselves(site, bystander, agent=host)
    after = given(site)
    assert after.pop(bystander) != before.pop(bystander)
    assert after == before


@HOSTS
def test_another_site_may_read_what_is_public(visit: Visit, site: Site, host: str) -> None:
    visitor = visit()
    visitor.page.goto(f"http://{host}:{site.foreign_port}/")
    read = visitor.page.evaluate(
        "(url) => window.readPublicJson(url)", f"{site.origin}/data/albums.json"
    )
    assert read == site.gallery.albums()
