"""Notices to others that the gallery has changed: their form, and the sending of one."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from .. import __version__
from ..errors import NoticeError
from .signature import sign

EVENT = "gallery.updated"
TIMEOUT_S = (3.05, 10.0)  # to connect, to answer


def body_of(albums: Iterable[str], counts: Mapping[str, int], *, at_s: float) -> str:
    """Return a notice as JSON: which albums changed, how many photos, when (UTC)."""
    shape = {
        "event": EVENT,
        "albums": sorted(set(albums)),
        "counts": dict(counts),
        "at": datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds"),
    }
    return json.dumps(shape, ensure_ascii=False)


def send(
    body: str,
    *,
    url: str,
    notice_id: str,
    secret: str | None,
    now_s: float,
    timeout_s: tuple[float, float] = TIMEOUT_S,
) -> None:
    """Send one notice; ``notice_id`` is the same at every attempt.

    Raises NoticeError unless the answer is 2xx; redirects are not followed.
    """
    import requests  # costs 0.2 s and 20 MB, and most galleries have nobody to tell

    content = body.encode()
    try:
        with requests.post(
            url,
            data=content,
            headers=_headers(content, notice_id=notice_id, secret=secret, now_s=now_s),
            timeout=timeout_s,
            allow_redirects=False,
            stream=True,  # only the status is read: an endless answer costs nothing
        ) as response:
            status = response.status_code
    except (requests.RequestException, OSError, ValueError) as error:
        # the error's own words hold the whole address, which may hold a token
        raise NoticeError(f"{shown(url)} {_trouble(error)}") from None
    if not 200 <= status < 300:
        raise NoticeError(f"{shown(url)} answered {status}{_advice(status)}")


def shown(url: str) -> str:
    """Return an address as it may be told: without name, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _headers(
    content: bytes, *, notice_id: str, secret: str | None, now_s: float
) -> dict[str, str | bytes]:
    headers: dict[str, str | bytes] = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"local-image-process/{__version__}",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(now_s)),
    }
    if secret:
        headers["x-webhook-secret"] = secret.encode()  # bytes: it may be in Chinese
        headers["webhook-signature"] = sign(
            secret, webhook_id=notice_id, timestamp_s=str(int(now_s)), body=content
        )
    return headers


def _trouble(error: Exception) -> str:
    """Return what went wrong, without a word of the error itself."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return "has a certificate that is not trusted; renew it, or correct WEBHOOK_URL"
    if isinstance(error, requests.Timeout):
        return "did not answer in time; see whether it is up"
    return "cannot be reached; see whether it is up, and the address in WEBHOOK_URL"


def _advice(status: int) -> str:
    if status in {401, 403}:
        return "; set the same WEBHOOK_SECRET on both sides"
    if 300 <= status < 400:
        return "; redirects are not followed: write the address it leads to in WEBHOOK_URL"
    if status in {404, 405}:
        return "; correct the address in WEBHOOK_URL"
    return ""
