"""Places in the words that the front-end groups by."""

import pytest

from local_image_process.places.words import LONGEST, place_text


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        pytest.param(("浙江省", "上城区", "清波街道"), "浙江 · 上城区 · 清波街道", id="province"),
        pytest.param(
            ("北京市", "西城区", "西长安街街道"), "北京 · 西城区 · 西长安街街道", id="city"
        ),
        pytest.param(("北京市", "北京市", "西城区"), "北京 · 西城区", id="municipality once"),
        pytest.param(("湖北省", "仙桃市", "仙桃市"), "湖北 · 仙桃市", id="said before"),
        pytest.param(("新疆维吾尔自治区", "天山区"), "新疆 · 天山区", id="新疆"),
        pytest.param(("内蒙古自治区", "新城区"), "内蒙古 · 新城区", id="内蒙古"),
        pytest.param(("广西壮族自治区", "青秀区"), "广西 · 青秀区", id="广西"),
        pytest.param(("宁夏回族自治区",), "宁夏", id="宁夏"),
        pytest.param(("香港特别行政区", "中西区"), "香港 · 中西区", id="香港"),
        pytest.param(
            ("浙江省", "", None, [], "清波街道"), "浙江 · 清波街道", id="unknown in between"
        ),
        pytest.param(("日本", "京都府", "京都市"), "日本 · 京都府 · 京都市", id="abroad"),
        pytest.param(("A, B", "C，D"), "A B · C D", id="no comma: the front-end cuts there"),
        pytest.param((" 浙江\t省\n", "上\0城区"), "浙江 · 上城区", id="white and unprintable"),
        pytest.param(("省", "市"), "省 · 市", id="nothing but an ending"),
        pytest.param(("长" * 200,), "长" * LONGEST, id="endless"),
        pytest.param((), None, id="nothing"),
        pytest.param(("", " ", [], {}, None, 5, "，"), None, id="no words"),
    ],
)
def test_a_place_in_words(parts: tuple[object, ...], text: str | None) -> None:
    assert place_text(*parts) == text
