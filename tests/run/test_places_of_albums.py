"""The place that an album's YAML names is that of its photos, before any geocoder's."""

from pathlib import Path
from typing import Any

import pytest

from local_image_process.record.places import Answer
from tests.photos import make_photo
from tests.web.in_process import Gallery

BUND = (31.2397, 121.4992)
PHOTO = "外滩/first one.jpg"


def place_of(site: Gallery, yaml: str) -> Any:
    """Publish a photo that a geocoder knows, in an album that says this; return its place."""
    make_photo(site.library / PHOTO, gps=BUND, size=(64, 48))
    (site.library / "外滩/info.yaml").write_text(yaml, encoding="utf-8")
    site.publish()
    cell = f"{BUND[0]:.3f},{BUND[1]:.3f}"
    answer = Answer(cell=cell, text="上海 · 黄浦区", source="x", asked_of=["x"], again_in_s=None)
    site.records.places.record([answer])
    site.export()
    return site.json("/data/exif_data.json")[PHOTO]["Location"]


@pytest.mark.parametrize(
    ("yaml", "place"),
    [
        pytest.param("title: 夜", "上海 · 黄浦区", id="nothing"),
        pytest.param("location: 上海 · 外滩", "上海 · 外滩", id="a place"),
        pytest.param("location: 121.49, 31.24", "上海 · 黄浦区", id="coordinates"),
        pytest.param("location: 未知", "上海 · 黄浦区", id="that nothing is known"),
    ],
)
def test_what_the_yaml_names_comes_first(tmp_path: Path, yaml: str, place: str) -> None:
    assert place_of(Gallery(tmp_path), yaml) == place


def test_a_hidden_place_is_not_named_either(tmp_path: Path) -> None:
    site = Gallery(tmp_path, GPS_HIDE=f"{BUND[0]},{BUND[1]},500")
    assert place_of(site, "location: 上海 · 外滩") == "外滩", "the album's title"


def test_saving_the_form_as_it_is_shown_corrects_nothing(tmp_path: Path) -> None:
    site = Gallery(tmp_path)
    place = place_of(site, "location: 上海 · 外滩")
    body = {"photoId": PHOTO, "exifData": {"location": place}}
    assert site.log_in().post("/api/photos/update-exif", json=body).status_code == 200
    assert site.records.corrections.of_album("外滩") == {}
