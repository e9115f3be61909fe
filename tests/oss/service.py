"""From a request to an answer: where it points, whether it may, what it does."""

import ipaddress
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, unquote_to_bytes
from xml.sax.saxutils import escape

from tests.oss import refusals as no
from tests.oss.listing import NAME_BYTES, OWNER, XML_HEAD, list_objects
from tests.oss.objects import OBJECT_OPERATIONS, check_digest
from tests.oss.refusals import Refused
from tests.oss.signing import Account, verify
from tests.oss.store import Bucket
from tests.oss.wire import Answer, Request

ALIYUN = re.compile(r"(?:(?P<bucket>[^.]+)\.)?oss-(?P<region>.+?)(?:-internal)?\.aliyuncs\.com")
BATCH = 1000
ACLS = ("private", "public-read", "public-read-write")
ON_OBJECTS = {
    "PUT": "PutObject",
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "DELETE": "DeleteObject",
}
ON_BUCKETS = {
    ("GET", "bucketInfo"): "GetBucketInfo",
    ("GET", "acl"): "GetBucketAcl",
    ("PUT", "acl"): "PutBucketAcl",
    ("POST", "delete"): "DeleteMultipleObjects",
}
# what OSS does with these is not here, and must not pass for something else
NOT_HERE = frozenset(
    {
        "acl",
        "append",
        "callback",
        "cors",
        "delete",
        "encryption",
        "lifecycle",
        "live",
        "location",
        "logging",
        "meta",
        "partNumber",
        "policy",
        "position",
        "qos",
        "referer",
        "replication",
        "requestPayment",
        "restore",
        "select",
        "stat",
        "status",
        "symlink",
        "tagging",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
        "worm",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request points, and what it wants there."""

    bucket: str
    key: bytes
    operation: str
    region: str | None  # of the host's name, if it tells


def place_of(request: Request) -> Place:
    """Read bucket and key from host and path, in virtual-host or path style."""
    path = unquote_to_bytes(request.path.encode("latin-1").removeprefix(b"/"))
    aliyun = ALIYUN.fullmatch(request.host)
    if aliyun and not aliyun["bucket"] and path:
        raise Refused(no.PATH_STYLE)
    if _is_path_style(request.host):
        name, _, path = path.partition(b"/")
        bucket = name.decode(errors="replace")
    else:
        bucket = request.host.partition(".")[0]
    return Place(
        bucket=bucket,
        key=path,
        operation=_operation(request, on_object=bool(path)),
        region=aliyun["region"] if aliyun else None,
    )


def _is_path_style(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _operation(request: Request, *, on_object: bool) -> str:
    parameters = request.query
    if not on_object:
        for (method, name), operation in ON_BUCKETS.items():
            if request.method == method and name in parameters:
                return operation
    if NOT_HERE & set(parameters):
        return "NotImplemented"
    if on_object:
        is_copy = request.method == "PUT" and request.header("x-oss-copy-source") is not None
        return "CopyObject" if is_copy else ON_OBJECTS.get(request.method, "NotImplemented")
    if request.method != "GET":
        return "NotImplemented"
    return "ListObjectsV2" if parameters.get("list-type") == "2" else "ListObjects"


class Service:
    """The bucket with a guard in front of it."""

    def __init__(self, account: Account, bucket: Bucket) -> None:
        self.account = account
        self.bucket = bucket

    def perform(self, request: Request, place: Place, *, now: datetime) -> Answer:
        """Do what is asked, or raise ``Refused``."""
        self._check_place(place)
        resource = f"/{place.bucket}/".encode() + place.key
        is_known = verify(request, resource=resource, account=self.account, now=now)
        if not is_known:
            self._check_anonymous(place)
        if place.operation == "NotImplemented":
            raise Refused(no.UNSUPPORTED)
        if place.operation in OBJECT_OPERATIONS:
            _check_key(place.key)
            operation = OBJECT_OPERATIONS[place.operation]
            return operation(self.bucket, place.key, request=request, now=now)
        return self._on_bucket(request, place)

    def _check_place(self, place: Place) -> None:
        """Look for the bucket before anybody's signature: that is where routing fails."""
        if place.bucket != self.bucket.name:
            raise Refused(no.NO_SUCH_BUCKET, BucketName=place.bucket)
        if place.region not in (None, self.account.region):
            endpoint = f"oss-{self.account.region}.aliyuncs.com"
            raise Refused(no.WRONG_ENDPOINT, Bucket=place.bucket, Endpoint=endpoint)

    def _check_anonymous(self, place: Place) -> None:
        if place.operation not in ("GetObject", "HeadObject"):
            raise Refused(no.ANONYMOUS)
        if self.bucket.acl == "private":
            raise Refused(no.PRIVATE)

    def _on_bucket(self, request: Request, place: Place) -> Answer:
        match place.operation:
            case "GetBucketInfo":
                return self._info()
            case "GetBucketAcl":
                return _xml("AccessControlPolicy", f"{OWNER}{self._grant()}")
            case "PutBucketAcl":
                return self._set_acl(request)
            case "DeleteMultipleObjects":
                return self._delete_many(request)
            case _:
                return list_objects(self.bucket, request)

    def _grant(self) -> str:
        grant = f"<Grant>{self.bucket.acl}</Grant>"
        return f"<AccessControlList>{grant}</AccessControlList>"

    def _set_acl(self, request: Request) -> Answer:
        acl = request.header("x-oss-acl") or ""
        if acl not in ACLS:
            raise Refused(no.BAD_ARGUMENT, ArgumentName="x-oss-acl", ArgumentValue=acl)
        self.bucket.acl = acl
        return Answer(status=200)

    def _info(self) -> Answer:
        region = self.account.region
        inside = {
            "Name": self.bucket.name,
            "CreationDate": f"{self.bucket.created:%Y-%m-%dT%H:%M:%S}.000Z",
            "StorageClass": "Standard",
            "ExtranetEndpoint": f"oss-{region}.aliyuncs.com",
            "IntranetEndpoint": f"oss-{region}-internal.aliyuncs.com",
            "Location": f"oss-{region}",
        }
        elements = "".join(f"<{name}>{value}</{name}>" for name, value in inside.items())
        return _xml("BucketInfo", f"<Bucket>{elements}{OWNER}{self._grant()}</Bucket>")

    def _delete_many(self, request: Request) -> Answer:
        if request.header("content-md5") is None:
            raise Refused(no.NO_DIGEST)
        check_digest(request)
        keys, is_quiet = _keys_to_delete(request.body)
        for key in keys:
            self.bucket.delete(key)
        if is_quiet:
            return Answer(status=200)
        is_url = request.query.get("encoding-type") == "url"
        names = [quote(key, safe="") if is_url else escape(key.decode()) for key in keys]
        deleted = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
        return _xml(
            "DeleteResult", ("<EncodingType>url</EncodingType>" if is_url else "") + deleted
        )


def _xml(name: str, inside: str) -> Answer:
    body = f"{XML_HEAD}<{name}>{inside}</{name}>\n"
    return Answer(status=200, headers=(("Content-Type", "application/xml"),), body=body.encode())


def _check_key(key: bytes) -> None:
    try:
        key.decode()
    except UnicodeDecodeError as error:
        raise Refused(no.BAD_NAME) from error
    if len(key) > NAME_BYTES:
        raise Refused(no.LONG_NAME)
    if key.startswith((b"/", b"\\")):
        raise Refused(no.SLASHED_NAME)


def _keys_to_delete(body: bytes) -> tuple[list[bytes], bool]:
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise Refused(no.BAD_XML) from error
    keys = [(node.findtext("Key") or "").encode() for node in root.findall("Object")]
    if root.tag != "Delete" or not keys or not all(keys):
        raise Refused(no.BAD_XML)
    if len(keys) > BATCH:
        raise Refused(no.TOO_MANY_KEYS)
    return keys, root.findtext("Quiet") == "true"


def described(answer: Answer, *, request_id: str, date: str) -> Answer:
    """Add what every answer bears."""
    always = (
        ("Server", "AliyunOSS"),
        ("Date", date),
        ("x-oss-request-id", request_id),
        ("x-oss-server-time", "1"),
    )
    return replace(answer, headers=(*always, *answer.headers))
