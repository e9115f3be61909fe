"""What the photographer gives: stars, and facts set right by hand."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, jsonify

from ..model import Exif, Shown
from ..publish import facts
from ..publish.privacy import Privacy
from ..record.corrections import Correction
from ..run.lookup import album_title, as_told, find_photo
from ..run.records import Records
from .auth import Administrator
from .door import json_object, refused
from .likes import NO_PHOTO, WRONG

Find = Callable[[str], Shown | None]  # a photo by any of its spellings

NO_PHOTO_ID = "缺少照片ID"
NO_FACTS = "缺少EXIF数据或格式不正确"
SAVED = "已保存"
COORDINATES = frozenset({"latitude_deg", "longitude_deg"})
WORDS = frozenset({"camera_model", "lens_model", "location", "date_time"})  # the others measure
FIELDS = {  # of the front-end's editor → of Exif
    "camera_model": "camera",
    "lens_model": "lens",
    "exposure_time": "exposure_time_s",
    "f_number": "aperture",
    "iso": "iso",
    "focal_length": "focal_length_mm",
    "date_time": "capture_time",
    "latitude": "latitude_deg",
    "longitude": "longitude_deg",
}
READ = {fact.field: fact.read for fact in facts.PREDECESSORS}


def make_blueprint(
    *, records: Records, admin: Administrator, privacy: Privacy, root_album: str
) -> Blueprint:
    """Return the routes; whatever they acknowledge is on the disk."""
    given_by_hand = Blueprint("corrections", __name__, url_prefix="/api/photos")
    given_by_hand.after_request(_for_nobody_else)
    find = partial(find_photo, records)
    tell = partial(as_told, records, privacy)
    given_by_hand.before_request(admin.require)

    @given_by_hand.post("/star")
    @given_by_hand.post("/update-star")
    def star() -> Response:
        given = json_object()
        photo_id = given.get("photoId", given.get("photoPath"))
        stars = given.get("star", given.get("stars"))
        if not isinstance(photo_id, str) or not _is_halves(stars):
            abort(refused(400, WRONG))
        records.interactions.give_stars(_shown(find, photo_id).id, float(stars or 0))
        return jsonify(success=True, message=SAVED)

    @given_by_hand.post("/update-exif")
    def correct() -> Response:
        given = json_object()
        photo_id, told = given.get("photoId"), given.get("exifData")
        if not isinstance(photo_id, str) or not photo_id:
            abort(refused(400, NO_PHOTO_ID))
        if not isinstance(told, dict) or (told and not told.keys() & {*FIELDS, "location"}):
            abort(refused(400, NO_FACTS))
        photo = tell(_shown(find, photo_id))
        before = records.corrections.of_album(photo.album_id).get(photo.id)
        title = album_title(records, photo, root_album=root_album)
        correction = _correction(photo, told, before, title=title)
        may_be_told = tell(replace(photo, exif=correction.exif)).exif
        records.corrections.correct(photo.id, replace(correction, exif=may_be_told))
        return jsonify(success=True, message=SAVED)

    return given_by_hand


def _shown(find: Find, spelled: str) -> Shown:
    """Return the photo that is meant, or end in 404."""
    photo = find(spelled)
    if photo is None:
        abort(refused(404, NO_PHOTO))
    return photo


def _for_nobody_else(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_halves(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= 5 and value * 2 == int(value * 2)


def _correction(
    photo: Shown, told: dict[str, Any], before: Correction | None, *, title: str
) -> Correction:
    """Return what is to be said instead of a photo's own facts.

    A field that is empty, or says what the photo itself says, is corrected no longer; one that
    is not sent stays as it was.
    """
    exif, place = (before.exif, before.place) if before else (Exif(), None)
    changed = {
        field: _understood(told[name], READ[field], name)
        for name, field in FIELDS.items()
        if name in told
    }
    exif = _with_both_coordinates(replace(exif, **changed), photo.exif)
    own = facts.written(photo.exif)
    said = facts.written(exif)
    same: dict[str, Any] = dict.fromkeys(
        f.field for f in facts.PREDECESSORS if said[f.name] == own[f.name]
    )
    if not same.keys() >= COORDINATES:  # one that is right by chance stays with the other
        same = {field: None for field in same if field not in COORDINATES}
    if "location" in told:
        place = _understood(told["location"], facts.text_in, "location")
    own_place = photo.place or title
    return Correction(exif=replace(exif, **same), place=None if place == own_place else place)


def _with_both_coordinates(exif: Exif, own: Exif) -> Exif:
    """Take the photo's own coordinate where only the other is given; one alone ends in 400."""
    given = {name: getattr(exif, name) for name in COORDINATES}
    if set(given.values()) == {None}:
        return exif
    whole = {name: getattr(own, name) if v is None else v for name, v in given.items()}
    if None in whole.values():
        abort(refused(400, f"{NO_FACTS}：latitude 和 longitude 应同时填写"))
    return replace(exif, **whole)


def _understood(value: Any, read: Callable[[object], Any], name: str) -> Any:
    """Return a field's value; ``None`` where it is empty. What cannot be read ends in 400."""
    if value is None or value == "":
        return None
    kinds = str if name in WORDS else str | int | float
    if isinstance(value, bool) or not isinstance(value, kinds):
        abort(refused(400, f"{NO_FACTS}：{name}"))
    understood = read(value)
    if understood is None and facts.text_in(value) is not None:
        abort(refused(400, f"{NO_FACTS}：{name}"))
    return understood
