"""Log lines: warnings that repeat are counted and folded, and none of them is lost unsaid."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from local_image_process.logs import Folding
from tests.live import ROOT
from tests.support import wait_for

log = logging.getLogger("tests.folding")

FIRST = 3
MINUTES_S = 600.0


class Clock:
    """A clock that stands still until it is set."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Page(logging.Handler):
    """Keeps the lines that were written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def is_timer(thread: threading.Thread) -> bool:
    return isinstance(thread, threading.Timer)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def page(clock: Clock) -> Iterator[Page]:
    page = Page()
    folding = Folding(page.handle, first=FIRST, window_s=MINUTES_S, clock=clock)
    page.addFilter(folding)
    log.addHandler(page)
    log.propagate = False
    log.setLevel(logging.INFO)
    yield page
    folding.tell()
    wait_for(lambda: not any(map(is_timer, threading.enumerate())), what="the timers to end")
    log.removeHandler(page)


def test_the_first_warnings_of_a_kind_pass_and_the_others_are_counted(
    page: Page, clock: Clock
) -> None:
    for number in range(FIRST + 412):
        log.warning("photo failed key=%s", number)
    assert page.lines == ["photo failed key=0", "photo failed key=1", "photo failed key=2"]
    clock.now_s = MINUTES_S
    log.warning("photo failed key=%s", "the next")
    assert page.lines[FIRST:] == [
        "photo failed key= … 412 more like this in the last 10 min",
        "photo failed key=the next",
    ]


def test_warnings_of_other_kinds_and_what_is_no_warning_are_never_folded(page: Page) -> None:
    for number in range(10):
        log.info("photo published %s", number)
    for number in range(FIRST + 1):
        log.warning("one %s", number)
        log.error("other %s", number)
    assert sum("photo published" in line for line in page.lines) == 10
    assert sum("one" in line for line in page.lines) == FIRST
    assert sum("other" in line for line in page.lines) == FIRST


def test_the_count_is_told_though_nothing_is_logged_any_more() -> None:
    told: list[str] = []
    folding = Folding(lambda line: told.append(line.getMessage()), first=1, window_s=0.05)
    for _ in range(3):
        folding.filter(logging.LogRecord("a", logging.WARNING, "", 0, "again", None, None))
    (line,) = wait_for(lambda: told, what="the count")
    assert line == "again … 2 more like this in the last 1 min"


def test_a_program_that_ends_tells_the_count_first() -> None:
    program = (
        "import logging; from local_image_process import logs; logs.configure('info')\n"
        "for n in range(14): logging.getLogger('x').warning('again %s', n)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert len(lines) == 11
    assert "again 9" in lines[9]
    assert "again … 4 more like this" in lines[10]
    assert "WARNING" in lines[10]
