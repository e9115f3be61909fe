"""Stands in for the front-end's server, Next.js: pages, static files, its own pictures."""

import threading
from dataclasses import dataclass
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image

PAGES = Path(__file__).parent / "page"
HEADERS = {  # what a front-end may say of itself
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "ALLOWALL",
    "Referrer-Policy": "unsafe-url",
    "Strict-Transport-Security": "max-age=1",
}
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]  # names in small letters


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    body: bytes = b""
    media_type: str = "text/plain"
    location: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        described = {"Content-Type": self.media_type, "Content-Length": str(len(self.body))}
        return described | ({"Location": self.location} if self.location else {})


class FrontEnd:
    """Serves the pages on loopback, one request after another, and keeps every request."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._serve, name="front-end")
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def requests(self) -> list[Asked]:
        return self._server.requests

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)


class _Server(HTTPServer):
    def __init__(self, address: tuple[str, int], handler: type["_Handler"]) -> None:
        super().__init__(address, handler)
        self.requests: list[Asked] = []


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.0: a connection for each request."""

    server: _Server

    def do_GET(self) -> None:
        self._answer(answer_to(self._keep()))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._keep()
        self._answer(Told(500, b"Next.js would do here what anybody asks"))

    def _keep(self) -> Asked:
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers)
        self.server.requests.append(asked)
        return asked

    def _answer(self, told: Told) -> None:
        self.send_response(told.status)
        for name, value in (HEADERS | told.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told.body)

    def log_message(self, *_: object) -> None:
        pass


def answer_to(asked: Asked) -> Told:
    """Answer as Next.js does with the front-end's build."""
    url = urlsplit(asked.target)
    if url.path.startswith("/_next/static/"):
        return _file(url.path.rpartition("/")[2])
    if url.path == "/_next/image":
        wanted = parse_qs(url.query).get("url", [""])[0]
        is_own = wanted.startswith("/images/")
        return _picture() if is_own else Told(400, b'"url" parameter is not allowed')
    if url.path.startswith("/images/"):
        return _picture()
    cookies = SimpleCookie(asked.headers.get("cookie", ""))
    is_admin = "admin-auth" in cookies and cookies["admin-auth"].value == "true"
    if url.path.startswith("/admin") and not is_admin:
        return Told(307, location="/login")
    return _file("index.html")


def _file(name: str) -> Told:
    path = PAGES / name
    return Told(200, path.read_bytes(), TYPES[path.suffix])


def _picture() -> Told:
    content = BytesIO()
    Image.new("RGB", (8, 8), (9, 9, 9)).save(content, "PNG")
    return Told(200, content.getvalue(), "image/png")
