"""What OSS refuses, with its codes, messages and EC numbers, and how that looks in XML.

Sources: the pages of the EC numbers in the help centre (help.aliyun.com/zh/oss/user-guide/<EC>)
and answers of the live service quoted in public threads. "assumed" marks what was in neither (live
status, code or EC may differ).
"""

import base64
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.oss.wire import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One way to say no."""

    status: int
    code: str
    ec: str
    message: str


class Refused(Exception):
    """The request gets this refusal; ``details`` become elements of the XML, or headers."""

    def __init__(
        self, refusal: Refusal, headers: tuple[tuple[str, str], ...] = (), **details: str
    ) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.headers = headers
        self.details = details


def _refusal(status: int, code: str, ec: str, message: str) -> Refusal:
    return Refusal(status=status, code=code, ec=ec, message=message)


_ARGUMENT = "InvalidArgument"
_V1_MESSAGE = "Signature version 1 is not supported any more. Use signature version 4."

# who asks
SIGNATURE_V1 = _refusal(403, "AccessDenied", "0002-00000080", _V1_MESSAGE)  # assumed: code
NOT_A_SIGNATURE = _refusal(400, _ARGUMENT, "0002-00000065", "Authorization header is invalid.")
UNKNOWN_VERSION = _refusal(400, _ARGUMENT, "0002-00000066", "Invalid signature version.")
NO_SIGNATURE = _refusal(400, _ARGUMENT, "0002-00000208", "Signature is missing or empty.")
EMPTY_ADDITIONAL = _refusal(400, _ARGUMENT, "0002-00000209", "AdditionalHeaders is empty.")
BLANK_ADDITIONAL = _refusal(400, _ARGUMENT, "0002-00000210", "AdditionalHeaders has a blank name.")
BAD_CREDENTIAL = _refusal(400, _ARGUMENT, "0002-00000213", "Invalid Credential in Authorization.")
BAD_PAYLOAD_HASH = _refusal(400, _ARGUMENT, "0002-00000214", "Invalid x-oss-content-sha256.")
NO_EXPIRES = _refusal(400, _ARGUMENT, "0002-00000215", "x-oss-expires is missing.")
WRONG_REGION = _refusal(
    400, _ARGUMENT, "0002-00000226", "Invalid signing region in Authorization header."
)
WRONG_PRODUCT = _refusal(
    400, _ARGUMENT, "0002-00000227", "Invalid signing product in Authorization header."
)
BAD_EXPIRES = _refusal(400, _ARGUMENT, "0002-00000232", "x-oss-expires must be 1 to 604800.")
EXPIRED = _refusal(403, "AccessDenied", "0002-00000236", "Request has expired.")
NO_DATE = _refusal(
    403, "AccessDenied", "0002-00000502", "x-oss-date is missing or invalid."
)  # assumed: EC
TOO_SKEWED = _refusal(
    403,
    "RequestTimeTooSkewed",
    "0002-00000504",
    "The difference between the request time and the current time is too large.",
)
UNKNOWN_ACCESS_KEY = _refusal(
    403,
    "InvalidAccessKeyId",
    "0002-00000902",
    "The OSS Access Key Id you provided does not exist in our records.",
)
WRONG_SIGNATURE = _refusal(
    403,
    "SignatureDoesNotMatch",
    "0002-00000201",
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method.",
)
PRIVATE = _refusal(
    403,
    "AccessDenied",
    "0003-00000001",
    "You have no right to access this object because of bucket acl.",
)
ANONYMOUS = _refusal(
    403, "AccessDenied", "0003-00000905", "Anonymous access is forbidden for this operation."
)

# where
NO_SUCH_BUCKET = _refusal(
    404, "NoSuchBucket", "0015-00000101", "The specified bucket does not exist."
)
WRONG_ENDPOINT = _refusal(
    403,
    "AccessDenied",
    "0003-00001403",
    "The bucket you are attempting to access must be addressed using the specified endpoint. "
    "Please send all future requests to this endpoint.",
)
PATH_STYLE = _refusal(  # assumed: EC
    403,
    "SecondLevelDomainForbidden",
    "0016-00000901",
    "The bucket you are attempting to access must be addressed using OSS third level domain.",
)
NO_SUCH_KEY = _refusal(404, "NoSuchKey", "0026-00000001", "The specified key does not exist.")
BAD_NAME = _refusal(400, "InvalidObjectName", "0016-00000002", "The object name is not UTF-8.")
LONG_NAME = _refusal(400, "InvalidObjectName", "0016-00000003", "The object name is too long.")
SLASHED_NAME = _refusal(
    400, "InvalidObjectName", "0016-00000005", "The object name starts with / or \\."
)

# what
UNSUPPORTED = _refusal(  # assumed: EC
    501, "NotImplemented", "0016-00000801", "A header or query you provided is not implemented."
)
BAD_ARGUMENT = _refusal(400, _ARGUMENT, "0017-00000501", "An argument is invalid.")  # assumed: EC
BAD_MAX_KEYS = _refusal(
    400, _ARGUMENT, "0015-00000402", "Argument max-keys must be an integer between 1 and 1000."
)
BAD_META = _refusal(
    400, _ARGUMENT, "0011-00000002", "User metadata is too large or misnamed."
)  # assumed: code
TOO_LARGE = _refusal(  # assumed: EC
    400,
    "EntityTooLarge",
    "0006-00000003",
    "Your proposed upload exceeds the maximum allowed object size.",
)
NO_LENGTH = _refusal(  # assumed: EC
    411, "MissingContentLength", "0017-00000101", "You must provide the Content-Length HTTP header."
)
BAD_DIGEST = _refusal(
    400, "InvalidDigest", "0017-00000502", "The Content-MD5 you specified is not valid."
)
WRONG_DIGEST = _refusal(
    400, "InvalidDigest", "0017-00000503", "The Content-MD5 you specified did not match."
)
NO_DIGEST = _refusal(  # assumed: code
    400, "MissingArgument", "0016-00000606", "Missing Some Required Arguments: Content-MD5."
)
BAD_XML = _refusal(
    400, "MalformedXML", "0016-00000607", "The XML you provided was not well-formed."
)
TOO_MANY_KEYS = _refusal(400, "MalformedXML", "0016-00000609", "More than 1000 objects to delete.")
ALREADY_THERE = _refusal(
    409, "FileAlreadyExists", "0026-00000002", "The object you specified already exists."
)
PRECONDITION = _refusal(  # assumed: EC
    412, "PreconditionFailed", "0026-00000024", "At least one precondition did not hold."
)
NOT_MODIFIED = _refusal(304, "NotModified", "0026-00000023", "Not Modified")  # assumed: EC
BAD_RANGE = _refusal(
    416, "InvalidRange", "0026-00000033", "The requested range is not satisfiable"
)  # assumed: EC

# troubles
INTERNAL = _refusal(
    500, "InternalError", "0001-00000001", "Please contact the server admin."
)  # assumed: EC
UNAVAILABLE = _refusal(  # assumed: EC
    503, "ServiceUnavailable", "0004-00000103", "Thread pool is almost full, please retry later"
)
TOO_MANY = _refusal(
    429, "TooManyRequests", "0004-00000302", "Max total qps limit is exceeded."
)  # assumed: status
QUOTA = _refusal(
    403, "QuotaExceeded", "0003-00000804", "The bucket's quota is used up."
)  # assumed: code and EC


def answer_to(refused: Refused, *, request_id: str, host: str) -> Answer:
    """Return the refusal as OSS words it; a HEAD gets the XML in ``x-oss-err`` by the writer."""
    refusal = refused.refusal
    elements = {
        "Code": refusal.code,
        "Message": refusal.message,
        "RequestId": request_id,
        "HostId": host,
        **refused.details,
        "EC": refusal.ec,
    }
    inside = "".join(f"  <{name}>{escape(value)}</{name}>\n" for name, value in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n{inside}</Error>\n'.encode()
    return Answer(
        status=refusal.status,
        headers=(
            ("Content-Type", "application/xml"),
            ("x-oss-ec", refusal.ec),
            *refused.headers,
        ),
        body=b"" if refusal.status == 304 else body,
        error=base64.b64encode(body).decode(),
    )
