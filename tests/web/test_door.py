"""Which requests may change anything, what bodies are taken, and how answers leave."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local_image_process.errors import StoreUnavailable
from local_image_process.run.lease import Lease
from local_image_process.run.records import make_folders, open_records
from local_image_process.settings import Settings
from local_image_process.web import door, webhook
from local_image_process.web.application import make_app

PUBLIC = "https://photos.example.com"
JSON = "application/json"
AS_ACTION = {"Next-Action": "7f3a", "Content-Type": "text/plain;charset=UTF-8"}


@pytest.fixture
def client() -> FlaskClient:
    """Ask an application with the door alone and a few views behind it."""
    app = Flask(__name__)
    door.install(app, public_url=PUBLIC)

    @app.route("/change", methods=["POST", "PUT", "PATCH", "DELETE"])
    def change() -> dict[str, Any]:
        return {"taken": door.json_object()}

    @app.post("/action")
    def action() -> dict[str, Any]:
        return {}

    @app.get("/page")
    def page() -> Response:
        return Response("<p>", headers={"Content-Security-Policy": "default-src 'self'"})

    @app.get("/picture")
    def picture() -> Response:
        return Response(b"RIFF", content_type="image/webp")

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the secret of the view")

    @app.get("/full")
    def full() -> str:
        raise StoreUnavailable("the secret of the disk")

    return app.test_client()


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[FlaskClient]:
    """Ask the whole application, without its service."""
    settings = Settings.from_env({"DATA_DIR": str(tmp_path), "WEBHOOK_SECRET": "of the hook"})
    make_folders(settings)
    records = open_records(settings)
    yield make_app(settings, records, Lease(tmp_path)).test_client()
    records.database.close()


def is_error(answer: TestResponse) -> bool:
    """Tell whether an answer says what went wrong in the form that all errors have."""
    told = answer.get_json()
    return (
        set(told) == {"success", "error", "message", "status"}
        and (told["success"], told["status"]) == (False, "error")
        and all(told[name] and isinstance(told[name], str) for name in ("error", "message"))
        and answer.content_type == JSON
    )


# who may change anything


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a script"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, id="our page"),
        pytest.param({"Sec-Fetch-Site": "none"}, id="the address bar"),
        pytest.param({"Origin": "http://nas:8089"}, id="our page in an old browser"),
        pytest.param({"Origin": "http://NAS:8089"}, id="in capitals"),
        pytest.param({"Origin": PUBLIC}, id="the public address"),
        pytest.param({"Origin": f"{PUBLIC}:443"}, id="the public address with its port"),
        pytest.param(
            {"Origin": "http://nas:8089", "Sec-Fetch-Site": "same-origin"}, id="our page, both"
        ),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_our_own_pages_and_scripts_may(
    method: str, headers: dict[str, str], client: FlaskClient
) -> None:
    answer = client.open(
        "/change", method=method, json={"a": 1}, headers=headers, base_url="http://nas:8089"
    )
    assert (answer.status_code, answer.get_json()) == (200, {"taken": {"a": 1}})


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="another host of our domain"),
        pytest.param({"Sec-Fetch-Site": ""}, id="empty"),
        pytest.param({"Origin": "https://nas:8089"}, id="another scheme"),
        pytest.param({"Origin": "http://nas"}, id="another port"),
        pytest.param({"Origin": "http://nas.evil.example:8089"}, id="another host"),
        pytest.param({"Origin": "http://photos.example.com"}, id="public host, another scheme"),
        pytest.param({"Origin": "null"}, id="nobody's"),
        pytest.param({"Origin": ""}, id="no origin at all"),
        pytest.param({"Origin": "http://[nas:8089"}, id="no address"),
        pytest.param({"Origin": "http://nas:999999"}, id="no port"),
        pytest.param(
            {"Origin": "http://nas:8089", "Sec-Fetch-Site": "cross-site"}, id="one of both"
        ),
        pytest.param({"Origin": "http://evil.example", "Sec-Fetch-Site": "none"}, id="the other"),
    ],
)
@pytest.mark.parametrize("path", ["/change", "/action", "/nothing"])
def test_other_sites_may_not(path: str, headers: dict[str, str], client: FlaskClient) -> None:
    for further in ({}, AS_ACTION):
        answer = client.post(path, json={}, headers=headers | further, base_url="http://nas:8089")
        assert answer.status_code == 403
        assert is_error(answer)
        assert "TRUSTED_PROXIES" in answer.get_json()["message"]


def test_without_a_host_no_origin_is_ours(client: FlaskClient) -> None:
    for origin in ("http://", "http:", "//"):
        answer = client.post(
            "/change", json={}, headers={"Origin": origin}, environ_overrides={"HTTP_HOST": ""}
        )
        assert answer.status_code == 403


def test_everybody_may_look(client: FlaskClient) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert client.open("/page", method=method, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"],
)
def test_what_a_form_of_another_site_could_send_is_not_taken(
    content_type: str | None, client: FlaskClient
) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.open("/change", method=method, data=b"{}", content_type=content_type)
        assert answer.status_code == 415
        assert is_error(answer)


def test_actions_of_the_front_end_come_as_text(client: FlaskClient) -> None:
    assert client.post("/action", data=b"[]", headers=AS_ACTION).status_code == 200
    plain = {"Content-Type": AS_ACTION["Content-Type"]}
    assert client.post("/action", data=b"[]", headers=plain).status_code == 415


@pytest.mark.parametrize("path", ["/webhook", "/api/webhook"])
def test_webhooks_come_from_anywhere_in_any_form(path: str, gallery: FlaskClient) -> None:
    said = {"Origin": "https://oss.example", "Sec-Fetch-Site": "cross-site"}
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = gallery.post(path, data=b"x", content_type=content_type, headers=said)
        assert (answer.status_code, answer.get_json()["message"]) == (401, webhook.UNAUTHORISED)
    for other in (f"{path}/", f"{path}/x"):
        assert gallery.post(other, data=b"x", headers=said).status_code == 403


# bodies

DEEP = door.DEEPEST_JSON


def nested(depth: int) -> bytes:
    """Return an object that holds a list that holds a list and so on."""
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="empty object"),
        pytest.param('{"照片": "上海/夜.webp", "likes": 3}'.encode(), id="Chinese"),
        pytest.param(b' {"a": [1, 2.5, null, true, {"a": "b"}]}\n', id="all kinds"),
        pytest.param(b'{"a": ' + b"9" * 4000 + b"}", id="a huge number"),
        pytest.param(rb'{"a": "\ud83d\udcf7"}', id="emoji"),
        pytest.param(nested(DEEP), id="as deep as may be"),
    ],
)
def test_json_objects_are_taken(body: bytes, client: FlaskClient) -> None:
    answer = client.post("/change", data=body, content_type=f"{JSON}; charset=utf-8")
    assert answer.status_code == 200
    assert answer.get_json()["taken"] == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half"),
        pytest.param(b"{}{}", id="two"),
        pytest.param(b"photo=1", id="a form"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"x"', id="a text"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": [-Infinity]}', id="infinity"),
        pytest.param(b'{"a": 1e999}', id="beyond all bounds"),
        pytest.param(b'{"a": ' + b"9" * 100_000 + b"}", id="a number without end"),
        pytest.param(b'{"a": 1, "a": 2}', id="a name twice"),
        pytest.param(b'{"b": {"a": 1, "a": 1}}', id="a name twice, within"),
        pytest.param(b'{"a": "\xff"}', id="no UTF-8"),
        pytest.param(rb'{"a": "\ud83d"}', id="half a character"),
        pytest.param(rb'{"\udcf7": 1}', id="half a character in a name"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(nested(DEEP + 1), id="too deep"),
        pytest.param(nested(900), id="much too deep"),
        pytest.param(nested(100_000), id="absurdly deep"),
        pytest.param(b'{"a":' * 40_000, id="absurdly deep and half"),
    ],
)
def test_all_else_is_a_mistake_of_whoever_asks(body: bytes, client: FlaskClient) -> None:
    answer = client.post("/change", data=body, content_type=JSON)
    assert answer.status_code == 400
    assert is_error(answer)


# answers


def test_every_answer_is_hardened(client: FlaskClient) -> None:
    for path in ("/page", "/picture", "/nothing", "/broken"):
        headers = client.get(path).headers
        assert [name for name in door.HEADERS if name not in headers] == []
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Access-Control-Allow-Credentials" not in headers
    assert client.post("/change").headers["X-Content-Type-Options"] == "nosniff"


def test_answers_that_are_no_pages_may_load_nothing(client: FlaskClient) -> None:
    policies = {path: client.get(path).headers.get("Content-Security-Policy") for path in PATHS}
    assert policies == PATHS


PATHS = {
    "/nothing": "default-src 'none'; frame-ancestors 'none'",
    "/change": "default-src 'none'; frame-ancestors 'none'",
    "/page": "default-src 'self'",  # as the view says
    "/picture": None,
}


def test_browsers_are_told_to_stay_with_https_only_there(client: FlaskClient) -> None:
    name = "Strict-Transport-Security"
    assert name not in client.get("/page").headers
    assert "max-age=" in client.get("/page", base_url="https://nas").headers[name]


def test_errors_are_told_in_one_form(client: FlaskClient) -> None:
    for path, status in (("/nothing", 404), ("/change", 405), ("/broken", 500), ("/full", 503)):
        answer = client.get(path)
        assert answer.status_code == status
        assert is_error(answer)
        assert answer.headers["Cache-Control"] == "no-store"
    allowed = {name.strip() for name in client.get("/change").headers["Allow"].split(",")}
    assert allowed == {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def test_no_answer_tells_what_went_wrong_inside(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    for path, secret in (("/broken", "the secret of the view"), ("/full", "secret of the disk")):
        assert "secret" not in client.get(path).get_data(as_text=True)
        assert secret in caplog.text  # but the log does


def test_a_large_body_is_refused_in_the_same_form(client: FlaskClient) -> None:
    largest = b'{"a":"' + b"x" * (door.BODY_LIMIT_BYTES - 8) + b'"}'
    assert client.post("/change", data=largest, content_type=JSON).status_code == 200
    answer = client.post("/change", data=largest + b" ", content_type=JSON)
    assert answer.status_code == 413
    assert is_error(answer)
    assert "256 KB" in answer.get_json()["message"]


def test_what_is_public_stays_public(gallery: FlaskClient) -> None:
    answer = gallery.get("/data/albums.json", headers={"Origin": "https://front.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
