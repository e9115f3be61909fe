"""The site and the browser, started once for all tests of this folder."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.site import Site
from tests.browser.tools import find_tool
from tests.browser.visitor import Visitor

FLAGS = [
    *("--disable-gpu", "--disable-quic"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # no one else
]

Visit = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    find_tool("nginx")
    one = Site(tmp_path_factory.mktemp("site"))
    try:
        yield one.start()
    finally:
        one.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = find_tool("chromium")
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield one
        one.close()


@pytest.fixture(params=["json", "sql"])
def generation(request: pytest.FixtureRequest) -> str:
    """Return each generation of the front-end in turn."""
    return str(request.param)


@pytest.fixture
def visit(site: Site, browser: Browser, generation: str) -> Iterator[Visit]:
    """Let visitors come who, when they leave, have met nothing wrong that the test did not take."""
    visitors: list[Visitor] = []

    def come(origin: str = site.origin, **further: str) -> Visitor:
        visitors.append(Visitor(browser, origin, **{"generation": generation, **further}))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.close()
    assert [visitor.troubles for visitor in visitors if visitor.troubles] == []
