"""Notices reach everybody at least once: after failures, restarts, and beside slow receivers."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_image_process.errors import NoticeError
from local_image_process.record.database import Database
from local_image_process.record.notices import GIVEN_UP_KEPT, Notices
from local_image_process.run import notifying
from local_image_process.run.notifying import Notifying
from tests.listener import Listener
from tests.support import wait_for

DAY_S = notifying.GIVE_UP_AFTER_S


class Receivers:
    """Addresses that take notices or fail, and a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 1_780_000_000.0
        self.failing: set[str] = set()
        self.taken: list[tuple[str, str, str]] = []  # address, id, album
        self.tried: list[tuple[str, str, float]] = []  # address, id, when
        self.pauses_s: list[float] = []
        self.database = Database(f"sqlite:///{folder / 'catalogue.db'}")
        self.notices = Notices(self.database, clock=lambda: self.now_s)

    def notifying(self, *urls: str) -> Notifying:
        return Notifying(
            notices=self.notices,
            urls=urls,
            secret="secret",
            send=self.send,
            clock=lambda: self.now_s,
            jitter=self.jitter,
        )

    def send(
        self, body: str, *, url: str, notice_id: str, secret: str | None, now_s: float
    ) -> None:
        self.tried.append((url, notice_id, now_s))
        if url in self.failing:
            raise NoticeError(f"{url} answered 500")
        self.taken.append((url, notice_id, json.loads(body)["albums"][0]))

    def jitter(self, low_s: float, high_s: float) -> float:
        assert low_s == 0.0
        self.pauses_s.append(high_s)
        return high_s

    def albums(self, url: str) -> list[str]:
        return [album for to, _, album in self.taken if to == url]


A, B = "https://a.example/webhook?token=hidden", "https://b.example/webhook"


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[Receivers]:
    one = Receivers(tmp_path)
    yield one
    one.database.close()


def test_everybody_is_told_everything_in_order(receivers: Receivers) -> None:
    one = receivers.notifying(A, B, A)
    for album in ("上海", "青岛", "三亚"):
        one.announce([album], {"published": 1})
    assert not receivers.tried
    assert one.send_due() == notifying.LOOK_AGAIN_S
    assert receivers.albums(A) == receivers.albums(B) == ["上海", "青岛", "三亚"]
    assert len({notice_id for _, notice_id, _ in receivers.taken}) == 6
    one.send_due()
    assert len(receivers.taken) == 6


def test_with_nobody_to_tell_nothing_is_kept(receivers: Receivers) -> None:
    one = receivers.notifying()
    one.start()
    one.announce(["上海"], {})
    one.stop()
    assert receivers.notifying(A).send_due() == notifying.LOOK_AGAIN_S
    assert not receivers.tried


def test_who_fails_is_tried_again_by_the_same_id_after_growing_pauses(
    receivers: Receivers,
) -> None:
    one = receivers.notifying(A, B)
    receivers.failing = {A}
    one.announce(["上海"], {})
    one.announce(["青岛"], {})
    for _ in range(14):
        receivers.now_s += one.send_due()
    assert receivers.albums(B) == ["上海", "青岛"]  # others do not wait
    expected = [1.0 * 2**n for n in range(12)]
    assert receivers.pauses_s[:14] == [*expected, 3600.0, 3600.0][: len(receivers.pauses_s)]
    tried = [(notice_id, at_s) for url, notice_id, at_s in receivers.tried if url == A]
    assert len({notice_id for notice_id, _ in tried}) == 1
    assert len(tried) == len(receivers.pauses_s) > 5
    receivers.failing = set()
    while len(receivers.albums(A)) < 2:
        receivers.now_s += one.send_due()
    assert receivers.albums(A) == ["上海", "青岛"]
    receivers.failing = {A}
    receivers.pauses_s.clear()
    one.announce(["三亚"], {})
    one.send_due()
    assert receivers.pauses_s == [1.0]  # a new trouble begins with a short pause


def test_a_new_notice_does_not_hurry_an_address_that_fails(receivers: Receivers) -> None:
    one = receivers.notifying(A)
    receivers.failing = {A}
    one.announce(["上海"], {})
    for _ in range(5):
        receivers.now_s += one.send_due()
    tries = len(receivers.tried)
    one.send_due()
    for _ in range(100):
        one.announce(["青岛"], {})
        one.send_due()
    assert len(receivers.tried) == tries + 1


def test_the_pause_has_jitter(receivers: Receivers) -> None:
    one = Notifying(
        notices=receivers.notices, urls=[A], secret=None, send=receivers.send, jitter=lambda *_: 0.4
    )
    receivers.failing = {A}
    one.announce(["上海"], {})
    assert 0 < one.send_due() <= 0.4


def test_what_is_owed_outlives_a_restart(receivers: Receivers) -> None:
    receivers.failing = {A}
    before = receivers.notifying(A)
    before.announce(["上海"], {})
    before.send_due()
    before.announce(["青岛"], {})
    receivers.database.close()
    receivers.failing = set()
    receivers.now_s += 2
    receivers.notifying(A).send_due()
    assert receivers.albums(A) == ["上海", "青岛"]
    assert receivers.tried[0][1] == receivers.tried[1][1]


def test_a_notice_is_given_up_after_a_day_and_told(
    receivers: Receivers, caplog: pytest.LogCaptureFixture
) -> None:
    one = receivers.notifying(A)
    receivers.failing = {A}
    one.announce(["上海"], {})
    began_s = receivers.now_s
    while not receivers.notices.given_up():
        assert receivers.now_s <= began_s + DAY_S + 3600
        receivers.now_s += one.send_due()
    assert receivers.now_s >= began_s + DAY_S
    (given_up,) = receivers.notices.given_up()
    assert (given_up.url, given_up.last_error) == (A, f"{A} answered 500")
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert [given_up.id in text and "a day" in text for text in errors] == [True]
    receivers.failing = set()
    one.send_due()
    assert not receivers.taken


def test_after_a_long_time_off_a_notice_has_its_chances(receivers: Receivers) -> None:
    receivers.failing = {A}
    one = receivers.notifying(A)
    one.announce(["上海"], {})
    one.send_due()
    receivers.now_s += 3 * DAY_S
    for _ in range(5):
        receivers.now_s += one.send_due()
    receivers.failing = set()
    receivers.now_s += 60
    one.send_due()
    assert receivers.albums(A) == ["上海"]


def test_a_clock_that_jumps_back_delays_nothing_for_long(receivers: Receivers) -> None:
    receivers.failing = {A}
    one = receivers.notifying(A)
    one.announce(["上海"], {})
    one.send_due()
    receivers.failing = set()
    receivers.now_s -= 40 * DAY_S
    one.send_due()
    assert receivers.albums(A) == ["上海"]


def test_few_of_those_given_up_are_kept(receivers: Receivers) -> None:
    notices = receivers.notices
    for number in range(GIVEN_UP_KEPT + 5):
        notices.add([A], str(number))
        notice = notices.first(A)
        assert notice is not None
        receivers.now_s += 1
        notices.give_up(notice)
    kept = [notice.body for notice in notices.given_up()]
    assert kept == [str(n) for n in reversed(range(5, GIVEN_UP_KEPT + 5))]


# the thread, and a receiver over HTTP


def running(receivers: Receivers, *urls: str) -> Notifying:
    return Notifying(
        notices=Notices(receivers.database), urls=urls, secret="口令", jitter=lambda *_: 0.02
    )


def test_a_receiver_that_comes_back_is_told(receivers: Receivers, listener: Listener) -> None:
    listener.answers = [500, 302, 503]
    one = running(receivers, listener.url)
    one.start()
    try:
        one.announce(["上海"], {"published": 3})
        wait_for(lambda: len(listener.requests) == 4, what="the fourth attempt")
        wait_for(lambda: receivers.notices.first(listener.url) is None, what="the end of it")
    finally:
        one.stop()
    assert len({heard.headers["webhook-id"] for heard in listener.requests}) == 1
    assert len({heard.body for heard in listener.requests}) == 1
    assert json.loads(listener.requests[0].body)["counts"] == {"published": 3}


def test_what_a_killed_leader_owed_is_sent_at_the_next_start(
    receivers: Receivers, listener: Listener
) -> None:
    running(receivers, listener.url).announce(["上海"], {})
    one = running(receivers, listener.url)
    one.start()
    try:
        wait_for(lambda: listener.requests, what="the notice")
    finally:
        one.stop()


def test_it_ends_within_a_second_though_a_receiver_does_not_answer(
    receivers: Receivers, listener: Listener
) -> None:
    listener.answers = [None]
    one = running(receivers, listener.url)
    one.announce(["上海"], {})
    one.start()
    wait_for(lambda: listener.requests, what="the request")
    began_s = time.monotonic()
    one.stop()
    assert time.monotonic() - began_s < 1
    listener.let_go()
    one._thread.join()
    assert receivers.notices.first(listener.url) is not None  # it stays owed


@pytest.mark.parametrize("owes", [False, True])
def test_it_ends_at_once_when_it_has_nothing_to_do(owes: bool, receivers: Receivers) -> None:
    for _ in range(50):
        one = receivers.notifying(A)
        one.start()
        if owes:
            one.announce(["上海"], {})
        began_s = time.monotonic()
        one.stop()
        assert time.monotonic() - began_s < notifying.STOP_S
        assert not one._thread.is_alive()


def test_it_goes_on_after_whatever_happens(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notifying, "LOOK_AGAIN_S", 0.02)
    calls: list[int] = []

    def next_tries(_: object) -> dict[str, float]:
        calls.append(1)
        raise RuntimeError("the disk is broken")

    usual = receivers.notices.next_tries
    monkeypatch.setattr(receivers.notices, "next_tries", next_tries)
    one = receivers.notifying(A)
    one.announce(["上海"], {})
    one.start()
    wait_for(lambda: len(calls) > 2, what="attempts in vain")
    monkeypatch.setattr(receivers.notices, "next_tries", usual)
    wait_for(lambda: receivers.albums(A) == ["上海"], what="the notice")
    one.stop()
    assert "notices stumbled" in caplog.text


def test_a_leader_that_is_stopped_leaves_no_thread(receivers: Receivers) -> None:
    one = receivers.notifying(A)
    one.start()
    assert "gallery-notices" in {thread.name for thread in threading.enumerate()}
    one.stop()
    assert "gallery-notices" not in {thread.name for thread in threading.enumerate()}
