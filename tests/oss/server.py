"""The server itself: connections, the log, and the hidden path over which tests steer it."""

import contextlib
import json
import os
import secrets
import socket
import socketserver
import struct
import sys
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.oss import refusals as no
from tests.oss.faults import NEVER_DONE, PIECES, Fault, FaultBook, refusal_instead, spoiled
from tests.oss.log import Entry, Log
from tests.oss.refusals import Refused, answer_to
from tests.oss.service import Place, Service, described, place_of
from tests.oss.wire import Answer, Malformed, Request, head_bytes, read_body, read_head

TOKEN_HEADER = "x-test-token"  # whoever knows the token is left out of the log and of all faults
MAX_OBJECT_BYTES = 5 * 1024**3
CRASH = "the test server itself failed"


@dataclass(slots=True)
class Exchange:
    """A request on its way to an answer."""

    request: Request
    place: Place
    started_s: float
    in_flight: int
    request_id: str
    now: datetime
    fault: Fault | None = None
    refused: Refused | None = None


class Server(socketserver.ThreadingTCPServer):
    """Listens on loopback; ``close()`` leaves no thread and no socket."""

    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, service: Service, *, port: int, token: str) -> None:
        self.service = service
        self.token = token
        self.faults = FaultBook()
        self.stopping = threading.Event()
        self.log = Log()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def serve(self) -> None:
        self.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        """Stop listening, cut all connections, and wait for their threads."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._connections:
                _hang_up(connection)
        self.server_close()

    def enter(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
            if self.stopping.is_set():
                _hang_up(connection)

    def leave(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; log anything else, so that tests see it."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError | Malformed):
            self.log.note(Entry(fault=f"{CRASH}: {error!r}"))

    def steer(self, request: Request) -> Answer:
        """Answer on the hidden path: GET, POST, DELETE of faults and requests."""
        what = request.path.rsplit("/", 1)[1]
        if request.method == "POST":
            self.faults.add(Fault(**json.loads(request.body)))
        if request.method == "DELETE":
            (self.log if what == "requests" else self.faults).clear()
        told = self.log.told() if what == "requests" else self.faults.told()
        body = json.dumps(told).encode()
        return Answer(status=200, headers=(("Content-Type", "application/json"),), body=body)


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # gone already
        connection.shutdown(socket.SHUT_RDWR)


class Handler(socketserver.StreamRequestHandler):
    """One connection."""

    server: Server
    disable_nagle_algorithm = True
    rbufsize = 65536

    def handle(self) -> None:
        self.server.enter(self.connection)
        try:
            while not self.server.stopping.is_set() and self._one():
                pass
        finally:
            self.server.leave(self.connection)

    def _one(self) -> bool:
        """Serve one request; tell whether the connection stays."""
        head = read_head(self.rfile)
        if head is None:
            return False
        if (head.body_bytes or 0) > MAX_OBJECT_BYTES:
            return self._refuse(head, Refused(no.TOO_LARGE))
        request = replace(head, body=read_body(self.rfile, head))
        if request.path.startswith(f"/-/{self.server.token}/"):
            return self._send(self.server.steer(request), request)
        try:
            place = place_of(request)
        except Refused as refused:
            return self._refuse(request, refused)
        return self._exchange(request, place)

    def _refuse(self, request: Request, refused: Refused) -> bool:
        """Answer a request that points nowhere, or is not even read."""
        exchange = self._begin(request, Place(bucket="", key=b"", operation="", region=None))
        exchange.refused = refused
        try:
            answer = answer_to(refused, request_id=exchange.request_id, host=request.host)
            closing = replace(answer, headers=(*answer.headers, ("Connection", "close")))
            self._send_out(exchange, closing)
        finally:
            self.server.log.end()
        return False

    def _exchange(self, request: Request, place: Place) -> bool:
        exchange = self._begin(request, place)
        try:
            return self._run(exchange)
        finally:
            self.server.log.end()

    def _begin(self, request: Request, place: Place) -> Exchange:
        started_s, in_flight = self.server.log.begin()
        return Exchange(
            request=request,
            place=place,
            started_s=started_s,
            in_flight=in_flight,
            request_id=secrets.token_hex(12).upper(),
            now=datetime.now(UTC),
        )

    def _run(self, exchange: Exchange) -> bool:
        request, place = exchange.request, exchange.place
        if request.header(TOKEN_HEADER) != self.server.token:
            exchange.fault, ahead_s = self.server.faults.take(request, place)
            exchange.now += timedelta(seconds=ahead_s)
        kind = exchange.fault.kind if exchange.fault else ""
        if kind in ("reset", "hang"):
            return self._cut(exchange)
        answer = self._answer(exchange)
        if kind == "done_but_reset":
            return self._cut(exchange)
        return self._send_out(exchange, spoiled(answer, exchange.fault))

    def _answer(self, exchange: Exchange) -> Answer:
        fault = exchange.fault
        try:
            if fault and fault.kind in NEVER_DONE:
                raise refusal_instead(fault)
            service = self.server.service
            answer = service.perform(exchange.request, exchange.place, now=exchange.now)
            if fault and fault.kind == "done_but_500":
                raise Refused(no.INTERNAL)
        except Refused as refused:
            exchange.refused = refused
            return answer_to(refused, request_id=exchange.request_id, host=exchange.request.host)
        return answer

    def _send_out(self, exchange: Exchange, answer: Answer) -> bool:
        date = format_datetime(exchange.now, usegmt=True)
        answer = described(answer, request_id=exchange.request_id, date=date)
        fault = exchange.fault
        is_head = exchange.request.method == "HEAD"
        self._note(exchange, status=answer.status, bytes_out=0 if is_head else len(answer.body))
        if fault and fault.kind == "delay":
            self.server.stopping.wait(fault.delay_s)
        if fault and fault.kind in ("truncate", "reset_midway"):
            return self._send_half(answer, exchange)
        return self._send(answer, exchange.request, pause_s=_pause_s(fault))

    def _send(self, answer: Answer, request: Request, *, pause_s: float = 0.0) -> bool:
        is_head = request.method == "HEAD"
        head = head_bytes(answer, length=len(answer.body), is_head=is_head)
        body = b"" if is_head else answer.body
        if pause_s:
            self.wfile.write(head)
            step = max(1, len(body) // PIECES)
            for start in range(0, len(body), step):
                self.server.stopping.wait(pause_s)
                self.wfile.write(body[start : start + step])
        else:
            self.wfile.write(head + body)
        return (request.header("connection") or "").lower() != "close"

    def _send_half(self, answer: Answer, exchange: Exchange) -> bool:
        """Send half the body, or half the head where there is none, and cut the connection."""
        is_head = exchange.request.method == "HEAD"
        head = head_bytes(answer, length=len(answer.body), is_head=is_head)
        half = head + answer.body[: len(answer.body) // 2]
        self.wfile.write(half if answer.body and not is_head else head[: len(head) // 2])
        if exchange.fault and exchange.fault.kind == "reset_midway":
            self._reset()
        return False

    def _cut(self, exchange: Exchange) -> bool:
        self._note(exchange, status=0, bytes_out=0)
        if exchange.fault:
            self.server.stopping.wait(exchange.fault.delay_s)
        self._reset()
        return False

    def _reset(self) -> None:
        """Close so that the client gets RST and not an orderly end."""
        now = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self.server.leave(self.connection)
        os.close(self.connection.detach())

    def _note(self, exchange: Exchange, *, status: int, bytes_out: int) -> None:
        request = exchange.request
        if request.header(TOKEN_HEADER) == self.server.token:
            return
        refusal = exchange.refused.refusal if exchange.refused else None
        self.server.log.note(
            Entry(
                method=request.method,
                operation=exchange.place.operation,
                key=exchange.place.key.decode(errors="replace"),
                query=request.raw_query,
                status=status,
                code=refusal.code if refusal and status else "",
                ec=refusal.ec if refusal and status else "",
                bytes_in=len(request.body),
                bytes_out=bytes_out,
                fault=exchange.fault.kind if exchange.fault else "",
                agent=request.header("user-agent") or "",
                started_s=exchange.started_s,
                in_flight=exchange.in_flight,
            )
        )


def _pause_s(fault: Fault | None) -> float:
    return fault.delay_s if fault and fault.kind == "drip" else 0.0
