"""From the text of a setting to its value; a ValueError says what to write instead."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Parse = Callable[[str], Any]
YES = {"1", "true", "yes"}
NO = {"", "0", "false", "no"}


def text(value: str) -> str | None:
    """Take any text; empty is ``None``."""

    return value or None


def path(value: str) -> Path | None:
    """Take a folder; ~ is the home folder."""

    return Path(value).expanduser() if value else None


def whole(low: int, high: int) -> Parse:
    """Take a whole number within bounds; empty is ``None``."""

    def parse(value: str) -> int | None:
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise ValueError(f"write a whole number from {low} to {high}")
        return int(value)

    return parse


def seconds(low: float, high: float) -> Parse:
    """Take a number of seconds within bounds; empty is ``None``."""

    def parse(value: str) -> float | None:
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value) or not low <= float(value) <= high:
            raise ValueError(f"write a number of seconds from {low:g} to {high:g}")
        return float(value)

    return parse


def edges(value: str) -> tuple[int, ...]:
    """Take pixel lengths with commas between, sorted, each once."""

    numbers = [part.strip() for part in value.split(",")] if value else []
    if not all(re.fullmatch(r"[0-9]{2,5}", n) and 16 <= int(n) <= 16383 for n in numbers):
        raise ValueError("write pixel lengths from 16 to 16383 with commas between, like 480,1280")
    return tuple(sorted({int(n) for n in numbers}))


def choice(*choices: str) -> Parse:
    """Take one of a few words."""

    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"write one of {', '.join(choices)}")
        return value.lower()

    return parse


def flag(value: str) -> bool:
    """Take yes or no in any of their usual forms; empty is no."""

    if value.lower() not in YES | NO:
        raise ValueError("write 1 or 0")
    return value.lower() in YES


def url(value: str) -> str | None:
    """Take one address without query; a slash at the end is dropped."""

    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write a whole address, like https://photos.example.com")
    return value.rstrip("/")


def urls(value: str) -> tuple[str, ...]:
    """Take addresses with commas between."""

    urls = [part.strip() for part in value.split(",") if part.strip()]
    for url in urls:
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise ValueError(
                "write whole addresses with commas between, like https://a.com/webhook"
            )
    return tuple(urls)
