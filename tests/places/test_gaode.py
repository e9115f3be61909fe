"""Gaode: how it is asked, and what its answers mean."""

import logging
import traceback
from collections.abc import Callable
from datetime import datetime

import pytest

from local_image_process.errors import PlaceRefused, PlaceTooFast, PlaceUnavailable
from local_image_process.places import gaode
from local_image_process.places.coordinates import to_gcj02
from tests.live import free_port
from tests.places.map_server import HANGZHOU, MapServer, Reply, maps, refusal, regeo

KEY = "key-of-the-map-0123456789"
WEST_LAKE = (30.245, 120.150)
NOON_S = datetime.fromisoformat("2026-03-04T12:00:00+08:00").timestamp()

__all__ = ["maps"]  # a fixture


def geocoder(url: str, *, now_s: float = NOON_S) -> Callable[[float, float], str | None]:
    return gaode.geocoder(key=KEY, url=url, clock=lambda: now_s, timeout_s=(0.5, 0.5))


def test_a_place_is_told_as_province_district_and_street(maps: MapServer) -> None:
    maps.replies = [HANGZHOU]
    assert geocoder(maps.url)(*WEST_LAKE) == "浙江 · 上城区 · 清波街道"


def test_it_is_asked_in_its_own_coordinates(maps: MapServer) -> None:
    maps.replies = [HANGZHOU]
    geocoder(maps.url)(*WEST_LAKE)
    (question,) = maps.questions
    assert question.path == "/v3/geocode/regeo"
    latitude, longitude = to_gcj02(*WEST_LAKE)
    location = f"{longitude:.6f},{latitude:.6f}"
    assert question.query == {"key": KEY, "location": location, "output": "JSON"}
    assert not location.startswith("120.150")  # the GPS's own would be 500 m away
    assert question.headers["user-agent"].startswith("local-image-process/")


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        pytest.param(
            regeo("北京市", [], "西城区", "西长安街街道"), "北京 · 西城区 · 西长安街街道", id="北京"
        ),
        pytest.param(
            regeo("广东省", "东莞市", [], "莞城街道"), "广东 · 东莞市 · 莞城街道", id="no districts"
        ),
        pytest.param(regeo("湖北省", [], "仙桃市", []), "湖北 · 仙桃市", id="no city, no street"),
        pytest.param(regeo("新疆维吾尔自治区", "喀什地区", "塔县"), "新疆 · 塔县", id="新疆"),
        pytest.param(regeo("香港特别行政区", [], "中西区", []), "香港 · 中西区", id="香港"),
        pytest.param(regeo([], [], [], [], country=[], adcode=[]), None, id="beyond the border"),
        pytest.param(
            regeo("中华人民共和国", adcode="100000"), None, id="at sea, the whole country"
        ),
        pytest.param(
            Reply({"status": "1", "infocode": "10000", "regeocode": []}), None, id="nothing"
        ),
        pytest.param(
            Reply({"status": "1", "infocode": "10000", "regeocode": {"addressComponent": []}}),
            None,
            id="no parts",
        ),
    ],
)
def test_other_places(reply: Reply, text: str | None, maps: MapServer) -> None:
    maps.replies = [reply]
    assert geocoder(maps.url)(*WEST_LAKE) == text


def test_abroad_it_is_not_asked(maps: MapServer) -> None:
    assert geocoder(maps.url)(48.858, 2.294) is None
    assert not maps.questions


@pytest.mark.parametrize("infocode", ["10045", "20011", "20800"])
def test_a_place_this_key_may_not_ask_about_is_not_known(infocode: str, maps: MapServer) -> None:
    maps.replies = [refusal(infocode)]
    assert geocoder(maps.url)(*WEST_LAKE) is None


@pytest.mark.parametrize("infocode", ["10003", "10044"])
@pytest.mark.parametrize(
    ("now", "rest_s"),
    [
        pytest.param("2026-03-04T12:00:00+08:00", 12 * 3600, id="noon in Beijing"),
        pytest.param("2026-03-04T15:59:00+00:00", 60, id="a minute before midnight in Beijing"),
        pytest.param("2026-03-04T16:00:00+00:00", 24 * 3600, id="midnight in Beijing"),
    ],
)
def test_a_used_up_quota_rests_until_the_next_day_in_beijing(
    infocode: str, now: str, rest_s: float, maps: MapServer
) -> None:
    maps.replies = [refusal(infocode, "DAILY_QUERY_OVER_LIMIT")]
    with pytest.raises(PlaceUnavailable, match=rf"used up \({infocode}\).*tomorrow") as error:
        geocoder(maps.url, now_s=datetime.fromisoformat(now).timestamp())(*WEST_LAKE)
    assert error.value.rest_s == rest_s
    assert not isinstance(error.value, PlaceTooFast)


@pytest.mark.parametrize(
    ("infocode", "rest_s"),
    [("10004", 60.0), ("10014", 1.0), ("10019", 1.0), ("10020", 1.0), ("10021", 1.0)],
)
def test_asked_too_often_it_wants_us_slower(infocode: str, rest_s: float, maps: MapServer) -> None:
    maps.replies = [refusal(infocode, "CUQPS_HAS_EXCEEDED_THE_LIMIT")]
    with pytest.raises(PlaceTooFast, match=infocode) as error:
        geocoder(maps.url)(*WEST_LAKE)
    assert error.value.rest_s == rest_s


@pytest.mark.parametrize(
    ("infocode", "advice"),
    [
        pytest.param("10001", "correct GAODE_KEY", id="wrong key"),
        pytest.param("10009", "make one for “Web服务”", id="key for another platform"),
        pytest.param("10005", "not on the key's list", id="machine not listed"),
        pytest.param("10007", "switch 数字签名 off", id="signature wanted"),
        pytest.param("10013", "deleted", id="key deleted"),
        pytest.param("40000", "buy more", id="prepaid quota used up"),
    ],
)
def test_a_wrong_key_is_told_with_what_to_do(infocode: str, advice: str, maps: MapServer) -> None:
    maps.replies = [refusal(infocode, "INVALID_USER_KEY")]
    with pytest.raises(PlaceRefused) as error:
        geocoder(maps.url)(*WEST_LAKE)
    told = str(error.value)
    assert f"refuses GAODE_KEY ({infocode})" in told
    assert advice in told
    assert told.endswith("then restart")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(refusal("20003", "UNKNOWN_ERROR"), "answered infocode 20003", id="unknown"),
        pytest.param(refusal("30001"), "answered infocode 30001", id="engine"),
        pytest.param(Reply(b"<html>", status=502), "status 502, and no place", id="gateway"),
        pytest.param(Reply([1, 2]), "status 200, and no place", id="a list"),
        pytest.param(Reply(b'{"status": "1", '), "status 200", id="cut off"),
        pytest.param(Reply(b"x" * 300_000), "status 200", id="endless"),
        pytest.param(Reply({}, 302, {"Location": "/elsewhere"}), "status 302", id="elsewhere"),
        pytest.param(Reply({"infocode": "10\n1"}), "status 200", id="nonsense in the infocode"),
        pytest.param(None, "did not answer in time", id="silence"),
    ],
)
def test_what_passes_is_tried_again(reply: Reply | None, told: str, maps: MapServer) -> None:
    maps.replies = [reply]
    with pytest.raises(PlaceUnavailable, match=told) as error:
        geocoder(maps.url)(*WEST_LAKE)
    assert error.value.rest_s == 0.0
    assert "\n" not in str(error.value)
    assert len(maps.questions) == 1  # no redirect was followed


def test_a_busy_gateway_says_for_how_long(maps: MapServer) -> None:
    maps.replies = [Reply(b"", 503, {"Retry-After": "120"})]
    with pytest.raises(PlaceUnavailable) as error:
        geocoder(maps.url)(*WEST_LAKE)
    assert error.value.rest_s == 120.0


def nobody() -> str:
    """Return an address where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


def test_the_key_is_in_no_error_and_no_log(
    maps: MapServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    maps.replies = [refusal("10001"), refusal("10003"), refusal("10021"), Reply(b""), None]
    addresses = [maps.url] * len(maps.replies)
    addresses += [nobody(), "http://", "http://[", maps.url.replace("http:", "https:")]
    for address in addresses:
        with pytest.raises((PlaceUnavailable, PlaceRefused)) as error:
            geocoder(address)(*WEST_LAKE)
        told = "".join(traceback.format_exception(error.value)) + repr(error.value)
        assert KEY not in told
        assert "location=" not in told
    assert KEY not in caplog.text
    assert KEY not in repr(geocoder(maps.url))
