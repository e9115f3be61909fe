"""What can be done with one object: PUT, copy, GET, HEAD, DELETE."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from tests.oss import refusals as no
from tests.oss.refusals import Refused
from tests.oss.store import Bucket, Stored, stored_now
from tests.oss.wire import Answer, Request

KEPT = frozenset(
    {
        "content-type",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "expires",
    }
)
META = "x-oss-meta-"
META_BYTES = 8 * 1024
META_NAME = re.compile(r"x-oss-meta-[a-z0-9-]+")
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
OVERRIDE = "response-"


def put_object(bucket: Bucket, key: bytes, *, request: Request, now: datetime) -> Answer:
    if request.body_bytes is None and request.header("transfer-encoding") is None:
        raise Refused(no.NO_LENGTH)
    check_digest(request)
    stored = stored_now(request.body, headers=_kept(request), modified=now)
    _store(bucket, key, stored=stored, request=request)
    md5 = base64.b64encode(hashlib.md5(request.body).digest()).decode()
    return Answer(status=200, headers=(*_proofs(stored), ("Content-MD5", md5)))


def copy_object(bucket: Bucket, key: bytes, *, request: Request, now: datetime) -> Answer:
    source = _source(bucket, request.header("x-oss-copy-source") or "")
    _check_conditions(request, source, prefix="x-oss-copy-source-")
    directive = (request.header("x-oss-metadata-directive") or "COPY").upper()
    if directive not in ("COPY", "REPLACE"):
        raise Refused(no.BAD_ARGUMENT, ArgumentName="x-oss-metadata-directive")
    headers = source.headers if directive == "COPY" else _kept(request)
    stored = replace(source, headers=headers, modified=now)
    _store(bucket, key, stored=stored, request=request)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<CopyObjectResult>\n'
        f"  <LastModified>{now:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>\n"
        f"  <ETag>{stored.etag}</ETag>\n</CopyObjectResult>\n"
    )
    return Answer(
        status=200,
        headers=(("Content-Type", "application/xml"), *_proofs(stored)),
        body=body.encode(),
    )


def get_object(bucket: Bucket, key: bytes, *, request: Request, now: datetime) -> Answer:
    """Answer a GET; without the header that asks for it, a senseless range is the whole."""
    stored = _existing(bucket, key)
    _check_conditions(request, stored)
    headers = _described(stored, request)
    part = _range(request, len(stored.body))
    if part is None:
        return Answer(status=200, headers=headers, body=stored.body)
    first, last = part
    content_range = ("Content-Range", f"bytes {first}-{last}/{len(stored.body)}")
    return Answer(status=206, headers=(*headers, content_range), body=stored.body[first : last + 1])


def head_object(bucket: Bucket, key: bytes, *, request: Request, now: datetime) -> Answer:
    """Answer a HEAD; with ``?objectMeta`` only length, ETag, time and CRC."""
    stored = _existing(bucket, key)
    _check_conditions(request, stored)
    length = ("Content-Length", str(len(stored.body)))
    if "objectMeta" in request.query:
        return Answer(status=200, headers=(length, *_proofs(stored), _modified(stored)))
    return Answer(status=200, headers=(length, *_described(stored, request)))


def delete_object(bucket: Bucket, key: bytes, *, request: Request, now: datetime) -> Answer:
    """Answer 204 whether it was there or not."""
    bucket.delete(key)
    return Answer(status=204)


OBJECT_OPERATIONS: dict[str, Callable[..., Answer]] = {
    "PutObject": put_object,
    "CopyObject": copy_object,
    "GetObject": get_object,
    "HeadObject": head_object,
    "DeleteObject": delete_object,
}


def check_digest(request: Request) -> None:
    """Hold Content-MD5, if there is one, against the body."""
    given = request.header("content-md5")
    if given is None:
        return
    try:
        digest = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(no.BAD_DIGEST) from error
    if len(digest) != 16:
        raise Refused(no.BAD_DIGEST)
    if digest != hashlib.md5(request.body).digest():
        raise Refused(no.WRONG_DIGEST)


def _kept(request: Request) -> tuple[tuple[str, str], ...]:
    kept = {name: value for name, value in request.headers if name in KEPT or name.startswith(META)}
    meta = {name: value for name, value in kept.items() if name.startswith(META)}
    size = sum(len(name) + len(value) for name, value in meta.items())
    if size > META_BYTES or not all(META_NAME.fullmatch(name) for name in meta):
        raise Refused(no.BAD_META)
    kept.setdefault("content-type", "application/octet-stream")
    return tuple(kept.items())


def _store(bucket: Bucket, key: bytes, *, stored: Stored, request: Request) -> None:
    forbid = (request.header("x-oss-forbid-overwrite") or "").lower() == "true"
    if not bucket.put(key, stored, forbid_overwrite=forbid):
        raise Refused(no.ALREADY_THERE)


def _source(bucket: Bucket, header: str) -> Stored:
    name, slash, key = header.removeprefix("/").partition("/")
    if not header.startswith("/") or not slash or not key:
        raise Refused(no.BAD_ARGUMENT, ArgumentName="x-oss-copy-source", ArgumentValue=header)
    if name != bucket.name:
        raise Refused(no.NO_SUCH_BUCKET, BucketName=name)
    return _existing(bucket, unquote_to_bytes(key.encode("latin-1")))


def _existing(bucket: Bucket, key: bytes) -> Stored:
    stored = bucket.get(key)
    if stored is None:
        raise Refused(no.NO_SUCH_KEY, Key=key.decode(errors="replace"))
    return stored


def _check_conditions(request: Request, stored: Stored, *, prefix: str = "") -> None:
    match = request.header(f"{prefix}if-match")
    none_match = request.header(f"{prefix}if-none-match")
    since = _time(request.header(f"{prefix}if-modified-since"))
    until = _time(request.header(f"{prefix}if-unmodified-since"))
    modified = stored.modified.replace(microsecond=0)
    if (match is not None and match.strip('"') != stored.etag.strip('"')) or (
        until is not None and modified > until
    ):
        raise Refused(no.PRECONDITION)
    if (none_match is not None and none_match.strip('"') == stored.etag.strip('"')) or (
        since is not None and modified <= since
    ):
        raise Refused(no.NOT_MODIFIED, (("ETag", stored.etag), _modified(stored)))


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError as error:
        raise Refused(no.BAD_ARGUMENT, ArgumentValue=text) from error


def _range(request: Request, size: int) -> tuple[int, int] | None:
    """Return the first and last byte wanted; ``None`` for all of them."""
    asked = request.header("range")
    if asked is None:
        return None
    found = RANGE.fullmatch(asked)
    first, last = found.groups() if found else ("", "")
    if first and int(first) < size and (not last or int(last) >= int(first)):
        return int(first), min(int(last or size), size - 1)
    if not first and last and int(last) > 0:
        return max(0, size - int(last)), size - 1
    if request.header("x-oss-range-behavior") == "standard":
        raise Refused(no.BAD_RANGE)
    return None


def _proofs(stored: Stored) -> tuple[tuple[str, str], ...]:
    return (("ETag", stored.etag), ("x-oss-hash-crc64ecma", stored.crc))


def _modified(stored: Stored) -> tuple[str, str]:
    return ("Last-Modified", format_datetime(stored.modified.astimezone(UTC), usegmt=True))


def _described(stored: Stored, request: Request) -> tuple[tuple[str, str], ...]:
    overrides = {
        name.removeprefix(OVERRIDE): value
        for name, value in request.query.items()
        if name.startswith(OVERRIDE)
    }
    headers = {**dict(stored.headers), **overrides}
    return (
        *((_proper(name), value) for name, value in headers.items()),
        *_proofs(stored),
        _modified(stored),
        ("Accept-Ranges", "bytes"),
        ("x-oss-object-type", "Normal"),
        ("x-oss-storage-class", "Standard"),
    )


def _proper(name: str) -> str:
    return name if name.startswith("x-oss-") else name.title()
