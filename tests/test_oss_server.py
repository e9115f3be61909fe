"""The strict OSS server, tested by two independent clients, known answers and plain HTTP."""

import base64
import http.client
import logging
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest
import requests

from tests.oss_server import OssServer
from tests.support import wait_for

KEYS = [
    "a b.txt",
    "a+b.txt",
    "a%41&b=c?d#e.txt",
    "gallery/上海/DSC04056.webp",
    "gallery/上海/😀.webp",
    "gallery/上海 2/é.webp",
    "～.txt",  # U+FF5E: in UTF-8 before, in UTF-16 after the emoji
    "😀.txt",
]
LATE_S, TOO_LATE_S = 14 * 60, 16 * 60
CRC_CHECK = str(0x995DC9BBDF1939FA)  # of "123456789", CRC catalogue, CRC-64/XZ
ONE_SHOT = oss_v2.retry.NopRetryer()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep oss2 from printing the errors that are wanted here."""
    caplog.set_level(logging.CRITICAL, logger="oss2")


@pytest.fixture
def oss() -> Iterator[OssServer]:
    with OssServer() as server:
        yield server
        server.requests()  # fails if the server itself did


@pytest.fixture
def connect(oss: OssServer) -> Iterator[Callable[..., Any]]:
    """Make oss2 buckets with something changed: secret, region, what goes over the wire …"""
    sessions = []

    def make(
        access_key: str = oss.access_key,
        secret_key: str = oss.secret_key,
        auth: Any = oss2.AuthV4,
        adapter: Any = None,
        endpoint: str = oss.endpoint,
        **changed: Any,
    ) -> Any:
        session = oss2.Session(adapter=adapter)
        sessions.append(session)
        arguments = {"region": oss.region, "connect_timeout": 10, **changed}
        return oss2.Bucket(
            auth(access_key, secret_key), endpoint, oss.bucket, session=session, **arguments
        )

    yield make
    for session in sessions:
        session.session.close()


@pytest.fixture
def bucket(connect: Callable[..., Any]) -> Any:
    return connect()


@pytest.fixture
def other(oss: OssServer) -> Iterator[Any]:
    """Return a client made by other people."""
    config = oss_v2.config.load_default()
    config.region, config.endpoint, config.retryer = oss.region, oss.endpoint, ONE_SHOT
    config.credentials_provider = oss_v2.credentials.StaticCredentialsProvider(
        oss.access_key, oss.secret_key
    )
    with requests.Session() as session:
        config.http_client = oss_v2.transport.RequestsHttpClient(session=session)
        yield oss_v2.Client(config)


class Change(requests.adapters.HTTPAdapter):
    """Changes a request between its signature and the wire."""

    def __init__(self, change: Callable[[Any], object]) -> None:
        super().__init__()
        self._change = change

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self._change(request)
        return super().send(request, *args, **kwargs)


def raw(
    oss: OssServer, method: str, target: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Send exactly this and return status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", oss.port, timeout=5)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": "127.0.0.1", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


# the verifier

# Known answers: tests/unit/signer/test_v4.py of github.com/aliyun/alibabacloud-oss-python-sdk-v2,
# the same in the Go, Java, PHP, C++ and C# clients. Key "1234+-/123/1.txt" in bucket "bucket".
QUERY = "%2Bparam1=value3&%2Bparam2=&%7Cparam1=value4&%7Cparam2=&param1=value1&param2="
VECTOR_HEADERS = {"x-oss-head1": "value", "abc": "value", "ZAbc": "value", "XYZ": "value"}
IN_HEADER = [
    pytest.param(
        1702743657,
        {},
        "Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe",
        id="plain",
    ),
    pytest.param(
        1702784856,
        {"x-oss-security-token": "token"},
        "Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
        id="token",
    ),
    pytest.param(
        1702747512,
        {},
        "AdditionalHeaders=abc;zabc,"
        "Signature=4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f",
        id="additional",
    ),
]
IN_URL = [
    pytest.param(
        1702781677,
        "",
        "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe",
        id="plain",
    ),
    pytest.param(
        1702785388,
        "&x-oss-security-token=token",
        "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5",
        id="token",
    ),
    pytest.param(
        1702783809,
        "&x-oss-additional-headers=abc%3Bzabc",
        "6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7",
        id="additional",
    ),
]


def vector_server(at: int) -> OssServer:
    oss = OssServer(bucket="bucket", access_key="ak", secret_key="sk").start()
    oss.fault("clock", offset_s=at - time.time())
    return oss


def stamp(at: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))


@pytest.mark.parametrize("style", ["host", "path"])
@pytest.mark.parametrize(("at", "more", "signature"), IN_HEADER)
def test_known_answers_in_the_header(
    at: int, more: dict[str, str], signature: str, style: str
) -> None:
    path = "/1234+-/123/1.txt" if style == "host" else "/bucket/1234%2B-%2F123/1.txt"
    host = "bucket.oss-cn-hangzhou.aliyuncs.com" if style == "host" else "127.0.0.1"
    with vector_server(at) as oss:
        headers = {
            **VECTOR_HEADERS,
            **more,
            "Host": host,
            "content-type": "text/plain",
            "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
            "x-oss-date": stamp(at),
            "Content-Length": "0",
        }
        scope = f"{stamp(at)[:8]}/cn-hangzhou/oss/aliyun_v4_request"
        signed = {"Authorization": f"OSS4-HMAC-SHA256 Credential=ak/{scope},{signature}"}
        assert raw(oss, "PUT", f"{path}?{QUERY}", headers | signed)[0] == 200
        signed["Authorization"] = signed["Authorization"][:-1] + "0"
        status, answered, _ = raw(oss, "PUT", f"{path}?{QUERY}", headers | signed)
        assert (status, answered["x-oss-ec"]) == (403, "0002-00000201")


@pytest.mark.parametrize(("at", "more", "signature"), IN_URL)
def test_known_answers_in_the_url(at: int, more: str, signature: str) -> None:
    scope = quote(f"ak/{stamp(at)[:8]}/cn-hangzhou/oss/aliyun_v4_request", safe="")
    target = (
        f"/1234%2B-/123/1.txt?{QUERY}&x-oss-signature-version=OSS4-HMAC-SHA256{more}"
        f"&x-oss-date={stamp(at)}&x-oss-expires=599&x-oss-credential={scope}"
    )
    headers = {
        **VECTOR_HEADERS,
        "Host": "bucket.oss-cn-hangzhou.aliyuncs.com",
        "content-type": "application/octet-stream",
        "Content-Length": "0",
    }
    with vector_server(at) as oss:
        assert raw(oss, "PUT", f"{target}&x-oss-signature={signature}", headers)[0] == 200
        status, answered, _ = raw(oss, "PUT", f"{target}&x-oss-signature=00", headers)
        assert (status, answered["x-oss-ec"]) == (403, "0002-00000201")


REFUSED = [
    pytest.param({"secret_key": "wrong"}, 403, "SignatureDoesNotMatch", "0002-00000201", id="key"),
    pytest.param({"access_key": "LTAIother"}, 403, "InvalidAccessKeyId", "0002-00000902", id="id"),
    pytest.param({"region": "cn-beijing"}, 400, "InvalidArgument", "0002-00000226", id="region"),
    pytest.param({"region": "oss-cn-hangzhou"}, 400, "InvalidArgument", "0002-00000226", id="oss-"),
    pytest.param({"auth": oss2.Auth}, 403, "AccessDenied", "0002-00000080", id="v1"),
    pytest.param({"auth": oss2.AuthV2}, 403, "AccessDenied", "0002-00000080", id="v2"),
    pytest.param(
        {"auth": lambda *_: oss2.AnonymousAuth()}, 403, "AccessDenied", "0003-00000001", id="nobody"
    ),
]


@pytest.mark.parametrize(("changed", "status", "code", "ec"), REFUSED)
def test_whoever_is_not_known_is_refused(
    oss: OssServer,
    connect: Callable[..., Any],
    changed: dict[str, Any],
    status: int,
    code: str,
    ec: str,
) -> None:
    oss.put("a.txt", b"a")
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        connect(**changed).get_object("a.txt")
    assert (caught.value.status, caught.value.code, caught.value.ec) == (status, code, ec)
    assert [(entry.code, entry.ec) for entry in oss.requests("GetObject")] == [(code, ec)]


def test_the_other_client_is_refused_with_the_same_codes(oss: OssServer, other: Any) -> None:
    oss.fault("clock", offset_s=TOO_LATE_S)
    with pytest.raises(oss_v2.exceptions.OperationError) as caught:
        other.head_object(oss_v2.HeadObjectRequest(bucket=oss.bucket, key="a.txt"))
    error = caught.value.unwrap()
    assert (error.status_code, error.code, error.ec) == (
        403,
        "RequestTimeTooSkewed",
        "0002-00000504",
    )


def replaced(old: str, new: str) -> Callable[[Any], object]:
    def change(request: Any) -> None:
        assert old in request.url
        request.url = request.url.replace(old, new)

    return change


def with_header(name: str, value: str) -> Callable[[Any], object]:
    return lambda request: request.headers.__setitem__(name, value)


TAMPERED = [
    pytest.param("put", with_header("x-oss-meta-site", "another"), id="signed header"),
    pytest.param("put", with_header("x-oss-meta-more", "1"), id="header added"),
    pytest.param("put", with_header("Content-Type", "text/html"), id="content type"),
    pytest.param("put", with_header("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="), id="md5"),
    pytest.param("put", with_header("x-oss-meta-site", ""), id="header emptied"),
    pytest.param("put", replaced("a.txt", "b.txt"), id="path"),
    pytest.param("put", replaced("a.txt", "a.txt?x-oss-process=image"), id="query added"),
    pytest.param("put", lambda request: setattr(request, "method", "DELETE"), id="method"),
    pytest.param("list", replaced("prefix=a%2F", "prefix=b%2F"), id="query value"),
    pytest.param("list", replaced("max-keys=7", "max-keys=8"), id="number"),
]


@pytest.mark.parametrize(("what", "change"), TAMPERED)
def test_whatever_is_changed_on_the_way_is_noticed(
    oss: OssServer, connect: Callable[..., Any], what: str, change: Callable[[Any], object]
) -> None:
    oss.put("a.txt", b"before")
    bucket = connect(adapter=Change(change))
    acts = {
        "put": lambda: bucket.put_object("a.txt", b"after", headers={"x-oss-meta-site": "mine"}),
        "list": lambda: bucket.list_objects(prefix="a/", max_keys=7),
    }
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        acts[what]()
    assert oss.read("a.txt") == b"before"


def test_a_header_without_a_value_breaks_the_signature(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        bucket.put_object("a.txt", b"text", headers={"x-oss-meta-site": ""})


@pytest.mark.parametrize(
    ("name", "value", "ec"),
    [
        ("x-oss-content-sha256", "0" * 64, "0002-00000214"),
        ("x-oss-date", "yesterday", "0002-00000213"),
        ("Authorization", "Bearer abc", "0002-00000065"),
        ("Authorization", "OSS4-HMAC-SHA256 Credential=ak/x/y,Signature=00", "0002-00000213"),
        ("Authorization", "OSS4-HMAC-SHA256 Credential=ak/x/y,Signature=", "0002-00000208"),
        ("Authorization", "OSS4-HMAC-SHA256 Signature=0,AdditionalHeaders=", "0002-00000209"),
        ("Authorization", "OSS4-HMAC-SHA256 Signature=0,AdditionalHeaders=host;", "0002-00000210"),
    ],
)
def test_a_malformed_signature_is_told_apart_from_a_wrong_one(
    connect: Callable[..., Any], name: str, value: str, ec: str
) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument) as caught:
        connect(adapter=Change(with_header(name, value))).head_object("a.txt")
    assert caught.value.ec == ec


@pytest.mark.parametrize("direction", [1, -1], ids=["ahead", "behind"])
def test_a_clock_may_be_a_quarter_of_an_hour_off(
    oss: OssServer, bucket: Any, direction: int
) -> None:
    oss.fault("clock", offset_s=direction * LATE_S)
    bucket.put_object("a.txt", b"a")
    oss.clear_faults()
    oss.fault("clock", offset_s=direction * TOO_LATE_S)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("b.txt", b"b")
    assert (caught.value.code, oss.keys()) == ("RequestTimeTooSkewed", ["a.txt"])


def test_a_signed_url_is_good_for_its_time_its_method_and_its_object(
    oss: OssServer, bucket: Any
) -> None:
    oss.put("上海/a b.txt", b"text")
    url = bucket.sign_url("GET", "上海/a b.txt", 600, slash_safe=True)
    assert urllib.request.urlopen(url).read() == b"text"
    more = bucket.sign_url("GET", "上海/a b.txt", 600, params={"response-content-type": "x/y"})
    with urllib.request.urlopen(more) as answer:
        assert answer.headers["Content-Type"] == "x/y"

    def refusal(url: str, method: str = "GET") -> tuple[int, str]:
        status, headers, _ = raw(oss, method, url.removeprefix(oss.endpoint), {})
        return status, headers["x-oss-ec"]

    assert refusal(url, "HEAD") == (403, "0002-00000201")
    assert refusal(url.replace("a%20b", "c")) == (403, "0002-00000201")
    assert refusal(url.replace("expires=600", "expires=601")) == (403, "0002-00000201")
    assert refusal(url.replace("OSS4-HMAC-SHA256", "OSS2")) == (403, "0002-00000080")
    assert refusal(url.replace("x-oss-expires=600", "a=b")) == (400, "0002-00000215")
    week = bucket.sign_url("GET", "a", 7 * 24 * 3600 + 1)
    assert refusal(week) == (400, "0002-00000232")
    oss.fault("clock", offset_s=590)
    assert urllib.request.urlopen(url).read() == b"text"
    oss.fault("clock", offset_s=11)
    assert refusal(url) == (403, "0002-00000236")


def test_a_public_bucket_shows_objects_to_everybody_but_no_listing(
    oss: OssServer, bucket: Any
) -> None:
    oss.put("a b.webp", b"picture", content_type="image/webp")
    assert raw(oss, "GET", "/photos/a%20b.webp", {})[0] == 403
    bucket.put_bucket_acl("public-read")
    status, headers, body = raw(oss, "GET", "/photos/a%20b.webp?v=1", {})
    assert (status, headers["content-type"], body) == (200, "image/webp", b"picture")
    assert raw(oss, "GET", "/photos/", {})[1]["x-oss-ec"] == "0003-00000905"
    assert raw(oss, "DELETE", "/photos/a%20b.webp", {})[1]["x-oss-ec"] == "0003-00000905"
    assert bucket.get_bucket_info().acl.grant == "public-read"


# objects

HEADERS = {
    "Content-Type": "image/webp",
    "Cache-Control": "public, max-age=60",
    "x-oss-meta-site": "a-site",
}


@pytest.mark.parametrize("key", KEYS)
def test_oss2_finds_what_it_put(oss: OssServer, bucket: Any, key: str) -> None:
    put = bucket.put_object(key, b"123456789", headers=HEADERS)
    assert (put.etag, str(put.crc)) == ("25F9E794323B453885F5181F1B624D0B", CRC_CHECK)
    assert bucket.get_object(key).read() == b"123456789"
    head = bucket.head_object(key).headers
    assert {name: head[name] for name in HEADERS} == HEADERS
    assert head["x-oss-hash-crc64ecma"] == CRC_CHECK
    assert [found.key for found in oss2.ObjectIterator(bucket)] == [key]
    assert oss.objects()[key].meta == {"site": "a-site"}
    assert bucket.object_exists(key)
    bucket.delete_object(key)
    assert not bucket.object_exists(key)
    assert bucket.delete_object(key).status == 204


@pytest.mark.parametrize("key", KEYS)
def test_the_other_client_finds_what_it_put(oss: OssServer, other: Any, key: str) -> None:
    at = {"bucket": oss.bucket, "key": key}
    put = other.put_object(
        oss_v2.PutObjectRequest(
            **at, body=b"123456789", content_type="image/webp", metadata={"site": "a-site"}
        )
    )
    assert put.hash_crc64 == CRC_CHECK
    assert other.get_object(oss_v2.GetObjectRequest(**at)).body.content == b"123456789"
    head = other.head_object(oss_v2.HeadObjectRequest(**at))
    assert (head.content_length, head.content_type) == (9, "image/webp")
    assert head.metadata["site"] == "a-site"
    copy = oss_v2.CopyObjectRequest(bucket=oss.bucket, key=f"{key}.copy", source_key=key)
    assert other.copy_object(copy).etag == head.etag
    for pager, page in (
        (other.list_objects_paginator(), oss_v2.ListObjectsRequest(bucket=oss.bucket, max_keys=1)),
        (
            other.list_objects_v2_paginator(),
            oss_v2.ListObjectsV2Request(bucket=oss.bucket, max_keys=1),
        ),
    ):
        keys = [found.key for one in pager.iter_page(page) for found in one.contents or []]
        assert keys == [key, f"{key}.copy"]
    gone = other.delete_multiple_objects(
        oss_v2.DeleteMultipleObjectsRequest(
            bucket=oss.bucket, objects=[oss_v2.DeleteObject(key=key)], encoding_type="url"
        )
    )
    assert [one.key for one in gone.deleted_objects] == [key]
    assert oss.keys() == [f"{key}.copy"]
    signed = other.presign(oss_v2.GetObjectRequest(bucket=oss.bucket, key=f"{key}.copy"))
    assert urllib.request.urlopen(signed.url).read() == b"123456789"


def test_names_come_in_the_order_of_their_bytes_page_by_page(oss: OssServer, bucket: Any) -> None:
    for key in KEYS:
        oss.put(key, b"")
    expected = sorted(KEYS, key=str.encode)
    for pages in (oss2.ObjectIterator, oss2.ObjectIteratorV2):
        assert [found.key for found in pages(bucket, max_keys=3)] == expected
    assert len(oss.requests("ListObjects")) == len(oss.requests("ListObjectsV2")) == 3
    after = bucket.list_objects_v2(start_after="a+b.txt", prefix="", max_keys=1000)
    assert [found.key for found in after.object_list] == expected[expected.index("a+b.txt") + 1 :]
    assert not after.is_truncated
    spaced = bucket.list_objects(prefix="gallery/上海 2/", max_keys=1000)
    assert [found.key for found in spaced.object_list] == ["gallery/上海 2/é.webp"]


def test_more_than_a_thousand_names_take_more_than_one_page(oss: OssServer, bucket: Any) -> None:
    keys = [f"gallery/{number:04d}.webp" for number in range(1005)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: bucket.put_object(key, b""), keys))
    first = bucket.list_objects_v2(max_keys=1000)
    assert (len(first.object_list), first.is_truncated) == (1000, True)
    assert oss.keys() == keys
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.list_objects_v2(max_keys=1001)
    assert max(entry.in_flight for entry in oss.requests("PutObject")) > 1
    for start in (0, 1000):
        bucket.batch_delete_objects(keys[start : start + 1000])
    assert oss.keys() == []


def test_folders_are_counted_once(oss: OssServer, bucket: Any) -> None:
    for key in ("a.txt", "b/1", "b/2", "c/1", "d.txt"):
        oss.put(key, b"")
    for pages in (oss2.ObjectIterator, oss2.ObjectIteratorV2):
        found = [one.key for one in pages(bucket, delimiter="/", max_keys=1)]
        assert found == ["a.txt", "b/", "c/", "d.txt"]
    inside = bucket.list_objects(prefix="b/", delimiter="/", max_keys=1000)
    assert ([one.key for one in inside.object_list], inside.prefix_list) == (["b/1", "b/2"], [])


def test_a_copy_keeps_or_replaces_what_is_said_of_the_object(oss: OssServer, bucket: Any) -> None:
    oss.put("上海/a+b.webp", b"picture", **{"content_type": "image/webp", "x_oss_meta_site": "a"})
    bucket.copy_object(oss.bucket, "上海/a+b.webp", "kept")
    bucket.copy_object(
        oss.bucket,
        "上海/a+b.webp",
        "replaced",
        headers={"x-oss-metadata-directive": "REPLACE", "x-oss-meta-site": "b"},
    )
    objects = oss.objects()
    assert (objects["kept"].meta, objects["kept"].content_type) == ({"site": "a"}, "image/webp")
    assert objects["replaced"].meta == {"site": "b"}
    assert oss.read("replaced") == b"picture"
    etag = objects["kept"].etag
    for headers, error in (
        ({"x-oss-forbid-overwrite": "true"}, oss2.exceptions.ServerError),
        ({"x-oss-copy-source-if-match": "0"}, oss2.exceptions.PreconditionFailed),
        ({"x-oss-copy-source-if-none-match": etag}, oss2.exceptions.NotModified),
        ({"x-oss-metadata-directive": "MERGE"}, oss2.exceptions.InvalidArgument),
    ):
        with pytest.raises(error):
            bucket.copy_object(oss.bucket, "kept", "replaced", headers=headers)
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.copy_object(oss.bucket, "nothing", "new")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.copy_object("elsewhere", "kept", "new")


def test_nothing_is_overwritten_that_must_not_be(oss: OssServer, bucket: Any) -> None:
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("a.txt", b"first", headers=forbid)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("a.txt", b"second", headers=forbid)
    assert (caught.value.status, caught.value.code) == (409, "FileAlreadyExists")
    assert oss.read("a.txt") == b"first"


def test_many_are_deleted_at_once_only_with_a_digest(
    oss: OssServer, connect: Callable[..., Any], other: Any
) -> None:
    for key in KEYS:
        oss.put(key, b"")
    without = Change(lambda request: request.headers.pop("Content-MD5"))
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        connect(adapter=without).batch_delete_objects(KEYS)
    wrong = Change(lambda request: setattr(request, "body", request.body.replace(b"a", b"b")))
    with pytest.raises(oss2.exceptions.InvalidDigest):
        connect(adapter=wrong).batch_delete_objects(KEYS)
    assert oss.keys() == sorted(KEYS, key=str.encode)
    assert connect().batch_delete_objects(KEYS[:4]).deleted_keys == KEYS[:4]
    quiet = other.delete_multiple_objects(
        oss_v2.DeleteMultipleObjectsRequest(
            bucket=oss.bucket, objects=[oss_v2.DeleteObject(key=key) for key in KEYS], quiet=True
        )
    )
    assert (quiet.deleted_objects, oss.keys()) == (None, [])


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({"Range": "bytes=2-4"}, 206, b"234"),
        ({"Range": "bytes=8-"}, 206, b"89"),
        ({"Range": "bytes=-3"}, 206, b"789"),
        ({"Range": "bytes=20-30"}, 200, b"0123456789"),
        ({"Range": "bytes=20-30", "x-oss-range-behavior": "standard"}, 416, None),
        ({"If-None-Match": '"781E5E245D69B566979B86E28D23F2C7"'}, 304, None),
        ({"If-Match": '"0"'}, 412, None),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, None),
        ({"If-Unmodified-Since": "Fri, 01 Jan 2010 00:00:00 GMT"}, 412, None),
        ({"If-Modified-Since": "Fri, 01 Jan 2010 00:00:00 GMT"}, 200, b"0123456789"),
    ],
)
def test_parts_and_conditions(
    oss: OssServer, bucket: Any, headers: dict[str, str], status: int, body: bytes | None
) -> None:
    oss.put("a.txt", b"0123456789")
    if body is None:
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            bucket.get_object("a.txt", headers=headers)
        assert caught.value.status == status
    else:
        answer = bucket.get_object("a.txt", headers=headers)
        assert (answer.status, answer.read()) == (status, body)


def put_with(name: str, value: str) -> Callable[[Any], Any]:
    return lambda bucket: bucket.put_object("a.txt", b"text", headers={name: value})


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda bucket: bucket.put_object("/a.txt", b""), "InvalidObjectName"),
        (lambda bucket: bucket.put_object("\\a.txt", b""), "InvalidObjectName"),
        (lambda bucket: bucket.put_object("海" * 341 + "a", b""), "InvalidObjectName"),
        (put_with("Content-MD5", base64.b64encode(bytes(16)).decode()), "InvalidDigest"),
        (put_with("Content-MD5", "short"), "InvalidDigest"),
        (put_with("x-oss-meta-a", "a" * 8192), "InvalidArgument"),
        (put_with("x-oss-meta-a_b", "c"), "InvalidArgument"),
        (lambda bucket: bucket.get_object("nothing"), "NoSuchKey"),
        (lambda bucket: bucket.head_object("nothing"), "NoSuchKey"),
        (lambda bucket: bucket.init_multipart_upload("a.txt"), "NotImplemented"),
        (lambda bucket: bucket.get_object_acl("a.txt"), "NotImplemented"),
    ],
)
def test_what_oss_refuses_is_refused(
    oss: OssServer, bucket: Any, act: Callable[[Any], Any], code: str
) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        act(bucket)
    assert (caught.value.code, oss.keys()) == (code, [])
    assert caught.value.headers["x-oss-ec"] == caught.value.ec
    assert caught.value.details["RequestId"] == caught.value.request_id


def test_the_longest_name_is_allowed(oss: OssServer, bucket: Any) -> None:
    bucket.put_object("海" * 341, b"")
    assert oss.keys() == ["海" * 341]


def test_an_upload_needs_a_length_and_no_more_than_five_gigabytes(
    oss: OssServer, bucket: Any
) -> None:
    target = bucket.sign_url("PUT", "a.txt", 60).removeprefix(oss.endpoint)
    assert raw(oss, "PUT", target, {})[0] == 411
    status, headers, _ = raw(oss, "PUT", target, {"Content-Length": str(5 * 1024**3 + 1)})
    assert (status, headers["connection"], oss.keys()) == (400, "close", [])
    bucket.put_object("a.txt", iter([b"in ", b"chunks"]))
    assert oss.read("a.txt") == b"in chunks"


def test_half_an_upload_is_no_object(oss: OssServer, bucket: Any) -> None:
    target = bucket.sign_url("PUT", "a.txt", 60).removeprefix(oss.endpoint)
    connection = http.client.HTTPConnection("127.0.0.1", oss.port)
    connection.request("PUT", target, body=b"half", headers={"Content-Length": "8"})
    connection.sock.shutdown(socket.SHUT_WR)
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()
    assert (oss.keys(), oss.requests()) == ([], [])


# where it is

REAL_NAME = "http://oss-cn-hangzhou.aliyuncs.com"


def test_as_a_proxy_it_stands_for_the_real_host_names(
    oss: OssServer, connect: Callable[..., Any]
) -> None:
    proxies = {"http": oss.proxy}
    bucket = connect(endpoint=REAL_NAME, proxies=proxies)
    for key in KEYS:
        bucket.put_object(key, b"text")
        assert bucket.get_object(key).read() == b"text"
    assert [found.key for found in oss2.ObjectIterator(bucket)] == oss.keys()
    elsewhere = REAL_NAME.replace("hangzhou", "beijing")
    with pytest.raises(oss2.exceptions.AccessDenied) as caught:
        connect(endpoint=elsewhere, proxies=proxies).head_object("a b.txt")
    assert caught.value.details["Endpoint"] == "oss-cn-hangzhou.aliyuncs.com"
    with pytest.raises(oss2.exceptions.ServerError, match="SecondLevelDomainForbidden"):
        connect(endpoint=REAL_NAME, proxies=proxies, is_path_style=True).head_object("a b.txt")


def test_another_bucket_does_not_exist(oss: OssServer, bucket: Any) -> None:
    bucket.bucket_name = "others"
    with pytest.raises(oss2.exceptions.NoSuchBucket) as caught:
        bucket.get_bucket_info()
    assert caught.value.ec == "0015-00000101"


def test_it_comes_back_with_its_objects_on_its_port(oss: OssServer, bucket: Any) -> None:
    bucket.put_object("a.txt", b"text")
    oss.stop()
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.get_object("a.txt")
    oss.start()
    assert bucket.get_object("a.txt").read() == b"text"


def test_it_runs_as_a_process_as_well() -> None:
    with OssServer(process=True, public_read=True, bucket="other") as oss:
        oss.put("a.txt", b"text")
        assert raw(oss, "GET", "/other/a.txt", {})[2] == b"text"
        oss.fault("no_bucket")
        assert raw(oss, "GET", "/other/a.txt", {})[0] == 404
        assert [entry.status for entry in oss.requests()] == [200, 404]


# troubles

BODY = b"0123456789" * 1000


def put_one(bucket: Any) -> Any:
    return bucket.put_object("new", BODY)


def get_one(bucket: Any) -> Any:
    return bucket.get_object("old").read()


def list_one(bucket: Any) -> Any:
    return list(oss2.ObjectIteratorV2(bucket))


TROUBLES = [
    ("500", put_one, oss2.exceptions.ServerError, "InternalError", False),
    ("503", put_one, oss2.exceptions.ServerError, "ServiceUnavailable", False),
    ("429", put_one, oss2.exceptions.ServerError, "TooManyRequests", False),
    ("quota", put_one, oss2.exceptions.ServerError, "QuotaExceeded", False),
    ("no_bucket", put_one, oss2.exceptions.NoSuchBucket, "NoSuchBucket", False),
    ("reset", put_one, oss2.exceptions.RequestError, "Connection reset by peer", False),
    ("hang", put_one, oss2.exceptions.RequestError, "Read timed out", False),
    ("delay", put_one, oss2.exceptions.RequestError, "Read timed out", True),
    ("done_but_500", put_one, oss2.exceptions.ServerError, "InternalError", True),
    ("done_but_reset", put_one, oss2.exceptions.RequestError, "Connection reset by peer", True),
    ("wrong_crc", put_one, oss2.exceptions.InconsistentError, "CRC checksum", True),
    ("clock", put_one, oss2.exceptions.ServerError, "RequestTimeTooSkewed", False),
    ("truncate", get_one, requests.exceptions.ChunkedEncodingError, "5000 bytes read", False),
    ("reset_midway", get_one, requests.exceptions.ChunkedEncodingError, "reset by peer", False),
    ("broken_xml", list_one, SyntaxError, "unclosed token|no element found|mismatched", False),
    ("500", list_one, oss2.exceptions.ServerError, "InternalError", False),
]


@pytest.mark.parametrize(
    ("kind", "act", "error", "words", "is_done"),
    TROUBLES,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_trouble_is_seen_by_a_client(
    oss: OssServer,
    connect: Callable[..., Any],
    kind: Any,
    act: Callable[[Any], Any],
    error: type[Exception],
    words: str,
    is_done: bool,
) -> None:
    oss.put("old", BODY)
    is_late = kind in ("hang", "delay")
    oss.fault(kind, delay_s=30 if is_late else 0, offset_s=TOO_LATE_S)
    with pytest.raises(error, match=words):
        act(connect(connect_timeout=(10, 0.3)) if is_late else connect())
    names = oss.keys()  # our own looks meet no trouble
    assert ("new" in names) == is_done
    assert {entry.fault for entry in oss.requests()} <= {kind, ""}
    assert oss.faults()[0].applied >= 1
    oss.clear_faults()
    act(connect())


def test_troubles_that_oss2_does_not_notice(
    oss: OssServer, bucket: Any, connect: Callable[..., Any]
) -> None:
    oss.put("old", BODY)
    oss.fault("flip", count=1)
    got = bucket.get_object("old").read()
    assert (len(got), got == BODY) == (len(BODY), False)
    oss.fault("drip", count=1, delay_s=0.06)
    started = time.monotonic()
    assert get_one(connect(connect_timeout=(10, 0.5))) == BODY
    assert time.monotonic() - started > 0.5  # longer than the read time-out
    assert [rule.applied for rule in oss.faults()] == [1, 1]


def test_busy_servers_say_when_to_come_again(oss: OssServer, bucket: Any) -> None:
    oss.fault("503", retry_after_s=7)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("a.txt", b"a")
    assert caught.value.headers["Retry-After"] == "7"


def test_a_trouble_may_be_for_some_requests_only(oss: OssServer, bucket: Any) -> None:
    oss.fault("500", method="PUT", key="gallery/*", nth=2, count=2)
    outcomes = []
    for key in ("gallery/1", "other", "gallery/2", "gallery/3", "gallery/4"):
        try:
            outcomes.append(bucket.put_object(key, b"").status)
        except oss2.exceptions.ServerError as error:
            outcomes.append(error.status)
    assert outcomes == [200, 200, 500, 500, 200]
    assert [(rule.seen, rule.applied) for rule in oss.faults()] == [(4, 2)]
    assert [entry.key for entry in oss.requests() if entry.fault] == ["gallery/2", "gallery/3"]


def test_the_second_page_of_a_listing_may_fail(oss: OssServer, bucket: Any) -> None:
    for key in ("a", "b", "c"):
        oss.put(key, b"")
    oss.fault("503", operation="ListObjects*", later_pages=True)
    pages = oss2.ObjectIteratorV2(bucket, max_keys=2)
    assert [next(pages).key, next(pages).key] == ["a", "b"]
    with pytest.raises(oss2.exceptions.ServerError):
        next(pages)
    assert [entry.status for entry in oss.requests()] == [200, 503, 503, 503]  # its own tries


def test_the_log_tells_what_was_asked(oss: OssServer, bucket: Any) -> None:
    bucket.put_object("上海/a.txt", b"four")
    bucket.get_object("上海/a.txt").read()
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.head_object("b.txt")
    told = [
        (entry.operation, entry.key, entry.status, entry.code, entry.bytes_in, entry.bytes_out)
        for entry in oss.requests()
    ]
    assert told == [
        ("PutObject", "上海/a.txt", 200, "", 4, 0),
        ("GetObject", "上海/a.txt", 200, "", 0, 4),
        ("HeadObject", "b.txt", 404, "NoSuchKey", 0, 0),
    ]
    assert all("aliyun-sdk-python" in entry.agent for entry in oss.requests())
    oss.clear_requests()
    assert oss.requests() == []
    status = raw(oss, "GET", "/-/guessed/requests", {})[0]
    assert (status, [entry.code for entry in oss.requests()]) == (404, ["NoSuchBucket"])


def test_several_at_once_are_seen_as_such(oss: OssServer, connect: Callable[..., Any]) -> None:
    oss.fault("delay", method="PUT", delay_s=0.1)
    bucket = connect()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: bucket.put_object(f"{number}", b""), range(4)))
    wait_for(lambda: len(oss.requests("PutObject")) == 4, what="four uploads")
    assert max(entry.in_flight for entry in oss.requests()) > 1
