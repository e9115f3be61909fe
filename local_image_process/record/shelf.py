"""The public files in pieces, one for each album, kept so that a change makes only its own anew."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ..packed import Pieces
from .database import Database
from .schema import pieces, shelved_albums


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """An album of which there are pieces."""

    album_id: str
    date: str
    is_mirrored: bool


class Shelf:
    """Pieces by folder, or what stands for one.

    ``terms`` are the settings and the version of the program; what was made under others is not
    there.
    """

    def __init__(self, database: Database, *, terms: str) -> None:
        self._database = database
        self._terms = terms

    def albums(self) -> dict[str, Shelved]:
        """Return all albums by folder, in the order of the public files.

        The newest comes first, undated ones last.
        """
        c = shelved_albums.c
        rows = sa.select(c.folder, c.album_id, c.date, c.is_mirrored).where(c.terms == self._terms)
        with self._database.read() as db:
            return {
                row.folder: Shelved(
                    album_id=row.album_id, date=row.date, is_mirrored=row.is_mirrored
                )
                for row in db.execute(rows.order_by(c.date.desc(), c.album_id))
            }

    def packed(self, name: str) -> dict[str, bytes]:
        """Return the pieces of one file by folder."""
        rows = sa.select(pieces.c.folder, pieces.c.packed).where(pieces.c.name == name)
        with self._database.read() as db:
            return {row.folder: row.packed for row in db.execute(rows)}

    def piece(self, folder: str, name: str) -> bytes | None:
        """Return an album's part of one file."""
        here = (pieces.c.folder == folder) & (pieces.c.name == name)
        with self._database.read() as db:
            return db.scalar(sa.select(pieces.c.packed).where(here))

    def put(self, fresh: Mapping[str, Pieces | None]) -> None:
        """Keep the pieces of albums in the place of those before; ``None``: there is none."""
        if not fresh:
            return
        with self._database.write() as db:
            for table in (pieces, shelved_albums):
                gone = sa.delete(table).where(table.c.folder == sa.bindparam("here"))
                db.execute(gone, [{"here": folder} for folder in fresh])
            made = {folder: one for folder, one in fresh.items() if one is not None}
            if made:
                db.execute(sa.insert(shelved_albums), [*self._rows(made)])
                db.execute(
                    sa.insert(pieces),
                    [
                        {"folder": folder, "name": name, "packed": packed}
                        for folder, one in made.items()
                        for name, packed in one.packed.items()
                    ],
                )

    def _rows(self, made: Mapping[str, Pieces]) -> Iterator[dict[str, object]]:
        for folder, one in made.items():
            yield {
                "folder": folder,
                "terms": self._terms,
                "album_id": one.album_id,
                "date": one.date,
                "is_mirrored": one.is_mirrored,
            }
