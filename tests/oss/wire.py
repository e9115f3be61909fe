"""HTTP as it lies on the wire: requests exactly as sent, answers exactly as wanted."""

import http
from dataclasses import dataclass
from io import BufferedIOBase
from urllib.parse import unquote_plus, urlsplit

LINE_BYTES = 65536
HEADER_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; bytes outside ASCII are kept one to one as Latin-1 characters."""

    method: str
    path: str  # not decoded
    raw_query: str  # not decoded
    host: str  # without port
    headers: tuple[tuple[str, str], ...]  # names in lower case, in the order they came
    body: bytes = b""
    body_bytes: int | None = None  # as announced; None: no length given

    def header(self, name: str) -> str | None:
        values = [value for known, value in self.headers if known == name]
        return values[0] if values else None

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters, decoded; those without "=" are empty."""
        pairs = (pair.partition("=") for pair in self.raw_query.split("&") if pair)
        return {
            unquote_plus(name): unquote_plus(value, errors="replace") for name, _, value in pairs
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, before faults are done to it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str = ""  # the error's XML in Base64, for a HEAD


class Malformed(Exception):
    """Not HTTP, or a client that went away in the middle."""


def read_head(stream: BufferedIOBase) -> Request | None:
    """Read the request line and the headers; ``None`` when the client has hung up."""
    line = _line(stream)
    if not line:
        return None
    try:
        method, target, _ = line.split(" ")
    except ValueError as error:
        raise Malformed(line) from error
    headers = _headers(stream)
    found = dict(reversed(headers))
    length = found.get("content-length")
    if length is not None and not length.isdigit():
        raise Malformed(f"Content-Length: {length}")
    path, host = _path_and_host(target, found.get("host", ""))
    path, _, query = path.partition("?")
    return Request(
        method=method,
        path=path,
        raw_query=query,
        host=host,
        headers=tuple(headers),
        body_bytes=int(length) if length is not None else None,
    )


def _path_and_host(target: str, host: str) -> tuple[str, str]:
    """Return them also for a request through a proxy, where the target is a whole URL."""
    if not target.startswith("/"):
        url = urlsplit(target)
        host = url.netloc
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return target, host.rpartition(":")[0] if ":" in host else host


def _headers(stream: BufferedIOBase) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    while line := _line(stream):
        name, colon, value = line.partition(":")
        if not colon or len(headers) >= HEADER_LINES:
            raise Malformed(line)
        headers.append((name.lower(), value.strip(" \t")))
    return headers


def _line(stream: BufferedIOBase) -> str:
    line = stream.readline(LINE_BYTES)
    if line and not line.endswith(b"\n"):
        raise Malformed(f"a line of {len(line)} bytes without an end")
    return line.decode("latin-1").rstrip("\r\n")


def read_body(stream: BufferedIOBase, head: Request) -> bytes:
    """Read the whole body; a client that dies before its end raises ``Malformed``."""
    if (head.header("transfer-encoding") or "").lower() == "chunked":
        return _read_chunks(stream)
    length = head.body_bytes or 0
    body = stream.read(length)
    if len(body) < length:
        raise Malformed(f"{len(body)} of {length} bytes came")
    return body


def _read_chunks(stream: BufferedIOBase) -> bytes:
    body = b""
    while True:
        try:
            size = int(_line(stream).partition(";")[0], 16)
        except ValueError as error:
            raise Malformed("a chunk without a size") from error
        chunk = stream.read(size)
        if len(chunk) < size:
            raise Malformed("half a chunk")
        body += chunk
        _line(stream)
        if size == 0:
            return body


def head_bytes(answer: Answer, *, length: int, is_head: bool) -> bytes:
    """Return the status line and the headers."""
    phrase = http.HTTPStatus(answer.status).phrase
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if is_head and answer.error:
        lines.append(f"x-oss-err: {answer.error}")
    if answer.status not in (204, 304) and not any(
        name == "Content-Length" for name, _ in answer.headers
    ):
        lines.append(f"Content-Length: {0 if is_head else length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
