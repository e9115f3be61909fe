"""Threads that ask at one time share a transaction, and each gets its own answer."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from local_image_process.record.database import Database
from local_image_process.record.schema import meta
from local_image_process.record.together import Together
from tests.support import wait_for

NUMBERS = range(6)


def test_those_who_wait_share_a_transaction(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    parts: list[list[int]] = []

    def keep(db: Connection, asked: Sequence[int]) -> list[str]:
        parts.append(list(asked))
        db.execute(sa.insert(meta), [{"name": str(n), "value": ""} for n in asked])
        return [f"{n} kept" for n in asked]

    together = Together(database, keep)
    is_writing, may_end = threading.Event(), threading.Event()

    def another() -> None:
        with database.write():
            is_writing.set()
            may_end.wait(20)

    with ThreadPoolExecutor(max_workers=1 + len(NUMBERS)) as threads:
        threads.submit(another)
        is_writing.wait(20)
        answers = [threads.submit(together, n) for n in NUMBERS]
        wait_for(lambda: len(together._waiting) == len(NUMBERS), what="all to wait")
        may_end.set()
        assert [answer.result(20) for answer in answers] == [f"{n} kept" for n in NUMBERS]
    assert [sorted(part) for part in parts] == [[*NUMBERS]]
    with database.read() as db:
        assert {str(n) for n in NUMBERS} <= set(db.scalars(sa.select(meta.c.name)))
    database.close()


def test_what_goes_wrong_is_told_to_all_and_to_nobody_after(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")

    def choosy(db: Connection, asked: Sequence[int]) -> list[int]:
        db.execute(sa.insert(meta), [{"name": str(n), "value": ""} for n in asked])
        if 3 in asked:
            raise ValueError("not 3")
        return list(asked)

    together = Together(database, choosy)
    with pytest.raises(ValueError, match="not 3"):
        together(3)
    assert together(4) == 4
    with database.read() as db:
        assert not db.scalars(sa.select(meta.c.name).where(meta.c.name == "3")).all()
    database.close()
