"""Guards and fixtures for all tests."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.listener import Listener
from tests.live import LiveGallery

COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COV")}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have the processes of slow tests not count their lines: it takes a quarter of their time."""
    is_slow = item.get_closest_marker("slow") is not None
    for name, value in COVERAGE.items():
        if is_slow:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(autouse=True)
def no_thread_is_left_over() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left_over = [t.name for t in set(threading.enumerate()) - before if t.is_alive()]
    assert not left_over, f"threads left over: {left_over}"


@pytest.fixture(autouse=True)
def no_handler_is_left_over() -> Iterator[None]:
    root = logging.getLogger()
    before = set(root.handlers)
    yield
    left_over = set(root.handlers) - before
    for handler in left_over:
        root.removeHandler(handler)
    assert not left_over, f"handlers of the log left over: {left_over}"


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Callable[..., LiveGallery]]:
    """Make galleries that end with the test; settings as keyword arguments."""
    made: list[LiveGallery] = []

    def make(**settings: str) -> LiveGallery:
        made.append(LiveGallery(tmp_path / f"gallery{len(made)}", **settings))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Make a receiver of notices that ends with the test."""
    one = Listener()
    yield one
    one.close()
