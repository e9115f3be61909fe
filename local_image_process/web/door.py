"""The door: which requests may change anything, what a body may hold, how answers leave."""

import json
import logging
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, request
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

Origin = tuple[str, str, int | None]  # scheme, host, port


def install(app: Flask, *, public_url: str | None) -> None:
    """Put every request and every answer of ``app`` under these rules."""
    public = _origin(public_url or "")

    @app.before_request
    def let_in() -> None:
        """Stop what another site makes a visitor's browser do; scripts name no site and pass."""
        if request.method in ONLY_LOOKING or request.path in WEBHOOKS:
            return
        if not _is_from_here(public):
            abort(refused(403, ELSEWHERE))
        if not request.is_json and "Next-Action" not in request.headers:
            abort(refused(415, NOT_JSON_TYPE))

    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.wsgi_app = with_each_answer(app.wsgi_app, _harden)  # type: ignore[method-assign, assignment]
    app.register_error_handler(HTTPException, _in_json)
    app.register_error_handler(413, _too_large)
    app.register_error_handler(StoreError, _not_noted)


def refused(
    status: int,
    message: str,
    *,
    error: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer that says no; ``abort`` takes it. ``error`` is for programs to read."""
    told = {"success": False, "error": error or message, "message": message, "status": "error"}
    answer = jsonify(told)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(headers or {})
    return answer


def too_often(wait_s: float) -> Response:
    """Return the answer to whoever has to wait for so many seconds; ``abort`` takes it."""
    whole_s = str(math.ceil(wait_s))
    return refused(429, TOO_OFTEN.format(whole_s), headers={"Retry-After": whole_s})


def json_object() -> dict[str, Any]:
    """Return the JSON object that the request holds; whatever else it holds ends in 400.

    So does what JSON does not know or different readers take differently: NaN, numbers beyond
    all bounds, a name twice, half a character; and what is nested too deeply.
    """
    found = _object_in(request.get_data())
    if found is None:
        abort(refused(400, NOT_JSON))
    return found


def _object_in(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_each_name_once)
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode("utf-8")
        return found if isinstance(found, dict) and _depth(found) <= DEEPEST_JSON else None
    except (ValueError, RecursionError):
        return None


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


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


def _is_from_here(public: Origin | None) -> bool:
    """Tell whether a browser says that our own page asks, or none at all."""
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return False
    named = request.headers.get("Origin")
    if named is None:
        return True
    own = _origin(f"{request.scheme}://{request.headers.get('Host', '')}")
    return _origin(named) in {own, public} - {None}


def _origin(url: str) -> Origin | None:
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


def _not_noted(error: Exception) -> Response:
    log.error("request not noted %s", kv(reason=error))
    return refused(503, NOT_NOTED)


def _too_large(_: Exception) -> Response:
    """Read on for a moment: who sends all before it reads would never see the answer."""
    end_s = time.monotonic() + READ_ON_S
    with suppress(OSError):
        while time.monotonic() < end_s and request.environ["wsgi.input"].read(BODY_LIMIT_BYTES):
            pass
    return refused(413, TOO_LARGE)
