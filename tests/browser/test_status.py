"""The status page in a browser, through nginx: what is seen, what is pressed, who can use it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import nginx
from tests.browser.asking import ask
from tests.browser.conftest import Visit
from tests.browser.library import LIBRARY
from tests.browser.site import PASSWORD, Site
from tests.live import free_port
from tests.support import wait_for

LOOKS = {  # colours, width and height, language
    "light": ("light", (1100, 900), "zh"),
    "dark": ("dark", (1100, 900), "en"),
    "telephone": ("dark", (375, 812), "zh"),
}
SHOW_LAST = "document.querySelector('#pictures li:last-child').scrollIntoView()"
ARE_THERE = "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"
STREAM_ENDED = "/api/status/events net::ERR_ABORTED"
NOT_A_PHOTO = "上海/信 letter.jpg"
Open = Callable[..., Page]


@pytest.fixture
def generation() -> str:
    """Return one of the front-end's generations: they have nothing to do with the page."""
    return "json"


@pytest.fixture
def open_page(visit: Visit, site: Site) -> Iterator[Open]:
    """Open the page as a visitor does, who notices everything that goes wrong."""
    visitors = []

    def opened(look: str = "light", *, origin: str = site.origin, path: str = "/status") -> Page:
        colours, (width, height), language = LOOKS[look]
        visitors.append(visit(origin))
        page = visitors[-1].page
        page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{path}?lang={language}")
        return page

    yield opened
    for visitor in visitors:  # a stream that the page itself ends is no trouble
        visitor.troubles[:] = [one for one in visitor.troubles if not one.endswith(STREAM_ENDED)]


@pytest.fixture
def letter(site: Site) -> Iterator[Path]:
    """Put a file that is no photo into the library, and wait until it has failed."""
    path = site.gallery.library / NOT_A_PHOTO
    path.write_text("Dear all,", encoding="utf-8")
    yield path
    path.unlink(missing_ok=True)
    site.gallery.wait(lambda: failed(site) == 0, what="no failure")


def failed(site: Site) -> int:
    count: int = site.gallery.get("/api/status").json()["photos"]["failed"]
    return count


def log_in(page: Page) -> None:
    page.get_by_label("密码").or_(page.get_by_label("password")).fill(PASSWORD)
    page.locator("#login-form button").click()
    page.locator("#health").wait_for()


def wait_for_pictures(page: Page) -> None:
    def are_there() -> bool:
        page.evaluate(SHOW_LAST)  # again and again: the list may be made anew meanwhile
        return bool(page.evaluate(ARE_THERE))

    wait_for(are_there, what="all pictures")


def count(page: Page, name: str) -> str:
    return page.locator(f"#count-{name} dd").inner_text()


def faults(page: Page) -> list[str]:
    """Return what keeps people from using the page, found by axe."""
    found = Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in {"serious", "critical"}]
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in grave]


def test_anybody_sees_the_counts_and_the_newest_pictures(open_page: Open) -> None:
    page = open_page()
    assert count(page, "published") == count(page, "total") == str(len(LIBRARY))
    assert page.locator("#headline").inner_text() == "全部照片都已发布"
    assert page.locator("#pictures img").count() == 20
    wait_for_pictures(page)
    assert not page.locator("#health").is_visible()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("who", ["anybody", "administrator"])
def test_everybody_can_use_it(open_page: Open, letter: Path, look: str, who: str) -> None:
    page = open_page(look)
    page.locator("#count-failed.some").wait_for()
    if who == "administrator":
        log_in(page)
        page.locator("#failures li").wait_for()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_administrator_logs_in_and_out_on_the_page(open_page: Open, visit: Visit) -> None:
    page = open_page()
    log_in(page)
    assert page.locator("#states").get_by_text("文件事件").is_visible()
    assert not page.locator("#login").is_visible()
    page.get_by_role("button", name="退出登录").click()
    page.locator("#login").wait_for()
    assert not page.locator("#health").is_visible()


def test_a_wrong_password_is_told(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.page.goto("/status?lang=en")
    visitor.page.get_by_label("password").fill("a guess")
    visitor.page.locator("#login-form button").click()
    visitor.page.get_by_role("alert").get_by_text("密码错误").wait_for()
    assert any("401" in trouble for trouble in visitor.take_troubles())
    assert not visitor.page.locator("#health").is_visible()


def test_the_page_follows_what_happens_and_failures_are_tried_again(
    open_page: Open, letter: Path
) -> None:
    page = open_page()
    log_in(page)
    failure = page.locator("#failures li", has_text=NOT_A_PHOTO)
    failure.get_by_role("button", name=f"重试 {NOT_A_PHOTO}").click()
    page.get_by_role("status").get_by_text("已请求").wait_for()
    letter.unlink()
    page.locator("#failures").wait_for(state="hidden")
    page.locator("#count-failed dd", has_text="0").wait_for()


def test_the_administrator_has_the_library_swept(open_page: Open) -> None:
    page = open_page("dark")
    log_in(page)
    page.get_by_role("button", name="Sweep the library now").click()
    page.get_by_role("status").get_by_text("Asked for").wait_for()


def test_it_works_below_a_path_of_another_site(open_page: Open, site: Site) -> None:
    port = free_port()
    site.run_nginx(nginx.below_a_path(port=port, backend=site.gallery.port))
    page = open_page(origin=f"http://127.0.0.1:{port}", path="/gallery/status")
    wait_for_pictures(page)
    log_in(page)
    page.get_by_role("button", name="立即扫描照片库").click()
    page.get_by_role("status").get_by_text("已请求").wait_for()


@pytest.mark.parametrize(
    "path",
    ["/status", "/status/page.js", "/api/status", "/api/status/events", "/metrics", "/readyz"],
)
def test_nginx_hands_it_to_the_backend(site: Site, path: str) -> None:
    before = len(site.front_end.requests)
    assert ask(site.port, path).status == 200
    assert len(site.front_end.requests) == before
