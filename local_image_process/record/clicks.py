"""Clicks of visitors on a heart: each counts once, whatever number the page sends."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import clicks, likes, mark_stale, salts
from .tallies import add_likes, total
from .throttle import take

NAME = "like"  # of the tries that are counted
MOST = 30
MOST_WITHIN_S = 60.0


class Became(Enum):
    """What became of a click."""

    COUNTED = "counted"
    KNOWN = "known"  # this visitor's like counts already
    TAKEN_BACK = "taken back"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a click, and what the page should show now."""

    became: Became
    likes: int = 0
    wait_s: float = 0.0  # after too many


class Clicks:
    """Counts a visitor's like of a photo once within ``window_s``, at most a day."""

    def __init__(
        self,
        database: Database,
        *,
        site: str,
        window_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._site = site
        self._window_s = window_s
        self._clock = clock
        self._salts: tuple[str, tuple[str, str]] = ("", ("", ""))

    def click(self, photo_id: str, visitors: Sequence[str], sent: int) -> Answer:
        """Count a click, or take a like back; on the disk when this returns.

        ``visitors``: who clicks, by today's salt first and by yesterday's. ``sent`` is what the
        page sent: one more than it showed, or one less to take a like back. What it showed may
        be long out of date, so the number decides only when this visitor's like counts already,
        and never how much is counted. Raises StoreUnavailable.
        """
        with self._database.write(durable=True) as db:
            now_s = self._clock()
            wait_s = take(db, NAME, visitors[0], most=MOST, window_s=MOST_WITHIN_S, now_s=now_s)
            if wait_s is not None:
                return Answer(became=Became.TOO_MANY, wait_s=wait_s)
            became = self._count(db, photo_id, visitors, sent, now_s)
            return Answer(became=became, likes=total(db, photo_id))

    def todays_salts(self) -> tuple[str, str]:
        """Return the salts of today and of yesterday (UTC); older ones are forgotten."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        days = (f"{now:%Y-%m-%d}", f"{now - timedelta(days=1):%Y-%m-%d}")
        if self._salts[0] != days[0]:
            with self._database.write() as db:
                self._salts = (days[0], (_salt(db, days[0]), _salt(db, days[1])))
                db.execute(sa.delete(salts).where(salts.c.day.not_in(days)))
        return self._salts[1]

    def _count(
        self, db: Connection, photo_id: str, visitors: Sequence[str], sent: int, now_s: float
    ) -> Became:
        outside = (clicks.c.at_s <= now_s - self._window_s) | (clicks.c.at_s > now_s)
        db.execute(sa.delete(clicks).where(outside))
        here = (clicks.c.photo_id == photo_id) & clicks.c.visitor.in_(visitors)
        last = db.execute(sa.select(clicks.c.sent, clicks.c.at_s).where(here)).first()
        became = self._meaning(db, photo_id, visitors, sent, last)
        if became is Became.KNOWN:
            return became
        kept = sent if became is Became.COUNTED else _taken_back(sent)
        made = {"photo_id": photo_id, "visitor": visitors[0], "sent": kept, "at_s": now_s}
        db.execute(sa.delete(clicks).where(here))
        db.execute(sa.insert(clicks).values(made))
        add_likes(db, photo_id, 1 if became is Became.COUNTED else -1, self._site)
        mark_stale(db, [photo_id])
        return became

    def _meaning(
        self, db: Connection, photo_id: str, visitors: Sequence[str], sent: int, last: Any
    ) -> Became:
        """Tell what a click is to become, after the visitor's last one."""
        if last is None:
            return Became.COUNTED
        if last.sent < 0:  # the like was taken back
            return Became.KNOWN if last.sent == _taken_back(sent) else Became.COUNTED
        since = (clicks.c.photo_id == photo_id) & (clicks.c.at_s >= last.at_s)
        others = since & clicks.c.visitor.not_in(visitors) & (clicks.c.sent >= 0)
        has_company = db.scalar(sa.select(clicks.c.visitor).where(others).limit(1)) is not None
        most = total(db, photo_id)
        is_back = _takes_back(sent, known=last.sent, most=most, has_company=has_company)
        return Became.TAKEN_BACK if is_back and self._has_any(db, photo_id) else Became.KNOWN

    def _has_any(self, db: Connection, photo_id: str) -> bool:
        """Tell whether this site counted a like of a photo: no count may fall below nothing."""
        here = (likes.c.photo_id == photo_id) & (likes.c.site == self._site)
        return bool(db.scalar(sa.select(likes.c.count).where(here, likes.c.count > 0)))


def _taken_back(sent: int) -> int:
    """Return what is kept of a click that took a like back, so that twice the same is once."""
    return -1 - sent


def _takes_back(sent: int, *, known: int, most: int, has_company: bool) -> bool:
    """Tell whether a number means the opposite of the like that counts already.

    ``known`` is what was sent with that like, ``most`` how many there are, ``has_company``
    whether others liked the photo since. What a page shows is what it sent last, or as many as
    there were when it was loaded; so less than ``known`` takes back, and so does one less than
    there are. Anything else is one more click on a page that is long out of date.
    """
    if sent >= most:
        return False
    if sent == known:  # the same click again, unless the page was loaded after another's like
        return has_company and sent == most - 1
    return sent < known or sent == most - 1


def _salt(db: Connection, day: str) -> str:
    found = db.scalar(sa.select(salts.c.salt).where(salts.c.day == day))
    if found is None:
        found = secrets.token_hex(16)
        db.execute(sa.insert(salts).values(day=day, salt=found))
    return str(found)
