"""Likes and stars of photos, changed within the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .given import Given, stars_order
from .prepared import Prepared
from .schema import clicks, corrections, likes, mark_stale, stars

_PHOTO: sa.BindParameter[str] = sa.bindparam("of_photo")
_SITE: sa.BindParameter[str] = sa.bindparam("at")
_NUMBER: sa.BindParameter[int] = sa.bindparam("number")
_MORE = Prepared(
    sa.update(likes)
    .where(likes.c.photo_id == _PHOTO, likes.c.site == _SITE)
    .values(count=likes.c.count + _NUMBER)
)
_FIRST = Prepared(sa.insert(likes).values(photo_id=_PHOTO, site=_SITE, count=_NUMBER))
_COUNTED = Prepared(sa.select(likes.c.site, likes.c.count).where(likes.c.photo_id == _PHOTO))
PREDECESSOR = "predecessor"  # what a predecessor had counted: a site that all others know of


def follow(db: Connection, *, old_id: str, new_id: str) -> None:
    """Give a moved photo what its former self had, within the caller's transaction."""
    counted = sa.select(likes.c.site, likes.c.count).where(likes.c.photo_id == old_id)
    for site, count in db.execute(counted).all():
        if site == PREDECESSOR:  # several sites may have taken over the same likes
            count -= min(count, counts(db, PREDECESSOR, new_id).get(new_id, 0))
        if count:
            add_likes(db, new_id, count, site)
    db.execute(sa.delete(likes).where(likes.c.photo_id == old_id))
    starred = sa.select(stars).where(stars.c.photo_id.in_([old_id, new_id]))
    if rows := db.execute(starred).all():
        newest = max(rows, key=lambda row: (row.given_at_s, row.stars))
        set_stars(db, new_id, newest.stars, newest.given_at_s)
    db.execute(sa.delete(stars).where(stars.c.photo_id == old_id))
    who = sa.select(clicks.c.visitor).where(clicks.c.photo_id == old_id)
    if db.execute(who.limit(1)).first():
        db.execute(sa.delete(clicks).where(clicks.c.photo_id == new_id, clicks.c.visitor.in_(who)))
        db.execute(sa.update(clicks).where(clicks.c.photo_id == old_id).values(photo_id=new_id))
    corrected = sa.select(corrections).where(corrections.c.photo_id.in_([old_id, new_id]))
    if rows := db.execute(corrected).all():
        last = max(rows, key=lambda row: (row.given_at_s, row.photo_id == old_id))
        db.execute(sa.delete(corrections).where(corrections.c.photo_id.in_([old_id, new_id])))
        db.execute(sa.insert(corrections).values(last._asdict() | {"photo_id": new_id}))


def follow_all(db: Connection, moves: Mapping[str, str]) -> None:
    """Give photos that moved at one time (old id → new id) what they had, also if they swapped."""
    for number, old_id in enumerate(moves):
        follow(db, old_id=old_id, new_id=f"/{number}")  # Order: out of each other's way first
    for number, new_id in enumerate(moves.values()):
        follow(db, old_id=f"/{number}", new_id=new_id)


def replace_likes(db: Connection, site: str, wanted: Mapping[str, int]) -> None:
    """Make these all the likes of a site."""
    here = likes.c.site == site
    known = counts(db, site)
    for photo_id in known.keys() - wanted.keys():
        db.execute(sa.delete(likes).where(here, likes.c.photo_id == photo_id))
    changed = {i: n for i, n in wanted.items() if known.get(i) != n}
    for photo_id, count in changed.items():
        db.execute(sa.delete(likes).where(here, likes.c.photo_id == photo_id))
        db.execute(sa.insert(likes).values(photo_id=photo_id, site=site, count=count))
    mark_stale(db, {*changed, *(known.keys() - wanted.keys())})


@dataclass(frozen=True, slots=True)
class News:
    """What one photo was given that is not known yet."""

    likes: int  # a predecessor's, more than were known
    stars: float | None
    stars_at_s: float


def news_in(db: Connection, given: Mapping[str, Given]) -> dict[str, News]:
    """Return what is new: of a predecessor's likes the most count, of stars the newest."""
    before = counts(db, PREDECESSOR)
    newest = {r.photo_id: (r.given_at_s, r.stars) for r in db.execute(sa.select(stars))}
    news = {}
    for photo_id, one in given.items():
        more = max(0, one.before - before.get(photo_id, 0))
        is_newer = stars_order(one) > newest.get(photo_id, (-1.0, 0.0))
        if more or is_newer:
            news[photo_id] = News(more, one.stars if is_newer else None, one.stars_at_s)
    return news


def merge_rest(db: Connection, given: Mapping[str, Given]) -> None:
    """Take stars and a predecessor's likes."""
    news = news_in(db, given)
    for photo_id, one in news.items():
        if one.likes:
            add_likes(db, photo_id, one.likes, PREDECESSOR)
        if one.stars is not None:
            set_stars(db, photo_id, one.stars, one.stars_at_s)
    mark_stale(db, news)


def counts(db: Connection, site: str, *photo_ids: str) -> dict[str, int]:
    """Return what a site counted, of all photos or of these."""
    counted = sa.select(likes.c.photo_id, likes.c.count).where(likes.c.site == site)
    if photo_ids:
        counted = counted.where(likes.c.photo_id.in_(photo_ids))
    return {row.photo_id: row[1] for row in db.execute(counted)}


def by_site(db: Connection, photo_id: str) -> dict[str, int]:
    """Return what each site counted for a photo."""
    return dict(_COUNTED(db, of_photo=photo_id).fetchall())


def add_likes(db: Connection, photo_id: str, number: int, site: str) -> None:
    """Change what a site counted for a photo, within the caller's transaction."""
    if not _MORE(db, of_photo=photo_id, at=site, number=number).rowcount:
        _FIRST(db, of_photo=photo_id, at=site, number=number)


def set_stars(db: Connection, photo_id: str, number: float, given_at_s: float) -> None:
    """Set a photo's stars, given at that time (UTC, seconds since 1970)."""
    db.execute(sa.delete(stars).where(stars.c.photo_id == photo_id))
    db.execute(sa.insert(stars).values(photo_id=photo_id, stars=number, given_at_s=given_at_s))
