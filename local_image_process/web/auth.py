"""The administrator: one password, few tries at it, and a session of a day."""

import hmac
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from flask import Blueprint, Flask, Request, Response, abort, jsonify, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.security import check_password_hash, generate_password_hash

from ..files import create_once
from ..logs import kv
from ..record.throttle import Throttle
from .door import json_object, refused, too_often
from .proxies import visitor

log = logging.getLogger(__name__)

SESSION_S = 86_400  # from the login on, however much is done meanwhile
SESSION_COOKIE = "gallery_session"
FLAG_COOKIE = "admin-auth"  # the front-end shows its admin pages for it; here it opens nothing
LOGIN = "login"  # the name of its tries
MOST_TRIES = 5
TRIES_WINDOW_S = 60.0
OBVIOUS = frozenset(
    {"admin", "admin123", "password", "changeme", "123456", "12345678", "123456789", "qwerty"}
)
LOGGED_IN = "登录成功"
LOGGED_OUT = "已退出登录"
NOT_LOGGED_IN = "请先登录"
NO_PASSWORD = "请输入密码"
WRONG_PASSWORD = "密码错误"


LoginState = Callable[[], str]


class Administrator:
    """Knows the name, a hash of the password, and a mark that every session of it bears.

    The mark changes with the password, so that the sessions of an old one end.
    """

    def __init__(self, name: str, *, password_hash: str, mark: str) -> None:
        self.name = name
        self._password_hash = password_hash
        self._mark = mark
        self._alone = Lock()

    def is_right(self, *, name: str, password: str) -> bool:
        """Compare name and password, in the same time whichever is wrong."""
        with self._alone:  # each comparison takes 32 MB
            is_password = check_password_hash(self._password_hash, password)
        return hmac.compare_digest(name.encode(), self.name.encode()) and is_password

    def begin_session(self) -> None:
        """Let the browser that asks be the administrator from now on."""
        session.clear()
        session.permanent = True
        session["admin"] = self._mark

    def is_here(self) -> bool:
        """Tell whether the administrator asks."""
        mark = str(session.get("admin", ""))
        return hmac.compare_digest(mark.encode(), self._mark.encode())

    def require(self) -> None:
        """End the request in 401 unless the administrator asks.

        Called in a view, or for all views at once: ``blueprint.before_request(admin.require)``.
        """
        if not self.is_here():
            abort(refused(401, NOT_LOGGED_IN, error="Unauthorized"))


class _Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies, kept from plain HTTP where the request came by HTTPS."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session; where there is no cookie, nothing has to be made to read it with."""
        if SESSION_COOKIE not in request.headers.get("Cookie", ""):
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def make_password_once(data_dir: Path) -> str | None:
    """Make the administrator's password if there is none yet, and return it to be shown once.

    Only its hash is kept, in ``data/admin_password``; to get a new one, delete that file.
    """
    path = data_dir / "admin_password"
    if path.exists():
        return None
    password = secrets.token_urlsafe(12)
    ours = generate_password_hash(password).encode("ascii")
    return password if create_once(path, ours) == ours else None


def is_obvious(password: str, *, name: str) -> bool:
    """Tell whether everybody would try this password first; it opens nothing."""
    return password.casefold() in OBVIOUS | {name.casefold()}


def login_state(name: str, configured: str | None, *, data_dir: Path) -> str:
    """Return whose password counts: "configured" or "made"; or why none: "obvious", "nobody"."""
    if configured:
        return "obvious" if is_obvious(configured, name=name) else "configured"
    return "made" if (data_dir / "admin_password").exists() else "nobody"


def session_key(data_dir: Path, configured: str | None) -> bytes:
    """Return what sessions are signed with: configured, or made once."""
    if configured:
        return configured.encode()
    return create_once(data_dir / "secret_key", secrets.token_hex(32).encode("ascii"))


def make_administrator(
    name: str, configured: str | None, *, data_dir: Path, key: bytes
) -> Administrator:
    """Return who may log in, with the configured password or else the one that was made.

    Where it is obvious or missing, a password counts that nobody knows.
    """
    if configured:
        secret = secrets.token_urlsafe() if is_obvious(configured, name=name) else configured
        password_hash = generate_password_hash(secret)
    else:
        secret = password_hash = _kept_hash(data_dir)
    # a configured password's hash has another salt in each process: no mark can be made of it
    mark = hmac.digest(key, f"password {secret}".encode(), "sha256").hex()
    return Administrator(name, password_hash=password_hash, mark=mark)


def _kept_hash(data_dir: Path) -> str:
    path = data_dir / "admin_password"
    if not path.exists():
        return generate_password_hash(secrets.token_urlsafe())
    return path.read_text(encoding="utf-8", errors="replace").strip()


def keep_sessions(app: Flask, key: bytes) -> None:
    """Let ``app`` keep sessions in signed cookies."""
    app.secret_key = key
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # or every picture's answer would bear the cookie
        PERMANENT_SESSION_LIFETIME=SESSION_S,
    )


def make_blueprint(*, admin: Administrator, throttle: Throttle, key: bytes) -> Blueprint:
    """Return the routes to log in and out."""
    auth = Blueprint("auth", __name__, url_prefix="/api/auth")

    @auth.post("/login")
    def login() -> Response:
        given = json_object()
        name, password = given.get("username", admin.name), given.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            abort(refused(400, NO_PASSWORD))
        who = visitor(key, request.remote_addr)
        _take_try(throttle, who)
        if not admin.is_right(name=name, password=password):
            log.warning("login refused %s", kv(sender=request.remote_addr))
            abort(refused(401, WRONG_PASSWORD))
        throttle.give_back(LOGIN, who)
        log.info("logged in %s", kv(sender=request.remote_addr))
        admin.begin_session()
        return _with_flag(jsonify(success=True, message=LOGGED_IN), "true", SESSION_S)

    @auth.post("/logout")
    def logout() -> Response:
        session.clear()
        return _with_flag(jsonify(success=True, message=LOGGED_OUT), "", 0)

    @auth.get("/me")
    def me() -> Response:
        is_admin = admin.is_here()
        return jsonify(success=True, admin=is_admin, username=admin.name if is_admin else None)

    @auth.after_request
    def for_nobody_else(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return auth


def _take_try(throttle: Throttle, who: str) -> None:
    """Count a try before it is looked at, so that many at once are not more; or end in 429."""
    wait_s = throttle.take(LOGIN, who, most=MOST_TRIES, window_s=TRIES_WINDOW_S)
    if wait_s is not None:
        abort(too_often(wait_s))


def _with_flag(answer: Response, value: str, max_age_s: int) -> Response:
    """Set the front-end's own cookie; without age it goes."""
    answer.set_cookie(
        FLAG_COOKIE,
        value,
        max_age=max_age_s,
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return answer
