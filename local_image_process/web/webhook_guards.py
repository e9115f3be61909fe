"""Who may wake us: proofs that a request comes from somebody who knows WEBHOOK_SECRET."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from ..publish.signature import sign

TOLERANCE_S = 300.0  # Standard Webhooks: how far the sender's clock may be from ours
LONGEST_ID = 256
MOST_SIGNATURES = 10  # several permit a change of the secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came in, before anything in it is understood."""

    method: str
    path: str  # decoded
    target: str  # path and query exactly as sent
    query: str  # as sent, without "?"
    origin: str  # "https://photos.example.com" as far as we can see
    headers: Mapping[str, str]  # names in small letters
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Why a request is believed."""

    by: str
    once: str | None = None  # an id that is to count only once
    is_weak: bool = False  # anybody could have it: good for a request now and then


Verify = Callable[[Call], Proof | None]


class Guard:
    """Believes a request if any one proof is right; without any guard configured, weakly all."""

    def __init__(
        self,
        *,
        secret: str | None,
        query_token: bool,
        aliyun: Verify | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret or ""
        self._query_token = query_token
        self._aliyun = aliyun
        self._clock = clock

    def proof(self, call: Call) -> Proof | None:
        """Return the proof of a request; ``None`` when it has none, or a wrong one."""
        if not self._secret and self._aliyun is None:
            return Proof(by="nothing", is_weak=True)
        if self._secret:
            for verify in (self._standard, self._hub, self._plain, self._event_bridge, self._query):
                if proof := verify(call):
                    return proof
        return self._aliyun(call) if self._aliyun else None

    def _standard(self, call: Call) -> Proof | None:
        """Standard Webhooks 1.0.0: id, time and body are signed."""
        webhook_id, sent = call.headers.get("webhook-id"), call.headers.get("webhook-timestamp", "")
        if not webhook_id or len(webhook_id) > LONGEST_ID or not _is_number(sent):
            return None
        if abs(self._clock() - int(sent)) > TOLERANCE_S:
            return None
        expected = sign(self._secret, webhook_id=webhook_id, timestamp_s=sent, body=call.body)
        given = call.headers.get("webhook-signature", "").split()[:MOST_SIGNATURES]
        if any(_is_same(one, expected) for one in given):
            return Proof(by="webhook-signature", once=webhook_id)
        return None

    def _hub(self, call: Call) -> Proof | None:
        """GitHub's form: the body is signed."""
        digest = hmac.digest(self._secret.encode(), call.body, hashlib.sha256).hex()
        return self._header(call, "x-hub-signature-256", f"sha256={digest}")

    def _plain(self, call: Call) -> Proof | None:
        return self._header(call, "x-webhook-secret", self._secret)

    def _event_bridge(self, call: Call) -> Proof | None:
        return self._header(call, "x-eventbridge-signature-token", self._secret)

    def _query(self, call: Call) -> Proof | None:
        """The secret in the address: only where configured, for it ends up in others' logs."""
        if not self._query_token:
            return None
        given = parse_qs(call.query, errors="replace").get("token", [])
        is_right = len(given) == 1 and hmac.compare_digest(given[0].encode(), self._secret.encode())
        return Proof(by="token") if is_right else None

    def _header(self, call: Call, name: str, expected: str) -> Proof | None:
        return Proof(by=name) if _is_same(call.headers.get(name, ""), expected) else None


def _is_same(given: str, expected: str) -> bool:
    """Compare in constant time; a header's bytes arrive as Latin-1."""
    return hmac.compare_digest(given.encode("latin-1", "replace"), expected.encode())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
