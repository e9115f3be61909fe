"""What is published and what failed, one transaction a step."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..model import Failure, Photo, folder_of
from .backlog import bind, loosen
from .compared import unsettle
from .database import Database
from .rows import (
    Known,
    SidecarRecord,
    Tried,
    photo_row,
    sidecar_column,
    stamp_row,
    to_failure,
    to_known,
    to_photo,
    to_sidecar_record,
    to_stamp,
)
from .schema import failures, make_stale, photos, sidecars
from .tallies import follow
from .tombstones import bury

MANY = 500  # keys in one IN (…), well below SQLite's limit of bound values


class Catalogue:
    """Our record of the gallery; derived from library and store, safe to delete."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # what is known

    def known(self, folder: str) -> dict[str, Known]:
        """Return the published photos of a folder, without what lies below it."""
        columns = (photos.c.key, photos.c.size, photos.c.mtime_ns, photos.c.inode, photos.c.recipe)
        more = (photos.c.album_id, photos.c.name, photos.c.path)
        beside = (photos.c.accompanied, photos.c.stacked)
        with self._database.read() as db:
            rows = db.execute(sa.select(*columns, *more, *beside).where(photos.c.folder == folder))
            return {row.key: to_known(row) for row in rows}

    def tried(self, folder: str) -> dict[str, Tried]:
        """Return what failed in a folder."""
        with self._database.read() as db:
            rows = db.execute(sa.select(failures).where(failures.c.folder == folder))
            return {
                row.key: Tried(
                    stamp=to_stamp(row) if row.size is not None else None,
                    conditions=row.conditions,
                    reason=row.reason,
                )
                for row in rows
            }

    def photos(self, folder: str) -> list[Photo]:
        """Return the published photos of a folder with all facts, by key."""
        with self._database.read() as db:
            rows = db.execute(
                sa.select(photos).where(photos.c.folder == folder).order_by(photos.c.key)
            )
            return [to_photo(row) for row in rows]

    def photo(self, key: str) -> Photo | None:
        """Return one photo."""
        with self._database.read() as db:
            row = db.execute(sa.select(photos).where(photos.c.key == key)).first()
            return to_photo(row) if row else None

    def shown_as(self, album_id: str, name: str) -> Photo | None:
        """Return the photo that bears this name in this album."""
        here = (photos.c.album_id == album_id) & (photos.c.name == name)
        with self._database.read() as db:
            row = db.execute(sa.select(photos).where(here)).first()
            return to_photo(row) if row else None

    def all_photos(self) -> Iterator[Photo]:
        """Return every published photo, by key."""
        with self._database.read() as db:
            for row in db.execute(sa.select(photos).order_by(photos.c.key)):
                yield to_photo(row)

    def folders(self) -> dict[str, str]:
        """Return the folders that have published photos, each with its album id."""
        with self._database.read() as db:
            rows = db.execute(sa.select(photos.c.folder, photos.c.album_id).distinct())
            return {row.folder: row.album_id for row in rows}

    def folders_of_record(self) -> set[str]:
        """Return every folder that has a photo, a failure or a sidecar on record."""
        with self._database.read() as db:
            tables = (photos, failures, sidecars)
            return {
                folder for t in tables for folder in db.scalars(sa.select(t.c.folder).distinct())
            }

    def count(self) -> int:
        """Return how many photos are published."""
        with self._database.read() as db:
            return db.scalar(sa.select(sa.func.count()).select_from(photos)) or 0

    def paths(self) -> Iterator[tuple[str, str]]:
        """Return key and path of every published photo."""
        with self._database.read() as db:
            for row in db.execute(sa.select(photos.c.key, photos.c.path)):
                yield row.key, row.path

    def knows_any(self, keys: Sequence[str]) -> bool:
        """Tell whether any of these originals is published."""
        with self._database.read() as db:
            for i in range(0, len(keys), MANY):
                some = photos.c.key.in_(keys[i : i + MANY])
                if db.scalar(sa.select(photos.c.key).where(some).limit(1)) is not None:
                    return True
        return False

    def size_and_time_of_all(self) -> set[tuple[int, int]]:
        """Return (bytes, mtime in ns) of every published original."""
        with self._database.read() as db:
            return {
                (r.size, r.mtime_ns)
                for r in db.execute(sa.select(photos.c.size, photos.c.mtime_ns))
            }

    def by_image_digest(self, digest: str) -> list[Photo]:
        """Return the photos that show the same picture."""
        with self._database.read() as db:
            rows = db.execute(sa.select(photos).where(photos.c.image_digest == digest))
            return [to_photo(row) for row in rows]

    def digests(
        self, *, recipe: str, keys: Sequence[str] = (), size: int | None = None
    ) -> frozenset[str]:
        """Return image digests rendered by this recipe, of these keys or of files of this size."""
        found: set[str] = set()
        wanted: list[sa.ColumnElement[bool]] = [
            photos.c.key.in_(keys[i : i + MANY]) for i in range(0, len(keys), MANY)
        ]
        if size is not None:
            wanted.append(photos.c.size == size)
        with self._database.read() as db:
            for condition in wanted:
                query = sa.select(photos.c.image_digest).where(condition, photos.c.recipe == recipe)
                found.update(db.scalars(query))
        return frozenset(found)

    # what happens to photos

    def record(
        self,
        photo: Photo,
        *,
        objects: Iterable[str],
        moved_from: Photo | None = None,
        freed: Iterable[str] = (),
    ) -> list[str]:
        """Put a photo on record once its ``objects`` are in the store.

        ``moved_from`` is the same picture's former self: it goes, its likes and stars follow;
        ``freed`` are objects that nobody names from now on. Returns the keys of other photos
        that had to give up the name; they are to be looked at again.
        """
        with self._database.write() as db:
            at_s = _first_published_s(db, photo, moved_from)
            if moved_from is not None:
                _forget(db, [moved_from.key])
                if moved_from.id != photo.id:
                    follow(db, old_id=moved_from.id, new_id=photo.id)
                    bury(db, [(moved_from.id, moved_from.version)])  # Race: a like just given
            displaced = _displace(db, photo)
            _forget(db, [photo.key, *displaced])
            db.execute(sa.insert(photos).values(published_at_s=at_s, **photo_row(photo)))
            make_stale(db, {photo.folder})
            loosen(db, set(freed) - set(objects))
            bind(db, objects)
        return displaced

    def forget(self, known: Mapping[str, Iterable[str]]) -> None:
        """Take photos off the record; the values are their objects, which are loose from now on."""
        with self._database.write() as db:
            for photo in _found(db, list(known)):
                bury(db, [(photo.id, photo.version)])
            _forget(db, list(known))
            loosen(db, {name for objects in known.values() for name in objects})

    def fail(self, failure: Failure, conditions: str) -> None:
        """Put on record why an original is not published."""
        with self._database.write() as db:
            here = failures.c.key == failure.key
            before = db.execute(sa.select(failures).where(here)).first()
            is_again = before is not None and to_failure(before).stamp == failure.stamp
            db.execute(sa.delete(failures).where(here))
            db.execute(
                sa.insert(failures).values(
                    key=failure.key,
                    folder=folder_of(failure.key),
                    reason=failure.reason,
                    conditions=conditions,
                    attempts=before.attempts + 1 if before and is_again else 1,
                    **(stamp_row(failure.stamp) if failure.stamp else {}),
                )
            )

    def forgive(self, keys: Sequence[str]) -> None:
        """Drop the failures of originals that are gone."""
        with self._database.write() as db:
            for i in range(0, len(keys), MANY):
                db.execute(sa.delete(failures).where(failures.c.key.in_(keys[i : i + MANY])))

    def failures(self) -> list[Failure]:
        """Return all that could not be published, by key."""
        with self._database.read() as db:
            rows = db.execute(sa.select(failures).order_by(failures.c.key))
            return [to_failure(row) for row in rows]

    def notes(self) -> list[tuple[str, str]]:
        """Return (key, what cannot be shown as it is meant) of photos, by key."""
        noted = sa.select(photos.c.key, photos.c.note).where(photos.c.note.is_not(None))
        with self._database.read() as db:
            return [(row.key, row.note) for row in db.execute(noted.order_by(photos.c.key))]

    # albums

    def sidecar(self, folder: str) -> SidecarRecord | None:
        """Return a folder's YAML as last read."""
        with self._database.read() as db:
            row = db.execute(sa.select(sidecars).where(sidecars.c.folder == folder)).first()
            return to_sidecar_record(row) if row else None

    def sidecar_problems(self) -> list[tuple[str, str]]:
        """Return (path of the YAML, what is wrong) of every YAML that cannot be understood."""
        with self._database.read() as db:
            rows = db.execute(sa.select(sidecars).where(sidecars.c.problem.is_not(None)))
            return sorted((f"{r.folder}/{r.name}".lstrip("/"), r.problem) for r in rows)

    def record_sidecar(self, folder: str, record: SidecarRecord | None) -> None:
        """Put a folder's YAML on record; ``None`` when there is none any more."""
        with self._database.write() as db:
            db.execute(sa.delete(sidecars).where(sidecars.c.folder == folder))
            if record is not None:
                values = {
                    "folder": folder,
                    "name": record.name,
                    "content": sidecar_column(record.content),
                    "problem": record.problem,
                }
                db.execute(sa.insert(sidecars).values(values | stamp_row(record.stamp)))
            make_stale(db, {folder})


def _displace(db: Connection, photo: Photo) -> list[str]:
    """Return the keys of other photos that hold this photo's name."""
    same_name = (photos.c.album_id == photo.album_id) & (photos.c.name == photo.name)
    return list(db.scalars(sa.select(photos.c.key).where(same_name, photos.c.key != photo.key)))


def _first_published_s(db: Connection, photo: Photo, moved_from: Photo | None) -> float:
    """Return when (UTC) these pixels were published first, under this key or the one before."""
    keys = {photo.key, moved_from.key if moved_from else photo.key}
    same = photos.c.key.in_(keys) & (photos.c.version == photo.version)
    first_s = db.scalar(sa.select(sa.func.min(photos.c.published_at_s)).where(same))
    return time.time() if first_s is None else float(first_s)


def _found(db: Connection, keys: Sequence[str]) -> Iterator[Photo]:
    for i in range(0, len(keys), MANY):
        some = photos.c.key.in_(keys[i : i + MANY])
        yield from map(to_photo, db.execute(sa.select(photos).where(some)).all())


def _forget(db: Connection, keys: Sequence[str]) -> None:
    for i in range(0, len(keys), MANY):
        some = keys[i : i + MANY]
        db.execute(sa.delete(photos).where(photos.c.key.in_(some)))
        db.execute(sa.delete(failures).where(failures.c.key.in_(some)))
    folders = {folder_of(key) for key in keys}
    unsettle(db, folders)
    make_stale(db, folders)
