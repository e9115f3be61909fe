"""Pictures over HTTP: our own files, or where in the bucket they lie; and at the right size."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.security import safe_join

from ..model import Photo, Shown
from ..publish.store import PREFIX, THUMBS, display_object, thumb_object
from .door import refused
from .gallery import for_everyone, send

MEDIA_TYPES = {
    ".webp": "image/webp",
    ".json": "application/json",
    ".yaml": "application/yaml; charset=utf-8",
}
YEAR_S = 31_536_000
HOUR_S = 3_600
SIGNED_KEPT_S = 300  # of the ten minutes that a signed address is good for
WIDEST_PX = 16_383
UPRIGHT = 2 / 3  # width of an upright picture by its height, as cameras make them
LONGEST_NAME_BYTES = 255  # of a file
DEEPEST = 4  # parts in the name of an object: thumbs/480/album/photo.webp
PREDECESSOR = "://angyi.oss-cn-beijing.aliyuncs.com"  # it stands in the front-end's own pages
PREDECESSORS = (f"https{PREDECESSOR}", f"http{PREDECESSOR}")
PLACE = re.compile(r"(?!\.{1,2}/)[^/\\?#]+/[^/\\?#]+\.webp(?:\?v=([0-9A-Za-z]*))?")
NOT_OURS = "这不是本站的图片地址"
NO_WIDTH = "w 应为 1 到 16383 之间的整数"

Sign = Callable[[str, int | None], str]  # object, width to make of it → address


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where pictures lie."""

    media: Path  # the folder of ours
    bucket_url: str | None  # address of the bucket's root; ``None`` without a bucket
    sign: Sign | None  # for a private bucket
    makes_thumbs: bool  # OSS itself does, when asked
    roots: tuple[str, ...]  # what "/gallery/…" follows in the addresses that our JSON names


def make_blueprint(
    *, where: Where, find: Callable[[str], Shown | None], is_leaving: Callable[[str], bool]
) -> Blueprint:
    """Return the routes of pictures; ``find`` returns a photo that is shown, by its address.

    ``is_leaving`` tells of an object that no photo has any more whether it may lie there still:
    the JSON may name it until it is gone.
    """
    pictures = Blueprint("pictures", __name__)

    @pictures.get("/media/<path:name>")
    def picture(name: str) -> Response:
        if where.sign is None:
            return _send_object(where.media, name, request.args.get("v"))
        if find(f"/{_as_display(name)}") is None and not is_leaving(name):
            abort(404)
        return _sent_on(where.sign(name, None), SIGNED_KEPT_S)

    @pictures.get("/_next/image")
    def fitting() -> Response:
        """Answer with the smallest rendition that is wide enough; nothing is ever fetched."""
        url, width_px = request.args.get("url", ""), _width(request.args.get("w", ""))
        place = _place(url, (*where.roots, *PREDECESSORS))
        if place is None:
            abort(refused(400, NOT_OURS))
        photo = find(url)
        if photo is not None:
            return _fitting(where, photo, width_px, is_current=place[1] == photo.version)
        name = f"{PREFIX}/{place[0].partition('?')[0]}"
        if not is_leaving(name):
            abort(404)
        return _sent(where, name, kept_s=0)

    pictures.after_request(for_everyone)
    return pictures


def _fitting(where: Where, photo: Shown, width_px: int, *, is_current: bool) -> Response:
    kept_s = YEAR_S if is_current else HOUR_S
    name = _wide_enough(photo, width_px)
    if where.bucket_url is None:
        return _sent(where, name, kept_s)
    made_px = width_px if where.makes_thumbs else None
    if where.sign is not None:
        return _sent_on(where.sign(name, made_px), SIGNED_KEPT_S)
    process = f"x-oss-process=image/resize,w_{made_px}&" if made_px else ""
    address = f"{where.bucket_url}/{quote(name)}?{process}v={photo.version}"
    return _sent_on(address, kept_s)


def _sent(where: Where, name: str, kept_s: int) -> Response:
    """Send an object as it is, or to where it lies."""
    if where.sign is not None:
        return _sent_on(where.sign(name, None), kept_s)
    if where.bucket_url is not None:
        return _sent_on(f"{where.bucket_url}/{quote(name)}", kept_s)
    response = _send_object(where.media, name, None)
    response.headers["Cache-Control"] = f"public, max-age={kept_s}"
    return response


def _wide_enough(photo: Shown, width_px: int) -> str:
    """Return the smallest object of a photo that is as wide as wanted, or else the largest."""
    for edge_px in sorted(photo.thumb_edges_px):
        if _width_at(photo, edge_px) >= width_px:
            return thumb_object(edge_px, photo.album_id, photo.name)
    return display_object(photo.album_id, photo.name)


def _width_at(photo: Shown, edge_px: int) -> float:
    """Return how wide a thumbnail is; one of unknown shape may be upright."""
    if not isinstance(photo, Photo):
        return edge_px * UPRIGHT
    longest_px = max(photo.width_px, photo.height_px)
    return photo.width_px * min(1.0, edge_px / longest_px)


def _send_object(media: Path, name: str, asked_for: str | None) -> Response:
    """Send an object of ours; for ever cacheable if its version is asked for."""
    found, parts = safe_join(str(media), name), name.split("/")
    media_type = MEDIA_TYPES.get(Path(name).suffix)
    if found is None or media_type is None or len(parts) > DEEPEST or not all(map(_is_name, parts)):
        abort(404)
    response = send(Path(found), media_type)
    is_current = asked_for is not None and asked_for == response.get_etag()[0]
    response.headers["Cache-Control"] = (
        f"public, max-age={YEAR_S}, immutable" if is_current else "no-cache"
    )
    return response


def _sent_on(address: str, kept_s: int) -> Response:
    response = redirect(address, code=302)
    response.headers["Cache-Control"] = f"public, max-age={kept_s}"
    assert isinstance(response, Response)
    return response


def _is_name(part: str) -> bool:
    """Tell whether a file that is not hidden can have this name."""
    return (
        not part.startswith(".") and "\0" not in part and len(part.encode()) <= LONGEST_NAME_BYTES
    )


def _as_display(name: str) -> str:
    """Return the display object of a thumbnail's photo."""
    prefix, _, rest = name.partition("/")
    return f"{PREFIX}/{rest.partition('/')[2]}" if prefix == THUMBS else name


def _place(url: str, roots: Iterable[str]) -> re.Match[str] | None:
    """Return album, name and version in an address of a form that our JSON can name."""
    for root in roots:
        if url.startswith(f"{root}/{PREFIX}/"):
            return PLACE.fullmatch(url.removeprefix(f"{root}/{PREFIX}/"))
    return None


def _width(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) <= WIDEST_PX:
        abort(refused(400, NO_WIDTH))
    return int(text)
