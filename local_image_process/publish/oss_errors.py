"""What a bucket's refusal means, and what the operator is to do."""

from typing import Any

from ..errors import StoreError, StoreRefused, StoreUnavailable

OF_CODE = {
    "NoSuchBucket": "there is no such bucket; check OSS_BUCKET and OSS_ENDPOINT",
    "InvalidAccessKeyId": "the access key is unknown; check OSS_ACCESS_KEY",
    "SignatureDoesNotMatch": "the secret does not fit the access key; check OSS_SECRET_KEY"
    " and OSS_REGION",
    "RequestTimeTooSkewed": "this machine's clock is wrong by more than 15 minutes; set it",
    "AccessDenied": "the access key may not do this; give its account the right to read, write and"
    " list the bucket",
    "UserDisable": "the account is stopped or owes money; see the Aliyun console",
    "QuotaExceeded": "the bucket's quota is used up; raise it",
    "InvalidBucketName": "the bucket's name is not valid; check OSS_BUCKET",
    "InvalidObjectName": "the name is not allowed in a bucket; rename the photo",
    "EntityTooLarge": "the picture is too large for one upload; lower DISPLAY_EDGE_PX",
}
CLIENT, NETWORK, DAMAGED = -1, -2, -3  # oss2's own kinds of status
WORTH_ANOTHER_TRY = {NETWORK, DAMAGED, 408, 429}


def explained(name: str, error: Any) -> StoreError:
    """Return our own error for one of oss2's; never with a header, which may hold secrets."""
    status, code = int(error.status), str(error.code)
    if code in OF_CODE:
        return StoreRefused(f"{name}: {OF_CODE[code]} ({code})")
    if status == 400 and "region" in str(error.message).lower():
        return StoreRefused(f"{name}: the bucket is in another region; check OSS_REGION")
    if status in WORTH_ANOTHER_TRY or status >= 500:
        return StoreUnavailable(f"{name}: the bucket does not answer ({code or status})")
    if status == CLIENT:
        return StoreRefused(f"{name}: {error.body}; check OSS_ENDPOINT and OSS_REGION")
    return StoreRefused(f"{name}: the bucket refuses (HTTP {status} {code} {error.message})")
