"""Photos that are withdrawn: what they were given waits for the same picture to come back."""

import time
from collections.abc import Callable, Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import mark_stale, mirrored_photos, photos, tombstones
from .tallies import follow

DAY_S = 86_400.0


class Tombstones:
    """Finds where a withdrawn picture came back under another name."""

    def __init__(
        self, database: Database, *, kept_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._kept_s = kept_s
        self._clock = clock

    def rehome(self) -> int:
        """Give pictures that came back what they had; return how many.

        Call it when all that was found is published: until then a photo that is not shown may be
        on its way still. Raises StoreUnavailable.
        """
        with self._database.read() as db:
            if not db.scalar(sa.select(sa.func.count()).select_from(tombstones)):
                return 0
        with self._database.write(durable=True) as db:
            long_gone = tombstones.c.at_s < self._clock() - self._kept_s
            db.execute(sa.delete(tombstones).where(long_gone))
            back = 0
            for row in db.execute(sa.select(tombstones)).all():
                here = tombstones.c.photo_id == row.photo_id
                if _is_shown(db, row.photo_id):
                    db.execute(sa.delete(tombstones).where(here))
                elif new_id := _showing(db, row.version):
                    follow(db, old_id=row.photo_id, new_id=new_id)
                    mark_stale(db, [new_id])
                    db.execute(sa.delete(tombstones).where(here))
                    back += 1
            return back


def bury(db: Connection, withdrawn: Iterable[tuple[str, str]]) -> None:
    """Note, within the caller's transaction, photo ids that go, each with its picture's version."""
    for photo_id, version in withdrawn:
        db.execute(sa.delete(tombstones).where(tombstones.c.photo_id == photo_id))
        values = {"photo_id": photo_id, "version": version, "at_s": time.time()}
        db.execute(sa.insert(tombstones).values(values))


def _is_shown(db: Connection, photo_id: str) -> bool:
    album_id, _, name = photo_id.rpartition("/")
    return any(
        db.scalar(sa.select(t.c.name).where(t.c.album_id == album_id, t.c.name == name)) is not None
        for t in (photos, mirrored_photos)
    )


def _showing(db: Connection, version: str) -> str | None:
    for table in (photos, mirrored_photos):
        found = db.execute(
            sa.select(table.c.album_id, table.c.name)
            .where(table.c.version == version)
            .order_by(table.c.album_id, table.c.name)
        ).first()
        if found is not None:
            return f"{found.album_id}/{found.name}"
    return None
