"""Clicks of visitors on a heart: each counts once, whatever number the page sends."""

import json
import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .prepared import Prepared
from .schema import clicks, make_stale, salts
from .shown import Spelling, place
from .tallies import add_likes, by_site
from .throttle import too_many, within
from .together import Together

MOST = 30
MOST_WITHIN_S = 60.0
DAY_S = 86_400
EPOCH = date(1970, 1, 1).toordinal()

_PHOTO: sa.BindParameter[str] = sa.bindparam("of_photo")
_VISITOR: sa.BindParameter[str] = sa.bindparam("by")
_YESTERDAY: sa.BindParameter[str] = sa.bindparam("or_by")
_NOW_S: sa.BindParameter[float] = sa.bindparam("now_s")
_OUTSIDE = Prepared(  # neither the like counts any more nor the tries
    sa.delete(clicks).where(
        (clicks.c.at_s <= sa.bindparam("oldest_s")) | (clicks.c.at_s > _NOW_S),
        (clicks.c.last_s <= sa.bindparam("since_s")) | (clicks.c.last_s > _NOW_S),
    )
)
_ROW = ("visitor", "photo_id", "sent", "count_then", "at_s", "tries_s")
_KNOWN = Prepared(
    sa.select(*(clicks.c[name] for name in _ROW)).where(
        (clicks.c.visitor == _VISITOR) | (clicks.c.visitor == _YESTERDAY),
        (clicks.c.photo_id == _PHOTO) | (clicks.c.last_s > sa.bindparam("since_s")),
    )
)
_THIS = (clicks.c.visitor == _VISITOR) & (clicks.c.photo_id == _PHOTO)
_KEPT = {
    "sent": sa.bindparam("sent"),
    "count_then": sa.bindparam("count_then"),
    "at_s": sa.bindparam("at_s"),
    "tries_s": sa.bindparam("tries"),
    "last_s": _NOW_S,
}
_FORGET = Prepared(sa.delete(clicks).where(_THIS))
_FIRST = Prepared(sa.insert(clicks).values(visitor=_VISITOR, photo_id=_PHOTO, **_KEPT))
_AGAIN = Prepared(sa.update(clicks).where(_THIS).values(**_KEPT))


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


class Like(NamedTuple):
    """A visitor's like of a photo."""

    sent: int  # by the page; less than 0: it was taken back
    count_then: int  # of this site, with the like
    at_s: float


class Known(NamedTuple):
    """What is on record of a visitor and a photo."""

    visitor: str  # by the salt of the day
    photo_id: str
    like: Like
    tries_s: list[float]  # of late


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
        self._salts: tuple[int, tuple[str, str]] = (-1, ("", ""))  # of which day since 1970
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
        day = int(self._clock() // DAY_S)
        if self._salts[0] != day:
            days = [f"{date.fromordinal(EPOCH + number)}" for number in (day, day - 1)]
            with self._database.write() as db:
                self._salts = (day, (_salt(db, days[0]), _salt(db, days[1])))
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
        since_s = now_s - MOST_WITHIN_S
        _OUTSIDE(db, oldest_s=now_s - self._window_s, since_s=since_s, now_s=now_s)
        self._tidied_s = now_s

    def _count(self, db: Connection, click: Click, now_s: float, stale: set[str]) -> Answer | None:
        """Count one click; add the folder whose JSON is out of date by it."""
        there = place(db, click.spelling)
        if there is None:
            return None
        known = _known(db, there.photo_id, click.visitors, since_s=now_s - MOST_WITHIN_S)
        tries_s = sorted(t for one in known if one.visitor == click.who for t in one.tries_s)
        tries_s = within(tries_s, window_s=MOST_WITHIN_S, now_s=now_s)
        wait_s = too_many(tries_s, most=MOST, window_s=MOST_WITHIN_S, now_s=now_s)
        if wait_s is not None:
            return Answer(became=Became.TOO_MANY, wait_s=wait_s)
        before = next((one for one in known if one.photo_id == there.photo_id), None)
        became, like, total = self._become(db, there.photo_id, click, before, now_s)
        _remember(db, there.photo_id, click, before, like, now_s)
        if became is not Became.KNOWN:
            stale.add(there.folder)
        return Answer(became=became, likes=total)

    def _become(
        self, db: Connection, photo_id: str, click: Click, before: Known | None, now_s: float
    ) -> tuple[Became, Like, int]:
        """Count one click of a photo; return what is to be kept of it, and the new total."""
        counted = by_site(db, photo_id)
        here, total = counted.get(self._site, 0), sum(counted.values())
        if before and now_s - self._window_s < before.like.at_s <= now_s:
            became = _meaning(click.sent, before.like, here=here, total=total)
            if became is Became.KNOWN:
                return became, before.like, total
        else:
            became = Became.COUNTED
        is_counted = became is Became.COUNTED
        change, sent = (1, click.sent) if is_counted else (-1, _taken_back(click.sent))
        add_likes(db, photo_id, change, self._site)
        return became, Like(sent, here + change, now_s), total + change


def _known(
    db: Connection, photo_id: str, visitors: Sequence[str], *, since_s: float
) -> list[Known]:
    """Return a visitor's click of a photo, and those of other photos since then."""
    by, or_by = visitors[0], visitors[-1]
    rows = _KNOWN(db, by=by, or_by=or_by, of_photo=photo_id, since_s=since_s).fetchall()
    return [Known(who, of, Like(*like), json.loads(tries_s)) for who, of, *like, tries_s in rows]


def _remember(
    db: Connection, photo_id: str, click: Click, before: Known | None, like: Like, now_s: float
) -> None:
    """Keep what becomes of a click, by the salt of today."""
    tries_s: list[float] = []
    keep = _FIRST
    if before and before.visitor == click.who:
        tries_s, keep = within(before.tries_s, window_s=MOST_WITHIN_S, now_s=now_s), _AGAIN
    elif before:
        _FORGET(db, by=before.visitor, of_photo=photo_id)
    tries = json.dumps([*tries_s, now_s])
    keep(db, by=click.who, of_photo=photo_id, **like._asdict(), tries=tries, now_s=now_s)


def _meaning(sent: int, like: Like, *, here: int, total: int) -> Became:
    """Tell what a click is to become after the visitor's like, counted here among ``here``."""
    if like.sent < 0:  # it was taken back
        return Became.KNOWN if like.sent == _taken_back(sent) else Became.COUNTED
    has_company = here > like.count_then
    is_back = _takes_back(sent, known=like.sent, most=total, has_company=has_company)
    return Became.TAKEN_BACK if is_back and here > 0 else Became.KNOWN  # never below nothing


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
