"""Where Gaode's maps are asked, and how far they lie beside the GPS."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_image_process.places.coordinates import is_in_gaode_area, to_gcj02


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [  # known pairs, from the tests of googollee/eviltransform
        pytest.param((31.1774276, 121.5272106), (31.17530398, 121.53154186), id="上海"),
        pytest.param((22.543847, 113.912316), (22.54079613, 113.91717648), id="深圳"),
        pytest.param((39.911954, 116.377817), (39.91334546, 116.38404722), id="北京"),
    ],
)
def test_known_points_are_converted(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-8)


@given(latitude=st.floats(18, 53.5), longitude=st.floats(73.5, 135))
def test_gcj02_lies_some_hundred_metres_beside(latitude: float, longitude: float) -> None:
    north, east = to_gcj02(latitude, longitude)
    metres = 111_200 * math.hypot(
        north - latitude, (east - longitude) * math.cos(math.radians(latitude))
    )
    assert metres < 1200


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        pytest.param(39.908, 116.397, id="北京"),
        pytest.param(31.240, 121.491, id="上海"),
        pytest.param(53.483, 122.370, id="漠河, northernmost"),
        pytest.param(48.367, 134.290, id="抚远, easternmost town"),
        pytest.param(47.960, 134.700, id="乌苏镇, easternmost"),
        pytest.param(37.775, 75.230, id="塔什库尔干"),
        pytest.param(39.470, 75.990, id="喀什, westernmost city"),
        pytest.param(18.253, 109.504, id="三亚, southernmost city"),
        pytest.param(16.834, 112.338, id="永兴岛"),
        pytest.param(29.325, 95.333, id="墨脱"),
        pytest.param(27.480, 88.910, id="亚东"),
        pytest.param(31.480, 79.800, id="札达"),
        pytest.param(30.290, 81.180, id="普兰"),
        pytest.param(43.150, 81.130, id="昭苏"),
        pytest.param(48.700, 87.010, id="喀纳斯"),
        pytest.param(46.670, 90.380, id="青河"),
        pytest.param(42.270, 101.050, id="额济纳 (达来呼布)"),
        pytest.param(21.140, 101.690, id="勐腊"),
        pytest.param(24.010, 97.850, id="瑞丽"),
        pytest.param(21.540, 107.970, id="东兴"),
        pytest.param(43.650, 111.980, id="二连浩特"),
        pytest.param(49.590, 117.430, id="满洲里"),
        pytest.param(47.180, 119.940, id="阿尔山"),
        pytest.param(50.250, 127.530, id="黑河"),
        pytest.param(44.410, 131.150, id="绥芬河"),
        pytest.param(42.870, 130.360, id="珲春"),
        pytest.param(40.120, 124.390, id="丹东"),
        pytest.param(37.400, 122.700, id="成山头"),
        pytest.param(30.730, 122.450, id="嵊泗"),
        pytest.param(27.330, 120.420, id="福鼎"),
        pytest.param(25.510, 119.790, id="平潭"),
        pytest.param(22.281, 114.158, id="香港"),
        pytest.param(22.197, 113.541, id="澳门"),
    ],
)
def test_gaode_is_asked_within_china(latitude: float, longitude: float) -> None:
    assert is_in_gaode_area(latitude, longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        pytest.param(35.681, 139.767, id="東京"),
        pytest.param(37.566, 126.978, id="Seoul"),
        pytest.param(39.030, 125.750, id="Pyongyang"),
        pytest.param(47.920, 106.910, id="Ulaanbaatar"),
        pytest.param(52.290, 104.300, id="Irkutsk"),
        pytest.param(43.120, 131.890, id="Vladivostok"),
        pytest.param(21.030, 105.850, id="Hà Nội"),
        pytest.param(17.970, 102.600, id="Vientiane"),
        pytest.param(21.970, 96.080, id="Mandalay"),
        pytest.param(27.710, 85.320, id="Kathmandu"),
        pytest.param(28.610, 77.210, id="New Delhi"),
        pytest.param(43.250, 76.950, id="Almaty"),
        pytest.param(25.034, 121.565, id="台北: the province's name only"),
        pytest.param(14.600, 120.980, id="Manila"),
        pytest.param(48.858, 2.294, id="Paris"),
        pytest.param(-33.857, 151.215, id="Sydney"),
        pytest.param(40.689, -74.045, id="New York"),
    ],
)
def test_gaode_is_not_asked_abroad(latitude: float, longitude: float) -> None:
    assert not is_in_gaode_area(latitude, longitude)
