"""Stars and corrected facts: what is taken, what lies over what, and how long it lasts."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local_image_process.errors import StoreUnavailable
from local_image_process.model import Exif, Mirrored
from local_image_process.record.database import Database
from local_image_process.record.mirror import Changes
from tests.photos import make_photo
from tests.web.in_process import BARE, FULL, ODD, SHOWN, TAKEN, Gallery, is_error

Make = Callable[..., Gallery]
ID = f"{FULL}.webp"
KEY = f"{FULL}.JPG"
EVERYTHING = {  # as the front-end's editor sends it: all ten fields, always
    "camera_model": "Leica M6",
    "lens_model": "Summicron 1:2/50",
    "exposure_time": "1/60",
    "f_number": 5.6,
    "iso": 100,
    "focal_length": "50mm",
    "location": "江苏省 · 苏州市",
    "date_time": "1998:05:20 14:30:00",
    "latitude": 31.3,
    "longitude": 120.6,
}
EMPTY = {
    **dict.fromkeys(("camera_model", "lens_model", "exposure_time", "focal_length"), ""),
    **dict.fromkeys(("location", "date_time"), ""),
    **dict.fromkeys(("f_number", "iso", "latitude", "longitude")),
}
OWN = {
    "CameraModel": "NIKON Z 6",
    "LensModel": "NIKKOR Z 24-70mm f/4 S",
    "ExposureTime": "1/200",
    "FNumber": "3.2",
    "ISO": "400",
    "FocalLength": "42.4",
    "Latitude": 31.2404,
    "Longitude": 121.4903,
    "DateTime": "2024:07:01 18:30:00",
    "Location": "上海之旅",
}


def give_stars(site: Gallery, star: Any, photo_id: Any = ID) -> TestResponse:
    return site.log_in().post("/api/photos/update-star", json={"photoId": photo_id, "star": star})


def correct(site: Gallery, facts: Any, photo_id: Any = ID) -> TestResponse:
    body = {"photoId": photo_id, "exifData": facts}
    return site.log_in().post("/api/photos/update-exif", json=body)


def said(site: Gallery, photo_id: str = FULL) -> dict[str, Any]:
    """Return what exif_data.json says now of a photo that can be corrected."""
    site.export()
    exif = site.json("/data/exif_data.json")
    (entry,) = [facts for key, facts in exif.items() if key.rpartition(".")[0] == photo_id]
    return {name: value for name, value in entry.items() if name in {*OWN, "star", "likes"}}


def in_editor(site: Gallery, photo_id: str = FULL) -> dict[str, Any]:
    """Return what the editor shows of a photo, and sends back if nothing is changed."""
    site.export()
    photos = site.json("/api/photos/list?withExif=true")["photos"]
    (exif,) = [photo["exif"] for photo in photos if photo["id"] == f"{photo_id}.webp"]
    texts = ("camera_model", "lens_model", "exposure_time", "focal_length", "location", "date_time")
    numbers = ("f_number", "iso", "latitude", "longitude")
    return {name: exif[name] or "" for name in texts} | {name: exif[name] for name in numbers}


def is_done(answer: TestResponse) -> bool:
    told = answer.get_json()
    return answer.status_code == 200 and told["success"] is True and bool(told["message"])


# who


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("/api/photos/star", {"photoPath": KEY, "stars": 4}),
    ("/api/photos/update-star", {"photoId": ID, "star": 4}),
    ("/api/photos/update-exif", {"photoId": ID, "exifData": EVERYTHING}),
]


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_only_the_administrator_may(path: str, body: dict[str, Any], site: Gallery) -> None:
    before = said(site)
    stranger = site.app.test_client()
    stranger.set_cookie("admin-auth", "true")
    for json in (body, {}, {"photoId": "nothing"}):
        answer = stranger.post(path, json=json)
        assert answer.status_code == 401
        assert is_error(answer)
        assert answer.get_json()["error"] == "Unauthorized"
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert site.log_in().post(path, json=body, headers=foreign).status_code == 403
    assert site.log_in().post(path, data=body).status_code == 415
    assert said(site) == before
    done = site.log_in().post(path, json=body)
    assert is_done(done)
    assert done.headers["Cache-Control"] == "no-store"
    assert said(site) != before


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_what_cannot_be_noted_is_not_acknowledged(
    path: str, body: dict[str, Any], site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = site.log_in()

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(Database, "write", full)
    answer = admin.post(path, json=body)
    assert answer.status_code == 503
    assert is_error(answer)


# stars


@pytest.mark.parametrize("star", [0, 0.5, 1, 2.5, 3.0, 5])
def test_stars_come_in_halves(star: float, site: Gallery) -> None:
    assert is_done(give_stars(site, star))
    assert said(site)["star"] == star
    assert type(said(site)["star"]) is (int if float(star).is_integer() else float)
    assert site.json("/api/data/exif")[ID]["star"] == star
    listed = {photo["id"]: photo["star"] for photo in site.json("/api/photos/list")["photos"]}
    assert listed == {f"{name}.webp": 0 for name in SHOWN} | {ID: star}


def test_the_last_stars_count(site: Gallery) -> None:
    for star in (5, 1, 3.5):
        give_stars(site, star)
    assert said(site)["star"] == 3.5


@pytest.mark.parametrize("photo_id", SHOWN)
def test_both_generations_give_stars(photo_id: str, still: Gallery) -> None:
    (key,) = [k for k in still.json("/data/exif_data.json") if k.startswith(f"{photo_id}.")]
    admin = still.log_in()
    assert is_done(admin.post("/api/photos/star", json={"photoPath": key, "stars": 2}))
    assert said(still, photo_id)["star"] == 2
    by_id = {"photoId": f"{photo_id}.webp", "star": 4}
    assert is_done(admin.post("/api/photos/update-star", json=by_id))
    assert said(still, photo_id)["star"] == 4


@pytest.mark.parametrize(
    "star", [None, "4", "", True, False, [], {}, [4], -0.5, 5.5, 6, 0.3, 1e300, 10**30, -1]
)
def test_what_is_no_number_of_stars_is_told_so(star: Any, still: Gallery) -> None:
    answer = give_stars(still, star)
    assert answer.status_code == 400
    assert is_error(answer)


@pytest.mark.parametrize("photo_id", [None, 1, True, [], {}, [ID]])
@pytest.mark.parametrize("change", [give_stars, correct])
def test_what_is_no_photo_id_is_told_so(
    photo_id: Any, change: Callable[..., TestResponse], still: Gallery
) -> None:
    answer = change(still, {} if change is correct else 3, photo_id)
    assert answer.status_code == 400
    assert is_error(answer)


@pytest.mark.parametrize(
    "photo_id",
    [
        "nothing",
        "上海/nothing.webp",
        "秘密/hidden one.webp",
        "\0",
        "http://[",
        "x" * 9999,
        "..",
        "%",
    ],
)
@pytest.mark.parametrize("change", [give_stars, correct])
def test_a_photo_that_is_not_there_is_told_so(
    photo_id: str, change: Callable[..., TestResponse], still: Gallery
) -> None:
    answer = change(still, {"iso": 100} if change is correct else 3, photo_id)
    assert answer.status_code == 404
    assert is_error(answer)
    assert answer.get_json()["message"] == "照片不存在"


# corrections


def test_a_correction_lies_over_what_the_file_says(site: Gallery) -> None:
    assert said(site) == OWN
    assert is_done(correct(site, EVERYTHING))
    assert said(site) == {
        "CameraModel": "Leica M6",
        "LensModel": "Summicron 1:2/50",
        "ExposureTime": "1/60",
        "FNumber": "5.6",
        "ISO": "100",
        "FocalLength": "50.0",
        "Latitude": 31.3,
        "Longitude": 120.6,
        "DateTime": "1998:05:20 14:30:00",
        "Location": "江苏省 · 苏州市",
    }
    assert in_editor(site) == EVERYTHING | {"focal_length": "50.0"}
    (place,) = [place for place in site.json("/api/data/map") if place["id"] == ID]
    assert (place["latitude"], place["longitude"]) == (31.3, 120.6)
    assert site.json("/data/albums.json")["上海"]["date"] == "1998-05-20"


def test_an_emptied_field_falls_back(site: Gallery) -> None:
    correct(site, EVERYTHING)
    for name in EVERYTHING:
        pair = ("latitude", "longitude") if name.endswith("itude") else (name,)
        assert is_done(correct(site, EVERYTHING | {one: EMPTY[one] for one in pair}))
        shown = in_editor(site)
        changed = {one for one in shown if shown[one] not in {EVERYTHING[one], "50.0"}}
        assert changed == set(pair)
    assert is_done(correct(site, EMPTY))
    assert said(site) == OWN
    assert site.records.corrections.of_album("上海") == {}


@pytest.mark.parametrize("nothing", ["", None, "  ", "未知", "Unknown", "未知时间", "null"])
def test_many_words_mean_nothing(nothing: Any, still: Gallery) -> None:
    correct(still, EVERYTHING)
    assert is_done(correct(still, dict.fromkeys(EVERYTHING, nothing)))
    assert still.records.corrections.of_album("上海") == {}


def test_what_is_sent_back_unchanged_corrects_nothing(site: Gallery) -> None:
    for photo_id in SHOWN:
        before = said(site, photo_id)
        assert is_done(correct(site, in_editor(site, photo_id), f"{photo_id}.webp"))
        assert said(site, photo_id) == before
        assert site.records.corrections.of_album(photo_id.partition("/")[0]) == {}


def test_an_albums_new_title_shows_though_the_old_was_sent_back(site: Gallery) -> None:
    correct(site, in_editor(site) | {"iso": 800})
    (site.library / "上海/info.yaml").write_text("title: 夜上海\n", encoding="utf-8")
    site.publish()
    assert said(site)["Location"] == "夜上海"
    assert said(site)["ISO"] == "800"


def test_what_is_not_sent_stays_as_it_was(site: Gallery) -> None:
    correct(site, {"iso": 800})
    correct(site, {"camera_model": "Leica M6"})
    correct(site, {})
    assert said(site) == OWN | {"ISO": "800", "CameraModel": "Leica M6"}


def test_each_photo_has_its_own_correction(site: Gallery) -> None:
    for number, photo_id in enumerate(SHOWN, start=1):
        assert is_done(correct(site, {"iso": number}, f"{photo_id}.webp"))
    assert [said(site, photo_id)["ISO"] for photo_id in SHOWN] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"focal_length": "50mm"}, {"FocalLength": "50.0"}),
        ({"focal_length": "50 MM"}, {"FocalLength": "50.0"}),
        ({"focal_length": 35}, {"FocalLength": "35.0"}),
        ({"exposure_time": "1/125s"}, {"ExposureTime": "1/125"}),
        ({"exposure_time": "30s"}, {"ExposureTime": "30"}),
        ({"exposure_time": 0.001}, {"ExposureTime": "1/1000"}),
        ({"exposure_time": 0.00001}, {"ExposureTime": "1/100000"}),
        ({"f_number": "f/2.8"}, {"FNumber": "2.8"}),
        ({"f_number": "ƒ/1.4"}, {"FNumber": "1.4"}),
        ({"f_number": 8}, {"FNumber": "8.0"}),
        ({"iso": "ISO"}, None),
        ({"iso": "3200"}, {"ISO": "3200"}),
        ({"iso": 102400}, {"ISO": "102400"}),
        ({"camera_model": " 海鸥 4A "}, {"CameraModel": "海鸥 4A"}),
        ({"camera_model": "4"}, {"CameraModel": "4"}),
        ({"camera_model": "📷\u202e"}, {"CameraModel": "📷\u202e"}),
        ({"date_time": "2024-04-04 18:03:45"}, {"DateTime": "2024:04:04 18:03:45"}),
        ({"date_time": "0001:01:01 00:00:00"}, {"DateTime": "0001:01:01 00:00:00"}),
        ({"latitude": 0.00001, "longitude": -180}, {"Latitude": 0.00001, "Longitude": -180.0}),
        ({"latitude": "30.5", "longitude": "120"}, {"Latitude": 30.5, "Longitude": 120.0}),
        ({"latitude": 30.5}, {"Latitude": 30.5}),
        ({"longitude": 120, "latitude": None}, {"Longitude": 120.0}),
    ],
    ids=repr,
)
def test_units_are_understood(
    facts: dict[str, Any], shown: dict[str, Any] | None, still: Gallery
) -> None:
    answer = correct(still, facts)
    assert is_done(answer) is (shown is not None)
    entry = said(still)
    assert {name: entry[name] for name in OWN} == OWN | (shown or {})
    correct(still, EMPTY)


def facts_with(name: str, *wrong: Any) -> Iterator[dict[str, Any]]:
    """Return corrections of which one field is wrong."""
    whole = {"latitude": 30, "longitude": 120} if name.endswith("itude") else {}
    yield from (whole | {name: one} for one in wrong)


@pytest.mark.parametrize(
    "facts",
    [
        *facts_with("f_number", "abc", -1, 0, "1/0", 1e-320, True, [], {}, [2.8]),
        *facts_with("iso", "abc", -100, 0.2, False, {}, 1e300, 10**400),
        *facts_with("exposure_time", "abc", "1/0", "0", -1, "0." + "0" * 330 + "1"),
        *facts_with("focal_length", "mm", "-50mm", 0, [50], {"x": 1}),
        *facts_with("date_time", "昨天", "2024", "2024:13:01 00:00:00", 20240404, 1.5),
        *facts_with("camera_model", True, [], {}, ["Leica"], 0, 4.5),
        *facts_with("location", True, [], {}, [120, 30], 0),
        *facts_with("latitude", 91, -90.1, "北", True, [], 1e300),
        *facts_with("longitude", 181, "东", False, {}, -1e300),
    ],
    ids=lambda facts: repr(facts)[:60],
)
def test_what_cannot_be_understood_is_told_so_and_changes_nothing(
    facts: dict[str, Any], still: Gallery
) -> None:
    answer = correct(still, {"iso": 777} | facts)
    assert answer.status_code == 400
    assert is_error(answer)
    assert answer.get_json()["message"].startswith("缺少EXIF数据或格式不正确")
    assert still.records.corrections.of_album("上海") == {}


@pytest.mark.parametrize("facts", [None, "", "iso=100", 1, True, [], [EVERYTHING]])
def test_facts_come_by_name(facts: Any, still: Gallery) -> None:
    answer = correct(still, facts)
    assert answer.status_code == 400
    assert answer.get_json()["message"] == "缺少EXIF数据或格式不正确"


def test_mistakes_are_told_in_the_contracts_words(still: Gallery) -> None:
    admin = still.log_in()

    def message(body: dict[str, Any]) -> str:
        return str(admin.post("/api/photos/update-exif", json=body).get_json()["message"])

    assert message({"exifData": {}}) == "缺少照片ID"
    assert message({"photoId": "", "exifData": {}}) == "缺少照片ID"
    assert message({"photoId": ID}) == "缺少EXIF数据或格式不正确"


def test_half_of_a_place_is_no_place(site: Gallery) -> None:
    for half in ({"latitude": 30}, {"longitude": 120}):
        answer = correct(site, EMPTY | half, f"{BARE}.webp")
        assert answer.status_code == 400
        assert "latitude 和 longitude 应同时填写" in answer.get_json()["message"]
    assert is_done(correct(site, EMPTY | {"latitude": 30, "longitude": 120}, f"{BARE}.webp"))
    assert {place["id"] for place in json_of_map(site)} == {ID, f"{BARE}.webp", f"{ODD}.webp"}
    assert is_done(correct(site, EMPTY, f"{BARE}.webp"))
    assert {place["id"] for place in json_of_map(site)} == {ID, f"{ODD}.webp"}


def test_a_place_on_the_equator_is_kept_but_not_on_the_map(site: Gallery) -> None:
    """The front-end's pages leave out a coordinate that is 0."""
    assert is_done(correct(site, {"latitude": 0, "longitude": 109.3}))
    assert (said(site)["Latitude"], said(site)["Longitude"]) == (0.0, 109.3)
    assert {place["id"] for place in json_of_map(site)} == {f"{ODD}.webp"}


def test_an_albums_title_may_be_said_instead_of_a_known_place(site: Gallery) -> None:
    photo = Mirrored(
        album_id="苏州",
        name="DSC04060",
        suffix=".JPG",
        version="0123abcd",
        thumb_edges_px=(),
        exif=Exif(),
        place="江苏省 · 苏州市",
    )
    site.records.mirror.change(Changes(photos=[photo]))
    for place, kept in (("江苏省 · 苏州市", None), ("苏州", "苏州"), ("", None)):
        assert is_done(correct(site, {"location": place, "iso": 100}, "苏州/DSC04060.webp"))
        assert site.records.corrections.of_album("苏州")[photo.id].place == kept


def json_of_map(site: Gallery) -> list[dict[str, Any]]:
    site.export()
    return list(site.json("/api/data/map"))


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)", "\u2028", "a\0b", '"\\', "x" * 90_000]
)
def test_any_words_are_kept_as_words(text: str, still: Gallery) -> None:
    assert is_done(correct(still, {"location": text, "camera_model": text}))
    shown = said(still)
    assert len(shown["Location"]) <= 500
    if text.isprintable() and len(text) < 500:
        assert (shown["Location"], shown["CameraModel"]) == (text, text)
    assert {photo["id"] for photo in still.json("/api/photos/list")["photos"]} >= {ID}
    correct(still, EMPTY)


# how long it lasts


def given(site: Gallery, photo_id: str) -> dict[str, Any]:
    entry = said(site, photo_id)
    return {name: entry.get(name) for name in ("star", "likes", "ISO", "Location", "FocalLength")}


GIVEN = {"star": 4.5, "likes": 1, "ISO": "800", "Location": "外滩", "FocalLength": "50.0"}


@pytest.fixture
def gifted(site: Gallery) -> Gallery:
    """Return a gallery of which one photo was given a like, stars and a correction."""
    site.like(ID, 1)
    give_stars(site, 4.5)
    correct(site, {"iso": 800, "location": "外滩", "focal_length": "50mm", "latitude": 31.25})
    assert given(site, FULL) == GIVEN
    return site


def test_it_survives_a_new_scan_and_new_settings(gifted: Gallery) -> None:
    gifted.publish()
    assert given(gifted, FULL) == GIVEN
    other = Gallery(gifted.data.parent, DISPLAY_EDGE_PX="320", DISPLAY_QUALITY="60")
    assert other.publish()["rendered"] == len(SHOWN)
    assert given(other, FULL) == GIVEN
    other.close()


def test_it_survives_an_edited_photo(gifted: Gallery) -> None:
    make_photo(gifted.library / KEY, size=(320, 200), seed=9, captured=TAKEN, camera="NIKON Z 9")
    gifted.publish()
    assert given(gifted, FULL) == GIVEN
    entry = said(gifted)
    assert entry["CameraModel"] == "NIKON Z 9"  # not corrected: the file's own
    assert (entry["Latitude"], entry["Longitude"]) == (31.25, 121.4903)  # both, or neither


def test_it_follows_a_photo_that_moves(gifted: Gallery) -> None:
    (gifted.library / "北京").mkdir()
    (gifted.library / KEY).rename(gifted.library / "北京/renamed photo.JPG")
    gifted.publish()
    assert given(gifted, "北京/renamed photo") == GIVEN
    (gifted.library / "北京").rename(gifted.library / "2024 北京")
    gifted.publish()
    assert given(gifted, "2024 北京/renamed photo") == GIVEN


def test_it_waits_for_an_album_that_comes_back(gifted: Gallery) -> None:
    away = gifted.library.with_name("away")
    shutil.move(gifted.library / "上海", away)
    gifted.publish()
    gifted.export()
    assert "上海" not in gifted.json("/data/albums.json")
    assert correct(gifted, {"iso": 1}).status_code == 404
    shutil.move(away, gifted.library / "上海")
    gifted.publish()
    assert given(gifted, FULL) == GIVEN


def test_it_survives_another_version_of_the_schema(gifted: Gallery) -> None:
    with gifted.records.database.write() as db:
        db.exec_driver_sql("UPDATE meta SET value = '0' WHERE name = 'schema_version'")
    gifted.records.database.close()
    assert gifted.publish()["published"] == len(SHOWN)
    assert given(gifted, FULL) == GIVEN


def test_the_originals_are_not_touched(site: Gallery) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        files = [path for path in site.library.rglob("*") if path.is_file()]
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before = state()
    give_stars(site, 5)
    correct(site, EVERYTHING)
    site.like(ID, 1)
    site.publish()
    assert state() == before
    picture = site.get(f"/media/gallery/{FULL}.webp").get_data()
    assert b"Leica" not in picture


def test_a_session_that_ended_changes_nothing(site: Gallery) -> None:
    admin: FlaskClient = site.log_in()
    admin.post("/api/auth/logout", json={})
    answer = admin.post("/api/photos/update-star", json={"photoId": ID, "star": 1})
    assert answer.status_code == 401
