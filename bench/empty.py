"""The program and, in the same gunicorn, Flask views that do nothing, or next to nothing."""

import fcntl
import os
import threading
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from commits import Commits
from flask import Flask, Response, jsonify, request

from server import app as gallery

VIEWS = ("/empty", "/commit")
AT_A_TIME = threading.Lock()

nothing = Flask("nothing")


@nothing.get("/empty")
def empty() -> str:
    """Answer."""
    return ""


@nothing.post("/commit")
def commit() -> Response:
    """Count one like durably for whoever asks: nothing is checked."""
    photo_id = request.get_json()["photoId"]
    with AT_A_TIME:
        fcntl.flock(_queue(), fcntl.LOCK_EX)  # SQLite's own wait would sleep
        _commits().commit(photo_id)
        fcntl.flock(_queue(), fcntl.LOCK_UN)
    return jsonify(success=True)


@cache
def _queue() -> int:
    """Open the file at which all processes queue."""
    return os.open(Path(os.environ["DATA_DIR"]) / "bare.queue", os.O_RDWR | os.O_CREAT)


@cache
def _commits() -> Commits:
    return Commits(Path(os.environ["DATA_DIR"]) / "bare.db")


class Both:
    """One application of the two."""

    extensions = gallery.extensions  # gunicorn.conf.py asks for them

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on."""
        asked = nothing if environ["PATH_INFO"] in VIEWS else gallery
        return asked(environ, start_response)


app = Both()
