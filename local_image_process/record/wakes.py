"""What others ask for by a counter, so that many requests are one piece of work."""

import time
from collections.abc import Callable
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import seen_webhooks, wakes

REMEMBER_S = 900.0  # a signed request is valid five minutes either way, so at most ten
LONGEST_REST_S = 60.0  # what lies further in the future was written by a clock that was wrong


class Raised(Enum):
    """What became of a request."""

    NOW = "now"
    LATER = "later"  # it counts too, together with others, when the rest is over
    REPEATED = "repeated"  # its id was seen before: nothing was done


class Wakes:
    """Counters that any process raises, and the leader compares with what it carried out."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def raise_(self, name: str, *, rest_s: float = 0.0, once: str | None = None) -> Raised:
        """Ask for ``name``; with ``rest_s``, at most once in so many seconds.

        A request that comes too soon is not forgotten: together with all others that come too
        soon it counts when the rest is over. ``once``: an id that counts only the first time.
        Raises StoreUnavailable.
        """
        now_s = self._clock()
        with self._database.write() as db:
            if once is not None and not _is_first(db, once, now_s):
                return Raised.REPEATED
            last_s = db.scalar(sa.select(wakes.c.counts_from_s).where(wakes.c.name == name))
            if last_s is None or not now_s - rest_s < last_s <= now_s + rest_s:
                _count(db, name, now_s, is_new=last_s is None)
                return Raised.NOW
            if last_s <= now_s:
                _count(db, name, last_s + rest_s)
            return Raised.LATER  # one that waits already comes after this one, too

    def numbers(self) -> dict[str, int]:
        """Return every counter, without what counts only later.

        Read them before the work begins: one that is raised meanwhile then differs afterwards.
        Compare for being different, not for being more: a new catalogue begins at 0 again.
        """
        now_s = self._clock()
        with self._database.read() as db:
            return {
                row.name: row.number - (0 < row.counts_from_s - now_s <= LONGEST_REST_S)
                for row in db.execute(sa.select(wakes))
            }


def _count(db: Connection, name: str, from_s: float, *, is_new: bool = False) -> None:
    if is_new:
        db.execute(sa.insert(wakes).values(name=name, number=1, counts_from_s=from_s))
        return
    raised = {"number": wakes.c.number + 1, "counts_from_s": from_s}
    db.execute(sa.update(wakes).where(wakes.c.name == name).values(raised))


def _is_first(db: Connection, once: str, now_s: float) -> bool:
    """Remember an id, within the caller's transaction; tell whether it is new."""
    db.execute(sa.delete(seen_webhooks).where(seen_webhooks.c.at_s < now_s - REMEMBER_S))
    if db.scalar(sa.select(seen_webhooks.c.id).where(seen_webhooks.c.id == once)) is not None:
        return False
    db.execute(sa.insert(seen_webhooks).values(id=once, at_s=now_s))
    return True
