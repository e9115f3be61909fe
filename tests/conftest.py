"""Guards and fixtures for all tests."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.listener import Listener
from tests.live import LiveGallery


@pytest.fixture(autouse=True)
def no_thread_is_left_over() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left_over = [t.name for t in set(threading.enumerate()) - before if t.is_alive()]
    assert not left_over, f"threads left over: {left_over}"


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
