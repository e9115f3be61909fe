"""RSA signatures of what Aliyun sends: upload callbacks, MNS messages, EventBridge events.

The keys are the same for all customers of Aliyun, and those of callbacks and MNS have 512 bits:
they prove "some bucket", not ours. So these proofs are weak. EventBridge's older way, by a
secret that travels encrypted, is not understood.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from .aliyun_keys import CALLBACK, EVENT_BRIDGE, MNS, address_of
from .webhook_guards import Call, Proof

EVENT_BRIDGE_TOLERANCE_S = 60.0
EVENT_BRIDGE_HEADERS = (
    "x-eventbridge-signature-timestamp",
    "x-eventbridge-hash-method",
    "x-eventbridge-signature-version",
    "x-eventbridge-signature-url",
)
EVENT_BRIDGE_TOKEN = "x-eventbridge-signature-token"

Key = Callable[[str], bytes | None]


class AliyunSignatures:
    """Believes, weakly, what Aliyun signed."""

    def __init__(
        self,
        *,
        key: Key,
        public_url: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._public_url = public_url or ""
        self._clock = clock

    def proof(self, call: Call) -> Proof | None:
        """Return the proof of a signed request; ``None`` when it is not signed, or wrongly."""
        if "x-oss-pub-key-url" in call.headers:
            return self._callback(call)
        if "x-mns-signing-cert-url" in call.headers:
            return self._mns(call)
        if "x-eventbridge-signature-v2" in call.headers:
            return self._event_bridge(call)
        return None

    def _callback(self, call: Call) -> Proof | None:
        address = address_of(_decoded(call.headers["x-oss-pub-key-url"]), CALLBACK)
        texts = (callback_text(path, call) for path in self._paths(call.path))
        signature = call.headers.get("authorization", "")
        is_right = self._is_signed(address, texts, signature, hashes.MD5())
        return Proof(by="upload callback", is_weak=True) if is_right else None

    def _mns(self, call: Call) -> Proof | None:
        if not covers_body(call):
            return None
        address = address_of(_decoded(call.headers["x-mns-signing-cert-url"]), MNS)
        texts = (mns_text(target, call) for target in self._paths(call.target))
        signature = call.headers.get("authorization", "")
        if not self._is_signed(address, texts, signature, hashes.SHA1()):
            return None
        message_id = call.headers.get("x-mns-message-id")
        return Proof(by="MNS", once=f"mns:{message_id}" if message_id else None, is_weak=True)

    def _event_bridge(self, call: Call) -> Proof | None:
        sent = call.headers.get("x-eventbridge-signature-timestamp", "")
        if not (sent.isascii() and sent.isdigit() and len(sent) <= 15):
            return None
        if abs(self._clock() - int(sent) / 1000) > EVENT_BRIDGE_TOLERANCE_S:
            return None
        address = address_of(call.headers.get("x-eventbridge-signature-url", ""), EVENT_BRIDGE)
        signature = call.headers["x-eventbridge-signature-v2"]
        texts = (text for url in self._urls(call) for text in event_bridge_texts(url, call))
        is_right = self._is_signed(address, texts, signature, hashes.SHA256())
        return Proof(by="EventBridge", is_weak=True) if is_right else None

    def _paths(self, path: str) -> list[str]:
        """Return the path as it came, and as it was before a proxy took its beginning away."""
        return list(dict.fromkeys([path, urlsplit(self._public_url).path + path]))

    def _urls(self, call: Call) -> list[str]:
        origins = [call.origin, *([self._public_url] if self._public_url else [])]
        return [origin + call.target for origin in dict.fromkeys(origins)]

    def _is_signed(
        self,
        address: str | None,
        texts: Iterator[bytes],
        signature: str,
        algorithm: hashes.HashAlgorithm,
    ) -> bool:
        """Tell whether any of these texts is the one that was signed."""
        pem = self._key(address) if address else None
        return pem is not None and any(
            is_signed(text, signature, pem=pem, algorithm=algorithm) for text in texts
        )


def callback_text(path: str, call: Call) -> bytes:
    """Return what an upload callback signs: decoded path, query as sent, body."""
    query = f"?{call.query}" if call.query else ""
    return f"{path}{query}\n".encode() + call.body


def mns_text(target: str, call: Call) -> bytes:
    """Return what MNS signs: the body only by its Content-MD5, see ``covers_body``."""
    headers = sorted((k, v) for k, v in call.headers.items() if k.startswith("x-mns-"))
    lines = [
        call.method,
        call.headers.get("content-md5", ""),
        call.headers.get("content-type", ""),
        call.headers.get("date", ""),
        *(f"{name}:{value}" for name, value in headers),
        target,
    ]
    return "\n".join(lines).encode("latin-1", "replace")


def covers_body(call: Call) -> bool:
    """Tell whether the signed Content-MD5, in hex (as seen) or Base64 (as told), is the body's."""
    digest = hashlib.md5(call.body, usedforsecurity=False)
    given = call.headers.get("content-md5", "")
    return (
        given.lower() == digest.hexdigest() or given == base64.b64encode(digest.digest()).decode()
    )


def event_bridge_texts(url: str, call: Call) -> Iterator[bytes]:
    """Yield what EventBridge may sign: implementations differ in the token and the last newline."""
    lines = [url, *(f"{name}: {call.headers.get(name, '')}" for name in EVENT_BRIDGE_HEADERS)]
    token = [f"{EVENT_BRIDGE_TOKEN}: {call.headers.get(EVENT_BRIDGE_TOKEN, '')}"]
    for more, end in product((token, []), (b"", b"\n")):
        head = "\n".join([*lines, *more]) + "\n"
        yield head.encode("latin-1", "replace") + call.body + end


def is_signed(text: bytes, signature: str, *, pem: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    """Tell whether a text bears this signature in Base64, by a key or certificate in PEM.

    A certificate's dates are not looked at: the one in use had expired years before.
    """
    try:
        key = _public_key(pem)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), algorithm)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _public_key(pem: bytes) -> object:
    if b"BEGIN CERTIFICATE" in pem:
        return load_pem_x509_certificate(pem).public_key()
    return serialization.load_pem_public_key(pem)


def _decoded(header: str) -> str:
    try:
        return base64.b64decode(header, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
