"""Notices that are still to be sent, kept so that neither a crash nor a restart forgets one."""

import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import notices

GIVEN_UP_KEPT = 50  # of those that were given up, for the status


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice to one address."""

    id: str  # the same at every attempt
    url: str
    body: str
    created_at_s: float  # UTC, seconds since 1970
    attempts: int  # in vain, at this address, in a row
    last_error: str | None


class Notices:
    """A queue for each address: in order, and all of it waits while its first one fails."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, urls: Collection[str], body: str) -> None:
        """Owe this notice to each address. Raises StoreUnavailable."""
        with self._database.write(durable=True) as db:
            for url in urls:
                waiting = db.execute(_waiting(url).limit(1)).first()
                db.execute(
                    sa.insert(notices).values(
                        id=f"msg_{secrets.token_hex(16)}",
                        url=url,
                        body=body,
                        created_at_s=self._clock(),
                        attempts=waiting.attempts if waiting else 0,
                        next_try_s=waiting.next_try_s if waiting else 0.0,
                    )
                )

    def next_tries(self, urls: Collection[str]) -> dict[str, float]:
        """Return when (UTC) each address that is owed anything is to be tried."""
        with self._database.read() as db:
            first = {url: db.execute(_waiting(url).limit(1)).first() for url in urls}
            return {url: row.next_try_s for url, row in first.items() if row}

    def first(self, url: str) -> Notice | None:
        """Return what this address is to be sent next; ``None`` when nothing is owed."""
        with self._database.read() as db:
            row = db.execute(_waiting(url).limit(1)).first()
            return _to_notice(row) if row else None

    def delivered(self, notice: Notice) -> None:
        """Forget a notice that was taken, and that its address ever failed."""
        with self._database.write() as db:
            db.execute(sa.delete(notices).where(notices.c.id == notice.id))
            _set_tries(db, notice.url, attempts=0, next_try_s=0.0)

    def failed(self, notice: Notice, error: str, *, next_try_s: float) -> None:
        """Note an attempt in vain; all that its address is owed waits until ``next_try_s``."""
        with self._database.write() as db:
            here = notices.c.id == notice.id
            db.execute(sa.update(notices).where(here).values(last_error=error))
            _set_tries(db, notice.url, attempts=notice.attempts + 1, next_try_s=next_try_s)

    def give_up(self, notice: Notice) -> None:
        """Send this notice no more, and keep it for the status."""
        with self._database.write() as db:
            here = notices.c.id == notice.id
            db.execute(sa.update(notices).where(here).values(gave_up_at_s=self._clock()))
            over = sa.select(notices.c.id).where(notices.c.gave_up_at_s.is_not(None))
            latest = over.order_by(notices.c.gave_up_at_s.desc()).offset(GIVEN_UP_KEPT)
            db.execute(sa.delete(notices).where(notices.c.id.in_(db.scalars(latest).all())))

    def given_up(self) -> list[Notice]:
        """Return the notices that were given up, the latest first."""
        over = sa.select(notices).where(notices.c.gave_up_at_s.is_not(None))
        with self._database.read() as db:
            rows = db.execute(over.order_by(notices.c.gave_up_at_s.desc()))
            return [_to_notice(row) for row in rows]


def _waiting(url: str) -> sa.Select[tuple[object, ...]]:
    here = (notices.c.url == url) & notices.c.gave_up_at_s.is_(None)
    return sa.select(notices).where(here).order_by(notices.c.number)


def _set_tries(db: Connection, url: str, *, attempts: int, next_try_s: float) -> None:
    here = (notices.c.url == url) & notices.c.gave_up_at_s.is_(None)
    tries = {"attempts": attempts, "next_try_s": next_try_s}
    db.execute(sa.update(notices).where(here).values(tries))


def _to_notice(row: sa.Row[tuple[object, ...]]) -> Notice:
    return Notice(
        id=row.id,
        url=row.url,
        body=row.body,
        created_at_s=row.created_at_s,
        attempts=row.attempts,
        last_error=row.last_error,
    )
