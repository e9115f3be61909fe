"""Which photo a visitor means by what his page sends, and whether it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .prepared import Prepared
from .rows import to_sidecar
from .schema import mirrored_albums, mirrored_folder, mirrored_photos, photos, sidecars

Spelling = Sequence[tuple[str, str]]  # album id and name of what may be meant, likeliest first

_ALBUM: sa.BindParameter[str] = sa.bindparam("album_id")
_NAME: sa.BindParameter[str] = sa.bindparam("name")
_OWN = Prepared(
    sa.select(photos.c.folder, sidecars.c.content)
    .outerjoin_from(photos, sidecars, sidecars.c.folder == photos.c.folder)
    .where(photos.c.album_id == _ALBUM, photos.c.name == _NAME)
)
_MIRRORED = Prepared(
    sa.select(mirrored_photos.c.album_id, mirrored_albums.c.words)
    .outerjoin_from(
        mirrored_photos, mirrored_albums, mirrored_albums.c.album_id == mirrored_photos.c.album_id
    )
    .where(mirrored_photos.c.album_id == _ALBUM, mirrored_photos.c.name == _NAME)
)


@dataclass(frozen=True, slots=True)
class Place:
    """A photo that is shown, and the folder whose JSON tells of it."""

    photo_id: str
    folder: str


def place(db: Connection, spelling: Spelling) -> Place | None:
    """Return the photo that is meant, within the caller's transaction; ``None``: not shown.

    Where the library and the bucket both have one, it is the library's; a hidden album's photos
    are not shown.
    """
    for album_id, name in spelling:
        if row := _OWN(db, album_id=album_id, name=name).fetchone():
            folder, words = row
            return None if _is_hidden(words) else Place(f"{album_id}/{name}", folder)
    for album_id, name in spelling:
        if row := _MIRRORED(db, album_id=album_id, name=name).fetchone():
            folder, words = mirrored_folder(album_id), row[1]
            return None if _is_hidden(words) else Place(f"{album_id}/{name}", folder)
    return None


@lru_cache(maxsize=1000)  # of albums that are liked at one time
def _is_hidden(words: str | None) -> bool:
    """Tell whether an album's YAML, as it is on record, hides it."""
    return words is not None and to_sidecar(words).hidden
