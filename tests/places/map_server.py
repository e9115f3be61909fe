"""A map service on loopback, which answers as it is told, in the forms that are documented."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in small letters


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: an object as JSON, or bytes as they are."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class MapServer:
    """Keeps every question; ``replies`` are the next ones, ``None`` for no answer at all."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.replies: list[Reply | None] = []
        self.usual: Callable[[Question], Reply] = lambda _: Reply({})
        self._let_go = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # so that closing waits for them
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def let_go(self) -> None:
        """Give up the requests that got no answer."""
        self._let_go.set()

    def close(self) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                question = Question(parts.path, dict(parse_qsl(parts.query)), headers)
                server.questions.append(question)
                reply = server.replies.pop(0) if server.replies else server.usual(question)
                if reply is None:
                    server._let_go.wait(20)
                    return
                content = reply.content
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response_only(reply.status)  # no date of its own
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def maps() -> Iterator[MapServer]:
    """Make a map service that ends with the test."""
    one = MapServer()
    yield one
    one.close()


def regeo(
    province: Any = (), city: Any = (), district: Any = (), township: Any = (), **more: Any
) -> Reply:
    """Return what Gaode answers; what it does not know it writes as an empty array."""
    address = {
        "country": "中国",
        "province": province,
        "city": city,
        "citycode": "0571",
        "district": district,
        "adcode": "330102",
        "township": township,
        "towncode": "330102001000",
        "neighborhood": {"name": [], "type": []},
        "building": {"name": [], "type": []},
        "streetNumber": {"street": "南山路", "number": "2号", "location": "120.1,30.2"},
        "businessAreas": [[]],
    }
    found = {"formatted_address": "地址", "addressComponent": address | more}
    return Reply({"status": "1", "info": "OK", "infocode": "10000", "regeocode": found})


HANGZHOU = regeo("浙江省", "杭州市", "上城区", "清波街道")


def refusal(infocode: str, info: str = "SOME_REASON") -> Reply:
    """Return what Gaode answers when it does not answer; always with status 200."""
    return Reply({"status": "0", "info": info, "infocode": infocode})


def geocodejson(*, features: str = "list", **geocoding: Any) -> Reply:
    """Return what Nominatim answers with format=geocodejson."""
    head = {"version": "0.1.0", "attribution": "Data © OpenStreetMap contributors, ODbL 1.0."}
    feature = {
        "type": "Feature",
        "properties": {"geocoding": {"osm_type": "relation", "osm_id": 1} | geocoding},
        "geometry": {"type": "Point", "coordinates": [120.15, 30.24]},
    }
    found = [feature] if features == "list" else feature
    return Reply({"type": "FeatureCollection", "geocoding": head, "features": found})


KYOTO = geocodejson(
    name="円山町",
    city="京都市",
    state="京都府",
    country="日本",
    country_code="jp",
    admin={"level2": "日本", "level4": "京都府", "level7": "京都市", "level8": "东山区"},
)
UNABLE = {"error": "Unable to geocode"}
