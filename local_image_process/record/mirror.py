"""What lies in the bucket and comes from no folder of ours: albums, pictures, and what was read."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..model import Mirrored, Sidecar
from .database import Database
from .rows import mirrored_row, sidecar_column, to_mirrored, to_sidecar
from .schema import make_stale, mirrored_albums, mirrored_folder, mirrored_photos, read_objects
from .tallies import follow_all
from .tombstones import bury


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredAlbum:
    """An album's words as last read from the bucket."""

    album_id: str
    yaml: str | None  # the object they were read from
    yaml_version: str | None
    words: Sidecar  # the last good ones
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one reading of the bucket brought, to be recorded as one."""

    albums: Iterable[MirroredAlbum] = ()
    albums_gone: Iterable[str] = ()
    photos: Iterable[Mirrored] = ()
    photos_gone: Iterable[Mirrored] = ()
    moves: Mapping[str, str] | None = None  # old photo id → new one
    unread: Iterable[str] = ()  # index files to be read again, for they speak of the pictures


class Mirror:
    """Our record of the bucket's own albums; derived, safe to delete."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def albums(self) -> dict[str, MirroredAlbum]:
        """Return all albums by id."""
        with self._database.read() as db:
            return {
                row.album_id: MirroredAlbum(
                    album_id=row.album_id,
                    yaml=row.yaml,
                    yaml_version=row.yaml_version,
                    words=to_sidecar(row.words),
                    problem=row.problem,
                )
                for row in db.execute(sa.select(mirrored_albums))
            }

    def photos(self, album_id: str | None = None) -> list[Mirrored]:
        """Return the pictures of one album, or of all."""
        query = sa.select(mirrored_photos).order_by(
            mirrored_photos.c.album_id, mirrored_photos.c.name
        )
        if album_id is not None:
            query = query.where(mirrored_photos.c.album_id == album_id)
        with self._database.read() as db:
            return [to_mirrored(row) for row in db.execute(query)]

    def photo(self, album_id: str, name: str) -> Mirrored | None:
        """Return one picture."""
        here = (mirrored_photos.c.album_id == album_id) & (mirrored_photos.c.name == name)
        with self._database.read() as db:
            row = db.execute(sa.select(mirrored_photos).where(here)).first()
            return to_mirrored(row) if row else None

    def change(self, changes: Changes) -> None:
        """Record what a reading brought; likes and stars follow what moved."""
        albums, photos = list(changes.albums), list(changes.photos)
        gone = list(changes.photos_gone)
        ids = {a.album_id for a in albums} | {p.album_id for p in [*photos, *gone]}
        ids |= set(changes.albums_gone)
        with self._database.write() as db:
            _delete(db, mirrored_albums, [{"album_id": i} for i in changes.albums_gone])
            _replace(db, mirrored_albums, [_album_row(album) for album in albums])
            _delete(db, mirrored_photos, [mirrored_row(photo) for photo in gone])
            now = {"published_at_s": time.time()}
            _replace(db, mirrored_photos, [mirrored_row(photo) | now for photo in photos])
            _delete(db, read_objects, [{"name": name} for name in changes.unread])
            moves = changes.moves or {}
            follow_all(db, moves)
            bury(db, ((photo.id, photo.version) for photo in gone if photo.id not in moves))
            make_stale(db, {mirrored_folder(album_id) for album_id in ids})

    def read_versions(self) -> dict[str, str]:
        """Return the index files of the bucket that were read, each with its version."""
        with self._database.read() as db:
            return {row.name: row.version for row in db.execute(sa.select(read_objects))}

    def note_read(self, name: str, version: str) -> None:
        """Note that an index file was read, so that it is not read again before it changes."""
        with self._database.write() as db:
            _replace(db, read_objects, [{"name": name, "version": version}])


def _replace(db: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    _delete(db, table, rows)
    if rows:
        db.execute(sa.insert(table), rows)


def _delete(db: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Delete the rows that have the keys of these."""
    keys = list(table.primary_key)
    here = sa.and_(*(key == sa.bindparam(f"here_{key.name}") for key in keys))
    if rows:
        wanted = [{f"here_{key.name}": row[key.name] for key in keys} for row in rows]
        db.execute(sa.delete(table).where(here), wanted)


def _album_row(album: MirroredAlbum) -> dict[str, str | None]:
    return {
        "album_id": album.album_id,
        "yaml": album.yaml,
        "yaml_version": album.yaml_version,
        "words": sidecar_column(album.words),
        "problem": album.problem,
    }
