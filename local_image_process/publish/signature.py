"""Signatures of webhooks by a secret that both sides know, as Standard Webhooks 1.0.0 has them."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


def sign(secret: str, *, webhook_id: str, timestamp_s: str, body: bytes) -> str:
    """Return one entry of the header ``webhook-signature``."""
    text = f"{webhook_id}.{timestamp_s}.".encode() + body
    digest = hmac.digest(_key(secret), text, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    """Return the key: what stands in Base64 after ``whsec_``, else the secret as it is."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()
