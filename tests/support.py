"""Waiting, for tests: until something is so, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(
    probe: Callable[[], T],
    *,
    what: str,
    timeout_s: float = 10.0,
    alive: Callable[[], bool] = lambda: True,
) -> T:
    """Return the first truthy ``probe()``.

    Fails at once if ``alive()`` turns false, and says what it waited for and what it last saw.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        was_alive = alive()  # Order: asked first, so that its last words still count
        if value := probe():
            return value
        if not was_alive:
            raise AssertionError(f"died while waiting for {what}; last: {value!r}")
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s for {what}; last: {value!r}")
        time.sleep(0.02)  # the only waiting sleep of all tests
