"""What remains to be done, kept so that a crash forgets none of it."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import exports, loose_objects, meta, stale_albums

STORE_BEHIND = "store_behind"


class Backlog:
    """Albums whose JSON is out of date, and objects that no photo names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stale_albums(self) -> dict[str, int]:
        """Return the folders whose JSON is out of date, each with its count of changes."""
        with self._database.read() as db:
            return {r.folder: r.changes for r in db.execute(sa.select(stale_albums))}

    def freshen(self, albums: Mapping[str, int]) -> None:
        """Note that the JSON here says all of these changes; what changed since stays stale.

        The JSON in the store is behind from now on, until ``store_follows``.
        """
        with self._database.write() as db:
            db.execute(sa.delete(meta).where(meta.c.name == STORE_BEHIND))
            db.execute(sa.insert(meta).values(name=STORE_BEHIND, value="1"))
            for folder, changes in albums.items():
                seen = (stale_albums.c.folder == folder) & (stale_albums.c.changes == changes)
                db.execute(sa.delete(stale_albums).where(seen))

    def is_store_behind(self) -> bool:
        """Tell whether the store's JSON may say less than the one here, also after a crash."""
        behind = sa.select(meta.c.value).where(meta.c.name == STORE_BEHIND)
        with self._database.read() as db:
            return db.scalar(behind) is not None

    def store_follows(self) -> None:
        """Note that the store's JSON says what the one here says."""
        with self._database.write() as db:
            db.execute(sa.delete(meta).where(meta.c.name == STORE_BEHIND))

    def exports(self) -> dict[str, str]:
        """Return the index files and album YAMLs that lie in the store, each with its digest."""
        with self._database.read() as db:
            return {row.name: row.digest for row in db.execute(sa.select(exports))}

    def record_export(self, name: str, digest: str | None) -> None:
        """Note what lies in the store under this name now; ``None`` when nothing does."""
        with self._database.write() as db:
            db.execute(sa.delete(exports).where(exports.c.name == name))
            if digest is not None:
                db.execute(sa.insert(exports).values(name=name, digest=digest))

    def intend(self, objects: Iterable[str]) -> None:
        """Note objects before they are put, so that a crash leaves none unknown."""
        with self._database.write() as db:
            loosen(db, set(objects))

    def loose_objects(self) -> set[str]:
        """Return the objects that may lie in the store although no photo names them."""
        with self._database.read() as db:
            return set(db.scalars(sa.select(loose_objects.c.name)))

    def is_loose(self, name: str) -> bool:
        """Tell whether an object may lie in the store although no photo names it."""
        here = sa.select(loose_objects.c.name).where(loose_objects.c.name == name)
        with self._database.read() as db:
            return db.scalar(here) is not None

    def bind(self, objects: Iterable[str]) -> None:
        """Note that these objects are gone from the store, or named by a photo."""
        with self._database.write() as db:
            bind(db, objects)


def loosen(db: Connection, objects: set[str]) -> None:
    """Note, within the caller's transaction, objects that no photo names."""
    bind(db, objects)
    if objects:
        db.execute(sa.insert(loose_objects), [{"name": name} for name in sorted(objects)])


def bind(db: Connection, objects: Iterable[str]) -> None:
    """Note, within the caller's transaction, objects that are named, or gone."""
    names = [{"gone": name} for name in objects]
    if names:
        db.execute(
            sa.delete(loose_objects).where(loose_objects.c.name == sa.bindparam("gone")), names
        )
