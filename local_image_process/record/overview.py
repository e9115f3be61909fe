"""What a person wants to know at a glance: how many photos, which are new, which failed."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..model import Failure, Shown
from .database import Database
from .rows import ANY_CONDITIONS, to_failure, to_mirrored, to_photo, to_sidecar
from .schema import failures, likes, meta, mirrored_albums, mirrored_photos, notices, photos, wakes

PACE = "pace"
SOME = 500  # keys in one IN (…), well below SQLite's limit of bound values


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Every photo in exactly one state, so that the states always add up.

    A photo that is on its way counts as waiting, even if an earlier state of it is published or
    failed; otherwise one that failed counts as failed, even if an earlier state is published.
    """

    published: int
    waiting: int
    failed: int

    @property
    def total(self) -> int:
        return self.published + self.waiting + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Notices to others that were not taken."""

    waiting: int
    given_up: int
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """Requests from outside."""

    number: int = 0
    last_s: float | None = None  # UTC


class Overview:
    """Reads the catalogue for a person; remembers what they asked for, and how fast work goes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def census(self, waiting: AbstractSet[str]) -> Census:
        """Count photos by state; ``waiting`` are the keys that are on their way at this moment."""
        with self._database.read() as db:
            failed = set(db.scalars(sa.select(failures.c.key))) - waiting
            both = photos.join(failures, photos.c.key == failures.c.key)
            on_record = set(db.scalars(sa.select(photos.c.key).select_from(both)))
            shown = _count(db, photos) - len(on_record & failed) - _among(db, waiting)
            mirrored = _count(db, mirrored_photos)
        return Census(published=shown + mirrored, waiting=len(waiting), failed=len(failed))

    def failures(self, most: int) -> list[Failure]:
        """Return what could not be published, by key."""
        with self._database.read() as db:
            rows = db.execute(sa.select(failures).order_by(failures.c.key).limit(most))
            return [to_failure(row) for row in rows]

    def newest(self, most: int) -> list[Shown]:
        """Return the photos whose pictures were published last, the newest first."""
        own, other = photos.c.published_at_s, mirrored_photos.c.published_at_s
        ours = sa.select(photos).order_by(own.desc(), photos.c.key).limit(most)
        with self._database.read() as db:
            is_shown = mirrored_photos.c.album_id.not_in(_hidden(db))
            theirs = sa.select(mirrored_photos).where(is_shown).order_by(other.desc()).limit(most)
            found = [(row.published_at_s, to_photo(row)) for row in db.execute(ours)]
            mirrored = [(row.published_at_s, to_mirrored(row)) for row in db.execute(theirs)]
        latest: list[tuple[float, Shown]] = [*found, *mirrored]
        latest.sort(key=lambda one: -one[0])
        return [photo for _, photo in latest[:most]]

    def try_again(self, keys: Sequence[str] | None = None) -> int:
        """Have failed photos tried again at the next look, all unless told which; count them."""
        mine = sa.update(failures).values(conditions=ANY_CONDITIONS)
        chosen = [mine]
        if keys is not None:
            parts = [keys[i : i + SOME] for i in range(0, len(keys), SOME)]
            chosen = [mine.where(failures.c.key.in_(part)) for part in parts]
        with self._database.write() as db:
            return sum(db.execute(update).rowcount for update in chosen)

    def folders_to_try_again(self) -> set[str]:
        """Return the folders of the photos that somebody wants to be tried again."""
        wanted = sa.select(failures.c.folder).where(failures.c.conditions == ANY_CONDITIONS)
        with self._database.read() as db:
            return set(db.scalars(wanted.distinct()))

    def likes(self) -> int:
        """Return how many likes there are."""
        with self._database.read() as db:
            return int(db.scalar(sa.select(sa.func.sum(likes.c.count))) or 0)

    def owed(self, urls: Collection[str]) -> Owed:
        """Return how many notices these addresses are still owed, and how many were given up."""
        over = notices.c.gave_up_at_s
        mine = sa.select(sa.func.count()).select_from(notices).where(notices.c.url.in_(urls))
        error = sa.select(notices.c.last_error).where(notices.c.last_error.is_not(None))
        with self._database.read() as db:
            return Owed(
                waiting=db.scalar(mine.where(over.is_(None))) or 0,
                given_up=db.scalar(mine.where(over.is_not(None))) or 0,
                last_error=db.scalar(error.order_by(notices.c.number.desc()).limit(1)),
            )

    def woken(self, name: str) -> Woken:
        """Return how often ``name`` was asked for from outside."""
        with self._database.read() as db:
            row = db.execute(sa.select(wakes).where(wakes.c.name == name)).first()
            return Woken(number=row.number, last_s=row.counts_from_s) if row else Woken()

    def pace(self) -> str | None:
        """Return what was kept of how fast work goes."""
        with self._database.read() as db:
            return db.scalar(sa.select(meta.c.value).where(meta.c.name == PACE))

    def keep_pace(self, pace: str) -> None:
        """Keep how fast work goes, beyond a restart."""
        with self._database.write() as db:
            db.execute(sa.delete(meta).where(meta.c.name == PACE))
            db.execute(sa.insert(meta).values(name=PACE, value=pace))


def _count(db: Connection, table: sa.Table) -> int:
    return db.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _hidden(db: Connection) -> list[str]:
    """Return the albums of the bucket that are not shown."""
    rows = db.execute(sa.select(mirrored_albums.c.album_id, mirrored_albums.c.words))
    return [row.album_id for row in rows if to_sidecar(row.words).hidden]


def _among(db: Connection, keys: AbstractSet[str]) -> int:
    """Return how many of the keys are published: ask for a few, read all where they are many."""
    if not keys:
        return 0
    if len(keys) > SOME:
        return sum(key in keys for key in db.scalars(sa.select(photos.c.key)))
    mine = sa.select(sa.func.count()).select_from(photos).where(photos.c.key.in_(keys))
    return db.scalar(mine) or 0
