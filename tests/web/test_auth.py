"""Logging in: one password, few tries, a session of a day, and nothing that tells the password."""

import http.client
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from werkzeug.test import TestResponse

import server
from local_image_process.errors import StoreUnavailable
from local_image_process.record.database import Database
from local_image_process.record.throttle import Throttle
from local_image_process.settings import Settings
from local_image_process.web import auth, door
from local_image_process.web.proxies import Proxies
from tests.live import Answer, LiveGallery

PASSWORD = "山高水长 of the admin"
WRONG_ONE = "a guess of a stranger"
NOW_S = 1_780_000_000
WRONG = {
    "success": False,
    "error": "密码错误",
    "message": "密码错误",
    "status": "error",
}


class Site:
    """The real routes on a real database, asked without a network; the clock is set by hand."""

    def __init__(self, folder: Path, *, password: str | None = PASSWORD, **environ: str) -> None:
        self.now_s = float(NOW_S)
        settings = Settings.from_env(
            {"DATA_DIR": str(folder), "ADMIN_PASSWORD": password or ""} | environ
        )
        self.database = Database(settings.database)
        self.key = auth.session_key(folder, settings.secret_key)
        admin = auth.make_administrator(*settings.admin, data_dir=folder, key=self.key)
        throttle = Throttle(self.database, clock=lambda: self.now_s)
        self.app = Flask(__name__)
        self.app.wsgi_app = Proxies(self.app.wsgi_app, trusted=settings.trusted_proxies)  # type: ignore[method-assign]
        door.install(self.app, public_url=None)
        auth.keep_sessions(self.app, self.key)
        self.app.register_blueprint(
            auth.make_blueprint(admin=admin, throttle=throttle, key=self.key)
        )

        @self.app.get("/picture")
        def picture() -> str:
            return "for everybody"

        @self.app.get("/secret")
        def secret() -> Any:
            admin.require()
            return jsonify(secret="for the administrator")

        self.client = self.app.test_client()

    def login(
        self, password: Any = PASSWORD, *, address: str = "203.0.113.9", **further: Any
    ) -> TestResponse:
        return self.client.post(
            "/api/auth/login",
            json={"password": password, **further},
            environ_overrides={"REMOTE_ADDR": address},
        )

    def close(self) -> None:
        self.database.close()


Make = Callable[..., Site]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Make]:
    """Make sites on one data folder, as a restart does."""
    made: list[Site] = []

    def make(**settings: Any) -> Site:
        made.append(Site(tmp_path, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def cookie(answer: TestResponse, name: str) -> str:
    """Return a cookie as it is set, with its attributes."""
    (found,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{name}=")]
    return found


def attributes(cookie: str) -> set[str]:
    return {part.strip() for part in cookie.split(";")[1:] if "Expires" not in part}


def is_admin(client: FlaskClient) -> bool:
    told = client.get("/api/auth/me").get_json()
    assert told["username"] == ("admin" if told["admin"] else None)
    return bool(told["admin"])


# logging in


def test_the_password_opens_a_session(site: Make) -> None:
    one = site()
    assert not is_admin(one.client)
    refused = one.client.get("/secret")
    assert refused.status_code == 401
    assert (refused.get_json()["error"], refused.get_json()["message"]) == (
        "Unauthorized",
        "请先登录",
    )
    answer = one.login()
    assert answer.status_code == 200
    assert answer.get_json() == {"success": True, "message": "登录成功"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert is_admin(one.client)
    assert one.client.get("/secret").get_json() == {"secret": "for the administrator"}
    assert not is_admin(one.app.test_client())  # another browser


@pytest.mark.parametrize(("scheme", "secure"), [("http", set()), ("https", {"Secure"})])
def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(
    scheme: str, secure: set[str], site: Make
) -> None:
    one = site()
    for path, value, age_s in (("login", "true", 86_400), ("logout", "", 0)):
        answer = one.client.post(
            f"/api/auth/{path}",
            json={"password": PASSWORD},
            headers={"X-Forwarded-Proto": scheme},
        )
        assert answer.status_code == 200
        session, flag = (cookie(answer, name) for name in ("gallery_session", "admin-auth"))
        assert flag.startswith(f"admin-auth={value};")
        assert attributes(flag) == secure | {
            f"Max-Age={age_s}",
            "HttpOnly",
            "Path=/",
            "SameSite=Strict",
        }
        assert attributes(session) - {"Max-Age=0"} == secure | {
            "HttpOnly",
            "Path=/",
            "SameSite=Lax",
        }


def test_a_login_ends_with_the_logout(site: Make) -> None:
    one = site()
    one.login()
    answer = one.client.post("/api/auth/logout", json={})
    assert answer.get_json()["success"] is True
    assert not is_admin(one.client)
    assert one.client.get_cookie("gallery_session") is None
    assert one.client.get_cookie("admin-auth") is None


def test_the_front_ends_cookie_opens_nothing(site: Make) -> None:
    one = site()
    one.client.set_cookie("admin-auth", "true")
    assert not is_admin(one.client)
    assert one.client.get("/secret").status_code == 401


@pytest.mark.parametrize(
    ("password", "further"),
    [
        pytest.param("", {}, id="empty"),
        pytest.param(PASSWORD[:-1], {}, id="shorter"),
        pytest.param(PASSWORD + " ", {}, id="longer"),
        pytest.param(PASSWORD.upper(), {}, id="in capitals"),
        pytest.param("admin123", {}, id="a usual one"),
        pytest.param("x" * 200_000, {}, id="endless"),
        pytest.param("\0", {}, id="not printable"),
        pytest.param(PASSWORD, {"username": "root"}, id="another user"),
        pytest.param(PASSWORD, {"username": ""}, id="no user"),
        pytest.param(PASSWORD, {"username": "管理员"}, id="a Chinese user"),
    ],
)
def test_all_else_opens_nothing(password: str, further: dict[str, str], site: Make) -> None:
    one = site()
    answer = one.login(password, **further)
    assert (answer.status_code, answer.get_json()) == (401, WRONG)
    assert "Set-Cookie" not in answer.headers
    assert not is_admin(one.client)


def test_the_users_name_may_be_sent(site: Make) -> None:
    assert site().login(username="admin").status_code == 200
    other = site(ADMIN_USERNAME="老王")
    assert other.login(username="admin").status_code == 401
    assert other.login(username="老王").status_code == 200
    assert other.client.get("/api/auth/me").get_json()["username"] == "老王"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b'{"password": null}',
        b'{"password": true}',
        b'{"password": 0}',
        b'{"password": ["x"]}',
        b'{"password": {"x": 1}}',
        b'{"password": "x", "username": null}',
        b'{"password": "x", "username": 1}',
        rb'{"password": "\ud800"}',
        b'{"password": "x", "password": "y"}',
    ],
)
def test_what_is_no_login_is_told_so_and_is_no_try(body: bytes, site: Make) -> None:
    one = site()
    for _ in range(7):
        answer = one.client.post("/api/auth/login", data=body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.get_json()["success"] is False
        assert answer.get_json()["message"]


# tries


def test_six_wrong_tries_in_a_minute_are_one_too_many(site: Make) -> None:
    one = site()
    for _ in range(5):
        assert one.login(WRONG_ONE).status_code == 401
        one.now_s += 1
    blocked = one.login(WRONG_ONE)
    assert blocked.status_code == 429
    assert blocked.headers["Retry-After"] == "55"
    assert "55 秒" in blocked.get_json()["message"]
    assert one.login().status_code == 429  # the right one, too
    assert not is_admin(one.client)
    assert one.login(address="203.0.113.10").status_code == 200
    one.now_s += 54.5
    assert one.login().headers["Retry-After"] == "1"
    one.now_s += 0.5
    assert one.login().status_code == 200


def test_right_ones_are_no_tries(site: Make) -> None:
    one = site()
    for _ in range(8):
        assert one.login().status_code == 200
    assert [one.login(WRONG_ONE).status_code for _ in range(6)] == [401] * 5 + [429]


def test_a_right_one_does_not_allow_more_wrong_ones(site: Make) -> None:
    one = site()
    tried = [*[WRONG_ONE] * 4, PASSWORD, *[WRONG_ONE] * 2]
    statuses = [one.login(password).status_code for password in tried]
    assert statuses == [401, 401, 401, 401, 200, 401, 429]


def test_many_tries_at_once_are_not_more(site: Make) -> None:
    one = site()

    def status(_: int) -> int:
        return one.app.test_client().post("/api/auth/login", json={"password": "no"}).status_code

    with ThreadPoolExecutor(20) as strangers:
        statuses = sorted(strangers.map(status, range(20)))
    assert statuses == [401] * 5 + [429] * 15


def test_what_cannot_be_counted_is_not_tried(site: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = site()

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(Throttle, "take", full)
    answer = one.login()
    assert answer.status_code == 503
    assert answer.get_json()["success"] is False


# sessions


def test_a_session_ends_after_a_day(site: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = site()
    one.login()
    began_s = TimestampSigner("any").get_timestamp()
    for age_s, still in ((86_400, True), (86_401, False)):
        later_s = began_s + age_s
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _, at_s=later_s: at_s)
        assert is_admin(one.client) is still


def test_a_session_outlives_a_restart_but_not_the_password(site: Make) -> None:
    one = site()
    one.login()
    session = one.client.get_cookie("gallery_session")
    assert session is not None

    def still(restarted: Site) -> bool:
        client = restarted.app.test_client()
        client.set_cookie("gallery_session", session.value)
        return is_admin(client)

    assert still(site())
    assert not still(site(password="another one"))
    assert not still(site(password=None))
    assert not still(site(password="admin123"))
    assert not still(site(SECRET_KEY="another key"))
    assert still(site())


def test_a_password_made_anew_ends_the_sessions_of_the_old_one(site: Make, tmp_path: Path) -> None:
    first = auth.make_password_once(tmp_path)
    one = site(password=None)
    assert one.login(first).status_code == 200
    session = one.client.get_cookie("gallery_session")
    assert session is not None
    (tmp_path / "admin_password").unlink()
    second = auth.make_password_once(tmp_path)
    other = site(password=None)
    other.client.set_cookie("gallery_session", session.value)
    assert not is_admin(other.client)
    assert other.login(first).status_code == 401
    assert other.login(second).status_code == 200


@pytest.mark.parametrize("mark", [None, True, 1, "", "true", "照片", ["x"], {"x": 1}])
def test_a_session_of_another_program_with_our_key_opens_nothing(mark: Any, site: Make) -> None:
    one = site()
    with one.client.session_transaction() as session:
        session["admin"] = mark
    assert not is_admin(one.client)


def test_a_forged_session_opens_nothing(site: Make) -> None:
    one = site()
    one.login()
    session = one.client.get_cookie("gallery_session")
    assert session is not None
    for forged in (session.value[:-1], "x" + session.value, "", "true", "." * 2000):
        one.client.set_cookie("gallery_session", forged)
        assert not is_admin(one.client)


def test_what_is_for_everybody_does_not_depend_on_the_session(site: Make) -> None:
    """Caches would keep it apart for each visitor, or give one's cookie to another."""
    one = site()
    one.login()
    headers = one.client.get("/picture").headers
    assert "Set-Cookie" not in headers
    assert "Vary" not in headers
    assert one.client.get("/secret").headers["Vary"] == "Cookie"


def test_the_key_is_made_once_and_is_for_us_alone(site: Make, tmp_path: Path) -> None:
    key = site().key
    path = tmp_path / "secret_key"
    assert re.fullmatch(rb"[0-9a-f]{64}", key)
    assert path.read_bytes() == key == site().key
    assert path.stat().st_mode & 0o777 == 0o600
    assert site(SECRET_KEY="configured").key == b"configured"


# passwords that open nothing

OBVIOUS = ["admin123", "Admin123", "123456", "password", "admin", "ADMIN"]


@pytest.mark.parametrize("password", OBVIOUS)
def test_an_obvious_password_opens_nothing_and_the_start_says_so(
    password: str, site: Make, tmp_path: Path
) -> None:
    one = site(password=password)
    assert one.login(password).status_code == 401
    assert one.login("").status_code == 401
    assert announced(tmp_path, ADMIN_PASSWORD=password).count("nobody can log in") == 1
    assert not (tmp_path / "admin_password").exists()


def test_the_users_name_is_no_password(site: Make) -> None:
    assert site(password="wang", ADMIN_USERNAME="Wang").login("wang").status_code == 401


@pytest.mark.parametrize("content", [None, "", "no hash", "plain$text"])
def test_without_a_password_nobody_can_log_in(
    content: str | None, site: Make, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "admin_password").write_text(content, encoding="utf-8")
    one = site(password=None)
    for password in ("", "admin", content or "x"):
        assert one.login(password).status_code == 401


def test_the_password_that_is_made_and_shown_opens_the_door(site: Make, tmp_path: Path) -> None:
    said = announced(tmp_path)
    (password,) = re.findall(r"admin / (\S+) ", said)
    assert site(password=None).login(password).status_code == 200
    assert "nobody can log in" not in said
    assert password not in announced(tmp_path)  # only once


def announced(data_dir: Path, **environ: str) -> str:
    return server.announce(Settings.from_env({"DATA_DIR": str(data_dir)} | environ), port=8089)


# secrets


def test_nothing_tells_the_password(
    site: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    one = site()
    told = []
    for password in (PASSWORD, WRONG_ONE, PASSWORD):
        answer = one.login(password)
        told += [answer.get_data(as_text=True), *answer.headers.getlist("Set-Cookie")]
    with one.client.session_transaction() as session:
        told.append(json.dumps(dict(session), ensure_ascii=False))
    kept = [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file()]
    for text in (*told, *kept, caplog.text):
        for password in (PASSWORD, WRONG_ONE):
            assert password not in text
            assert password.encode().decode("latin-1") not in text
            assert json.dumps(password)[1:-1] not in text
    assert "login refused sender=203.0.113.9" in caplog.text


def test_no_address_is_kept(site: Make, tmp_path: Path) -> None:
    site().login(WRONG_ONE, address="203.0.113.77")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"login" in kept
    assert b"203.0.113.77" not in kept


# a real server


@pytest.mark.slow
def test_four_workers_are_one_door(gallery: Callable[..., LiveGallery]) -> None:
    """Tries are counted together, sessions known to all, and a new password ends them."""
    live = gallery(ADMIN_PASSWORD=PASSWORD, TRUSTED_PROXIES="192.0.2.1", FORWARDED_ALLOW_IPS="*")
    live.start()
    opened = ask(live, {"password": PASSWORD}, x_forwarded_proto="https")
    assert opened.status == 200
    assert "Strict-Transport-Security" not in opened.headers  # whatever a stranger says
    assert "Secure" not in str(opened.headers)
    session = next(
        one.partition(";")[0]
        for one in opened.headers.get_all("Set-Cookie", [])
        if one.startswith("gallery_session=")
    )
    assert {whoami(live, session) for _ in range(24)} == {True}

    addresses = [f"198.51.100.{n}" for n in range(24)]
    tried = [ask(live, {"password": WRONG_ONE}, x_forwarded_for=one) for one in addresses]
    assert [one.status for one in tried] == [401] * 5 + [429] * 19
    assert 0 < int(tried[-1].headers["Retry-After"]) <= 60
    assert ask(live, {"password": PASSWORD}).status == 429

    live.stop()
    live.env["ADMIN_PASSWORD"] = "another one"
    live.start()
    assert {whoami(live, session) for _ in range(24)} == {False}
    assert live.log_lines("login refused")
    for password in (PASSWORD, "another one", WRONG_ONE):
        assert password not in live.log_text()


def ask(live: LiveGallery, body: dict[str, str], **headers: str) -> Answer:
    """Log in over a connection of its own, so that any of the workers may answer."""
    one = http.client.HTTPConnection("127.0.0.1", live.port, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        one.request(
            "POST",
            "/api/auth/login",
            json.dumps(body),
            {"Content-Type": "application/json"} | named,
        )
        answer = one.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        one.close()


def whoami(live: LiveGallery, session: str) -> bool:
    return bool(live.get("/api/auth/me", Cookie=session).json()["admin"])
