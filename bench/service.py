"""The program as a service: gunicorn on a gallery, and many requests at once."""

import contextlib
import http.client
import itertools
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import measure
from measure import CannotRun

WORKERS = 4
ASK_S = 0.02
PATIENCE_S = 120.0
CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running gunicorn."""

    port: int
    process: measure.Running

    def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        """Ask once; raise OSError while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", quote(path, safe="/?=&"), headers=sent)
            response = connection.getresponse()
            return response.status, dict(response.headers.items()), response.read()
        finally:
            connection.close()

    def wait_until(self, probe: Callable[[], Any], *, what: str) -> float:
        """Return the seconds until it is so."""
        began_s = time.perf_counter()
        while time.perf_counter() < began_s + PATIENCE_S:
            with contextlib.suppress(OSError, http.client.HTTPException):  # not up yet
                if probe():
                    return time.perf_counter() - began_s
            if self.process.has_ended():
                raise CannotRun(f"gunicorn ended:\n{self.process.errors()}")
            time.sleep(ASK_S)
        raise CannotRun(f"{what} not within {PATIENCE_S:g} s:\n{self.process.errors()}")

    def wait_until_well(self) -> float:
        """Return the seconds until it says that it is well."""
        return self.wait_until(lambda: self.get("/healthz")[0] == 200, what="/healthz 200")


@contextlib.contextmanager
def service(
    environ: Mapping[str, str], folder: Path, *, app: str = "server:app"
) -> Iterator[Service]:
    """Start gunicorn as the program configures it, and end it afterwards."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    configuration = str(measure.ROOT / "gunicorn.conf.py")
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", configuration, "-w", str(WORKERS)]
    paths = ["--pythonpath", str(Path(__file__).parent)]
    command = [*gunicorn, *paths, "-b", f"127.0.0.1:{port}", app]
    environ = dict(environ) | {"PORT": str(port)}
    with measure.running(command, environ=environ, folder=folder) as process:
        yield Service(port=port, process=process)
        process.ask_to_end()
        process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What many requests over connections that are kept open came to."""

    per_s: float
    times_s: tuple[float, ...]  # of each, in rising order
    statuses: Mapping[int, int]  # status → how many


def requests_per_s(port: int, path: str, *, seconds: float, expected: int, **headers: str) -> float:
    """Return how many requests are answered a second.

    Raises CannotRun when an answer has another status than expected.
    """
    found = ask(port, itertools.repeat(question("GET", path, **headers)), seconds=seconds)
    if found.statuses.keys() != {expected}:
        raise CannotRun(f"{path}: statuses {dict(found.statuses)} instead of {expected}")
    return found.per_s


def question(method: str, path: str, body: bytes = b"", /, **headers: str) -> bytes:
    """Return a request as it is sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join((*lines, "", "")).encode() + body


def ask(
    port: int,
    questions: Iterator[bytes],
    *,
    connections: int = CONNECTIONS,
    seconds: float = PATIENCE_S,
) -> Answers:
    """Send each request as soon as a connection is free, until none is left or time is up.

    One thread reads and writes for all connections: clients with threads would take more of the
    processors than what is measured.
    """
    times_s: list[float] = []
    statuses: Counter[int] = Counter()
    asked_s: dict[socket.socket, float] = {}
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as sockets:
        began_s = time.perf_counter()
        for sent in itertools.islice(questions, connections):
            client = sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.settimeout(30)
            selector.register(client, selectors.EVENT_READ)
            client.sendall(sent)
            asked_s[client] = time.perf_counter()
        while asked_s and time.perf_counter() < began_s + seconds:
            for key, _ in selector.select(1.0):
                client = key.fileobj  # type: ignore[assignment] # only sockets were registered
                statuses[_read_answer(client)] += 1
                now_s = time.perf_counter()
                times_s.append(now_s - asked_s.pop(client))
                sent = next(questions, b"")
                if sent:
                    client.sendall(sent)
                    asked_s[client] = now_s
        took_s = time.perf_counter() - began_s
    return Answers(per_s=len(times_s) / took_s, times_s=tuple(sorted(times_s)), statuses=statuses)


def _read_answer(client: socket.socket) -> int:
    """Read one answer; return its status."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = client.recv(1 << 18)
        if not more:
            raise CannotRun("gunicorn closed a connection that was to be kept open")
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    _, _, after = head.lower().partition(b"content-length:")
    length = int(after.partition(b"\r\n")[0] or 0)
    missing = 0 if status == 304 else length - len(body)
    while missing > 0:
        missing -= len(client.recv(min(missing, 1 << 18)))
    return status
