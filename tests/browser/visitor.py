"""Someone at a browser who opens pages, looks, and notices everything that goes wrong."""

from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Request, Response

from tests.browser.library import Shot
from tests.browser.seeing import Seen, as_seen

LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
SOON_MS = 10_000
SHANGHAI = "Asia/Shanghai"


class Visitor:
    """A browser of one's own (cookies, cache) with one page open.

    ``generation`` is that of the front-end: "json" or "sql".
    """

    def __init__(
        self, browser: Browser, origin: str, *, generation: str, zone: str = SHANGHAI
    ) -> None:
        self.origin = origin
        self.troubles: list[str] = []
        self.context = browser.new_context(
            base_url=origin, timezone_id=zone, ignore_https_errors=True
        )
        self.context.set_default_timeout(SOON_MS)
        self.context.add_init_script(f'window.generation = "{generation}"')
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("requestfailed", self._see_failed)
        self.page.on("response", self._see_answered)

    def close(self) -> None:
        self.context.close()

    def open(self, path: str) -> list[Seen]:
        """Go to a page as by typing its address, and look at it once all its pictures are there."""
        self.page.goto(path)
        return self.look()

    def look(self) -> list[Seen]:
        """Look at the page that is open, once it is whole."""
        self.wait_until_whole()
        return [as_seen(figure) for figure in self.page.evaluate(LOOK)]

    def wait_until_whole(self) -> None:
        self.page.wait_for_selector("body[data-state]")
        state = self.page.get_attribute("body", "data-state")
        assert state == "ready", self.troubles

    def photo(self, shot: Shot) -> Locator:
        """Return the one picture on the page under which this photo's camera stands."""
        return self.page.locator("figure", has_text=shot.camera)

    def press(self, label: str, *, inside: Locator | None = None) -> None:
        (inside or self.page.locator("main")).get_by_role("button", name=label, exact=True).click()

    def begin_session(self, password: str) -> "Visitor":
        """Be logged in, without a page opened for it."""
        answer = self.context.request.post("/api/auth/login", data={"password": password})
        assert answer.ok, answer.status
        return self

    def log_in(self, password: str) -> None:
        """Log in on the page for it, and wait for the administrator's page."""
        self.open("/login")
        self.page.fill("input[name=password]", password)
        self.press("保存")
        self.page.wait_for_url("**/admin")
        self.wait_until_whole()

    def take_troubles(self) -> list[str]:
        """Return what went wrong so far, and think no more of it."""
        troubles, self.troubles = self.troubles, []
        return troubles

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text} {message.location.get('url', '')}")

    def _see_failed(self, request: Request) -> None:
        self.troubles.append(f"failed: {request.url} {request.failure}")

    def _see_answered(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")
