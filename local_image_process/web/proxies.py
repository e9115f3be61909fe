"""Who asks, and at which address of ours, when a reverse proxy stands between."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from ..values import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SCHEME = re.compile(r"(https?)")
HOST = re.compile(r"((?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)")
PREFIX = re.compile(r"((?:/[A-Za-z0-9._~-]+)+)/?")
WITH_PORT = re.compile(r"([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
HOUSEHOLD_BITS = 64  # of an IPv6 address: the rest of it one may choose anew for every request


class Proxies:
    """WSGI middleware: the X-Forwarded headers of trusted proxies count, all others are dropped.

    The client is the last address in X-Forwarded-For that is not a trusted proxy's: what stands
    before it anybody could have written. Of the other headers the last value counts. A client of
    a Unix socket has no address and is trusted. What is malformed counts as not said.
    """

    def __init__(self, app: "WSGIApplication", *, trusted: tuple[Network, ...]) -> None:
        self._app = app
        self._trusted = trusted
        self._trusts_peer = lru_cache(maxsize=4096)(lambda peer: self._trusts(_address(peer)))

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        addresses = environ.pop("HTTP_X_FORWARDED_FOR", "")
        said = {
            "wsgi.url_scheme": _last(environ.pop("HTTP_X_FORWARDED_PROTO", ""), SCHEME),
            "HTTP_HOST": _last(environ.pop("HTTP_X_FORWARDED_HOST", ""), HOST),
            "SCRIPT_NAME": _last(environ.pop("HTTP_X_FORWARDED_PREFIX", ""), PREFIX),
        }
        peer = environ.get("REMOTE_ADDR", "")
        if not peer or self._trusts_peer(peer):
            environ["REMOTE_ADDR"] = self._client(peer, addresses)
            environ.update({name: value for name, value in said.items() if value})
        return self._app(environ, start_response)

    def _client(self, peer: str, addresses: str) -> str:
        client = peer
        for entry in reversed(addresses.split(",")):
            address = _address(entry.strip())
            if address is None:
                break
            client = str(address)
            if not self._trusts(address):
                break
        return client

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def visitor(salt: bytes, address: str | None) -> str:
    """Return a digest of who asks, the same at each request, that tells nobody the address."""
    return blake2b(salt + _household(address or ""), digest_size=32).hexdigest()


@lru_cache(maxsize=4096)
def _household(text: str) -> bytes:
    """Return what is the same for all addresses that one household may ask from."""
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address):
        address = ipaddress.IPv6Address(int(address) >> HOUSEHOLD_BITS << HOUSEHOLD_BITS)
    return f" visitor {address}".encode()


def _last(values: str, form: re.Pattern[str]) -> str | None:
    found = form.fullmatch(values.rpartition(",")[2].strip()) if values else None
    return found[1] if found else None


@lru_cache(maxsize=4096)  # the same few ask again and again
def _address(text: str) -> Address | None:
    """Understand an address, with or without a port; an IPv4 one in IPv6 clothes is IPv4."""
    if found := WITH_PORT.fullmatch(text):
        text = found[1]
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
