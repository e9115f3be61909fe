"""A database file that several processes share, that may be lost or damaged."""

import contextlib
import errno
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from local_image_process.errors import StoreUnavailable
from local_image_process.record.database import Database
from local_image_process.record.schema import meta


def note(database: Database, name: str) -> None:
    with database.write() as db:
        db.execute(sa.insert(meta).values(name=name, value="1"))


def names(database: Database) -> set[str]:
    with database.read() as db:
        return set(db.scalars(sa.select(meta.c.name))) - {"schema_version"}


@pytest.mark.parametrize(
    "content", [b"no database at all" * 500, b"SQLite format 3\x00" + b"x" * 9000]
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(content)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable, match="damaged"):
        note(database, "before")
    note(database, "after")
    assert names(database) == {"after"}
    assert path.with_name("catalogue.db.damaged").read_bytes() == content
    assert database.losses == 1
    database.close()


def test_of_many_that_find_it_damaged_one_begins_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(b"no database at all" * 500)
    databases = [Database(f"sqlite:///{path}") for _ in range(8)]

    def try_until_noted(number: int) -> None:
        for _ in range(len(databases)):
            with contextlib.suppress(StoreUnavailable):
                note(databases[number], f"note {number}")
                return

    threads = [threading.Thread(target=try_until_noted, args=(n,)) for n in range(len(databases))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(databases[0]) == {f"note {n}" for n in range(len(databases))}
    for database in databases:
        database.close()


def test_a_backup_is_whole_while_others_write(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    note(database, "begun")
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            note(database, f"note {number}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            assert database.backup(tmp_path / f"copy {n}.db")
    finally:
        stop.set()
        writer.join()
    for n in range(5):
        copy = sqlite3.connect(tmp_path / f"copy {n}.db")
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copy.close()
    assert not list(tmp_path.glob("copy*-wal"))
    database.close()


def test_what_must_last_is_on_the_disk_when_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine loses its power when the disk has said that it has everything."""
    database, saved = Database(f"sqlite:///{tmp_path / 'catalogue.db'}"), tmp_path / "saved"
    note(database, "before")
    sync = os.fdatasync

    def note_what_is_there(file: int) -> None:
        sync(file)
        saved.mkdir()
        for path in tmp_path.glob("catalogue.db*"):
            shutil.copy(path, saved)

    monkeypatch.setattr(os, "fdatasync", note_what_is_there)
    with database.write(durable=True) as db:
        db.execute(sa.insert(meta).values(name="liked", value="1"))
    after = Database(f"sqlite:///{saved / 'catalogue.db'}")
    assert names(after) == {"before", "liked"}
    for one in (database, after):
        one.close()


def test_what_the_disk_does_not_take_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    database = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(StoreUnavailable, match="Input/output error"), database.write(durable=True):
        pass
    note(database, "without waiting for the disk")
    monkeypatch.undo()
    with database.write(durable=True) as db:
        db.execute(sa.insert(meta).values(name="after", value="1"))
    assert names(database) == {"without waiting for the disk", "after"}
    database.close()


def test_a_write_that_failed_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    note(database, "there")
    with pytest.raises(sa.exc.IntegrityError), database.write() as db:
        db.execute(sa.insert(meta), [{"name": name, "value": "1"} for name in ("new", "there")])
    note(database, "after")
    assert names(database) == {"there", "after"}
    database.close()


def test_after_its_end_it_is_opened_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    note(database, "before")
    database.close()
    note(database, "after")
    database.close()
    assert names(database) == {"before", "after"}
    database.close()


def test_writers_take_turns(tmp_path: Path) -> None:
    """None is passed by others until it gives up."""
    database = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    note(database, "begun")
    threads = [threading.Thread(target=note, args=(database, f"note {n}")) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 41
    database.close()
