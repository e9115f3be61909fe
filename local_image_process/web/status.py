"""How things stand, over HTTP: as JSON and as a stream of events."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

from ..errors import StoreError
from ..model import Shown
from ..publish.store import display_object
from ..run.standing import Standing
from .auth import Administrator

NEWEST = 20
PICTURE_PX = 480
POLL_S = 0.5
QUIET_S = 10.0  # after which a stream says at least that it is there
AGAIN_MS, AGAIN_FULL_MS = 1_000, 5_000  # when a browser comes again


@dataclass(slots=True)
class Streams:
    """How many may listen at a time in this process, and how long: they hold a thread each."""

    most: int = 2
    life_s: float = 30.0
    is_ending: Callable[[], bool] = field(default=lambda: False)  # this process
    _listening: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> bool:
        """Take a place; tell whether there was one."""
        with self._lock:
            has_place = self._listening < self.most
            self._listening += has_place
            return has_place

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self._listening -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one who asks may see."""

    standing: Standing
    is_admin: bool
    root: str  # the path that a proxy puts before ours

    def told(self) -> dict[str, Any]:
        """Return everything, for the moment."""
        status = self.standing.status()
        newest = self.standing.records.overview.newest(NEWEST)
        return {
            **self.standing.numbers(status),
            "newest": [_picture(photo, self.root) for photo in newest],
            "details": self.standing.details(status) if self.is_admin else None,
        }


def make_blueprint(*, standing: Standing, admin: Administrator, streams: Streams) -> Blueprint:
    """Return the routes."""
    status = Blueprint("status", __name__, url_prefix="/api/status")

    @status.get("")
    def numbers() -> Response:
        return jsonify(view_for(standing, admin).told())

    @status.get("/events")
    def events() -> Response:
        """Tell what changes, for a while; without a place for it, how things stand now."""
        has_place = streams.enter()
        told = _events(view_for(standing, admin), streams, life_s=streams.life_s * has_place)
        response = Response(told, content_type="text/event-stream; charset=utf-8")
        if has_place:
            response.call_on_close(streams.leave)
        response.headers["X-Accel-Buffering"] = "no"  # nginx
        return response

    @status.after_request
    def for_nobody_else(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return status


def view_for(standing: Standing, admin: Administrator) -> View:
    """Return what whoever asks may see."""
    return View(standing=standing, is_admin=admin.is_here(), root=request.script_root)


def _events(view: View, streams: Streams, *, life_s: float) -> Iterator[str]:
    """Yield how things stand whenever it changed; ``life_s``: 0 for once.

    Where the catalogue cannot be read the stream ends, and browsers come again.
    """
    yield f"retry: {AGAIN_MS if life_s else AGAIN_FULL_MS}\n\n"
    end_s = time.monotonic() + life_s
    seen: object = None
    last, last_s = "", 0.0
    while True:
        before, seen = seen, view.standing.state()
        try:
            told = json.dumps(view.told(), ensure_ascii=False) if seen != before else last
        except StoreError:
            return
        if told != last:
            yield f"data: {told}\n\n"
            last, last_s = told, time.monotonic()
        elif time.monotonic() > last_s + QUIET_S:
            yield ": still here\n\n"
            last_s = time.monotonic()
        if time.monotonic() >= end_s or streams.is_ending():
            return
        time.sleep(POLL_S)


def _picture(photo: Shown, root: str) -> dict[str, str]:
    """Return where a small picture of a photo is, and what to say in its place."""
    name = display_object(photo.album_id, photo.name)
    url = quote(f"/media/{name}?v={photo.version}", safe="")
    return {
        "id": photo.id,
        "url": f"{root}/_next/image?url={url}&w={PICTURE_PX}&q=75",
        "alt": f"{photo.album_id} · {photo.name}",
    }
