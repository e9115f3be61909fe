"""Facts that the photographer set right by hand: they lie over what the file says."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..model import Exif, Shown
from .database import Database
from .given import Corrected, Pictures
from .rows import exif_column, to_exif
from .schema import corrections, mark_stale


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is said of one photo instead; where it is ``None`` the file's own facts count."""

    exif: Exif
    place: str | None


NOTHING = Correction(exif=Exif(), place=None)
HANGING: dict[
    str, dict[str, None]
] = {  # on a fact: what is not known any more once it is set right
    "camera": {"make": None},
    "focal_length_mm": {"equivalent_focal_length_mm": None},
    "capture_time": {"utc_offset_min": None, "utc_offset_source": None},
}


class Corrections:
    """Corrections by photo id (album id and name, without ending)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def correct(self, photo_id: str, correction: Correction) -> None:
        """Set what is said of a photo, instead of any earlier correction.

        On the disk when this returns. Raises StoreUnavailable.
        """
        with self._database.write(durable=True) as db:
            last_s = _times(db).get(photo_id)
            if last_s is None and correction == NOTHING:
                return
            given_at_s = max(time.time(), (last_s or 0.0) + 0.001)
            exif = exif_column(correction.exif)  # none at all, too: the other sites must hear it
            _set(db, photo_id, exif=exif, place=correction.place, given_at_s=given_at_s)

    def of_album(self, album_id: str) -> dict[str, Correction]:
        """Return the corrections of an album's photos, by photo id."""
        low, high = f"{album_id}/", f"{album_id}0"  # "0" follows "/" in every collation we use
        here = (corrections.c.photo_id >= low) & (corrections.c.photo_id < high)
        with self._database.read() as db:
            found = {
                row.photo_id: Correction(exif=to_exif(row.exif), place=row.place)
                for row in db.execute(sa.select(corrections).where(here))
            }
        return {photo_id: one for photo_id, one in found.items() if one != NOTHING}


def corrected(photo: Shown, by_id: Mapping[str, Correction]) -> Shown:
    """Return a photo with its correction laid over its facts."""
    correction = by_id.get(photo.id)
    if correction is None:
        return photo
    given: dict[str, Any] = {
        name: value
        for name in Exif.__dataclass_fields__
        if (value := getattr(correction.exif, name)) not in (None, ())
    }
    for name in tuple(given):
        given |= HANGING.get(name, {})
    exif = replace(photo.exif, **given)
    return replace(photo, exif=exif, place=correction.place or photo.place)


def corrections_told(
    db: Connection, versions: Mapping[str, str], told: Callable[[Exif], Exif]
) -> dict[str, Any]:
    """Return all corrections as a site's file tells them, those taken back, too.

    ``told`` gives as much of the facts as may be told.
    """
    return {
        row.photo_id: {
            "exif": _said(told(to_exif(row.exif))),
            "place": row.place,
            "at_s": row.given_at_s,
            "version": versions.get(row.photo_id),
        }
        for row in db.execute(sa.select(corrections))
    }


def _said(exif: Exif) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(exif_column(exif))
    return said


def merge_corrections(db: Connection, told: Iterable[Corrected], pictures: Pictures) -> None:
    """Take corrections that are newer than our own, within the caller's transaction."""
    known = _times(db)
    for one in told:
        photo_id = pictures.id_here(one.photo_id, one.version)
        if one.at_s > known.get(photo_id, 0.0):
            known[photo_id] = one.at_s
            _set(db, photo_id, exif=one.exif, place=one.place, given_at_s=one.at_s)


def _times(db: Connection) -> dict[str, float]:
    return {row.photo_id: row.given_at_s for row in db.execute(sa.select(corrections))}


def _set(db: Connection, photo_id: str, *, exif: str, place: str | None, given_at_s: float) -> None:
    db.execute(sa.delete(corrections).where(corrections.c.photo_id == photo_id))
    values = {"photo_id": photo_id, "exif": exif, "place": place, "given_at_s": given_at_s}
    db.execute(sa.insert(corrections).values(values))
    mark_stale(db, [photo_id])
