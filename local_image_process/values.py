"""From the text of a setting to its value; a ValueError says what to write instead."""

import ipaddress
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .model import Circle

Parse = Callable[[str], Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
YES = {"1", "true", "yes"}
NO = {"", "0", "false", "no"}
PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
PNG_BYTES_MAX = 8 << 20


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


def share(value: str) -> float:
    """Take a part of a whole: 0.5 or 50%."""

    number = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)(%?)", value)
    part = float(number[1]) / (100 if number[2] else 1) if number else 0.0
    if not 0 < part <= 1:
        raise ValueError("write a share above 0 and up to 1, like 0.5 or 50%")
    return part


def png(value: str) -> Path | None:
    """Take a PNG file that is there, whole, and no larger than a mark should be."""

    if not value:
        return None
    file = Path(value).expanduser()
    try:
        with file.open("rb") as opened:
            content = opened.read(PNG_BYTES_MAX + 1)
    except OSError as error:
        raise ValueError(
            f"write the path of a PNG that can be read ({error.strerror or error})"
        ) from None
    if not content.startswith(PNG_BEGINS) or len(content) > PNG_BYTES_MAX:
        raise ValueError(f"write the path of a PNG of at most {PNG_BYTES_MAX >> 20} MB")
    if not _is_whole_png(content):
        raise ValueError("the PNG is damaged or cut off: copy it again")
    return file


def _is_whole_png(content: bytes) -> bool:
    """Tell whether the checksums of all chunks are right, up to the last (RFC 2083, chapter 3)."""
    start, kind = len(PNG_BEGINS), b""
    while kind != b"IEND" and start < len(content):
        end = start + 8 + int.from_bytes(content[start : start + 4], "big")
        kind = content[start + 4 : start + 8]
        if zlib.crc32(content[start + 4 : end]).to_bytes(4, "big") != content[end : end + 4]:
            return False
        start = end + 4
    return kind == b"IEND"


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
            words = ", ".join(filter(None, choices))
            raise ValueError(f"write one of {words}{', or nothing' if '' in choices else ''}")
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


def contact(value: str) -> str | None:
    """Take an e-mail address or a web page; empty is ``None``."""

    if not value:
        return None
    is_email = re.fullmatch(r"[!-~]+@[!-~]+\.[!-~]+", value)
    if not is_email and not re.fullmatch(r"https?://[!-~]+", value):
        raise ValueError("write an e-mail address or a web page, like https://photos.example.com")
    return value


def urls(value: str) -> tuple[str, ...]:
    """Take addresses with commas between."""

    urls = [part.strip() for part in value.split(",") if part.strip()]
    for url in urls:
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise ValueError(
                "write whole addresses with commas between, like https://a.com/webhook"
            )
    return tuple(urls)


def circles(value: str) -> tuple[Circle, ...]:
    """Take parts of the map: latitude, longitude (degrees), radius (metres); semicolons between."""

    parts = [part for part in re.split("[;；]", value) if part.strip()]
    return tuple(_circle(part, number) for number, part in enumerate(parts, 1))


def _circle(text: str, number: int) -> Circle:
    parts = [part.strip() for part in re.split("[,，]", text)]
    numbers = [float(p) for p in parts if re.fullmatch(r"[-+]?[0-9]{1,9}(\.[0-9]{1,12})?", p)]
    if len(parts) != 3 or len(numbers) != 3:
        raise ValueError(
            f"write circle {number} as latitude,longitude,radius in metres,"
            " like 31.2397,121.4992,500"
        )
    latitude_deg, longitude_deg, radius_m = numbers
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180 or radius_m <= 0:
        raise ValueError(
            f"write, in circle {number}, the latitude (up to 90) first, then the longitude"
            " (up to 180), then a radius above 0 in metres, like 31.2397,121.4992,500"
        )
    return Circle(latitude_deg=latitude_deg, longitude_deg=longitude_deg, radius_m=radius_m)


def networks(value: str) -> tuple[Network, ...]:
    """Take addresses and networks with commas between."""

    parts = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return tuple(ipaddress.ip_network(part) for part in parts)
    except ValueError:
        raise ValueError(
            "write addresses or networks with commas between, like 127.0.0.1,172.16.0.0/12"
        ) from None
