"""What the front-end Momentography reads under /api: files that the leader wrote, and one album."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request

from ..publish.export import ALBUMS, API_EXIF, API_MAP, API_PHOTOS, API_PHOTOS_BARE, EXIF_DATA
from .door import refused
from .gallery import for_everyone, send_index

FILES = {"/data/albums": ALBUMS, "/data/exif": API_EXIF, "/data/map": API_MAP}
TYPES = {"albums": ALBUMS, "exif": EXIF_DATA}
NO_TYPE = "type 应为 albums 或 exif"
UPDATED = "数据已更新"
TRUE = frozenset({"true", "1"})


class Albums:
    """albums.json, taken apart once for each state of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[tuple[int, int], Any] | None = None

    def get(self, album_id: str) -> dict[str, Any] | None:
        """Return an album as it stands there; a predecessor's file may hold anything."""
        try:
            status = self._path.stat()
            state = (status.st_ino, status.st_mtime_ns)
            known = self._known
            if known is None or known[0] != state:
                known = self._known = (state, json.loads(self._path.read_bytes()))
        except (FileNotFoundError, ValueError):
            return None
        found = known[1].get(album_id) if isinstance(known[1], dict) else None
        return found if isinstance(found, dict) else None


def make_blueprint(*, data_dir: Path) -> Blueprint:
    """Return the routes that anyone may read."""
    api = Blueprint("momentography", __name__, url_prefix="/api")
    albums = Albums(data_dir / ALBUMS)

    for rule, name in FILES.items():
        api.add_url_rule(rule, rule[1:].replace("/", "_"), partial(send_index, data_dir / name))

    @api.get("/data/albums/<path:album_id>")
    def album(album_id: str) -> Response:
        found = albums.get(album_id)
        if found is None:
            return refused(404, f"未找到ID为 {album_id} 的相册", error="相册不存在")
        response = jsonify({"id": album_id, **found})
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request.environ)
        return response

    @api.get("/photos/list")
    def photos() -> Response:
        with_exif = request.args.get("withExif", "").lower() in TRUE
        return send_index(data_dir / (API_PHOTOS if with_exif else API_PHOTOS_BARE))

    @api.get("/files/lastModified")
    def last_modified() -> Response:
        kind = request.args.get("type", "")
        if kind not in TYPES:
            return refused(400, NO_TYPE)
        response = jsonify({"success": True, "type": kind, **_last(data_dir / TYPES[kind], kind)})
        response.headers["Cache-Control"] = "no-store"
        return response

    api.after_request(for_everyone)
    return api


def _last(path: Path, kind: str) -> dict[str, Any]:
    """Return when a file was last written; the front-end reads naive UTC and shows Beijing's."""
    try:
        written_ns = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {"lastModified": None, "lastUpdate": None}
    at = f"{datetime.fromtimestamp(written_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S}"
    update = {
        "id": written_ns // 10**9,
        "type": kind,
        "status": "success",
        "status_code": 200,
        "message": UPDATED,
        "created_at": at,
    }
    return {"lastModified": at, "lastUpdate": update}
