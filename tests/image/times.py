"""Wall clocks for tests."""

from datetime import datetime


def at(text: str) -> datetime:
    """Return a camera's time, which has no zone."""
    return datetime.fromisoformat(text)
