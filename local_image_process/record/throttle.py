"""How often somebody may try something, counted for all processes together."""

import json
import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .prepared import Prepared
from .schema import tries

_NAME: sa.BindParameter[str] = sa.bindparam("at")
_WHO: sa.BindParameter[str] = sa.bindparam("by")
_KNOWN = Prepared(sa.select(tries.c.times_s).where(tries.c.name == _NAME, tries.c.who == _WHO))
_FIRST = Prepared(
    sa.insert(tries).values(
        name=_NAME, who=_WHO, times_s=sa.bindparam("all_s"), last_s=sa.bindparam("now_s")
    )
)
_AGAIN = Prepared(
    sa.update(tries)
    .where(tries.c.name == _NAME, tries.c.who == _WHO)
    .values(times_s=sa.bindparam("all_s"), last_s=sa.bindparam("now_s"))
)
_OUTSIDE = Prepared(
    sa.delete(tries).where(
        tries.c.name == _NAME,
        (tries.c.last_s <= sa.bindparam("oldest_s")) | (tries.c.last_s > sa.bindparam("now_s")),
    )
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
            _OUTSIDE(db, at=name, oldest_s=now_s - window_s, now_s=now_s)
            before_s = _taken_s(db, name, who)
            taken_s = within(before_s, window_s=window_s, now_s=now_s)
            wait_s = too_many(taken_s, most=most, window_s=window_s, now_s=now_s)
            if wait_s is None:
                keep = _AGAIN if before_s else _FIRST
                keep(db, at=name, by=who, all_s=json.dumps([*taken_s, now_s]), now_s=now_s)
            return wait_s

    def give_back(self, name: str, who: str) -> None:
        """Let the latest try of ``who`` at ``name`` not count. Raises StoreUnavailable."""
        with self._database.write() as db:
            if taken_s := _taken_s(db, name, who)[:-1]:
                _AGAIN(db, at=name, by=who, all_s=json.dumps(taken_s), now_s=taken_s[-1])
            else:
                db.execute(sa.delete(tries).where(tries.c.name == name, tries.c.who == who))


def within(tries_s: Sequence[float], *, window_s: float, now_s: float) -> list[float]:
    """Return the tries that count still, also if the clock was set back."""
    return [at_s for at_s in tries_s if now_s - window_s < at_s <= now_s]


def too_many(tries_s: Sequence[float], *, most: int, window_s: float, now_s: float) -> float | None:
    """Return, if no further try is allowed after these (oldest first), how long to wait."""
    return None if len(tries_s) < most else tries_s[-most] - (now_s - window_s)


def _taken_s(db: Connection, name: str, who: str) -> list[float]:
    """Return when somebody tried, oldest first; old tries are among them."""
    row = _KNOWN(db, at=name, by=who).fetchone()
    return json.loads(row[0]) if row else []
