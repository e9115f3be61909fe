"""How often somebody may try something: exactly, for all processes, and not for ever."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from local_image_process.record.database import Database
from local_image_process.record.schema import tries
from local_image_process.record.throttle import Throttle


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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(database: Database, clock: Clock) -> Throttle:
    return Throttle(database, clock=clock)


def take(throttle: Throttle, who: str = "a", name: str = "login") -> float | None:
    """Try something that may be tried three times a minute."""
    return throttle.take(name, who, most=3, window_s=60)


def rows(database: Database) -> int:
    with database.read() as db:
        return int(db.scalar(sa.select(sa.func.count()).select_from(tries)) or 0)


def test_one_too_many_is_told_when_the_first_is_over(throttle: Throttle, clock: Clock) -> None:
    for _ in range(3):
        assert take(throttle) is None
        clock.now_s += 10
    assert take(throttle) == 30
    clock.now_s += 29
    assert take(throttle) == 1
    clock.now_s += 1
    assert take(throttle) is None
    assert take(throttle) == 10


def test_no_minute_has_more_than_its_number(throttle: Throttle, clock: Clock) -> None:
    taken_s = []
    for _ in range(500):
        if take(throttle) is None:
            taken_s.append(clock.now_s)
        clock.now_s += 0.7
    assert len(taken_s) == 3 * 6
    assert all(later - first >= 60 for first, later in zip(taken_s, taken_s[3:], strict=False))


def test_whoever_goes_on_trying_does_not_wait_longer(throttle: Throttle, clock: Clock) -> None:
    waits_s = []
    for _ in range(60):
        waits_s.append(take(throttle))
        clock.now_s += 1
    assert waits_s[:4] == [None, None, None, 57]
    assert take(throttle) is None


def test_everybody_and_everything_is_counted_apart(throttle: Throttle) -> None:
    for who, name in (("a", "login"), ("b", "login"), ("a", "like")):
        assert [take(throttle, who, name) for _ in range(4)] == [None, None, None, 60]


def test_what_is_over_is_not_kept(database: Database, throttle: Throttle, clock: Clock) -> None:
    for n in range(50):
        take(throttle, f"stranger {n}")
    assert rows(database) == 50
    clock.now_s += 60
    take(throttle)
    assert rows(database) == 1


@pytest.mark.parametrize("jump_s", [-86_400, 86_400])
def test_a_clock_that_jumps_locks_nobody_out(
    jump_s: float, throttle: Throttle, clock: Clock
) -> None:
    for _ in range(4):
        take(throttle)
    clock.now_s += jump_s
    assert [take(throttle) for _ in range(4)] == [None, None, None, 60]


def test_a_try_that_is_given_back_did_not_count(throttle: Throttle, clock: Clock) -> None:
    take(throttle)
    clock.now_s += 10
    for _ in range(5):
        assert take(throttle) is None
        throttle.give_back("login", "a")
    assert [take(throttle) for _ in range(3)] == [None, None, 50]
    throttle.give_back("login", "nobody")
    throttle.give_back("like", "a")
    assert take(throttle) == 50


def test_processes_that_try_at_once_are_counted_together(database: Database) -> None:
    others = [Database(str(database._url)) for _ in range(4)]  # each as another process opens it
    waits_s: list[float | None] = []

    def try_often(one: Database) -> None:
        throttle = Throttle(one)
        waits_s.extend(throttle.take("login", "a", most=5, window_s=3600) for _ in range(25))

    threads = [threading.Thread(target=try_often, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()
    assert len(waits_s) == 100
    assert waits_s.count(None) == 5
