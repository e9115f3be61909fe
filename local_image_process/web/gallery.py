"""The public JSON over HTTP, and whether we are well."""

import os
from datetime import UTC, datetime
from gzip import GzipFile
from pathlib import Path
from typing import Any, BinaryIO

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.wsgi import wrap_file

from ..publish.export import ALBUMS, EXIF_DATA, LIKES, PLAIN, index_files
from ..publish.store import version_of
from ..run.lease import Lease
from ..run.readiness import why_not_ready
from .door import refused
from .unchanged import answers_from, state_of

INDEX_FILES = (ALBUMS, EXIF_DATA, LIKES)
JSON = "application/json"
NOT_READY = "尚未就绪：{}"
VERSIONS_KEPT = 10_000

_versions: dict[tuple[int, ...], str] = {}  # by state of the file


def make_blueprint(*, data_dir: Path, lease: Lease) -> Blueprint:
    """Return the routes that anyone may ask."""
    gallery = Blueprint("gallery", __name__)

    @gallery.get("/data/<any({}):name>".format(",".join(f'"{n}"' for n in INDEX_FILES)))
    @gallery.get("/<any({}):name>".format(",".join(f'"{n}"' for n in INDEX_FILES)))
    def index_file(name: str) -> Response:
        return send_index(data_dir / name)

    @gallery.get("/healthz")
    def health() -> dict[str, Any]:
        seen = lease.leader()
        leader = {"pid": seen.pid, "seen_s": seen.seen_s} if seen else None
        return {"status": "ok", "leader": leader}

    @gallery.get("/readyz")
    def readiness() -> Response:
        why_not = why_not_ready(lease, data_dir)
        if why_not is not None:
            return refused(503, NOT_READY.format(why_not), error=why_not)
        return jsonify(status="ok")

    gallery.after_request(for_everyone)
    return gallery


def for_everyone(response: Response) -> Response:
    """Let pages of other sites read an answer, too: it is public anyway."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def send_index(path: Path) -> Response:
    """Send a JSON file, packed if the client can unpack; an empty one before the first export."""
    packed = path.with_name(f"{path.name}.gz")
    if not (path.exists() or packed.exists()):
        nothing = index_files(())[path.name]
        return Response(
            nothing, content_type="application/json", headers={"Cache-Control": "no-store"}
        )
    is_packed = request.accept_encodings.quality("gzip") > 0 and packed.exists()
    is_plain = not is_packed and path.name in PLAIN and path.exists()
    found = path if is_plain else packed
    file, status = _opened(found)
    answers_from(found, status)
    if is_packed:
        response = _whole(file, status, JSON, kind="z")
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = _whole(file, status, JSON) if is_plain else _unpacked(file, status)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-cache"
    return response


def send(path: Path, media_type: str) -> Response:
    """Send one file as it is at this moment, though another may take its name meanwhile."""
    return _whole(*_opened(path), media_type)


def _opened(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """Return a file and what is known of it as long as it is open; abort when there is none."""
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        abort(404)
    return file, os.fstat(file.fileno())


def _whole(file: BinaryIO, status: os.stat_result, media_type: str, *, kind: str = "") -> Response:
    """Send a file as it is, or the part of it that is asked for."""
    size = status.st_size
    response = _response(file, status, file, media_type, kind=kind)
    response.direct_passthrough = True
    response.content_length = size
    response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    return response


def _unpacked(file: BinaryIO, status: os.stat_result) -> Response:
    """Send what a packed file says, to the few who cannot unpack; nobody knows its length."""
    response = _response(file, status, GzipFile(fileobj=file), JSON, kind="u")
    response.make_conditional(request.environ)
    return response


def _response(
    file: BinaryIO, status: os.stat_result, content: Any, media_type: str, *, kind: str
) -> Response:
    """Return a response that reads an open file, by itself or by what unpacks it."""
    response = Response(wrap_file(request.environ, content), content_type=media_type)
    response.call_on_close(file.close)
    response.last_modified = datetime.fromtimestamp(int(status.st_mtime), UTC)
    response.set_etag(_version(file, status) + kind)
    return response


def _version(file: BinaryIO, status: os.stat_result) -> str:
    """Return the version of an open file's content, read once for each state of it."""
    state = state_of(status)
    if state not in _versions:
        if len(_versions) >= VERSIONS_KEPT:
            _versions.clear()
        _versions[state] = version_of(os.pread(file.fileno(), status.st_size, 0))
    return _versions[state]
