"""One notice as it leaves: its form, its signatures, and what counts as taken."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from local_image_process.errors import NoticeError
from local_image_process.publish import notify
from local_image_process.publish.signature import sign
from tests.listener import Listener
from tests.live import free_port

NOW_S = 1_780_000_000.25
BODY = notify.body_of(["上海", "青岛-海边", "上海"], {"published": 2, "moved": 0}, at_s=NOW_S)


def send(url: str, *, secret: str | None = "口令 of the hook", body: str = BODY) -> None:
    notify.send(body, url=url, notice_id="msg_1", secret=secret, now_s=NOW_S, timeout_s=(0.5, 0.5))


def test_a_notice_says_what_changed() -> None:
    assert json.loads(BODY) == {
        "event": "gallery.updated",
        "albums": ["上海", "青岛-海边"],
        "counts": {"published": 2, "moved": 0},
        "at": "2026-05-28T20:26:40+00:00",
    }


def test_a_notice_is_sent_as_json_and_proves_the_secret_in_two_ways(listener: Listener) -> None:
    send(f"{listener.url}?from=us")
    (request,) = listener.requests
    assert (request.path, request.body) == ("/webhook?from=us", BODY.encode())
    headers = request.headers
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-webhook-secret"].encode("latin-1").decode() == "口令 of the hook"
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == "1780000000"
    text = b"msg_1.1780000000." + BODY.encode()
    digest = hmac.new("口令 of the hook".encode(), text, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_without_a_secret_nothing_is_signed(listener: Listener) -> None:
    send(listener.url, secret=None)
    (request,) = listener.requests
    assert not {"x-webhook-secret", "webhook-signature"} & request.headers.keys()
    assert request.headers["webhook-id"] == "msg_1"


def test_a_known_answer_of_standard_webhooks() -> None:
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp_s="1614265330",
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_taken(status: int, listener: Listener) -> None:
    listener.answers = [status]
    send(listener.url)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        pytest.param(301, "write the address it leads to", id="moved"),
        pytest.param(307, "redirects are not followed", id="elsewhere for now"),
        pytest.param(400, "answered 400", id="bad request"),
        pytest.param(401, "the same WEBHOOK_SECRET on both sides", id="not believed"),
        pytest.param(404, "correct the address in WEBHOOK_URL", id="not there"),
        pytest.param(410, "answered 410", id="gone"),
        pytest.param(429, "answered 429", id="too many"),
        pytest.param(500, "answered 500", id="broken"),
        pytest.param(503, "answered 503", id="busy"),
    ],
)
def test_everything_else_is_not_taken_and_no_redirect_is_followed(
    status: int, advice: str, listener: Listener
) -> None:
    listener.answers = [status]
    with pytest.raises(NoticeError, match=advice) as error:
        send(f"{listener.url}?token=in-the-query")
    assert str(error.value).startswith(f"{listener.url} answered {status}")
    assert "in-the-query" not in str(error.value)
    assert len(listener.requests) == 1


def silent(listener: Listener) -> str:
    listener.answers = [None]
    return listener.url


def closed(_: Listener) -> str:
    return f"http://127.0.0.1:{free_port()}/webhook"


def not_tls(listener: Listener) -> str:
    return listener.url.replace("http", "https", 1)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        pytest.param(silent, "did not answer in time", id="no answer"),
        pytest.param(closed, "cannot be reached", id="nobody there"),
        pytest.param(not_tls, "certificate|cannot be reached", id="no TLS there"),
        pytest.param(lambda _: "http://127.0.0.1:99999/", "the address in WEBHOOK_URL", id="port"),
    ],
)
def test_a_receiver_in_trouble_is_told_without_its_secrets(
    trouble: Callable[[Listener], str], told: str, listener: Listener
) -> None:
    url = trouble(listener).replace("://", "://name:word@")
    with pytest.raises(NoticeError, match=told) as error:
        send(f"{url}?token=in-the-query")
    assert "127.0.0.1" in str(error.value)
    assert not [hidden for hidden in ("word", "in-the-query") if hidden in str(error.value)]
    assert error.value.__cause__ is None


def test_only_the_status_of_an_answer_is_waited_for(listener: Listener) -> None:
    listener.withholds_body = True
    send(listener.url)
