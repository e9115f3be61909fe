"""How often somebody may try something, counted for all processes together."""

import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .prepared import Prepared
from .schema import tries

_NAME: sa.BindParameter[str] = sa.bindparam("at")
_WHO: sa.BindParameter[str] = sa.bindparam("by")
_OUTSIDE = Prepared(
    sa.delete(tries).where(
        tries.c.name == _NAME,
        (tries.c.at_s <= sa.bindparam("oldest_s")) | (tries.c.at_s > sa.bindparam("now_s")),
    )
)
_TAKEN = Prepared(
    sa.select(tries.c.at_s).where(tries.c.name == _NAME, tries.c.who == _WHO).order_by(tries.c.at_s)
)
_TRY = Prepared(sa.insert(tries).values(name=_NAME, who=_WHO, at_s=sa.bindparam("now_s")))


class Throttle:
    """At most so many tries in any stretch of time of a given length, and not one more."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def take(self, name: str, who: str, *, most: int, window_s: float) -> float | None:
        """Count a try of ``who`` at ``name``; when it is one too many, return how long to wait.

        A try that is refused does not count, so nobody is locked out for longer than
        ``window_s``, which is the same for all at one ``name``. ``who`` is stored as given.
        Raises StoreUnavailable.
        """
        with self._database.write() as db:
            now_s = self._clock()  # Order: under the lock, so that nobody's try lies in the future
            return take(db, name, who, most=most, window_s=window_s, now_s=now_s)

    def give_back(self, name: str, who: str) -> None:
        """Let the latest try of ``who`` at ``name`` not count. Raises StoreUnavailable."""
        latest = sa.select(sa.func.max(tries.c.id)).where(tries.c.name == name, tries.c.who == who)
        with self._database.write() as db:
            db.execute(sa.delete(tries).where(tries.c.id == db.scalar(latest)))


def take(
    db: Connection, name: str, who: str, *, most: int, window_s: float, now_s: float
) -> float | None:
    """Count a try within the caller's transaction; see ``Throttle.take``."""
    oldest_s = now_s - window_s
    _OUTSIDE(db, at=name, oldest_s=oldest_s, now_s=now_s)  # or the clock was set back
    taken_s = _TAKEN(db, at=name, by=who).fetchall()
    if len(taken_s) >= most:
        return float(taken_s[-most][0]) - oldest_s
    _TRY(db, at=name, by=who, now_s=now_s)
    return None
