"""What is done to every answer, whoever gives it: WSGI middleware in one line each."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]


def with_each_answer(
    app: "WSGIApplication", do: "Callable[[WSGIEnvironment, str, Headers], None]"
) -> "WSGIApplication":
    """Return the application, of which each answer passes ``do`` before it leaves.

    ``do`` gets what was asked, the status and the headers, to which it may add.
    """

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: Headers, exc_info: object = None) -> object:
            do(environ, status, headers)
            return start_response(status, headers, exc_info)  # type: ignore[arg-type] # as given

        return app(environ, start)  # type: ignore[arg-type] # a bare function does

    return application
