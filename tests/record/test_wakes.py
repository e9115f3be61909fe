"""Counters that others raise: many requests are one piece of work, and none is forgotten."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_image_process.record.database import Database
from local_image_process.record.wakes import REMEMBER_S, Raised, Wakes


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_780_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    one = Database(f"sqlite:///{tmp_path / 'catalogue.db'}")
    yield one
    one.close()


def test_a_burst_is_one_difference_and_the_last_one_is_never_lost(database: Database) -> None:
    wakes = Wakes(database)
    done = wakes.numbers().get("sync", 0)
    for _ in range(500):
        wakes.raise_("sync")
    seen = wakes.numbers()["sync"]
    assert seen != done
    done = seen  # one piece of work for all of them
    assert wakes.numbers()["sync"] == done
    wakes.raise_("sync")  # while the work was under way
    assert wakes.numbers()["sync"] != done


def test_counters_are_apart(database: Database) -> None:
    wakes = Wakes(database)
    wakes.raise_("sync")
    wakes.raise_("sync")
    wakes.raise_("sweep")
    assert wakes.numbers() == {"sync": 2, "sweep": 1}


def test_with_a_rest_the_first_counts_now_and_all_others_once_later(database: Database) -> None:
    clock = Clock()
    wakes = Wakes(database, clock=clock)
    raised = [wakes.raise_("sync", rest_s=10) for _ in range(500)]
    assert raised == [Raised.NOW] + [Raised.LATER] * 499
    assert wakes.numbers() == {"sync": 1}
    clock.now_s += 9.9
    assert wakes.raise_("sync", rest_s=10) is Raised.LATER
    assert wakes.numbers() == {"sync": 1}
    clock.now_s += 0.1
    assert wakes.numbers() == {"sync": 2}
    assert wakes.raise_("sync", rest_s=10) is Raised.LATER
    clock.now_s += 10
    assert wakes.numbers() == {"sync": 3}
    clock.now_s += 10
    assert wakes.raise_("sync", rest_s=10) is Raised.NOW
    assert wakes.numbers() == {"sync": 4}


def test_without_a_rest_it_counts_at_once_whatever_waits(database: Database) -> None:
    wakes = Wakes(database, clock=Clock())
    wakes.raise_("sync", rest_s=10)
    wakes.raise_("sync", rest_s=10)
    assert wakes.numbers() == {"sync": 1}
    assert wakes.raise_("sync") is Raised.NOW
    assert wakes.numbers() == {"sync": 3}


@pytest.mark.parametrize("jump_s", [-86_400, 86_400])
def test_a_clock_that_jumps_delays_nothing_for_long(jump_s: float, database: Database) -> None:
    clock = Clock()
    wakes = Wakes(database, clock=clock)
    wakes.raise_("sync", rest_s=10)
    wakes.raise_("sync", rest_s=10)
    clock.now_s += jump_s
    assert wakes.numbers() == {"sync": 2}
    assert wakes.raise_("sync", rest_s=10) is Raised.NOW
    assert wakes.numbers() == {"sync": 3}


def test_an_id_counts_once_as_long_as_it_is_valid(database: Database) -> None:
    clock = Clock()
    wakes = Wakes(database, clock=clock)
    assert wakes.raise_("sync", once="msg_1") is Raised.NOW
    assert wakes.raise_("sync", once="msg_1") is Raised.REPEATED
    assert wakes.raise_("sync", once="msg_2") is Raised.NOW
    clock.now_s += REMEMBER_S
    assert wakes.raise_("sync", once="msg_1") is Raised.REPEATED
    assert wakes.numbers() == {"sync": 2}
    clock.now_s += 1
    assert wakes.raise_("sync", once="msg_1") is Raised.NOW


def test_processes_that_raise_at_once_are_all_counted(database: Database) -> None:
    others = [Database(str(database._url)) for _ in range(4)]  # each as another process opens it

    def raise_many(one: Database) -> None:
        for _ in range(25):
            Wakes(one).raise_("sync")

    threads = [threading.Thread(target=raise_many, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()
    assert Wakes(database).numbers() == {"sync": 100}
