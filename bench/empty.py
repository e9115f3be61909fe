"""The program and, at /empty, a Flask view that does nothing, in the same gunicorn."""

from collections.abc import Iterable
from typing import Any

from flask import Flask

from server import app as gallery

nothing = Flask("nothing")


@nothing.get("/empty")
def empty() -> str:
    """Answer."""
    return ""


class Both:
    """One application of the two."""

    extensions = gallery.extensions  # gunicorn.conf.py asks for them

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on."""
        asked = nothing if environ["PATH_INFO"] == "/empty" else gallery
        return asked(environ, start_response)


app = Both()
