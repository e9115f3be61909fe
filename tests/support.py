"""Waiting, for tests: until something is so, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(
    probe: Callable[[], T],
    *,
    what: str,
    timeout_s: float = 30.0,
    alive: Callable[[], bool] = lambda: True,
) -> T:
    """Return the first truthy ``probe()``.

    Fails at once if ``alive()`` turns false, and says what it waited for and what it last saw.
    """
    began_s = time.monotonic()
    while True:
        was_alive = alive()  # Order: asked first, so that its last words still count
        if value := probe():
            return value
        if not was_alive:
            raise AssertionError(f"died while waiting for {what}; last: {value!r}")
        waited_s = time.monotonic() - began_s
        if waited_s > timeout_s:
            raise AssertionError(f"waited {timeout_s} s for {what}; last: {value!r}")
        time.sleep(min(0.05, 0.02 + waited_s / 50))  # the only waiting sleep of all tests
