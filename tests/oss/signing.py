"""Signature version 4, verified from the request's raw bytes: in the header and in the URL.

The rules: help.aliyun.com/zh/oss/developer-reference/recommend-to-use-signature-version-4 and
…/add-signatures-to-urls.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote_plus

from tests.oss import refusals as no
from tests.oss.refusals import Refused
from tests.oss.wire import Request

ALGORITHM = "OSS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
PRODUCT = "oss"
END = "aliyun_v4_request"
SKEW = timedelta(minutes=15)
MAX_EXPIRES_S = 7 * 24 * 3600
TIME_FORMAT = "%Y%m%dT%H%M%SZ"
ALWAYS_SIGNED = frozenset({"content-type", "content-md5"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The only one there is."""

    access_key: str
    secret_key: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a request says about who signed it, when, and how."""

    credential: str
    additional: tuple[str, ...]  # names of further signed headers
    signature: str
    timestamp: str  # x-oss-date
    expires: str | None  # seconds; None: signed in the header

    @property
    def access_key(self) -> str:
        return self.credential.rsplit("/", 4)[0]

    @property
    def scope(self) -> str:
        return self.credential.partition("/")[2]


def verify(request: Request, *, resource: bytes, account: Account, now: datetime) -> bool:
    """Return whether somebody known signed; ``False`` is nobody, anything wrong is refused.

    ``resource`` is "/<bucket>/<key>", decoded.
    """
    claim = claim_of(request)
    if claim is None:
        return False
    _check_scope(claim, account)
    _check_time(claim, now)
    if claim.access_key != account.access_key:
        raise Refused(no.UNKNOWN_ACCESS_KEY, OSSAccessKeyId=claim.access_key)
    canonical = canonical_request(request, resource=resource, claim=claim)
    to_sign = "\n".join(
        [ALGORITHM, claim.timestamp, claim.scope, hashlib.sha256(canonical).hexdigest()]
    )
    expected = hmac.new(_signing_key(claim, account), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise Refused(
            no.WRONG_SIGNATURE,
            OSSAccessKeyId=claim.access_key,
            SignatureProvided=claim.signature,
            StringToSign=to_sign,
            CanonicalRequest=canonical.decode("latin-1"),
        )
    return True


def claim_of(request: Request) -> Claim | None:
    """Read the claim from the header or the URL; ``None`` for an anonymous request."""
    authorization = request.header("authorization")
    if authorization is not None:
        return _header_claim(authorization, request)
    query = request.query
    if "OSSAccessKeyId" in query or query.get("x-oss-signature-version") == "OSS2":
        raise Refused(no.SIGNATURE_V1)
    if any(name in query for name in ("x-oss-signature", "x-oss-credential")):
        return _query_claim(query)
    return None


def _header_claim(authorization: str, request: Request) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm in ("OSS", "OSS2"):
        raise Refused(no.SIGNATURE_V1)
    if algorithm != ALGORITHM:
        raise Refused(no.NOT_A_SIGNATURE)
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if request.header("x-oss-content-sha256") != UNSIGNED:
        raise Refused(no.BAD_PAYLOAD_HASH)
    return Claim(
        credential=parts.get("Credential", ""),
        additional=_additional(parts.get("AdditionalHeaders")),
        signature=_signature(parts.get("Signature", "")),
        timestamp=request.header("x-oss-date") or "",
        expires=None,
    )


def _query_claim(query: dict[str, str]) -> Claim:
    if query.get("x-oss-signature-version") != ALGORITHM:
        raise Refused(no.UNKNOWN_VERSION)
    if not query.get("x-oss-expires"):
        raise Refused(no.NO_EXPIRES)
    return Claim(
        credential=query.get("x-oss-credential", ""),
        additional=_additional(query.get("x-oss-additional-headers")),
        signature=_signature(query.get("x-oss-signature", "")),
        timestamp=query.get("x-oss-date", ""),
        expires=query["x-oss-expires"],
    )


def _signature(text: str) -> str:
    if not text:
        raise Refused(no.NO_SIGNATURE)
    return text


def _additional(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    if not text:
        raise Refused(no.EMPTY_ADDITIONAL)
    names = text.split(";")
    if not all(names):
        raise Refused(no.BLANK_ADDITIONAL)
    return tuple(sorted(names))


def _check_scope(claim: Claim, account: Account) -> None:
    parts = claim.credential.split("/")
    if len(parts) != 5 or parts[1] != claim.timestamp[:8] or parts[4] != END:
        raise Refused(no.BAD_CREDENTIAL, Credential=claim.credential)
    if parts[2] != account.region:
        raise Refused(no.WRONG_REGION, Credential=claim.credential)
    if parts[3] != PRODUCT:
        raise Refused(no.WRONG_PRODUCT, Credential=claim.credential)


def _check_time(claim: Claim, now: datetime) -> None:
    try:
        signed = datetime.strptime(claim.timestamp, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(no.NO_DATE) from error
    if claim.expires is None:
        is_skewed = abs(now - signed) > SKEW
    else:
        is_skewed = signed - now > SKEW
        _check_expiry(claim.expires, signed=signed, now=now)
    if is_skewed:
        raise Refused(
            no.TOO_SKEWED,
            MaxAllowedSkewMilliseconds=str(int(SKEW.total_seconds() * 1000)),
            RequestTime=signed.isoformat(),
            ServerTime=now.isoformat(),
        )


def _check_expiry(expires: str, *, signed: datetime, now: datetime) -> None:
    if not expires.isdigit() or not 1 <= int(expires) <= MAX_EXPIRES_S:
        raise Refused(no.BAD_EXPIRES)
    until = signed + timedelta(seconds=int(expires))
    if now > until:
        raise Refused(no.EXPIRED, Expires=until.isoformat(), ServerTime=now.isoformat())


def canonical_request(request: Request, *, resource: bytes, claim: Claim) -> bytes:
    """Return the text whose digest is signed, made anew from what came over the wire."""
    lines = [
        request.method,
        quote(resource, safe="/"),
        _canonical_query(request.raw_query),
        "".join(f"{name}:{value}\n" for name, value in _signed_headers(request, claim.additional)),
        ";".join(claim.additional),
        request.header("x-oss-content-sha256") or UNSIGNED,
    ]
    return "\n".join(lines).encode("latin-1")


def _canonical_query(raw_query: str) -> str:
    pairs = (pair.partition("=") for pair in raw_query.split("&") if pair)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(
        f"{name}={value}" if value else name for name, value in encoded if name != "x-oss-signature"
    )


def _encoded(raw: str) -> str:
    return quote(unquote_plus(raw, encoding="latin-1").encode("latin-1"), safe="")


def _signed_headers(request: Request, additional: Iterable[str]) -> list[tuple[str, str]]:
    """Return the headers under the signature; the service leaves out empty ones.

    That a header without a value breaks the signature was seen by users of the Java client.
    """
    return sorted(
        (name, value)
        for name, value in request.headers
        if value and (name.startswith("x-oss-") or name in ALWAYS_SIGNED or name in additional)
    )


def _signing_key(claim: Claim, account: Account) -> bytes:
    key = f"aliyun_v4{account.secret_key}".encode()
    for part in claim.scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
