"""Aliyun's signatures: real ones are believed, tampered ones and other hosts' keys are not."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from local_image_process.web import aliyun_keys
from local_image_process.web.aliyun_keys import CALLBACK, EVENT_BRIDGE, MNS, address_of
from local_image_process.web.aliyun_signatures import (
    EVENT_BRIDGE_HEADERS,
    EVENT_BRIDGE_TOKEN,
    AliyunSignatures,
    is_signed,
    mns_text,
)
from local_image_process.web.webhook_guards import Call
from tests.web.aliyun_vectors import (
    CALLBACK_KEY,
    CALLBACK_KEY_ADDRESS,
    MNS_CERTIFICATE,
    MNS_CERTIFICATE_ADDRESS,
    MNS_HEADERS,
    MNS_TARGET,
    OF_A_PROJECT,
    OF_THE_MANUAL,
    Callback,
)

NOW_S = 1_780_000_000.0
ORIGIN = "http://127.0.0.1:8089"
EVENT_BRIDGE_KEY_ADDRESS = "https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/k.pem"
OURS = rsa.generate_private_key(public_exponent=65537, key_size=1024)
OUR_PEM = OURS.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
KEYS = {
    CALLBACK_KEY_ADDRESS: CALLBACK_KEY,
    MNS_CERTIFICATE_ADDRESS: MNS_CERTIFICATE,
    EVENT_BRIDGE_KEY_ADDRESS: OUR_PEM,
}


def a_call(**values: Any) -> Call:
    usual: dict[str, Any] = {
        "method": "POST",
        "path": "/webhook",
        "target": "/webhook",
        "query": "",
        "origin": ORIGIN,
        "headers": {},
        "body": b"",
    }
    return Call(**usual | values)


def believes(
    call: Call, *, keys: dict[str, bytes] = KEYS, public_url: str | None = None
) -> str | None:
    signatures = AliyunSignatures(key=keys.get, public_url=public_url, clock=lambda: NOW_S)
    proof = signatures.proof(call)
    assert proof is None or proof.is_weak
    return proof.by if proof else None


def our_signature(text: bytes, algorithm: hashes.HashAlgorithm) -> str:
    return base64.b64encode(OURS.sign(text, PKCS1v15(), algorithm)).decode()


# upload callbacks


def a_callback(vector: Callback, *, key: str = CALLBACK_KEY_ADDRESS) -> Call:
    headers = {
        "authorization": vector.signature,
        "x-oss-pub-key-url": base64.b64encode(key.encode()).decode(),
    }
    return a_call(path=vector.path, query=vector.query, body=vector.body, headers=headers)


@pytest.mark.parametrize(
    "vector",
    [pytest.param(OF_THE_MANUAL, id="of the manual"), pytest.param(OF_A_PROJECT, id="a project's")],
)
def test_a_real_upload_callback_is_believed(vector: Callback) -> None:
    assert believes(a_callback(vector)) == "upload callback"
    plain = CALLBACK_KEY_ADDRESS.replace("https", "http")
    assert believes(a_callback(vector, key=plain)) == "upload callback"


@pytest.mark.parametrize(
    "tampered",
    [
        pytest.param(replace(OF_THE_MANUAL, body=b"bucket=yonghu-tesu"), id="body"),
        pytest.param(replace(OF_THE_MANUAL, body=b""), id="no body"),
        pytest.param(replace(OF_THE_MANUAL, path="/index.phq"), id="path"),
        pytest.param(replace(OF_THE_MANUAL, query="id=1&index=3"), id="query"),
        pytest.param(replace(OF_THE_MANUAL, query=""), id="no query"),
        pytest.param(replace(OF_THE_MANUAL, signature=OF_A_PROJECT.signature), id="another's"),
        pytest.param(replace(OF_THE_MANUAL, signature=""), id="no signature"),
        pytest.param(replace(OF_THE_MANUAL, signature="%%%"), id="signature not Base64"),
    ],
)
def test_a_tampered_upload_callback_is_not(tampered: Callback) -> None:
    assert believes(a_callback(tampered)) is None


def test_a_callback_is_believed_behind_a_proxy_that_takes_a_part_of_the_path() -> None:
    call = a_callback(replace(OF_A_PROJECT, path=OF_A_PROJECT.path.removeprefix("/api/v3")))
    assert believes(call) is None
    assert believes(call, public_url="https://photos.example.com/api/v3") == "upload callback"


# MNS


def an_mns_message(body: bytes, *, md5: str | None = None, signed: bytes | None = None) -> Call:
    """Return a message signed by our key, for the body of the real one is not known."""
    digest = hashlib.md5(body if signed is None else signed, usedforsecurity=False)
    headers = MNS_HEADERS | {"content-md5": digest.hexdigest().upper() if md5 is None else md5}
    call = a_call(headers=headers, body=body)
    text = mns_text("/webhook", call)
    return replace(call, headers=headers | {"authorization": our_signature(text, hashes.SHA1())})


def test_a_real_mns_message_bears_a_right_signature() -> None:
    text = mns_text(MNS_TARGET, a_call(headers=MNS_HEADERS))
    assert text.count(b"\n") == 13
    signature = MNS_HEADERS["authorization"]
    right = {"pem": MNS_CERTIFICATE, "algorithm": hashes.SHA1()}
    assert is_signed(text, signature, **right)  # type: ignore[arg-type]
    for i in range(len(text)):
        other = text[:i] + bytes([text[i] ^ 1]) + text[i + 1 :]
        assert not is_signed(other, signature, **right)  # type: ignore[arg-type]
    assert not is_signed(text, signature, pem=MNS_CERTIFICATE, algorithm=hashes.SHA256())
    assert not is_signed(text, signature, pem=CALLBACK_KEY, algorithm=hashes.SHA1())


def test_an_mns_message_is_believed_only_with_its_own_body() -> None:
    keys = {MNS_CERTIFICATE_ADDRESS: OUR_PEM}
    body = b'{"events":[]}'
    in_base64 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    assert believes(an_mns_message(body), keys=keys) == "MNS"
    assert believes(an_mns_message(body, md5=in_base64), keys=keys) == "MNS"
    assert believes(an_mns_message(body, signed=b"another body"), keys=keys) is None
    assert believes(an_mns_message(body, md5=""), keys=keys) is None
    assert believes(an_mns_message(body)) is None  # Aliyun's certificate, our signature
    assert believes(a_call(headers=MNS_HEADERS, body=body)) is None


def test_an_mns_message_counts_once() -> None:
    signatures = AliyunSignatures(key=lambda _: OUR_PEM, public_url=None)
    proof = signatures.proof(an_mns_message(b"{}"))
    assert proof is not None
    assert proof.once == f"mns:{MNS_HEADERS['x-mns-message-id']}"


# EventBridge


def an_event(
    *,
    url: str = f"{ORIGIN}/webhook?from=oss",
    sent_ms: float = NOW_S * 1000,
    key: str = EVENT_BRIDGE_KEY_ADDRESS,
    token: str | None = None,
    signs_token: bool = True,
    end: bytes = b"",
) -> Call:
    values = (str(int(sent_ms)), "SHA256", "1.0", key)
    headers = dict(zip(EVENT_BRIDGE_HEADERS, values, strict=True))
    lines = [url, *(f"{name}: {value}" for name, value in headers.items())]
    if signs_token:
        lines.append(f"{EVENT_BRIDGE_TOKEN}: {token or ''}")
    if token:
        headers[EVENT_BRIDGE_TOKEN] = token
    body = b'{"type":"oss:ObjectCreated:PutObject"}'
    text = "\n".join(lines).encode() + b"\n" + body + end
    signature = our_signature(text, hashes.SHA256())
    headers["x-eventbridge-signature-v2"] = signature
    return a_call(target="/webhook?from=oss", query="from=oss", headers=headers, body=body)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(an_event(), id="as documented"),
        pytest.param(an_event(token="t", end=b"\n"), id="with token and newline"),
        pytest.param(an_event(signs_token=False), id="token not signed"),
        pytest.param(an_event(sent_ms=(NOW_S - 59) * 1000), id="a minute late"),
        pytest.param(an_event(url="https://p.example/g/webhook?from=oss"), id="through a proxy"),
    ],
)
def test_an_event_of_event_bridge_is_believed(call: Call) -> None:
    assert believes(call, public_url="https://p.example/g") == "EventBridge"
    for tampered in (
        replace(call, body=call.body + b" "),
        replace(call, target="/webhook"),
        replace(call, headers=dict(call.headers) | {"x-eventbridge-signature-v2": ""}),
    ):
        assert believes(tampered, public_url="https://p.example/g") is None


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(an_event(sent_ms=(NOW_S - 61) * 1000), id="too old"),
        pytest.param(an_event(sent_ms=(NOW_S + 61) * 1000), id="from the future"),
        pytest.param(an_event(url="https://other.example/webhook?from=oss"), id="for another"),
        pytest.param(an_event(key="https://evil.example/k.pem"), id="a stranger's key"),
        pytest.param(replace(an_event(), headers={"x-eventbridge-signature-v2": ""}), id="empty"),
    ],
)
def test_an_event_of_event_bridge_is_not(call: Call) -> None:
    keys = KEYS | {"https://evil.example/k.pem": OUR_PEM}
    assert believes(call, keys=keys) is None


# keys


@pytest.mark.parametrize(
    ("url", "host", "address"),
    [
        pytest.param(CALLBACK_KEY_ADDRESS, CALLBACK, CALLBACK_KEY_ADDRESS, id="callback"),
        pytest.param(
            CALLBACK_KEY_ADDRESS.replace("https", "http"),
            CALLBACK,
            CALLBACK_KEY_ADDRESS,
            id="always by https",
        ),
        pytest.param(MNS_CERTIFICATE_ADDRESS, MNS, MNS_CERTIFICATE_ADDRESS, id="MNS"),
        pytest.param(EVENT_BRIDGE_KEY_ADDRESS, EVENT_BRIDGE, EVENT_BRIDGE_KEY_ADDRESS, id="EB"),
        *(
            pytest.param(url, host, None, id=url)
            for url, host in (
                ("", CALLBACK),
                ("https://gosspublic.alicdn.com", CALLBACK),
                ("https://gosspublic.alicdn.com.evil.example/k.pem", CALLBACK),
                ("https://gosspublic.alicdn.com@evil.example/k.pem", CALLBACK),
                ("https://gosspublic-alicdn.com/k.pem", CALLBACK),
                ("ftp://gosspublic.alicdn.com/k.pem", CALLBACK),
                ("https://gosspublic.alicdn.com/k.pem?x=1", CALLBACK),
                ("https://gosspublic.alicdn.com/k.pem\nHost: evil", CALLBACK),
                ("file:///etc/passwd", CALLBACK),
                ("http://127.0.0.1/k.pem", CALLBACK),
                (MNS_CERTIFICATE_ADDRESS, CALLBACK),
                ("https://mnstest.oss-cn-beijing.aliyuncs.com/k.pem", MNS),
                ("https://evil.oss-cn-hangzhou.aliyuncs.com/k.pem", MNS),
                ("https://evil-eventbridge.oss-accelerate.aliyuncs.com/k.pem", EVENT_BRIDGE),
                ("http://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/k", EVENT_BRIDGE),
                ("https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com", EVENT_BRIDGE),
            )
        ),
    ],
)
def test_keys_come_from_aliyuns_own_hosts_only(url: str, host: str, address: str | None) -> None:
    assert address_of(url, host) == address


@pytest.mark.parametrize("key_url", ["https://evil.example/k.pem", ""])
def test_a_key_of_another_host_is_not_even_fetched(key_url: str) -> None:
    def fetch(address: str) -> bytes:
        raise AssertionError(f"fetched {address}")

    signatures = AliyunSignatures(key=aliyun_keys.AliyunKeys(fetch).key, public_url=None)
    assert signatures.proof(a_callback(OF_THE_MANUAL, key=key_url)) is None


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"-----BEGIN PUBLIC KEY-----\nxx\n-----END PUBLIC KEY-----\n", id="broken"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n", id="half a certificate"),
        pytest.param(
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            id="of another kind",
        ),
    ],
)
def test_a_key_that_is_none_believes_nothing(pem: bytes) -> None:
    assert believes(a_callback(OF_THE_MANUAL), keys={CALLBACK_KEY_ADDRESS: pem}) is None


class Fetcher:
    """Gives a key, or nothing, and counts."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.is_away = False

    def __call__(self, address: str) -> bytes:
        self.addresses.append(address)
        if self.is_away:
            raise ConnectionError(address)
        return CALLBACK_KEY


def test_a_key_is_fetched_once_a_day() -> None:
    now_s, fetcher = [0.0], Fetcher()
    keys = aliyun_keys.AliyunKeys(fetcher, clock=lambda: now_s[0])
    assert {keys.key("https://a/k") for _ in range(100)} == {CALLBACK_KEY}
    assert fetcher.addresses == ["https://a/k"]
    now_s[0] = aliyun_keys.KEEP_S
    assert keys.key("https://a/k") == CALLBACK_KEY
    assert len(fetcher.addresses) == 2


def test_a_key_that_cannot_be_had_is_asked_for_again_later() -> None:
    now_s, fetcher = [0.0], Fetcher()
    keys = aliyun_keys.AliyunKeys(fetcher, clock=lambda: now_s[0])
    fetcher.is_away = True
    assert {keys.key("https://a/k") for _ in range(100)} == {None}
    fetcher.is_away = False
    now_s[0] = aliyun_keys.AVOID_S
    assert keys.key("https://a/k") == CALLBACK_KEY
    assert len(fetcher.addresses) == 2


def test_strangers_cannot_make_us_fetch_much() -> None:
    now_s, fetcher = [0.0], Fetcher()
    keys = aliyun_keys.AliyunKeys(fetcher, clock=lambda: now_s[0])
    for minute in range(10):
        now_s[0] = 61.0 * minute
        for number in range(100):
            keys.key(f"https://a/{minute}/{number}")
    assert len(fetcher.addresses) == 10 * aliyun_keys.FETCHES_A_MINUTE


def test_one_key_is_fetched_at_a_time() -> None:
    asked: list[bytes | None] = []

    def fetch(address: str) -> bytes:
        asked.append(keys.key("https://a/another"))
        return CALLBACK_KEY

    keys = aliyun_keys.AliyunKeys(fetch)
    assert keys.key("https://a/k") == CALLBACK_KEY
    assert asked == [None]


@pytest.fixture
def key_host() -> Iterator[Callable[[int, bytes], str]]:
    """Serve one answer on loopback; return its address."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def serve(status: int, content: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Location", "/another")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/k.pem"

    yield serve
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_key_is_fetched_over_http(key_host: Callable[[int, bytes], str]) -> None:
    assert aliyun_keys.fetch(key_host(200, CALLBACK_KEY)) == CALLBACK_KEY
    endless = CALLBACK_KEY + b" " * 1_000_000
    assert len(aliyun_keys.fetch(key_host(200, endless))) <= aliyun_keys.KEY_LIMIT_BYTES


@pytest.mark.parametrize(
    ("status", "content"), [(404, CALLBACK_KEY), (302, CALLBACK_KEY), (200, b"<html>"), (200, b"")]
)
def test_what_is_no_key_is_not_taken(
    status: int, content: bytes, key_host: Callable[[int, bytes], str]
) -> None:
    with pytest.raises(OSError, match=r"answered|no key"):
        aliyun_keys.fetch(key_host(status, content))
