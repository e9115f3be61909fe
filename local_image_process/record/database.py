"""The one place that opens the database."""

import contextlib
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from ..errors import StoreUnavailable
from ..files import state_of
from .prepared import Prepared
from .schema import (
    SCHEMA_VERSION,
    corrections,
    derived,
    likes,
    meta,
    photos,
    primary,
    stars,
    tombstones,
)
from .turn import Turn

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 15_000
_BEGINNINGS = {words: Prepared(sa.text(words)) for words in ("BEGIN", "BEGIN IMMEDIATE")}


class Database:
    """Short transactions on one database that several processes share.

    A SQLite file that was deleted or replaced under us is noticed at the next transaction,
    and a new one is begun.
    """

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        name = self._url.database if self._url.get_backend_name() == "sqlite" else None
        self._path = Path(name) if name else None
        self._lock = Lock()
        self._turn = Turn(Path(f"{self._path}-queue") if self._path else None)
        self._writer: Connection | None = None  # stays open: that takes as long as to write
        self._engine: Engine | None = None
        self._identity: tuple[int, int] | None = None
        self.losses = 0  # how often the file was gone, and begun anew

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose reads all see one state of the database."""
        with self._told(), self._open().connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Give a connection that holds the write lock; commit at the end, or nothing.

        ``durable``: it is on the disk, not only in the system's hands, when this returns.
        """
        with self._told():
            with self._turn, self._as_writer() as connection, connection.begin():
                yield connection
            if durable and self._path is not None:
                self._sync()  # Order: while we wait for the disk, others write already

    def _sync(self) -> None:
        """Wait until what was committed is on the disk.

        That is SQLite's log: what left it is in the database, which was synced before.
        """
        with contextlib.suppress(FileNotFoundError):
            log_file = os.open(f"{self._path}-wal", os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fdatasync(log_file)
            finally:
                os.close(log_file)

    @property
    def is_there(self) -> bool:
        """Tell whether there is a database already, without making one."""
        return self._path is None or self._path.exists()

    def backup(self, target: Path) -> bool:
        """Write a consistent copy into a new file, while others go on writing.

        Returns whether that can be done: only SQLite has a file to copy.
        """
        if self._path is None:
            return False
        source = self._open().raw_connection()
        try:
            with contextlib.closing(sqlite3.connect(target)) as copy:
                source.driver_connection.backup(copy)  # type: ignore[union-attr]
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        finally:
            source.close()
        return True

    def state(self) -> object:
        """Return something that differs once anybody has written, and costs next to nothing."""
        if self._path is None:
            return object()  # cannot be told: always another one
        return [state_of(Path(f"{self._path}{ending}")) for ending in ("", "-wal")]

    def close(self) -> None:
        """Let go of the database; the next transaction opens it again."""
        with self._turn.lock:
            self._forget_writer()
        self._turn.close()
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:  # of the files beside it
            raise _unwritable(error.strerror) from error
        except sa.exc.DatabaseError as error:
            if _is_spoiled(error):
                self._set_aside()
                raise StoreUnavailable("the catalogue was damaged; a new one is made") from error
            if not isinstance(error, sa.exc.OperationalError):
                raise
            raise _unwritable(error.orig) from error

    @contextlib.contextmanager
    def _as_writer(self) -> Iterator[Connection]:
        """Give the connection of whoever has the turn; after an error the next one gets another."""
        engine = self._open()
        if self._writer is not None and self._writer.engine is not engine:
            self._forget_writer()
        if self._writer is None:
            self._writer = engine.connect().execution_options(begin="BEGIN IMMEDIATE")
        try:
            yield self._writer
        except BaseException:  # nobody knows in what state it is
            self._forget_writer()
            raise

    def _forget_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is not None and self._identity != self._identity_now():
                log.warning("catalogue was deleted or replaced; a new one is made")
                self.losses += 1
                self._engine.dispose()
                self._engine = None
            if self._engine is None:
                self._identity = self._identity_now()  # Order: of what is tried, if that fails
                self._engine = self._connected()
                self._identity = self._identity_now()
            return self._engine

    def _set_aside(self) -> None:
        """Give a file that is no database any more another name; a new one is begun then."""
        if self._path is None:
            return
        with self._alone(), contextlib.suppress(FileNotFoundError):
            if self._identity == self._identity_now():  # Race: else another process did it
                aside = self._path.with_name(f"{self._path.name}.damaged")
                self._path.replace(aside)
                log.error("catalogue was damaged, and set aside as %s; a new one is made", aside)
        self.close()
        self._identity = None
        self.losses += 1

    def _connected(self) -> Engine:
        engine = sa.create_engine(self._url)
        if engine.dialect.name == "sqlite":
            _speak_sqlite(engine)
        with self._alone(), engine.connect() as connection:
            options = connection.execution_options(begin="BEGIN IMMEDIATE")
            with options.begin():
                _make_tables(options)
        return engine

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from opening it too; drop what a deleted database left behind."""
        if self._path is None:
            yield
            return
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if not self._path.exists():
                for ending in ("-wal", "-shm"):
                    self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
            yield
        finally:
            os.close(folder)

    def _identity_now(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


def copy_tables(source: Database, target: Database) -> None:
    """Copy all rows into a new, empty database."""
    with source.read() as old, target.write() as new:
        for table in (*derived.sorted_tables, *primary.sorted_tables):
            new.execute(sa.delete(table))
            if rows := [row._asdict() for row in old.execute(sa.select(table))]:
                new.execute(sa.insert(table), rows)


def _unwritable(why: object) -> StoreUnavailable:
    return StoreUnavailable(
        f"the catalogue cannot be written ({why});"
        " see whether the disk of the data folder is full or read-only"
    )


def _is_spoiled(error: sa.exc.DatabaseError) -> bool:
    words = str(error.orig)
    return "not a database" in words or "malformed" in words


def _make_tables(connection: Connection) -> None:
    """Make what is missing; derived tables of another schema version are dropped first."""
    primary.create_all(connection)
    found = connection.scalar(sa.select(meta.c.value).where(meta.c.name == "schema_version"))
    if found == str(SCHEMA_VERSION):
        return
    _expect_back(connection)
    derived.drop_all(connection)
    derived.create_all(connection)
    connection.execute(sa.delete(meta).where(meta.c.name == "schema_version"))
    connection.execute(sa.insert(meta).values(name="schema_version", value=str(SCHEMA_VERSION)))


def _expect_back(connection: Connection) -> None:
    """Bury photos that were given anything: the new record may find them under other names."""
    there = sa.inspect(connection)
    known = {c["name"] for c in there.get_columns("photos")} if there.has_table("photos") else set()
    if not {"album_id", "name", "version"} <= known:
        return
    photo_id = photos.c.album_id + "/" + photos.c.name
    given = sa.union(*(sa.select(t.c.photo_id) for t in (likes, stars, corrections)))
    now_s = sa.literal(time.time())
    buried = sa.select(photo_id, photos.c.version, now_s).where(photo_id.in_(given))
    connection.execute(sa.delete(tombstones).where(tombstones.c.photo_id.in_(sa.select(photo_id))))
    connection.execute(sa.insert(tombstones).from_select(["photo_id", "version", "at_s"], buried))


def _speak_sqlite(engine: Engine) -> None:
    """Set what only SQLite understands: WAL, waiting for locks, and our own BEGIN."""

    @sa.event.listens_for(engine, "connect")
    def connect(dbapi_connection: object, _: object) -> None:
        dbapi_connection.isolation_level = None  # type: ignore[attr-defined] # sqlite3's own BEGIN off
        cursor = dbapi_connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        (mode,) = cursor.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode == "wal":  # else it syncs each commit by itself
            cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        _BEGINNINGS[connection.get_execution_options().get("begin", "BEGIN")](connection)
