"""The tables of the catalogue and the one place that opens the database."""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from ..errors import StoreUnavailable

log = logging.getLogger(__name__)

SCHEMA_VERSION = 2
BUSY_TIMEOUT_MS = 15_000

derived = sa.MetaData()  # made anew from the library whenever the schema changes
primary = sa.MetaData()  # given by people, or owed to others: never dropped

photos = sa.Table(
    "photos",
    derived,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, nullable=False, index=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, index=True),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.Text, nullable=False),  # up to 64 unsigned bits: too wide for an integer
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("image_digest", sa.Text, nullable=False, index=True),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("album_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("width_px", sa.Integer, nullable=False),
    sa.Column("height_px", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("thumb_edges_px", sa.Text, nullable=False),  # "480,1280"
    sa.Column("exif", sa.Text, nullable=False),  # JSON of model.Exif
    sa.UniqueConstraint("album_id", "name"),
)
failures = sa.Table(
    "failures",
    derived,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, nullable=False, index=True),
    sa.Column("size", sa.BigInteger),
    sa.Column("mtime_ns", sa.BigInteger),
    sa.Column("inode", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("conditions", sa.Text, nullable=False),  # the settings it failed under
)
sidecars = sa.Table(
    "sidecars",
    derived,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # JSON of model.Sidecar: the last good one
    sa.Column("problem", sa.Text),
)
loose_objects = sa.Table(  # may lie in the store although no photo names them
    "loose_objects", derived, sa.Column("name", sa.Text, primary_key=True)
)
stale_albums = sa.Table(  # what the JSON says of these folders is out of date
    "stale_albums",
    derived,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("changes", sa.Integer, nullable=False),
)
exports = sa.Table(  # index files and album YAML as they lie in the store
    "exports",
    derived,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
)
requests = sa.Table(
    "requests",
    derived,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("confirm_withdraw", sa.Boolean, nullable=False),
    sa.Column("progress", sa.Text),  # JSON
    sa.Column("report", sa.Text),  # JSON; set when the request is done
)
wakes = sa.Table(  # what was asked for from outside, counted
    "wakes",
    derived,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("counts_from_s", sa.Float, nullable=False),  # UTC; the last of them not earlier
)
seen_webhooks = sa.Table(
    "seen_webhooks",
    derived,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at_s", sa.Float, nullable=False, index=True),  # UTC, seconds since 1970
)
notices = sa.Table(
    "notices",
    primary,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),  # UTC, seconds since 1970
    sa.Column("attempts", sa.Integer, nullable=False),  # in vain, at this address, in a row
    sa.Column("next_try_s", sa.Float, nullable=False),  # UTC
    sa.Column("last_error", sa.Text),
    sa.Column("gave_up_at_s", sa.Float),  # UTC; None while it is still to be sent
)
likes = sa.Table(
    "likes",
    primary,
    sa.Column("photo_id", sa.Text, primary_key=True),
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
stars = sa.Table(
    "stars",
    primary,
    sa.Column("photo_id", sa.Text, primary_key=True),
    sa.Column("stars", sa.Float, nullable=False),
    sa.Column("given_at_s", sa.Float, nullable=False),  # UTC, seconds since 1970
)
meta = sa.Table(
    "meta",
    primary,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


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
        self._engine: Engine | None = None
        self._identity: tuple[int, int] | None = None
        self.losses = 0  # how often the file was gone, and begun anew

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose reads all see one state of the database."""
        with self._open().connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Give a connection that holds the write lock; commit at the end, or nothing.

        ``durable``: it is on the disk, not only in the system's hands, when this returns.
        """
        with self._told(), self._open().connect() as connection:
            options = connection.execution_options(begin="BEGIN IMMEDIATE", durable=durable)
            with options.begin():
                yield options

    @property
    def is_there(self) -> bool:
        """Tell whether there is a database already, without making one."""
        return self._path is None or self._path.exists()

    def close(self) -> None:
        """Let go of the database; the next transaction opens it again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise StoreUnavailable(
                f"the catalogue cannot be written ({error.orig});"
                " see whether the disk of the data folder is full or read-only"
            ) from error

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is not None and self._identity != self._identity_now():
                log.warning("catalogue was deleted or replaced; a new one is made")
                self.losses += 1
                self._engine.dispose()
                self._engine = None
            if self._engine is None:
                self._engine = self._connected()
                self._identity = self._identity_now()
            return self._engine

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


def make_stale(connection: Connection, folders: Iterable[str]) -> None:
    """Note, within the caller's transaction, that the JSON of these folders is out of date."""
    for folder in folders:
        here = stale_albums.c.folder == folder
        again = sa.update(stale_albums).where(here).values(changes=stale_albums.c.changes + 1)
        if not connection.execute(again).rowcount:
            connection.execute(sa.insert(stale_albums).values(folder=folder, changes=1))


def _make_tables(connection: Connection) -> None:
    """Make what is missing; derived tables of another schema version are dropped first."""
    primary.create_all(connection)
    found = connection.scalar(sa.select(meta.c.value).where(meta.c.name == "schema_version"))
    if found == str(SCHEMA_VERSION):
        return
    derived.drop_all(connection)
    derived.create_all(connection)
    connection.execute(sa.delete(meta).where(meta.c.name == "schema_version"))
    connection.execute(sa.insert(meta).values(name="schema_version", value=str(SCHEMA_VERSION)))


def _speak_sqlite(engine: Engine) -> None:
    """Set what only SQLite understands: WAL, waiting for locks, and our own BEGIN."""

    @sa.event.listens_for(engine, "connect")
    def connect(dbapi_connection: object, _: object) -> None:
        dbapi_connection.isolation_level = None  # type: ignore[attr-defined] # sqlite3's own BEGIN off
        cursor = dbapi_connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        level = "FULL" if options.get("durable") else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql(options.get("begin", "BEGIN"))
