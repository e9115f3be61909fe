"""Objects of others that we may overwrite, for somebody said so: each as it was then."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from .database import Database
from .schema import exports, failures, make_stale, requests, take_overs

ROOT_FOLDER = ""  # any folder will do: one that is out of date has all of the JSON looked at


class TakeOvers:
    """What may be overwritten, by name and version. The objects themselves are not touched."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def permits(self, name: str, version: str) -> bool:
        """Tell whether another's object of that name may be overwritten, as it is now."""
        with self._database.read() as db:
            found = sa.select(take_overs.c.version).where(take_overs.c.name == name)
            return bool(db.scalar(found) == version)

    def all(self) -> dict[str, str]:
        """Return the version of each."""
        with self._database.read() as db:
            return {row.name: row.version for row in db.execute(sa.select(take_overs))}

    def permit(self, versions: Mapping[str, str], *, keys: Iterable[str]) -> None:
        """Permit it, and have what was given up for their sake tried again at once: all or nothing.

        ``keys`` are the originals whose objects they stand in the way of.
        """
        names = [{"here": name} for name in versions]
        if not names:
            return
        with self._database.write(durable=True) as db:
            db.execute(
                sa.delete(take_overs).where(take_overs.c.name == sa.bindparam("here")), names
            )
            rows = [{"name": name, "version": version} for name, version in versions.items()]
            db.execute(sa.insert(take_overs), rows)
            db.execute(sa.delete(exports).where(exports.c.name == sa.bindparam("here")), names)
            if tried := [{"here": key} for key in keys]:
                db.execute(sa.delete(failures).where(failures.c.key == sa.bindparam("here")), tried)
            make_stale(db, [ROOT_FOLDER])
            db.execute(sa.insert(requests).values(kind="once", confirm_withdraw=False))
