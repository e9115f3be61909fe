"""Answer at once who asks whether a file has changed, when it has not: what pages ask most."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import request

from .answers import Headers, with_each_answer
from .metrics import ROUTE, route_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FILE = "gallery.file"  # in the environment: the path that a view answers from, and its state
NOT_MODIFIED = "304 NOT MODIFIED"
KEPT = 1000  # questions
LONGEST = 300  # characters of a question that is kept
ASKED = (
    "REQUEST_METHOD",
    "wsgi.url_scheme",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
)

Question = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered, and the state of the file for which it holds."""

    headers: Headers
    path: Path
    state: tuple[int, ...]
    route: str


class Unchanged:
    """WSGI middleware: says 304 again, without a view, as long as the file is the same one."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = with_each_answer(app, self._keep)
        self._answers: dict[Question, Answer] = {}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        is_conditional = "HTTP_IF_NONE_MATCH" in environ
        answer = self._answers.get(_question(environ)) if is_conditional else None
        if answer is not None and _is_as_it_was(answer):
            environ[ROUTE] = answer.route
            start_response(NOT_MODIFIED, list(answer.headers))
            return ()
        return self._app(environ, start_response)

    def _keep(self, environ: "WSGIEnvironment", status: str, headers: Headers) -> None:
        """Keep an answer that says 304, if it is a file and the same for everybody."""
        if status != NOT_MODIFIED or FILE not in environ:
            return
        question = _question(environ)
        if sum(map(len, question)) > LONGEST:
            return
        if len(self._answers) >= KEPT:
            self._answers.clear()
        path, state = environ[FILE]
        self._answers[question] = Answer(
            headers=list(headers), path=path, state=state, route=route_of(environ)
        )


def answers_from(path: Path, status: os.stat_result) -> None:
    """Note that the answer to the request is this file, as open, and the same for everybody."""
    request.environ[FILE] = (path, state_of(status))


def state_of(status: os.stat_result) -> tuple[int, ...]:
    """Return what differs once a file is another one, or has another content."""
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _question(environ: "WSGIEnvironment") -> Question:
    return tuple(environ.get(name, "") for name in ASKED)


def _is_as_it_was(answer: Answer) -> bool:
    try:
        return state_of(os.stat(answer.path)) == answer.state  # noqa: PTH116 # half the time
    except OSError:
        return False
