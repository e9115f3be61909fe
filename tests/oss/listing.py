"""ListObjects, version 1 (marker) and 2 (continuation-token), in the order of UTF-8 bytes."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote
from xml.sax.saxutils import escape

from tests.oss import refusals as no
from tests.oss.refusals import Refused
from tests.oss.store import Bucket, Stored
from tests.oss.wire import Answer, Request

MAX_KEYS = 1000
DEFAULT_KEYS = 100
NAME_BYTES = 1023
OWNER = "<Owner><ID>1305433xxx</ID><DisplayName>1305433xxx</DisplayName></Owner>"
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

Encode = Callable[[bytes], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a listing asks for."""

    prefix: bytes
    delimiter: bytes
    after: bytes  # names after this one
    max_keys: int
    encode: Encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one answer holds; a common prefix has no object."""

    entries: tuple[tuple[bytes, Stored | None], ...]
    is_truncated: bool


def list_objects(bucket: Bucket, request: Request) -> Answer:
    """Answer a GET on the bucket."""
    query = request.query
    is_v2 = query.get("list-type") == "2"
    wanted = _wanted(query, after=_start(query) if is_v2 else _name(query, "marker"))
    page = page_of(bucket, wanted)
    elements = _elements_v2(query, page) if is_v2 else _elements_v1(query, page)
    with_owner = not is_v2 or query.get("fetch-owner") == "true"
    return _answer(bucket, wanted, page=page, elements=elements, with_owner=with_owner)


def _wanted(query: dict[str, str], *, after: bytes) -> Wanted:
    max_keys = query.get("max-keys") or str(DEFAULT_KEYS)
    if not max_keys.isdigit() or not 1 <= int(max_keys) <= MAX_KEYS:
        raise Refused(no.BAD_MAX_KEYS, ArgumentName="max-keys", ArgumentValue=max_keys)
    encoding = query.get("encoding-type", "")
    if encoding not in ("", "url"):
        raise Refused(no.BAD_ARGUMENT, ArgumentName="encoding-type", ArgumentValue=encoding)
    return Wanted(
        prefix=_name(query, "prefix"),
        delimiter=_name(query, "delimiter"),
        after=after,
        max_keys=int(max_keys),
        encode=_url if encoding else _plain,
    )


def _name(query: dict[str, str], argument: str) -> bytes:
    name = query.get(argument, "").encode()
    if len(name) > NAME_BYTES:
        raise Refused(no.BAD_ARGUMENT, ArgumentName=argument, ArgumentValue=query[argument])
    return name


def _start(query: dict[str, str]) -> bytes:
    token = query.get("continuation-token", "")
    if not token:
        return _name(query, "start-after")
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise Refused(
            no.BAD_ARGUMENT, ArgumentName="continuation-token", ArgumentValue=token
        ) from error


def _token(name: bytes) -> str:
    """Return it without "=", "+" and "/", so that encoding changes nothing in it."""
    padded = name + b"\0" * (-len(name) % 3)
    return base64.b64encode(padded, altchars=b"-_").decode()


def page_of(bucket: Bucket, wanted: Wanted) -> Page:
    """Return the next entries; names with the delimiter after the prefix count once."""
    entries: dict[bytes, Stored | None] = {}
    last = wanted.after.rstrip(b"\0")
    names = (item for item in bucket.sorted() if item[0] > last)
    for key, stored in names:
        if not key.startswith(wanted.prefix):
            continue
        cut = key.find(wanted.delimiter, len(wanted.prefix)) if wanted.delimiter else -1
        name = key if cut < 0 else key[: cut + len(wanted.delimiter)]
        if name != last:
            entries.setdefault(name, stored if cut < 0 else None)
        if len(entries) > wanted.max_keys:
            break
    return Page(
        entries=tuple(islice(entries.items(), wanted.max_keys)),
        is_truncated=len(entries) > wanted.max_keys,
    )


def _elements_v1(query: dict[str, str], page: Page) -> dict[str, bytes | str]:
    elements: dict[str, bytes | str] = {"Marker": query.get("marker", "").encode()}
    if page.is_truncated:
        elements["NextMarker"] = page.entries[-1][0]
    return elements


def _elements_v2(query: dict[str, str], page: Page) -> dict[str, bytes | str]:
    elements: dict[str, bytes | str] = {"KeyCount": str(len(page.entries))}
    if query.get("start-after"):
        elements["StartAfter"] = query["start-after"].encode()
    if query.get("continuation-token"):
        elements["ContinuationToken"] = query["continuation-token"]
    if page.is_truncated:
        elements["NextContinuationToken"] = _token(page.entries[-1][0])
    return elements


def _answer(
    bucket: Bucket,
    wanted: Wanted,
    *,
    page: Page,
    elements: dict[str, bytes | str],
    with_owner: bool,
) -> Answer:
    encode = wanted.encode
    top: dict[str, bytes | str] = {
        "Name": bucket.name,
        "Prefix": wanted.prefix,
        **elements,
        "MaxKeys": str(wanted.max_keys),
        "Delimiter": wanted.delimiter,
        "IsTruncated": str(page.is_truncated).lower(),
    }
    if encode is _url:
        top["EncodingType"] = "url"
    lines = [
        f"  <{name}>{encode(value) if isinstance(value, bytes) else escape(value)}</{name}>\n"
        for name, value in top.items()
    ]
    lines += [
        _contents(name, stored, encode, with_owner) for name, stored in page.entries if stored
    ]
    lines += [
        f"  <CommonPrefixes><Prefix>{encode(name)}</Prefix></CommonPrefixes>\n"
        for name, stored in page.entries
        if not stored
    ]
    body = f"{XML_HEAD}<ListBucketResult>\n{''.join(lines)}</ListBucketResult>\n"
    return Answer(
        status=200, headers=(("Content-Type", "application/xml"),), body=body.encode("utf-8")
    )


def _contents(name: bytes, stored: Stored, encode: Encode, with_owner: bool) -> str:
    return (
        f"  <Contents><Key>{encode(name)}</Key>"
        f"<LastModified>{stored.modified:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
        f"<ETag>{escape(stored.etag, {chr(34): '&quot;'})}</ETag><Type>Normal</Type>"
        f"<Size>{len(stored.body)}</Size><StorageClass>Standard</StorageClass>"
        f"{OWNER if with_owner else ''}</Contents>\n"
    )


def _url(name: bytes) -> str:
    return quote(name, safe="")


def _plain(name: bytes) -> str:
    return escape(name.decode())
