"""Clicks of visitors on a heart: each counts once, whatever number the page sends."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .database import Database
from .schema import clicks, likes, make_stale, salts
from .shown import Place, Spelling, places
from .tallies import add_all, total
from .throttle import take
from .together import Together

NAME = "like"  # of the tries that are counted
MOST = 30
MOST_WITHIN_S = 60.0

_OUTSIDE = sa.delete(clicks).where(
    (clicks.c.at_s <= sa.bindparam("oldest_s")) | (clicks.c.at_s > sa.bindparam("now_s"))
)
_LAST = sa.select(clicks).where(
    clicks.c.photo_id.in_(sa.bindparam("photo_ids", expanding=True)),
    clicks.c.visitor.in_(sa.bindparam("visitors", expanding=True)),
)
_FORGET = sa.delete(clicks).where(
    clicks.c.photo_id == sa.bindparam("of_photo"), clicks.c.visitor == sa.bindparam("by")
)
_REMEMBER = sa.insert(clicks)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A click on a photo that is shown, and what it is to become."""

    click: Click
    place: Place
    became: Became = Became.COUNTED
    last: Any = None  # row of the click that is on record of this visitor and photo


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
        """Count clicks as if one came after the other."""
        now_s = self._clock()  # Order: under the lock, so that nobody's click lies ahead
        found = places(db, [click.spelling for click in asked])
        there = {
            n: Meant(click=click, place=place)
            for n, (click, place) in enumerate(zip(asked, found, strict=True))
            if place is not None
        }
        answers: dict[int, Answer] = {}
        for part in _one_of_each(there):
            answers |= self._count(db, part, now_s)
        return [answers.get(n) for n in range(len(asked))]

    def _count(self, db: Connection, part: dict[int, Meant], now_s: float) -> dict[int, Answer]:
        """Count clicks of different visitors."""
        all_who = [one.click.who for one in part.values()]
        waits = take(db, NAME, all_who, most=MOST, window_s=MOST_WITHIN_S, now_s=now_s)
        db.execute(_OUTSIDE, {"oldest_s": now_s - self._window_s, "now_s": now_s})
        taken = {n: one for n, one in part.items() if one.click.who not in waits}
        judged = {n: self._judged(db, one) for n, one in _with_last(db, taken).items()}
        totals = self._record(db, [*judged.values()], now_s)
        answers = {
            n: Answer(became=one.became, likes=totals[one.place.photo_id])
            for n, one in judged.items()
        }
        return answers | {
            n: Answer(became=Became.TOO_MANY, wait_s=waits[part[n].click.who])
            for n in part.keys() - taken.keys()
        }

    def _record(self, db: Connection, judged: Sequence[Meant], now_s: float) -> dict[str, int]:
        """Record what clicks became; return the likes of each photo by now."""
        changing = [one for one in judged if one.became is not Became.KNOWN]
        added = Counter({one.place.photo_id: 0 for one in judged})
        for one in changing:
            added[one.place.photo_id] += 1 if one.became is Became.COUNTED else -1
        if before := [one.last for one in changing if one.last]:
            db.execute(_FORGET, [{"of_photo": row.photo_id, "by": row.visitor} for row in before])
        if changing:
            db.execute(_REMEMBER, [_row(one, now_s) for one in changing])
            make_stale(db, {one.place.folder for one in changing})
        return add_all(db, added, self._site)

    def _judged(self, db: Connection, one: Meant) -> Meant:
        became = self._meaning(db, one) if one.last else Became.COUNTED
        return replace(one, became=became)

    def _meaning(self, db: Connection, one: Meant) -> Became:
        """Tell what a click is to become, after the visitor's last one."""
        click, photo_id, last = one.click, one.place.photo_id, one.last
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


def _one_of_each(clicks: dict[int, Meant]) -> Iterator[dict[int, Meant]]:
    """Yield parts in which each visitor has one click: what he did before is on record then."""
    while clicks:
        first: dict[str, int] = {}
        for n, one in clicks.items():
            first.setdefault(one.click.who, n)
        part = {n: clicks[n] for n in first.values()}
        yield part
        clicks = {n: one for n, one in clicks.items() if n not in part}


def _with_last(db: Connection, part: dict[int, Meant]) -> dict[int, Meant]:
    """Add what is on record of each visitor and photo."""
    photo_ids = {one.place.photo_id for one in part.values()}
    visitors = [visitor for one in part.values() for visitor in one.click.visitors]
    asked = {"photo_ids": list(photo_ids), "visitors": visitors}
    rows = {(row.photo_id, row.visitor): row for row in db.execute(_LAST, asked)}

    def last(one: Meant) -> Any:
        of_him = (rows.get((one.place.photo_id, visitor)) for visitor in one.click.visitors)
        return next(filter(None, of_him), None)

    return {n: replace(one, last=last(one)) for n, one in part.items()}


def _row(one: Meant, now_s: float) -> dict[str, Any]:
    sent = one.click.sent if one.became is Became.COUNTED else _taken_back(one.click.sent)
    photo_id = one.place.photo_id
    return {"photo_id": photo_id, "visitor": one.click.who, "sent": sent, "at_s": now_s}


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
