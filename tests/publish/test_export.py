"""Forms that the front-end can read."""

import pytest

from local_image_process.publish.export import exposure_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(1 / 200, "1/200", id="a usual one"),
        pytest.param(1000 / 772797, "1/773", id="a telephone's odd fraction"),
        pytest.param(0.125, "1/8", id="an eighth"),
        pytest.param(1 / 3, "1/3", id="a third"),
        pytest.param(0.4, "0.4", id="between fractions"),
        pytest.param(0.5, "1/2", id="a half"),
        pytest.param(1.0, "1", id="one"),
        pytest.param(1.3, "1.3", id="longer"),
        pytest.param(30.0, "30", id="half a minute"),
        pytest.param(0.0, "0", id="none"),
    ],
)
def test_exposure_times_read_as_photographers_write_them(seconds: float, text: str) -> None:
    assert exposure_text(seconds) == text
