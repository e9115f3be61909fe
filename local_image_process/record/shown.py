"""Which photos visitors mean by what their pages send, and whether these are shown."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .rows import to_sidecar
from .schema import mirrored_albums, mirrored_folder, mirrored_photos, photos, sidecars

Spelling = Sequence[tuple[str, str]]  # album id and name of what may be meant, likeliest first

_ALBUMS: sa.BindParameter[list[str]] = sa.bindparam("albums", expanding=True)
_NAMES: sa.BindParameter[list[str]] = sa.bindparam("names", expanding=True)
_OWN = sa.select(photos.c.album_id, photos.c.name, photos.c.folder).where(
    photos.c.album_id.in_(_ALBUMS), photos.c.name.in_(_NAMES)
)
_MIRRORED = sa.select(mirrored_photos.c.album_id, mirrored_photos.c.name).where(
    mirrored_photos.c.album_id.in_(_ALBUMS), mirrored_photos.c.name.in_(_NAMES)
)
_OWN_WORDS = sa.select(sidecars.c.folder, sidecars.c.content).where(
    sidecars.c.folder.in_(sa.bindparam("folders", expanding=True))
)
_MIRRORED_WORDS = sa.select(mirrored_albums.c.album_id, mirrored_albums.c.words).where(
    mirrored_albums.c.album_id.in_(_ALBUMS)
)


@dataclass(frozen=True, slots=True)
class Place:
    """A photo that is shown, and the folder whose JSON tells of it."""

    photo_id: str
    folder: str


def places(db: Connection, spellings: Sequence[Spelling]) -> list[Place | None]:
    """Return the photos that are meant, within the caller's transaction; ``None``: not shown.

    Where the library and the bucket both have one, it is the library's; a hidden album's photos
    are not shown.
    """
    asked = set(chain.from_iterable(spellings))
    own = _own(db, asked)
    rest = (places for places in spellings if own.keys().isdisjoint(places))
    mirrored = _mirrored(db, set(chain.from_iterable(rest)))
    hidden = {*_hidden_folders(db, own.values()), *_hidden_folders_of_bucket(db, mirrored)}
    folders = own | mirrored
    return [next(_meant(spelling, folders, hidden), None) for spelling in spellings]


def _meant(
    spelling: Spelling, folders: dict[tuple[str, str], str], hidden: set[str]
) -> Iterator[Place | None]:
    """Yield what lies at each place of a spelling; ``None`` where that is hidden."""
    for place in spelling:
        if (folder := folders.get(place)) is not None:
            yield None if folder in hidden else Place("/".join(place), folder)


def _own(db: Connection, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    rows = db.execute(_OWN, _parts(asked))
    return {(row.album_id, row.name): row.folder for row in rows if (row[0], row[1]) in asked}


def _mirrored(db: Connection, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    rows = db.execute(_MIRRORED, _parts(asked)) if asked else ()
    return {(row[0], row[1]): mirrored_folder(row[0]) for row in rows if (row[0], row[1]) in asked}


def _parts(asked: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    """Return albums and names apart: a few rows too many, but any database finds them at once."""
    return {"albums": list({a for a, _ in asked}), "names": list({name for _, name in asked})}


def _hidden_folders(db: Connection, folders: Collection[str]) -> set[str]:
    rows = db.execute(_OWN_WORDS, {"folders": list(set(folders))}) if folders else ()
    return {row.folder for row in rows if to_sidecar(row.content).hidden}


def _hidden_folders_of_bucket(db: Connection, mirrored: Collection[tuple[str, str]]) -> set[str]:
    albums = list({album_id for album_id, _ in mirrored})
    rows = db.execute(_MIRRORED_WORDS, {"albums": albums}) if albums else ()
    return {mirrored_folder(row.album_id) for row in rows if to_sidecar(row.words).hidden}
