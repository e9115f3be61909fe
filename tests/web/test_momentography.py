"""What Momentography reads, held against its own rules for reading it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.in_process import FULL, HIDDEN, ODD, SHOWN, TAKEN, Gallery, is_error

Make = Callable[..., Gallery]
PUBLIC = (
    "/data/albums.json",
    "/data/exif_data.json",
    "/data/likes.json",
    "/albums.json",
    "/exif_data.json",
    "/likes.json",
    "/api/data/albums",
    "/api/data/exif",
    "/api/data/map",
    "/api/photos/list?withExif=true",
    "/api/photos/list",
)


# the front-end's own rules


def parsed_exif_date(text: str | None) -> datetime | None:
    """parseExifDate: split at the blank, ":" becomes "-" in the date, joined by "T"."""
    if not text:
        return None
    date, _, time = text.partition(" ")
    return datetime.fromisoformat(f"{date.replace(':', '-')}T{time}")


def address_of(key: str, albums: dict[str, Any]) -> str | None:
    """Home, browse and map: the first address of the album that contains the key's name."""
    album_id, name = key.split("/")[0], key.split("/")[1].split(".")[0]
    return next((url for url in albums[album_id]["images"] if name in url), None)


def key_of(url: str, album_id: str, exif: dict[str, Any]) -> str | None:
    """The album's page: the first key of the album that contains the address's name."""
    name = url.rpartition("/")[2].split(".")[0]
    return next((key for key in exif if key.startswith(f"{album_id}/") and name in key), None)


def stem(key_or_url: str) -> str:
    """Return album and name of a key or an address, without ending."""
    return "/".join(key_or_url.split("/")[-2:]).rpartition(".")[0]


def province(location: str | None, album_id: str) -> str:
    first = re.split("[,，]", location or "")[0].strip()
    return re.sub("([省市区特别行政区]|自治区)$", "", first) or album_id


# both generations


def test_key_and_address_find_each_other(still: Gallery) -> None:
    albums, exif = still.json("/data/albums.json"), still.json("/data/exif_data.json")
    assert {stem(key) for key in exif} == set(SHOWN)
    for key in exif:
        url = address_of(key, albums)
        assert url is not None
        assert stem(url) == stem(key)
    for album_id, album in albums.items():
        for url in album["images"]:
            key = key_of(url, album_id, exif)
            assert key is not None
            assert stem(url) == stem(key)


def test_every_album_can_be_shown(still: Gallery) -> None:
    albums = still.json("/data/albums.json")
    assert list(albums) == ["上海", "my gallery", "夏 & '冬' + 100_"]  # newest first, undated last
    for album_id, album in albums.items():
        assert album["images"]
        assert all(isinstance(url, str) for url in album["images"])
        assert isinstance(album["title"], str)
        assert isinstance(album["desc"], str)
        assert album["location"] is None or re.fullmatch(r"[-\d.]+, [-\d.]+", album["location"])
        assert album["date"] is None or datetime.fromisoformat(album["date"])
        assert not set(album_id) & set("#?%/")
    assert albums["上海"]["date"] == "2024-07-01"
    assert albums["上海"]["location"] == "121.4903, 31.2404"


def test_addresses_hold_the_raw_name(still: Gallery) -> None:
    for url in still.json("/data/albums.json")["上海"]["images"]:
        assert re.fullmatch(r"/media/gallery/上海/[^/%?#]+\.webp\?v=[0-9a-f]{8}", url)
        assert still.get(url).status_code == 200


def test_facts_are_texts_without_units_and_coordinates_numbers(still: Gallery) -> None:
    exif = still.json("/data/exif_data.json")
    full = exif[f"{FULL}.JPG"]
    assert (full["ExposureTime"], full["FNumber"], full["ISO"], full["FocalLength"]) == (
        "1/200",
        "3.2",
        "400",
        "42.4",
    )
    assert (full["Latitude"], full["Longitude"]) == (31.2404, 121.4903)
    assert parsed_exif_date(full["DateTime"]) == TAKEN
    for facts in exif.values():
        assert isinstance(facts["Location"], str)
        assert province(facts["Location"], "") not in {
            "",
            "未知",
        }  # else it is not on the home page
        assert all(
            facts[name] is None or type(facts[name]) is float for name in ("Latitude", "Longitude")
        )


def test_only_jpegs_keep_their_ending(still: Gallery) -> None:
    """The front-end maps .jpg and .jpeg to .webp, and nothing else."""
    keys = still.json("/data/exif_data.json")
    assert f"{FULL}.JPG" in keys
    assert f"{ODD}.webp" in keys
    assert list(still.json("/data/likes.json")) == list(keys)


def test_likes_list_every_photo_also_those_that_nobody_liked(site: Gallery) -> None:
    assert set(site.json("/data/likes.json").values()) == {0}
    assert site.like(f"{FULL}.webp", 1).status_code == 200
    site.export()
    likes = site.json("/data/likes.json")
    assert len(likes) == len(SHOWN)
    assert [key for key, number in likes.items() if number] == [f"{FULL}.JPG"]


# the later generation


def test_photos_of_the_list_break_no_page(still: Gallery) -> None:
    told = still.json("/api/photos/list?withExif=true")
    assert told["success"] is True
    assert {photo["id"] for photo in told["photos"]} == {f"{name}.webp" for name in SHOWN}
    for photo in told["photos"]:
        assert photo["url"]
        assert stem(photo["url"]) == stem(photo["id"])
        assert photo["id"].split("/")[0] == photo["album_id"]
        assert type(photo["likes"]) is int
        assert type(photo["star"]) in {int, float}
        exif = photo["exif"]
        for name in ("camera_model", "lens_model", "exposure_time", "focal_length", "date_time"):
            assert exif[name] is None or isinstance(exif[name], str)  # .toLowerCase()
        for name in ("latitude", "longitude"):
            assert exif[name] is None or type(exif[name]) is float  # .toFixed()
        assert isinstance(exif["location"], str)
        assert exif["location"] != "未知"
        assert exif["raw"]["Latitude"] == exif["latitude"]  # what the browse page's map reads
        assert json.loads(exif["raw_data"]) == exif["raw"]
        for date in (exif["date_time"], photo["date"]):
            assert date is None or parsed_exif_date(date)
        assert photo["date"] is None or datetime.fromisoformat(photo["date"])  # new Date(…)


def test_numbers_of_the_list_are_numbers_where_pages_reckon_with_them(still: Gallery) -> None:
    photos = {
        photo["id"]: photo for photo in still.json("/api/photos/list?withExif=true")["photos"]
    }
    exif = photos[f"{FULL}.webp"]["exif"]
    assert (exif["f_number"], exif["iso"]) == (3.2, 400)
    assert (exif["exposure_time"], exif["focal_length"]) == ("1/200", "42.4")
    assert photos[f"{FULL}.webp"]["date"] == "2024-07-01 00:00:00"
    assert photos[f"{ODD}.webp"]["date"] is None


@pytest.mark.parametrize(
    ("query", "has_exif"),
    [
        ("?withExif=true", True),
        ("?withExif=True", True),
        ("?withExif=1", True),
        ("?withExif=false", False),
        ("?withExif=", False),
        ("?withExif=true&withExif=false", True),
        ("?withExif=%00", False),
        ("", False),
    ],
)
def test_facts_come_with_the_list_when_asked_for(
    query: str, has_exif: bool, still: Gallery
) -> None:
    photos = still.json(f"/api/photos/list{query}")["photos"]
    assert {"exif" in photo for photo in photos} == {has_exif}


@pytest.mark.parametrize("words", ["夏天", "2024-02-30", "2024-07", "20240701"])
def test_a_date_that_pages_cannot_parse_is_none(words: str, site: Gallery) -> None:
    yaml = site.library / "上海/info.yaml"
    yaml.write_text(f"title: 上海之旅\ndate: '{words}'\n", encoding="utf-8")
    site.publish()
    dates = {p["date"] for p in site.json("/api/photos/list")["photos"] if p["album_id"] == "上海"}
    assert dates == {None}
    assert site.json("/data/albums.json")["上海"]["date"] == words  # shown as it is


def test_exif_names_photos_as_the_list_does_and_always_has_stars(still: Gallery) -> None:
    exif, albums = still.json("/api/data/exif"), still.json("/api/data/albums")
    assert set(exif) == {f"{name}.webp" for name in SHOWN}
    for key, facts in exif.items():
        url = address_of(key, albums)
        assert url is not None
        assert stem(url) == stem(key)
        assert type(facts["star"]) in {int, float}
        assert province(facts["Location"], key.split("/")[0]) != "未知"


def test_the_map_has_numbers_and_nothing_at_0_0(still: Gallery) -> None:
    on_map = still.json("/api/data/map")
    assert isinstance(on_map, list)
    assert {photo["id"] for photo in on_map} == {f"{FULL}.webp", f"{ODD}.webp"}
    for photo in on_map:
        assert type(photo["latitude"]) is float
        assert type(photo["longitude"]) is float
        assert photo["url"]
        assert photo["id"].split("/")[0] in still.json("/data/albums.json")
        assert isinstance(photo["location"], str)
        assert isinstance(photo["date"], str)
        assert set(photo["exif"]) == {"FNumber", "ISO", "FocalLength", "ExposureTime", "LensModel"}


# one album


@pytest.mark.parametrize("album_id", ["上海", "my gallery", "夏 & '冬' + 100_"])
def test_an_album_is_found_by_its_encoded_id(album_id: str, still: Gallery) -> None:
    album = still.json(f"/api/data/albums/{quote(album_id, safe='')}")
    assert album == {"id": album_id, **still.json("/api/data/albums")[album_id]}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("nothing", id="no such album"),
        pytest.param("%E4%B8%8A%E6%B5%B7%2F", id="with a slash behind"),
        pytest.param("2024%2F%E4%B8%8A%E6%B5%B7", id="a nested folder"),
        pytest.param("%E7%A7%98%E5%AF%86", id="hidden"),
        pytest.param("%E4%B8%8A", id="half of a name"),
        pytest.param("%E4%B8", id="half of a character"),
        pytest.param("%FF%FE", id="no UTF-8"),
        pytest.param("%00", id="nothing at all"),
        pytest.param("%E4%B8%8A%E6%B5%B7%00", id="a name that ends early"),
        pytest.param("..", id="the folder above"),
        pytest.param("..%2F..%2Fcatalogue.db", id="far above"),
        pytest.param("%23", id="hash"),
        pytest.param("%3Fx", id="question mark"),
        pytest.param("%25E4%25B8%258A", id="encoded twice"),
        pytest.param("__proto__", id="of JavaScript"),
        pytest.param("x" * 5000, id="endless"),
        pytest.param("%F0%9F%93%B7" * 500, id="endless emoji"),
        pytest.param("%5C", id="backslash"),
        pytest.param("%0A%0D", id="line ends"),
    ],
)
def test_any_other_id_is_told_not_to_be_there(path: str, still: Gallery) -> None:
    answer = still.get(f"/api/data/albums/{path}")
    assert answer.status_code == 404
    assert is_error(answer)
    assert answer.get_json()["error"] == "相册不存在"
    assert answer.get_json()["message"].startswith("未找到ID为 ")
    assert "相册不存在" in answer.get_data(as_text=True)  # readable, not escaped


# when


def test_when_it_last_changed_is_told_in_naive_utc(still: Gallery) -> None:
    for kind in ("albums", "exif"):
        told = still.json(f"/api/files/lastModified?type={kind}&_t=1780000000000")
        assert (told["success"], told["type"]) == (True, kind)
        at = datetime.strptime(told["lastModified"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        assert abs((datetime.now(UTC) - at).total_seconds()) < 300
        last = told["lastUpdate"]
        assert last["status"] in {"success", "warning", "partial_success"}
        assert (last["type"], last["created_at"]) == (kind, told["lastModified"])
        assert type(last["id"]) is int
        assert last["message"]


@pytest.mark.parametrize(
    "query", ["", "?type=", "?type=likes", "?type=Albums", "?type=%00", "?_t=1"]
)
def test_of_nothing_else_it_is_told(query: str, still: Gallery) -> None:
    answer = still.get(f"/api/files/lastModified{query}")
    assert answer.status_code == 400
    assert is_error(answer)


def test_before_the_first_export_all_is_empty_and_of_the_right_kind(site: Gallery) -> None:
    for file in (*site.data.glob("*.json"), *site.data.glob("*.json.gz")):
        file.unlink()
    for path in PUBLIC:
        empty: Any = {"success": True, "photos": []} if "list" in path else {}
        assert site.json(path) == ([] if path.endswith("map") else empty)
        assert site.get(path).headers["Cache-Control"] == "no-store"
    assert is_error(site.get("/api/data/albums/%E4%B8%8A%E6%B5%B7"))
    told = site.json("/api/files/lastModified?type=exif")
    assert (told["lastModified"], told["lastUpdate"]) == (None, None)


@pytest.mark.parametrize("content", ["", "[]", "null", '{"上海": null}', '{"上海": []}', "{"])
def test_whatever_a_predecessor_left_breaks_no_album(content: str, site: Gallery) -> None:
    (site.data / "albums.json").write_text(content, encoding="utf-8")
    assert site.get("/api/data/albums/%E4%B8%8A%E6%B5%B7").status_code == 404


def test_an_album_is_as_new_as_the_file(site: Gallery) -> None:
    assert site.json("/api/data/albums/my gallery")["desc"] == ""
    yaml = site.library / "my gallery/info.yaml"
    yaml.write_text("desc: 新的说明\n", encoding="utf-8")
    site.publish()
    assert site.json("/api/data/albums/my gallery")["desc"] == "新的说明"


# hidden


def test_a_hidden_album_is_in_no_answer(site: Gallery) -> None:
    for is_hidden in ("false", "true"):  # it was shown once
        (site.library / "秘密/info.yaml").write_text(f"hidden: {is_hidden}\n", encoding="utf-8")
        site.publish()
    name = HIDDEN.partition("/")[2]
    for path in PUBLIC:
        text = site.get(path).get_data(as_text=True)
        assert "秘密" not in text
        assert name not in text
    admin = site.log_in()
    for path, body in (
        ("/api/like", {"photoId": f"{HIDDEN}.webp", "likes": 1}),
        ("/api/photos/star", {"photoPath": f"{HIDDEN}.jpg", "stars": 1}),
        ("/api/photos/update-star", {"photoId": f"{HIDDEN}.webp", "star": 1}),
        ("/api/photos/update-exif", {"photoId": f"{HIDDEN}.webp", "exifData": {"iso": 100}}),
    ):
        assert admin.post(path, json=body).status_code == 404
    url = f"/media/gallery/{HIDDEN}.webp"
    assert site.get(f"/_next/image?url={quote(url)}&w=64&q=75").status_code == 404
    for path in (url, f"/media/thumbs/64/{HIDDEN}.webp"):
        assert site.get(quote(path)).status_code == 404


def test_what_is_shown_again_can_be_fetched_again(site: Gallery) -> None:
    (site.library / "秘密/info.yaml").write_text("hidden: false\n", encoding="utf-8")
    site.publish()
    (url,) = site.json("/api/data/albums/秘密")["images"]
    assert site.get(url).status_code == 200
    assert site.like(f"{HIDDEN}.webp", 1).get_json()["likes"] == 1


# how it is sent


def test_unchanged_answers_need_not_be_sent_again(still: Gallery) -> None:
    for path in (*PUBLIC, "/api/data/albums/上海", "/openapi.json"):
        first = still.get(path)
        assert first.headers["Cache-Control"] == "no-cache"
        again = still.get(path, If_None_Match=first.headers["ETag"])
        assert (again.status_code, again.get_data()) == (304, b"")
        assert still.get(path, If_None_Match='"other"').status_code == 200
        head = still.get(path, method="HEAD")
        assert (head.status_code, head.get_data()) == (200, b"")
        assert head.headers["ETag"] == first.headers["ETag"]


def test_other_sites_may_read_what_is_public_and_nothing_else(still: Gallery) -> None:
    for path in (*PUBLIC, "/api/data/albums/上海", "/api/files/lastModified?type=exif"):
        assert still.get(path).headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/api/auth/me", "/api/data/backup", "/api/init-db", "/api/config/webhook-secret"):
        assert "Access-Control-Allow-Origin" not in still.get(path).headers
    for path in ("/api/like", "/api/photos/star", "/api/auth/login", "/api/photos/update-exif"):
        asked = still.get(
            path,
            method="OPTIONS",
            Origin="https://elsewhere.example",
            Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="content-type",
        )
        assert [name for name, _ in asked.headers if name.startswith("Access-Control")] == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_is_public_is_only_read(method: str, still: Gallery) -> None:
    for path in (*PUBLIC, "/api/data/albums/上海", "/api/files/lastModified?type=exif"):
        answer = still.client.open(path, method=method, json={})
        assert answer.status_code == 405
        assert is_error(answer)
