"""What of a place gets into public files, through the whole program."""

import re
from pathlib import Path
from typing import Any

import pytest

from local_image_process.record.places import Answer
from local_image_process.run.assembly import privacy
from tests.photos import make_photo
from tests.web.in_process import Gallery

HOME, BUND = (31.2304, 121.4737), (31.2397, 121.4992)
HOME_CIRCLE = "31.2300,121.4740,300"
PLACE = "上海 · 黄浦区 · 人民广场"
EVERYTHING = ("albums", "exif_data", "likes")
API = ("exif", "map", "albums")


def gallery_of(folder: Path, **environ: str) -> Gallery:
    site = Gallery(folder, **environ)
    make_photo(site.library / "家/first one.jpg", gps=HOME, size=(64, 48))
    make_photo(site.library / "外滩/second one.jpg", gps=BUND, size=(64, 48), seed=1)
    return site


def publish(site: Gallery) -> None:
    site.publish()
    cell = f"{HOME[0]:.3f},{HOME[1]:.3f}"
    site.records.places.record(
        [Answer(cell=cell, text=PLACE, source="gaode", asked_of=["gaode"], again_in_s=None)]
    )
    site.export()


def public_text(site: Gallery) -> str:
    """Return everything that anybody may read, but the pictures."""
    answers = [site.get(f"/data/{name}.json") for name in EVERYTHING]
    answers += [site.get(f"/api/data/{name}") for name in API]
    answers.append(site.get("/api/photos/list?withExif=true"))
    yaml = [path.read_text("utf-8") for path in site.data.rglob("info.yaml")]
    assert all(answer.status_code == 200 for answer in answers)
    assert len(yaml) == 2
    return "\n".join([*(answer.get_data(as_text=True) for answer in answers), *yaml])


def facts(site: Gallery, key: str) -> Any:
    return site.json("/data/exif_data.json")[key]


@pytest.fixture
def at_home(tmp_path: Path) -> Gallery:
    return gallery_of(tmp_path, GPS_HIDE=f" {HOME_CIRCLE} ; ")


def test_a_hidden_place_is_in_no_public_file(at_home: Gallery) -> None:
    publish(at_home)
    text = public_text(at_home)
    assert "31.239" in text, "the other photo's"
    assert PLACE not in text
    assert not re.search(r"31\.230|121\.47", text)
    assert facts(at_home, "家/first one.jpg")["Location"] == "家", "the album's title"


def test_without_a_hidden_place_it_is_told(tmp_path: Path) -> None:
    site = gallery_of(tmp_path)
    publish(site)
    assert facts(site, "家/first one.jpg")["Location"] == PLACE
    assert facts(site, "家/first one.jpg")["Latitude"] == pytest.approx(HOME[0])


def test_a_change_of_mind_is_followed_by_all_that_is_published(tmp_path: Path) -> None:
    publish(gallery_of(tmp_path))
    site = Gallery(tmp_path, GPS_PRIVACY="none")
    assert site.publish()["rendered"] == 0
    assert "31.2" not in public_text(site)


def test_an_album_may_keep_its_coordinates_for_itself(tmp_path: Path) -> None:
    site = gallery_of(tmp_path)
    (site.library / "家/info.yaml").write_text("gps: none\n", encoding="utf-8")
    publish(site)
    assert facts(site, "家/first one.jpg")["Latitude"] is None
    assert facts(site, "家/first one.jpg")["Location"] == PLACE, "a name is no coordinate"
    assert facts(site, "外滩/second one.jpg")["Latitude"] == pytest.approx(BUND[0])
    assert [photo["id"] for photo in site.json("/api/data/map")] == ["外滩/second one.webp"]

    (site.library / "外滩/info.yaml").write_text("gps: coarse\n", encoding="utf-8")
    publish(site)
    assert facts(site, "外滩/second one.jpg")["Latitude"] == 31.24


def correct(site: Gallery, **changed: Any) -> None:
    """Save the editor's form as the front-end does: every field, those not changed as shown."""
    listed = site.json("/api/photos/list?withExif=true")["photos"]
    shown = next(photo for photo in listed if photo["id"] == "家/first one.webp")["exif"]
    names = ("camera_model", "lens_model", "exposure_time", "focal_length", "date_time")
    form = {name: shown[name] or "" for name in (*names, "location")}
    form |= {name: shown[name] for name in ("f_number", "iso", "latitude", "longitude")}
    body = {"photoId": "家/first one.webp", "exifData": form | changed}
    assert site.log_in().post("/api/photos/update-exif", json=body).status_code == 200
    site.export()


def test_saving_what_is_shown_roughly_corrects_nothing(tmp_path: Path) -> None:
    site = gallery_of(tmp_path, GPS_PRIVACY="coarse")
    publish(site)
    correct(site, camera_model="Leica M6")
    kept = site.records.corrections.of_album("家")["家/first one"]
    assert kept.exif.camera == "Leica M6"
    assert kept.exif.latitude_deg is None
    assert facts(site, "家/first one.jpg")["Latitude"] == 31.23


def test_a_secret_typed_by_hand_stays_secret(at_home: Gallery) -> None:
    publish(at_home)
    correct(at_home, latitude=HOME[0], longitude=HOME[1])
    assert "31.23" not in public_text(at_home).replace("31.239", "")
    correct(at_home, latitude=BUND[0], longitude=BUND[1])
    assert facts(at_home, "家/first one.jpg")["Latitude"] == pytest.approx(BUND[0])
    assert facts(at_home, "家/first one.jpg")["Location"] == "家", "not where it really was taken"


def test_what_other_sites_hear_tells_no_more_than_the_settings_allow(tmp_path: Path) -> None:
    site = gallery_of(tmp_path)
    publish(site)
    correct(site, latitude=31.23001, longitude=121.47399)
    strict = Gallery(tmp_path, GPS_HIDE=HOME_CIRCLE)
    told = strict.records.interactions.file(privacy(strict.settings).told_of)
    assert b"31.23001" in strict.records.interactions.file()
    assert b"31.23001" not in told
    assert b"first one" in told, "the correction itself"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"info.yaml": "hidden: true\ntitle: [oops"}, id="broken"),
        pytest.param({"a.yaml": "hidden: true", "b.yaml": "title: b"}, id="two files"),
        pytest.param({"info.yaml": "hidden: perhaps"}, id="a word that means nothing"),
    ],
)
def test_a_new_album_is_kept_back_until_its_yaml_is_understood(
    tmp_path: Path, files: dict[str, str]
) -> None:
    site = gallery_of(tmp_path)
    for name, text in files.items():
        (site.library / "家" / name).write_text(text, encoding="utf-8")
    site.publish()
    assert list(site.json("/data/albums.json")) == ["外滩"]
    assert "album" in {finding.kind for finding in site.check()}
    for name in files:
        (site.library / "家" / name).unlink()
    (site.library / "家/info.yaml").write_text("title: 家", encoding="utf-8")
    site.publish()
    assert set(site.json("/data/albums.json")) == {"外滩", "家"}


def test_a_public_album_stays_while_its_yaml_is_broken(tmp_path: Path) -> None:
    site = gallery_of(tmp_path)
    site.publish()
    (site.library / "家/info.yaml").write_text("title: [oops", encoding="utf-8")
    assert site.publish()["withdrawn"] == 0
    assert set(site.json("/data/albums.json")) == {"外滩", "家"}
