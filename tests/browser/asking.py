"""Ask over HTTP as a program does: any method, any path, any header, no redirect followed."""

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import quote

from tests.live import Answer

ENOUGH_S = 30
OWN_OF_A_SERVER = {"server", "date", "connection", "etag", "transfer-encoding", "accept-ranges"}


def ask(
    port: int,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    tls: bool = False,
    source: str = "127.0.0.1",
) -> Answer:
    """Return what comes back from this port of loopback; the path may hold any characters.

    ``source`` is the address to ask from, of loopback's many.
    """
    connection = _connection(port, tls=tls, source=source)
    try:
        target = quote(path, safe="/?=&%+'~")
        connection.request(method, target, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def _connection(port: int, *, tls: bool, source: str) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection(
            "127.0.0.1", port, timeout=ENOUGH_S, source_address=(source, 0)
        )
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the tests made it themselves
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=ENOUGH_S, context=context)


def is_from_a_file(answer: Answer) -> bool:
    """Tell nginx's ETag of a file from the backend's."""
    return "-" in answer.headers.get("ETag", "")


def headers_of(answer: Answer) -> dict[str, str]:
    """Return the headers that are the same whoever sends an answer; names in small letters."""
    named = {name.lower(): value for name, value in answer.headers.items()}
    return {name: value for name, value in named.items() if name not in OWN_OF_A_SERVER}
