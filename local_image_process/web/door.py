"""The door: which requests may change anything, what a body may hold, how answers leave."""

import json
import logging
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException

from ..errors import StoreError
from ..logs import kv
from .answers import Headers, with_each_answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 256 * 1024
READ_ON_S = 2.0
DEEPEST_JSON = 20
ONLY_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
WEBHOOKS = frozenset({"/webhook", "/api/webhook"})  # machines call them, and prove who they are
SERVER_ACTION = "HTTP_NEXT_ACTION"  # the header by which pages of Next call their server
PORTS = {"http": 80, "https": 443}
HALF_A_YEAR_S = 15_768_000
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_RULES = [(name.lower(), name, value) for name, value in HEADERS.items()]
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
ELSEWHERE = (
    "请求来自别的网站，已拒绝。如果这就是您的网址，"
    "请检查反向代理的 Host、X-Forwarded-Proto 以及 TRUSTED_PROXIES、PUBLIC_BASE_URL"
)
NOT_JSON_TYPE = "请求必须是 JSON（Content-Type: application/json）"
NOT_JSON = "请求内容不是正确的 JSON 对象"
TOO_LARGE = "请求内容过大，最多 256 KB"
NOT_NOTED = "暂时无法记录，请稍后重试"
TOO_OFTEN = "操作过于频繁，请 {} 秒后再试"
MESSAGES = {
    400: "请求有误",
    404: "没有找到",
    405: "不支持这种请求方法",
    500: "服务器内部错误",
}

_AS_FLASK_WRITES = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

Origin = tuple[str, str, int | None]  # scheme, host, port


def install(app: Flask, *, public_url: str | None) -> None:
    """Put every request and every answer of ``app`` under these rules."""
    public = origin(public_url or "")
    app.before_request(lambda: refusal(request.environ, public))
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.wsgi_app = with_each_answer(app.wsgi_app, _harden)  # type: ignore[method-assign, assignment]
    app.register_error_handler(HTTPException, _in_json)
    app.register_error_handler(413, lambda _: too_large(request.environ))
    app.register_error_handler(StoreError, not_noted)


def refusal(environ: "WSGIEnvironment", public: Origin | None) -> Response | None:
    """Return the answer to what another site makes a visitor's browser do; ``None``: let it in.

    Scripts name no site and pass. ``public`` is where visitors find us.
    """
    if environ["REQUEST_METHOD"] in ONLY_LOOKING or environ["PATH_INFO"] in WEBHOOKS:
        return None
    if not _is_from_here(environ, public):
        return refused(403, ELSEWHERE)
    if not _is_json(environ) and SERVER_ACTION not in environ:
        return refused(415, NOT_JSON_TYPE)
    return None


def refused(
    status: int,
    message: str,
    *,
    error: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer that says no; ``abort`` takes it. ``error`` is for programs to read."""
    told = {"success": False, "error": error or message, "message": message, "status": "error"}
    answer = Response(json_text(told), status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(headers or {})
    return answer


def too_often(wait_s: float) -> Response:
    """Return the answer to whoever has to wait for so many seconds; ``abort`` takes it."""
    whole_s = str(math.ceil(wait_s))
    return refused(429, TOO_OFTEN.format(whole_s), headers={"Retry-After": whole_s})


def json_text(told: Mapping[str, Any]) -> str:
    """Return the JSON of an answer, as Flask writes it for us; people read it, too."""
    return _AS_FLASK_WRITES.encode(told) + "\n"


def json_object() -> dict[str, Any]:
    """Return the JSON object that the request holds; whatever else it holds ends in 400.

    So does what JSON does not know or different readers take differently: NaN, numbers beyond
    all bounds, a name twice, half a character; and what is nested too deeply.
    """
    found = object_in(request.get_data())
    if found is None:
        abort(refused(400, NOT_JSON))
    return found


def object_in(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a body is; see ``json_object``."""
    try:
        found = _STRICT.decode(body.decode("utf-8"))
        if b"\\" in body:  # only so half a character can come
            json.dumps(found, ensure_ascii=False).encode("utf-8")
        return found if isinstance(found, dict) and _is_shallow(found, body) else None
    except (ValueError, RecursionError):
        return None


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _finite(number: str) -> float:
    if math.isinf(found := float(number)):
        raise ValueError("it is beyond all bounds")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON's")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_each_name_once, parse_float=_finite, parse_constant=_no_number
)


def _is_shallow(found: dict[str, Any], body: bytes) -> bool:
    return body.count(b"{") + body.count(b"[") <= DEEPEST_JSON or _depth(found) <= DEEPEST_JSON


def _depth(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inside), default=0) if isinstance(value, dict | list) else 0


def _harden(environ: "WSGIEnvironment", _: str, headers: Headers) -> None:
    """Say what browsers must not do with an answer, unless that was said."""
    said = {name.lower(): value for name, value in headers}
    headers += [(name, value) for key, name, value in _RULES if key not in said]
    is_picture = said.get("content-type", "").startswith("image/")
    if not is_picture and "content-security-policy" not in said:
        headers.append(("Content-Security-Policy", NO_PAGE))
    if environ["wsgi.url_scheme"] == "https":
        headers.append(("Strict-Transport-Security", f"max-age={HALF_A_YEAR_S}"))


def _is_from_here(environ: "WSGIEnvironment", public: Origin | None) -> bool:
    """Tell whether a browser says that our own page asks, or none at all."""
    if environ.get("HTTP_SEC_FETCH_SITE", "none") not in {"same-origin", "none"}:
        return False
    named = environ.get("HTTP_ORIGIN")
    if named is None:
        return True
    own = origin(f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}")
    return origin(named) in {own, public} - {None}


def _is_json(environ: "WSGIEnvironment") -> bool:
    kind = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind[-5:] == "+json")


def origin(url: str) -> Origin | None:
    """Return scheme, host and port of an address; ``None`` for what is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def _in_json(error: HTTPException) -> Response:
    """Tell in JSON what werkzeug tells in HTML; further headers stay, like Allow."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return refused(status, MESSAGES.get(status, error.name), headers=headers)


def not_noted(error: Exception) -> Response:
    """Return the answer to what the disk did not take."""
    log.error("request not noted %s", kv(reason=error))
    return refused(503, NOT_NOTED)


def too_large(environ: "WSGIEnvironment") -> Response:
    """Read on for a moment: who sends all before it reads would never see the answer."""
    end_s = time.monotonic() + READ_ON_S
    with suppress(OSError):
        while time.monotonic() < end_s and environ["wsgi.input"].read(BODY_LIMIT_BYTES):
            pass
    return refused(413, TOO_LARGE)
