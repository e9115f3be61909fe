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

from ..model import Exif, Interaction
from .corrections import corrections_told, merge_corrections
from .database import Database
from .given import (
    Corrected,
    Given,
    Pictures,
    corrected_in_file,
    given_in_exif_data,
    given_in_file,
)
from .prepared import Prepared
from .schema import corrections, likes, mark_stale, meta, mirrored_photos, photos, stars, tombstones
from .tallies import (
    PREDECESSOR,
    News,
    add_likes,
    counts,
    follow_all,
    merge_rest,
    news_in,
    replace_likes,
    set_stars,
)

_VERSION = [  # of a photo's picture; the library's counts before the bucket's
    Prepared(
        sa.select(table.c.version).where(
            table.c.album_id == sa.bindparam("of_album"), table.c.name == sa.bindparam("named")
        )
    )
    for table in (photos, mirrored_photos)
]
TAKEN_BACK = "interactions_taken_back"
WITH_OWN_FILE, WITHOUT = "1", "0"
HOW_TAKEN_BACK = sa.select(meta.c.value).where(meta.c.name == TAKEN_BACK)
KNOW_OWN_FILE = sa.update(meta).where(meta.c.name == TAKEN_BACK).values(value=WITH_OWN_FILE)


class Interactions:
    """Likes and stars by photo id (album id and name, without ending)."""

    def __init__(self, database: Database, *, site: str) -> None:
        self._database = database
        self._site = site

    def give_stars(self, photo_id: str, number: float) -> None:
        """Set the stars, 0 to 5 in halves. On the disk when this returns."""
        with self._database.write(durable=True) as db:
            last_s = db.scalar(sa.select(stars.c.given_at_s).where(stars.c.photo_id == photo_id))
            set_stars(db, photo_id, number, max(time.time(), (last_s or 0.0) + 0.001))
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

    def file(self, told: Callable[[Exif], Exif] = lambda exif: exif) -> bytes:
        """Return what this site tells the others: all that was given here, and which pictures.

        ``told`` gives as much of corrected facts as may be told.
        """
        columns = (likes.c.photo_id, likes.c.site, likes.c.count)
        own = sa.select(*columns).where(likes.c.site.in_([self._site, PREDECESSOR]))
        with self._database.read() as db:
            gone = {row.photo_id: row.version for row in db.execute(sa.select(tombstones))}
            versions = gone | _versions_of_given(db)
            entries: dict[str, dict[str, Any]] = {}
            for photo_id, site, count in db.execute(own):
                what = "likes" if site == self._site else "before"
                entries.setdefault(photo_id, {})[what] = count
            for row in db.execute(sa.select(stars)):
                starred = {"stars": row.stars, "stars_at_s": row.given_at_s}
                entries.setdefault(row.photo_id, {}).update(starred)
            corrected = corrections_told(db, versions, told)
        for photo_id, entry in entries.items():
            entry["version"] = versions.get(photo_id)
        content = {"site": self._site, "photos": entries, "corrections": corrected}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=0).encode() + b"\n"

    def merge(self, site: str, content: bytes) -> int:
        """Take what another site tells; return of how many photos it tells.

        Raises ValueError when it cannot be understood.
        """
        given = given_in_file(content, site=site)
        with self._database.write(durable=True) as db:
            pictures = _pictures(db)
            here = pictures.gathered(given)
            merge_corrections(db, corrected_in_file(content), pictures)
            replace_likes(db, site, {i: one.likes for i, one in here.items() if one.likes})
            merge_rest(db, here)
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
            known = counts(db, self._site)
            both = sum if db.scalar(HOW_TAKEN_BACK) == WITHOUT else max  # new ones, or all
            all_told = {i: both((one.likes, known.get(i, 0))) for i, one in told.items()}
            replace_likes(db, self._site, known | {i: n for i, n in all_told.items() if n})
            merge_rest(db, told)
            _expect_back(db, told, pictures)
            db.execute(KNOW_OWN_FILE)
        return len(given)

    def knows_own_file(self) -> bool:
        """Tell whether the catalogue knows all that this site ever told the others."""
        with self._database.read() as db:
            return db.scalar(HOW_TAKEN_BACK) != WITHOUT

    def know_own_file(self) -> None:
        """Note that this site told nothing that its catalogue does not know."""
        if not self.knows_own_file():
            with self._database.write() as db:
                db.execute(KNOW_OWN_FILE)

    def take_over(self, content: bytes) -> int:
        """Take likes and stars from a predecessor's ``exif_data.json``, however often.

        Returns the number of photos that have any. What cannot be understood counts as nothing.
        """
        given = given_in_exif_data(content)
        with self._database.write(durable=True) as db:
            spelt = {normalize("NFC", photo_id): photo_id for photo_id in _pictures(db).version_of}
            merge_rest(db, {spelt.get(one.photo_id, one.photo_id): one for one in given})
        return len(given)

    def news(self, given: Mapping[str, Given]) -> dict[str, News]:
        """Return what ``inherit`` would bring to which photo."""
        with self._database.read() as db:
            return news_in(db, given)

    def inherit(self, given: Mapping[str, Given]) -> None:
        """Take what a predecessor counted, by photo id; a photo may be known later only."""
        with self._database.write(durable=True) as db:
            merge_rest(db, given)

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
            merge_rest(db, given)
            _expect_back(db, given, pictures)
            return len(given)


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


def _versions_of_given(db: Connection) -> dict[str, str]:
    """Return the versions of the pictures that were given anything, by photo id."""
    given = sa.union(*(sa.select(t.c.photo_id) for t in (likes, stars, corrections)))
    of: dict[str, str] = {}
    for photo_id in db.scalars(given).all():
        album_id, _, name = photo_id.rpartition("/")
        found = (ask(db, of_album=album_id, named=name).fetchone() for ask in _VERSION)
        if row := next(filter(None, found), None):
            of[photo_id] = row[0]
    return of


def _expect_back(db: Connection, given: Mapping[str, Given], pictures: Pictures) -> None:
    """Note photos that are not shown: their pictures may come back under other names."""
    for photo_id, one in given.items():
        if one.version is not None and photo_id not in pictures.version_of:
            db.execute(sa.delete(tombstones).where(tombstones.c.photo_id == photo_id))
            lost = {"photo_id": photo_id, "version": one.version, "at_s": time.time()}
            db.execute(sa.insert(tombstones).values(lost))
