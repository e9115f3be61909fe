"""What geocoders said of cells of the map, so that none is asked of twice."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..model import Photo
from .database import Database
from .rows import cell_of
from .schema import make_stale, photos, places

MANY = 500  # cells in one IN (…), well below SQLite's limit of bound values
LONGEST_S = 31 * 86_400.0  # what lies further in the future was written by a clock that was wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of the question where a cell is."""

    cell: str
    text: str | None  # None: nobody knows
    source: str | None  # who told it
    asked_of: Sequence[str]  # all who need not be asked any more
    again_in_s: float | None  # when to ask again; None: it is known for good


class Places:
    """Names of places by cell; photos in one cell share one answer."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def of_cells(self, cells: Iterable[str]) -> dict[str, str]:
        """Return the names of those cells that have one."""
        wanted = sorted(set(cells))
        found: dict[str, str] = {}
        with self._database.read() as db:
            for i in range(0, len(wanted), MANY):
                some = places.c.cell.in_(wanted[i : i + MANY]) & places.c.text.is_not(None)
                found |= {row.cell: row.text for row in db.execute(sa.select(places).where(some))}
        return found

    def named(self, photos: Sequence[Photo]) -> list[Photo]:
        """Return photos with the names of their places; one that has a name already keeps it."""
        cells = [cell_of(photo.exif) for photo in photos]
        names = self.of_cells(cell for cell in cells if cell)
        return [
            replace(photo, place=photo.place or names.get(cell or ""))
            for photo, cell in zip(photos, cells, strict=True)
        ]

    def unknown(self, limit: int, *, of: Collection[str]) -> list[str]:
        """Return cells of published photos that these geocoders are to be asked about.

        Those that nobody was asked about come first, newest photo first; then those where the
        time has come to ask again, or one of these was not asked yet.
        """
        now_s = self._clock()
        is_time = ~places.c.again_at_s.between(now_s, now_s + LONGEST_S)
        is_other = [places.c.asked_of.not_like(f"%{name}%") for name in of]
        is_new = places.c.cell.is_(None)
        query = (
            sa.select(photos.c.cell)
            .outerjoin(places, places.c.cell == photos.c.cell)
            .where(photos.c.cell.is_not(None))
            .where(is_new | (places.c.again_at_s.is_not(None) & sa.or_(is_time, *is_other)))
            .group_by(photos.c.cell, places.c.cell)
            .order_by(sa.case((is_new, 0), else_=1), sa.func.max(photos.c.mtime_ns).desc())
            .limit(limit)
        )
        with self._database.read() as db:
            return list(db.scalars(query))

    def record(self, answers: Sequence[Answer]) -> bool:
        """Keep answers; albums whose photos got another name are out of date from now on.

        Returns whether there are such. Raises StoreUnavailable.
        """
        with self._database.write() as db:
            changed = [answer.cell for answer in answers if self._keep(db, answer)]
            for i in range(0, len(changed), MANY):
                here = photos.c.cell.in_(changed[i : i + MANY])
                make_stale(db, db.scalars(sa.select(photos.c.folder).where(here).distinct()).all())
        return bool(changed)

    def _keep(self, db: Connection, answer: Answer) -> bool:
        """Keep one answer; tell whether it is another name than before."""
        here = places.c.cell == answer.cell
        before = db.scalar(sa.select(places.c.text).where(here))
        again_in_s = answer.again_in_s
        db.execute(sa.delete(places).where(here))
        db.execute(
            sa.insert(places).values(
                cell=answer.cell,
                text=answer.text,
                source=answer.source,
                asked_of=",".join(answer.asked_of),
                again_at_s=None if again_in_s is None else self._clock() + again_in_s,
            )
        )
        return before != answer.text
