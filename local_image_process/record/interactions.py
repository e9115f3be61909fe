"""Likes and stars: given by people, kept whatever happens to photos, files and albums."""

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..model import Interaction, folder_of
from .schema import Database, likes, make_stale, meta, photos, stars

SITE = "local"  # likes are counted per site; the total is their sum
TAKEN_BACK = "interactions_taken_back"


class Interactions:
    """Likes and stars by photo id (album id and name, without ending)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def like(self, photo_id: str) -> int:
        """Count one like; return the new total. On the disk when this returns."""
        with self._database.write(durable=True) as db:
            _add_likes(db, photo_id, 1)
            _mark_stale(db, photo_id)
            total = sa.select(sa.func.sum(likes.c.count)).where(likes.c.photo_id == photo_id)
            return int(db.scalar(total) or 0)

    def give_stars(self, photo_id: str, number: float) -> None:
        """Set the stars, 0 to 5 in halves. On the disk when this returns."""
        with self._database.write(durable=True) as db:
            _set_stars(db, photo_id, number, time.time())
            _mark_stale(db, photo_id)

    def of_album(self, album_id: str) -> dict[str, Interaction]:
        """Return what was given to an album's photos, by photo id."""
        low, high = f"{album_id}/", f"{album_id}0"  # "0" follows "/" in every collation we use
        with self._database.read() as db:
            counted = db.execute(
                sa.select(likes.c.photo_id, sa.func.sum(likes.c.count))
                .where(likes.c.photo_id >= low, likes.c.photo_id < high)
                .group_by(likes.c.photo_id)
            )
            totals = {photo_id: int(total) for photo_id, total in counted}
            starred = db.execute(
                sa.select(stars.c.photo_id, stars.c.stars).where(
                    stars.c.photo_id >= low, stars.c.photo_id < high
                )
            )
            given = {photo_id: float(number) for photo_id, number in starred}
        return {
            photo_id: Interaction(likes=totals.get(photo_id, 0), stars=given.get(photo_id))
            for photo_id in totals.keys() | given.keys()
        }

    def take_back(self, read: Callable[[], bytes]) -> int:
        """Take likes and stars from an ``exif_data.json`` into a catalogue that is new.

        Done once in a catalogue's life; ``read`` is called only then. An unreadable file, or
        parts of it, count as nothing. Returns the number of photos that got theirs back.
        """
        done = sa.select(meta.c.value).where(meta.c.name == TAKEN_BACK)
        with self._database.read() as db:
            if db.scalar(done):
                return 0
        given = _given_in(read())
        with self._database.write(durable=True) as db:
            if db.scalar(done):  # Race: another process did it meanwhile
                return 0
            db.execute(sa.insert(meta).values(name=TAKEN_BACK, value="1"))
            for photo_id, interaction in given.items():
                if interaction.likes:
                    _add_likes(db, photo_id, interaction.likes)
                if interaction.stars is not None:
                    _set_stars(db, photo_id, interaction.stars, given_at_s=0.0)
            return len(given)


def follow(db: Connection, *, old_id: str, new_id: str) -> None:
    """Give a moved photo what its former self had, within the caller's transaction."""
    counted = sa.select(likes.c.site, likes.c.count).where(likes.c.photo_id == old_id)
    for site, count in db.execute(counted).all():
        _add_likes(db, new_id, count, site)
    db.execute(sa.delete(likes).where(likes.c.photo_id == old_id))
    starred = sa.select(stars.c.stars, stars.c.given_at_s).where(stars.c.photo_id == old_id)
    for number, given_at_s in db.execute(starred).all():
        _set_stars(db, new_id, number, given_at_s)
    db.execute(sa.delete(stars).where(stars.c.photo_id == old_id))


def _add_likes(db: Connection, photo_id: str, number: int, site: str = SITE) -> None:
    here = (likes.c.photo_id == photo_id) & (likes.c.site == site)
    added = db.execute(sa.update(likes).where(here).values(count=likes.c.count + number))
    if not added.rowcount:
        db.execute(sa.insert(likes).values(photo_id=photo_id, site=site, count=number))


def _set_stars(db: Connection, photo_id: str, number: float, given_at_s: float) -> None:
    db.execute(sa.delete(stars).where(stars.c.photo_id == photo_id))
    db.execute(sa.insert(stars).values(photo_id=photo_id, stars=number, given_at_s=given_at_s))


def _mark_stale(db: Connection, photo_id: str) -> None:
    album_id, _, name = photo_id.rpartition("/")
    here = sa.select(photos.c.folder).where(photos.c.album_id == album_id, photos.c.name == name)
    make_stale(db, db.scalars(here).all())


def _given_in(exif_data: bytes) -> dict[str, Interaction]:
    try:
        entries: Any = json.loads(exif_data)
    except ValueError:
        return {}
    if not isinstance(entries, Mapping):
        return {}
    given = {}
    for key, facts in entries.items():
        album_id, name = folder_of(key), key.rpartition("/")[2].rpartition(".")[0]
        if album_id and name and isinstance(facts, Mapping):
            interaction = Interaction(
                likes=_count(facts.get("likes")), stars=_halves(facts.get("star"))
            )
            if interaction != Interaction():
                given[f"{album_id}/{name}"] = interaction
    return given


def _count(value: object) -> int:
    return value if type(value) is int and 0 < value < 10**9 else 0


def _halves(value: object) -> float | None:
    if type(value) not in {int, float} or not math.isfinite(float(value)):  # type: ignore[arg-type]
        return None
    number = float(value)  # type: ignore[arg-type]
    return number if 0 <= number <= 5 and number * 2 == int(number * 2) else None
