"""A receiver of notices on loopback, which answers as it is told."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it came."""

    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes


class Listener:
    """Keeps every request; ``answers`` are the next statuses, ``None`` for no answer at all."""

    def __init__(self) -> None:
        self.requests: list[Heard] = []
        self.answers: list[int | None] = []
        self.usual_answer = 200
        self.withholds_body = False  # send the answer's head, and then nothing
        self._let_go = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # so that closing waits for them
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

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
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.requests.append(Heard(self.path, headers, body))
                answers = listener.answers
                status = answers.pop(0) if answers else listener.usual_answer
                if status is None:
                    listener._let_go.wait(20)
                    return
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                is_empty = status == 204
                self.send_header("Content-Length", "0" if is_empty else "2")
                self.end_headers()
                if listener.withholds_body:
                    listener._let_go.wait(20)
                elif not is_empty:
                    self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        return Handler
