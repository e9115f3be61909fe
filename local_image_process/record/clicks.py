"""Clicks of visitors on a heart: each counts once, whatever number the page sends."""

import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .prepared import Prepared
from .schema import clicks, likes, make_stale, salts
from .shown import Spelling, place
from .tallies import add_likes, total
from .throttle import forget_tries, take
from .together import Together

NAME = "like"  # of the tries that are counted
MOST = 30
MOST_WITHIN_S = 60.0

_OUTSIDE = Prepared(
    sa.delete(clicks).where(
        (clicks.c.at_s <= sa.bindparam("oldest_s")) | (clicks.c.at_s > sa.bindparam("now_s"))
    )
)
_PHOTO: sa.BindParameter[str] = sa.bindparam("of_photo")
_VISITOR: sa.BindParameter[str] = sa.bindparam("by")
_YESTERDAY: sa.BindParameter[str] = sa.bindparam("or_by")
_LAST = Prepared(
    sa.select(clicks.c.visitor, clicks.c.sent, clicks.c.at_s).where(
        clicks.c.photo_id == _PHOTO,
        (clicks.c.visitor == _VISITOR) | (clicks.c.visitor == _YESTERDAY),
    )
)
_FORGET = Prepared(
    sa.delete(clicks).where(clicks.c.photo_id == _PHOTO, clicks.c.visitor == _VISITOR)
)
_REMEMBER = Prepared(
    sa.insert(clicks).values(
        photo_id=_PHOTO, visitor=_VISITOR, sent=sa.bindparam("number"), at_s=sa.bindparam("now_s")
    )
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Who clicked, on what, and what the page sent."""

    spelling: Spelling
    visitors: Sequence[str]  # the same one by the salts of several days, today's first
    sent: int

    @property
    def who(self) -> str:
        """The visitor, by today's salt."""
        return self.visitors[0]


class Last(NamedTuple):
    """The click that is on record of a visitor and a photo."""

    visitor: str  # by the salt of its day
    sent: int  # less than 0: the like was taken back
    at_s: float


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
        self._together = Together(database, self._carry_out)
        self._salts: tuple[str, tuple[str, str]] = ("", ("", ""))
        self._tidied_s = -math.inf

    def click(self, spelling: Spelling, visitors: Sequence[str], sent: int) -> Answer | None:
        """Count a click, or take a like back; on the disk when this returns.

        ``visitors``: who clicks, by today's salt first and by yesterday's. ``sent`` is what the
        page sent: one more than it showed, or one less to take a like back. What it showed may
        be long out of date, so the number decides only when this visitor's like counts already,
        and never how much is counted. ``None``: no such photo is shown. Raises StoreUnavailable.
        """
        return self._together(Click(spelling=spelling, visitors=visitors, sent=sent))

    def todays_salts(self) -> tuple[str, str]:
        """Return the salts of today and of yesterday (UTC); older ones are forgotten."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        days = (f"{now:%Y-%m-%d}", f"{now - timedelta(days=1):%Y-%m-%d}")
        if self._salts[0] != days[0]:
            with self._database.write() as db:
                self._salts = (days[0], (_salt(db, days[0]), _salt(db, days[1])))
                db.execute(sa.delete(salts).where(salts.c.day.not_in(days)))
        return self._salts[1]

    def _carry_out(self, db: Connection, asked: Sequence[Click]) -> list[Answer | None]:
        """Count clicks, one after the other."""
        now_s = self._clock()  # Order: under the lock, so that nobody's click lies ahead
        if not 0 <= now_s - self._tidied_s < MOST_WITHIN_S:
            self._tidy(db, now_s)
        stale: set[str] = set()
        answers = [self._count(db, click, now_s, stale) for click in asked]
        make_stale(db, stale)
        return answers

    def _tidy(self, db: Connection, now_s: float) -> None:
        """Drop what counts no more: until then its time tells whoever reads it."""
        _OUTSIDE(db, oldest_s=now_s - self._window_s, now_s=now_s)
        forget_tries(db, NAME, window_s=MOST_WITHIN_S, now_s=now_s)
        self._tidied_s = now_s

    def _count(self, db: Connection, click: Click, now_s: float, stale: set[str]) -> Answer | None:
        """Count one click; add the folder whose JSON is out of date by it."""
        there = place(db, click.spelling)
        if there is None:
            return None
        wait_s = take(db, NAME, click.who, most=MOST, window_s=MOST_WITHIN_S, now_s=now_s)
        if wait_s is not None:
            return Answer(became=Became.TOO_MANY, wait_s=wait_s)
        photo_id, last = there.photo_id, _last(db, there.photo_id, click.visitors)
        became = Became.COUNTED
        if last and now_s - self._window_s < last.at_s <= now_s:
            became = self._meaning(db, photo_id, click, last)
        if became is not Became.KNOWN:
            if last:
                _FORGET(db, of_photo=photo_id, by=last.visitor)
            kept = click.sent if became is Became.COUNTED else _taken_back(click.sent)
            _REMEMBER(db, of_photo=photo_id, by=click.who, number=kept, now_s=now_s)
            add_likes(db, photo_id, 1 if became is Became.COUNTED else -1, self._site)
            stale.add(there.folder)
        return Answer(became=became, likes=total(db, photo_id))

    def _meaning(self, db: Connection, photo_id: str, click: Click, last: Last) -> Became:
        """Tell what a click is to become, after the visitor's last one."""
        if last.sent < 0:  # the like was taken back
            return Became.KNOWN if last.sent == _taken_back(click.sent) else Became.COUNTED
        since = (clicks.c.photo_id == photo_id) & (clicks.c.at_s >= last.at_s)
        others = since & clicks.c.visitor.not_in(click.visitors) & (clicks.c.sent >= 0)
        has_company = db.scalar(sa.select(clicks.c.visitor).where(others).limit(1)) is not None
        most = total(db, photo_id)
        is_back = _takes_back(click.sent, known=last.sent, most=most, has_company=has_company)
        return Became.TAKEN_BACK if is_back and self._has_any(db, photo_id) else Became.KNOWN

    def _has_any(self, db: Connection, photo_id: str) -> bool:
        """Tell whether this site counted a like of a photo: no count may fall below nothing."""
        here = (likes.c.photo_id == photo_id) & (likes.c.site == self._site)
        return bool(db.scalar(sa.select(likes.c.count).where(here, likes.c.count > 0)))


def _last(db: Connection, photo_id: str, visitors: Sequence[str]) -> Last | None:
    row = _LAST(db, of_photo=photo_id, by=visitors[0], or_by=visitors[-1]).fetchone()
    return Last(*row) if row else None


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
