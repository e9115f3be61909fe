"""Folders that held nothing new when they were last compared with what is on record of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import compared_folders

FEW = 500  # folders in one IN (…), well below SQLite's limit of bound values


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A folder in which there was nothing to do."""

    state: str  # digest of all files that concern us
    album_id: str
    photos: int  # unchanged


class Compared:
    """So that a sweep over an unchanged library asks for folders and not for photos.

    ``terms`` are the settings and the version of the program that decide what is to do; under
    others nothing is known.
    """

    def __init__(self, database: Database, *, terms: str) -> None:
        self._database = database
        self._terms = terms

    def settled(self, of: Collection[str] | None = None) -> dict[str, Settled]:
        """Return the folders in which nothing was to do, all or some of them."""
        columns = compared_folders.c
        rows = sa.select(columns.folder, columns.state, columns.album_id, columns.photos)
        if of is not None and len(of) <= FEW:
            rows = rows.where(columns.folder.in_(of))
        with self._database.read() as db:
            return {
                row.folder: Settled(state=row.state, album_id=row.album_id, photos=row.photos)
                for row in db.execute(rows.where(columns.terms == self._terms))
            }

    def note(self, settled: Mapping[str, Settled], unsettled: Collection[str]) -> None:
        """Put on record what was compared. Raises StoreUnavailable."""
        if not settled and not unsettled:
            return
        with self._database.write() as db:
            unsettle(db, {*settled, *unsettled})
            rows = [
                {"folder": folder, "terms": self._terms, "state": one.state}
                | {"album_id": one.album_id, "photos": one.photos}
                for folder, one in settled.items()
            ]
            if rows:
                db.execute(sa.insert(compared_folders), rows)


_UNSETTLE = sa.delete(compared_folders).where(compared_folders.c.folder == sa.bindparam("here"))


def unsettle(db: Connection, folders: Collection[str]) -> None:
    """Have folders compared anew, within the caller's transaction: their record changed."""
    if folders:
        db.execute(_UNSETTLE, [{"here": folder} for folder in folders])
