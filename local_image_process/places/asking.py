"""One question to a geocoder over HTTP, and what may come of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from .. import __version__
from ..errors import PlaceUnavailable

TIMEOUT_S = (5.0, 10.0)  # to connect, to answer
LIMIT_BYTES = 256 * 1024
AGENT = f"local-image-process/{__version__}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a geocoder answered."""

    status: int
    content: dict[str, Any]  # its JSON; empty if it answered no object
    wait_s: float  # how long it wants to be left alone


def ask(
    url: str,
    question: Mapping[str, str],
    *,
    who: str,
    agent: str = AGENT,
    timeout_s: tuple[float, float] = TIMEOUT_S,
) -> Reply:
    """Ask once; redirects are not followed. ``who`` is told instead of the address.

    Raises PlaceUnavailable when there is no answer.
    """
    import requests  # costs 0.2 s and 20 MB, and many galleries ask nobody

    try:
        with requests.get(
            url,
            params=question,
            headers={"User-Agent": agent},
            timeout=timeout_s,
            allow_redirects=False,
            stream=True,
        ) as response:
            body = next(response.iter_content(LIMIT_BYTES), b"")
    except (requests.RequestException, OSError, ValueError) as error:
        # the error's own words hold the whole address, which may hold a key
        raise PlaceUnavailable(f"{who} {_trouble(error)}") from None
    now = response.headers.get("Date", "")
    wait_s = _seconds(response.headers.get("Retry-After", ""), now)
    return Reply(response.status_code, _object_in(body), wait_s)


def _trouble(error: Exception) -> str:
    """Return what went wrong, without a word of the error itself."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return "has a certificate that is not trusted; see whether this machine's clock is right"
    if isinstance(error, requests.Timeout):
        return "did not answer in time"
    return "cannot be reached; see whether this machine is on the internet"


def _object_in(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _seconds(retry_after: str, now: str) -> float:
    """Return the seconds that a Retry-After (RFC 9110, 10.2.3) asks for; 0 if it says nothing."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        wait = parsedate_to_datetime(retry_after) - parsedate_to_datetime(now)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, wait.total_seconds())
