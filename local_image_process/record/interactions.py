"""Likes and stars: given by people, kept whatever happens to photos, files and albums.

Each site counts its own likes, the total is their sum; of stars the newest count. What a site
counted it tells the others in a file of its own, which nobody else writes: however often they
are read, and in whatever order, all sites come to the same.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..model import Interaction
from .corrections import corrections_told, merge_corrections
from .database import Database
from .given import (
    Corrected,
    Given,
    Pictures,
    corrected_in_file,
    given_in_exif_data,
    given_in_file,
    stars_order,
)
from .schema import (
    clicks,
    corrections,
    likes,
    mark_stale,
    meta,
    mirrored_photos,
    photos,
    stars,
    tombstones,
)

PREDECESSOR = "predecessor"  # what a predecessor had counted: a site that all others know of
TAKEN_BACK = "interactions_taken_back"
WITH_OWN_FILE, WITHOUT = "1", "0"
HOW_TAKEN_BACK = sa.select(meta.c.value).where(meta.c.name == TAKEN_BACK)
KNOW_OWN_FILE = sa.update(meta).where(meta.c.name == TAKEN_BACK).values(value=WITH_OWN_FILE)


class Interactions:
    """Likes and stars by photo id (album id and name, without ending)."""

    def __init__(self, database: Database, *, site: str) -> None:
        self._database = database
        self._site = site

    def like(self, photo_id: str) -> int:
        """Count one like; return the new total. On the disk when this returns."""
        with self._database.write(durable=True) as db:
            add_likes(db, photo_id, 1, self._site)
            mark_stale(db, [photo_id])
            return total(db, photo_id)

    def give_stars(self, photo_id: str, number: float) -> None:
        """Set the stars, 0 to 5 in halves. On the disk when this returns."""
        with self._database.write(durable=True) as db:
            last_s = db.scalar(sa.select(stars.c.given_at_s).where(stars.c.photo_id == photo_id))
            _set_stars(db, photo_id, number, max(time.time(), (last_s or 0.0) + 0.001))
            mark_stale(db, [photo_id])

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

    def file(self) -> bytes:
        """Return what this site tells the others: all that was given here, and which pictures."""
        columns = (likes.c.photo_id, likes.c.site, likes.c.count)
        own = sa.select(*columns).where(likes.c.site.in_([self._site, PREDECESSOR]))
        with self._database.read() as db:
            gone = {row.photo_id: row.version for row in db.execute(sa.select(tombstones))}
            versions = {**gone, **_pictures(db).version_of}
            entries: dict[str, dict[str, Any]] = {}
            for photo_id, site, count in db.execute(own):
                what = "likes" if site == self._site else "before"
                entries.setdefault(photo_id, {})[what] = count
            for row in db.execute(sa.select(stars)):
                starred = {"stars": row.stars, "stars_at_s": row.given_at_s}
                entries.setdefault(row.photo_id, {}).update(starred)
            corrected = corrections_told(db, versions)
        for photo_id, entry in entries.items():
            entry["version"] = versions.get(photo_id)
        told = {"site": self._site, "photos": entries, "corrections": corrected}
        return json.dumps(told, ensure_ascii=False, sort_keys=True, indent=0).encode() + b"\n"

    def merge(self, site: str, content: bytes) -> int:
        """Take what another site tells; return of how many photos it tells.

        Raises ValueError when it cannot be understood.
        """
        given = given_in_file(content, site=site)
        with self._database.write(durable=True) as db:
            pictures = _pictures(db)
            here = pictures.gathered(given)
            merge_corrections(db, corrected_in_file(content), pictures)
            _replace_likes(db, site, {i: one.likes for i, one in here.items() if one.likes})
            _merge_rest(db, here)
        return len(given)

    def restore(self, content: bytes) -> int:
        """Take back what this site told the others, if a lost catalogue does not know it.

        Returns of how many photos it tells. Raises ValueError when it cannot be understood.
        """
        given = given_in_file(content, site=self._site)
        with self._database.write(durable=True) as db:
            pictures = _pictures(db)
            follow_all(db, pictures.moved(given))  # taken back by the names of before
            told = pictures.gathered(given)
            merge_corrections(db, corrected_in_file(content), pictures)
            known = _counts(db, self._site)
            both = sum if db.scalar(HOW_TAKEN_BACK) == WITHOUT else max  # new ones, or all
            counts = {i: both((one.likes, known.get(i, 0))) for i, one in told.items()}
            _replace_likes(db, self._site, known | {i: n for i, n in counts.items() if n})
            _merge_rest(db, told)
            _expect_back(db, told, pictures)
            db.execute(KNOW_OWN_FILE)
        return len(given)

    def know_own_file(self) -> None:
        """Note that this site told nothing that its catalogue does not know."""
        with self._database.read() as db:
            is_known = db.scalar(HOW_TAKEN_BACK) != WITHOUT
        if not is_known:
            with self._database.write() as db:
                db.execute(KNOW_OWN_FILE)

    def take_over(self, content: bytes) -> int:
        """Take likes and stars from a predecessor's ``exif_data.json``, however often.

        Returns the number of photos that have any. What cannot be understood counts as nothing.
        """
        given = given_in_exif_data(content)
        with self._database.write(durable=True) as db:
            spelt = {normalize("NFC", photo_id): photo_id for photo_id in _pictures(db).version_of}
            _merge_rest(db, {spelt.get(one.photo_id, one.photo_id): one for one in given})
        return len(given)

    def take_back(self, *, own: Callable[[], bytes], exif_data: Callable[[], bytes]) -> int:
        """Give a new catalogue what our own file tells or, without one, an ``exif_data.json``.

        Done once in a catalogue's life; the files are read only then. An unreadable file, or
        parts of it, count as nothing. Returns the number of photos that got theirs back.
        """
        with self._database.read() as db:
            if db.scalar(HOW_TAKEN_BACK):
                return 0
        how, given, corrected = _taken_back(own, exif_data)
        with self._database.write(durable=True) as db:
            if db.scalar(HOW_TAKEN_BACK):  # Race: another process did it meanwhile
                return 0
            db.execute(sa.insert(meta).values(name=TAKEN_BACK, value=how))
            for photo_id, one in given.items():
                if one.likes:
                    add_likes(db, photo_id, one.likes, self._site)
            pictures = _pictures(db)
            merge_corrections(db, corrected, pictures)
            _merge_rest(db, given)
            _expect_back(db, given, pictures)
            return len(given)


def follow(db: Connection, *, old_id: str, new_id: str) -> None:
    """Give a moved photo what its former self had, within the caller's transaction."""
    counted = sa.select(likes.c.site, likes.c.count).where(likes.c.photo_id == old_id)
    for site, count in db.execute(counted).all():
        if site == PREDECESSOR:  # several sites may have taken over the same likes
            count -= min(count, _counts(db, PREDECESSOR, new_id).get(new_id, 0))
        if count:
            add_likes(db, new_id, count, site)
    db.execute(sa.delete(likes).where(likes.c.photo_id == old_id))
    starred = sa.select(stars).where(stars.c.photo_id.in_([old_id, new_id]))
    if rows := db.execute(starred).all():
        newest = max(rows, key=lambda row: (row.given_at_s, row.stars))
        _set_stars(db, new_id, newest.stars, newest.given_at_s)
    db.execute(sa.delete(stars).where(stars.c.photo_id == old_id))
    again = sa.select(clicks.c.visitor).where(clicks.c.photo_id == old_id)
    db.execute(sa.delete(clicks).where(clicks.c.photo_id == new_id, clicks.c.visitor.in_(again)))
    db.execute(sa.update(clicks).where(clicks.c.photo_id == old_id).values(photo_id=new_id))
    corrected = sa.select(corrections).where(corrections.c.photo_id.in_([old_id, new_id]))
    if rows := db.execute(corrected).all():
        last = max(rows, key=lambda row: (row.given_at_s, row.photo_id == old_id))
        db.execute(sa.delete(corrections).where(corrections.c.photo_id.in_([old_id, new_id])))
        db.execute(sa.insert(corrections).values(last._asdict() | {"photo_id": new_id}))


def follow_all(db: Connection, moves: Mapping[str, str]) -> None:
    """Give photos that moved at one time (old id → new id) what they had, also if they swapped."""
    for number, old_id in enumerate(moves):
        follow(db, old_id=old_id, new_id=f"/{number}")  # Order: out of each other's way first
    for number, new_id in enumerate(moves.values()):
        follow(db, old_id=f"/{number}", new_id=new_id)


def _taken_back(
    own: Callable[[], bytes], exif_data: Callable[[], bytes]
) -> tuple[str, dict[str, Given], list[Corrected]]:
    try:
        content = own()
        given, corrected = given_in_file(content), corrected_in_file(content)
    except ValueError:
        return WITHOUT, {one.photo_id: one for one in given_in_exif_data(exif_data())}, []
    return WITH_OWN_FILE, {one.photo_id: one for one in given}, corrected


def _pictures(db: Connection) -> Pictures:
    of: dict[str, str] = {}
    for table in (mirrored_photos, photos):
        rows = db.execute(sa.select(table.c.album_id, table.c.name, table.c.version))
        of.update((f"{row.album_id}/{row.name}", row.version) for row in rows)
    return Pictures(of)


def _expect_back(db: Connection, given: Mapping[str, Given], pictures: Pictures) -> None:
    """Note photos that are not shown: their pictures may come back under other names."""
    for photo_id, one in given.items():
        if one.version is not None and photo_id not in pictures.version_of:
            db.execute(sa.delete(tombstones).where(tombstones.c.photo_id == photo_id))
            lost = {"photo_id": photo_id, "version": one.version, "at_s": time.time()}
            db.execute(sa.insert(tombstones).values(lost))


def _replace_likes(db: Connection, site: str, counts: Mapping[str, int]) -> None:
    here = likes.c.site == site
    known = _counts(db, site)
    for photo_id in known.keys() - counts.keys():
        db.execute(sa.delete(likes).where(here, likes.c.photo_id == photo_id))
    changed = {i: n for i, n in counts.items() if known.get(i) != n}
    for photo_id, count in changed.items():
        db.execute(sa.delete(likes).where(here, likes.c.photo_id == photo_id))
        db.execute(sa.insert(likes).values(photo_id=photo_id, site=site, count=count))
    mark_stale(db, {*changed, *(known.keys() - counts.keys())})


def _merge_rest(db: Connection, given: Mapping[str, Given]) -> None:
    """Take stars, of which the newest count, and a predecessor's likes, of which the most do."""
    before = _counts(db, PREDECESSOR)
    newest = {r.photo_id: (r.given_at_s, r.stars) for r in db.execute(sa.select(stars))}
    changed = set()
    for photo_id, one in given.items():
        if one.before > before.get(photo_id, 0):
            add_likes(db, photo_id, one.before - before.get(photo_id, 0), PREDECESSOR)
            changed.add(photo_id)
        is_newer = stars_order(one) > newest.get(photo_id, (-1.0, 0.0))
        if one.stars is not None and is_newer:
            _set_stars(db, photo_id, one.stars, one.stars_at_s)
            changed.add(photo_id)
    mark_stale(db, changed)


def _counts(db: Connection, site: str, *photo_ids: str) -> dict[str, int]:
    """Return what a site counted, of all photos or of these."""
    counted = sa.select(likes.c.photo_id, likes.c.count).where(likes.c.site == site)
    if photo_ids:
        counted = counted.where(likes.c.photo_id.in_(photo_ids))
    return {row.photo_id: row[1] for row in db.execute(counted)}


def total(db: Connection, photo_id: str) -> int:
    """Return what all sites counted for a photo."""
    counted = sa.select(sa.func.sum(likes.c.count)).where(likes.c.photo_id == photo_id)
    return int(db.scalar(counted) or 0)


def add_likes(db: Connection, photo_id: str, number: int, site: str) -> None:
    """Change what a site counted for a photo, within the caller's transaction."""
    here = (likes.c.photo_id == photo_id) & (likes.c.site == site)
    added = db.execute(sa.update(likes).where(here).values(count=likes.c.count + number))
    if not added.rowcount:
        db.execute(sa.insert(likes).values(photo_id=photo_id, site=site, count=number))


def _set_stars(db: Connection, photo_id: str, number: float, given_at_s: float) -> None:
    db.execute(sa.delete(stars).where(stars.c.photo_id == photo_id))
    db.execute(sa.insert(stars).values(photo_id=photo_id, stars=number, given_at_s=given_at_s))
