"""Nominatim: its usage policy, and what its answers mean."""

from typing import Any

import pytest

from local_image_process.errors import PlaceRefused, PlaceTooFast, PlaceUnavailable
from local_image_process.places import nominatim
from tests.places.map_server import KYOTO, UNABLE, MapServer, Reply, geocodejson, maps

CONTACT = "wang@photos.example"

__all__ = ["maps"]  # a fixture


def place_at(maps: MapServer, latitude: float = 35.011, longitude: float = 135.768) -> str | None:
    ask = nominatim.geocoder(contact=CONTACT, url=maps.url, timeout_s=(0.5, 0.5))
    return ask(latitude, longitude)


def test_it_is_asked_for_suburbs_in_chinese(maps: MapServer) -> None:
    maps.replies = [KYOTO]
    assert place_at(maps, 35.0114, 135.7681) == "日本 · 京都府 · 京都市"
    (question,) = maps.questions
    assert question.path == "/reverse"
    assert question.query == {
        "format": "geocodejson",
        "lat": "35.011",
        "lon": "135.768",
        "zoom": "14",
        "layer": "address",
        "addressdetails": "1",
        "accept-language": "zh-Hans,zh-CN,zh",
    }


def test_it_is_told_who_asks_and_whom_to_write_to(maps: MapServer) -> None:
    maps.replies = [KYOTO]
    place_at(maps)
    agent = maps.questions[0].headers["user-agent"]
    assert agent.startswith("local-image-process/")
    assert agent.endswith(f"({CONTACT})")


def test_no_more_than_one_question_a_second() -> None:
    assert nominatim.PACE_S >= 1.0


@pytest.mark.parametrize(
    ("geocoding", "text"),
    [
        pytest.param(
            {
                "country": "中国",
                "country_code": "cn",
                "city": "上城区",
                "admin": {
                    "level2": "中国",
                    "level4": "浙江省",
                    "level5": "杭州市",
                    "level6": "上城区",
                    "level8": "清波街道",
                },
            },
            "浙江 · 上城区 · 清波街道",
            id="杭州",
        ),
        pytest.param(
            {
                "country_code": "cn",
                "admin": {"level4": "上海市", "level6": "黄浦区", "level8": "外滩街道"},
            },
            "上海 · 黄浦区 · 外滩街道",
            id="上海",
        ),
        pytest.param(
            {"country_code": "cn", "admin": {"level4": "广东省", "level5": "东莞市"}},
            "广东 · 东莞市",
            id="no districts",
        ),
        pytest.param(
            {"country_code": "cn", "state": "西藏自治区", "city": "札达县", "admin": {}},
            "西藏 · 札达县",
            id="no borders on the map",
        ),
        pytest.param(
            {
                "country_code": "cn",
                "admin": {"level3": "香港", "level5": "香港島", "level6": "中西區"},
            },
            "香港 · 中西區",
            id="香港",
        ),
        pytest.param(
            {"country_code": "fr", "country": "法国", "state": "法兰西岛大区", "city": "巴黎"},
            "法国 · 法兰西岛大区 · 巴黎",
            id="巴黎",
        ),
        pytest.param(
            {
                "country_code": "jp",
                "country": "日本",
                "admin": {"level4": "北海道"},
                "name": "美瑛町",
            },
            "日本 · 北海道 · 美瑛町",
            id="the town itself",
        ),
        pytest.param(
            {"country_code": "sg", "country": "新加坡", "city": "新加坡"},
            "新加坡",
            id="a city state",
        ),
        pytest.param({"country_code": "aq", "admin": []}, None, id="no names"),
    ],
)
def test_places(geocoding: dict[str, Any], text: str | None, maps: MapServer) -> None:
    maps.replies = [geocodejson(**geocoding)]
    assert place_at(maps) == text


def test_a_single_feature_is_understood_too(maps: MapServer) -> None:
    maps.replies = [geocodejson(features="one", country="日本", city="东京")]
    assert place_at(maps) == "日本 · 东京"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(UNABLE), id="nothing there"),
        pytest.param(Reply(UNABLE, status=404), id="nothing there, not found"),
        pytest.param(Reply({"features": []}), id="no feature"),
        pytest.param(Reply({"features": [{"properties": None}]}), id="no properties"),
        pytest.param(Reply({"features": "?"}), id="nonsense"),
    ],
)
def test_where_nothing_is_nobody_knows(reply: Reply, maps: MapServer) -> None:
    maps.replies = [reply]
    assert place_at(maps) is None


@pytest.mark.parametrize(
    ("headers", "rest_s"),
    [
        pytest.param({}, 600.0, id="without a word"),
        pytest.param({"Retry-After": "3600"}, 3600.0, id="for an hour"),
        pytest.param({"Retry-After": "5"}, 600.0, id="for a moment: rather longer"),
        pytest.param(
            {
                "Date": "Wed, 04 Mar 2026 04:00:00 GMT",
                "Retry-After": "Wed, 04 Mar 2026 05:00:00 GMT",
            },
            3600.0,
            id="until a time",
        ),
        pytest.param({"Retry-After": "soon"}, 600.0, id="nonsense"),
    ],
)
def test_asked_too_often_it_is_left_alone(
    headers: dict[str, str], rest_s: float, maps: MapServer
) -> None:
    maps.replies = [Reply(b"", 429, headers)]
    with pytest.raises(PlaceTooFast) as error:
        place_at(maps)
    assert error.value.rest_s == rest_s


def test_a_block_is_told_with_what_to_do(maps: MapServer) -> None:
    maps.replies = [Reply(b"<html>Access blocked</html>", 403)]
    with pytest.raises(PlaceRefused, match="usage policy, set GEOCODER_CONTACT right"):
        place_at(maps)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply({"error": {"code": 400, "message": "?"}}, 400), id="bad request"),
        pytest.param(Reply({"error": {"code": 500, "message": "?"}}), id="error in an object"),
        pytest.param(Reply(b"<html>", 503), id="down"),
        pytest.param(Reply(b"<html>"), id="somebody else answers"),
        pytest.param(None, id="silence"),
    ],
)
def test_what_passes_is_tried_again(reply: Reply | None, maps: MapServer) -> None:
    maps.replies = [reply]
    with pytest.raises(PlaceUnavailable, match="Nominatim") as error:
        place_at(maps)
    assert not isinstance(error.value, PlaceTooFast)
    assert CONTACT not in str(error.value)
