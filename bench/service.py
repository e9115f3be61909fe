"""The program as a service: gunicorn on a gallery, and many requests at once."""

import contextlib
import http.client
import selectors
import socket
import sys
import time
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


def requests_per_s(port: int, path: str, *, seconds: float, expected: int, **headers: str) -> float:
    """Return how many requests are answered a second over CONNECTIONS kept open.

    Raises CannotRun when an answer has another status than expected.
    """
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    question = f"GET {path} HTTP/1.1\r\nHost: bench\r\n{''.join(lines)}\r\n".encode()
    answered = 0
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as open_sockets:
        for _ in range(CONNECTIONS):
            client = open_sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.settimeout(30)
            selector.register(client, selectors.EVENT_READ)
            client.sendall(question)
        began_s = time.perf_counter()
        while time.perf_counter() < began_s + seconds:
            for key, _ in selector.select(1.0):
                client = key.fileobj  # type: ignore[assignment] # only sockets were registered
                _read_answer(client, expected)
                client.sendall(question)
                answered += 1
        return answered / (time.perf_counter() - began_s)


def _read_answer(client: socket.socket, expected: int) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        more = client.recv(1 << 18)
        if not more:
            raise CannotRun("gunicorn closed a connection that was to be kept open")
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if status != expected:
        raise CannotRun(f"status {status} instead of {expected}: {body[:200]!r}")
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ),
        0,
    )
    missing = 0 if status == 304 else length - len(body)
    while missing > 0:
        missing -= len(client.recv(min(missing, 1 << 18)))
