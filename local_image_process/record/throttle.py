"""How often somebody may try something, counted for all processes together."""

import time
from collections.abc import Callable, Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import tries

_OUTSIDE = sa.delete(tries).where(
    tries.c.name == sa.bindparam("at"),
    (tries.c.at_s <= sa.bindparam("oldest_s")) | (tries.c.at_s > sa.bindparam("now_s")),
)
_TAKEN = (
    sa.select(tries.c.who, tries.c.at_s)
    .where(tries.c.name == sa.bindparam("at"), tries.c.who.in_(sa.bindparam("all", expanding=True)))
    .order_by(tries.c.at_s)
)


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
            return take(db, name, [who], most=most, window_s=window_s, now_s=now_s).get(who)

    def give_back(self, name: str, who: str) -> None:
        """Let the latest try of ``who`` at ``name`` not count. Raises StoreUnavailable."""
        latest = sa.select(sa.func.max(tries.c.id)).where(tries.c.name == name, tries.c.who == who)
        with self._database.write() as db:
            db.execute(sa.delete(tries).where(tries.c.id == db.scalar(latest)))


def take(
    db: Connection, name: str, all_who: Collection[str], *, most: int, window_s: float, now_s: float
) -> dict[str, float]:
    """Count a try of each within the caller's transaction; see ``Throttle.take``.

    Returns how long those must wait for whom it was one too many.
    """
    oldest_s = now_s - window_s
    db.execute(_OUTSIDE, {"at": name, "oldest_s": oldest_s, "now_s": now_s})  # or clock set back
    taken_s: dict[str, list[float]] = {who: [] for who in all_who}
    for row in db.execute(_TAKEN, {"at": name, "all": list(all_who)}):
        taken_s[row.who].append(row.at_s)
    waits = {w: times_s[-most] - oldest_s for w, times_s in taken_s.items() if len(times_s) >= most}
    counted = [{"name": name, "who": w, "at_s": now_s} for w in all_who if w not in waits]
    if counted:
        db.execute(sa.insert(tries), counted)
    return waits
