"""The public data are as docs/ describe them: schemas, pages, and what a real gallery writes."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from piexif import ExifIFD, ImageIFD

from local_image_process.publish import facts
from tests.image.blocks import alternatives, datasets, fields, jpeg, listed, packet
from tests.live import LiveGallery
from tests.photos import make_exif, make_photo

DOCS = Path(__file__).parent.parent / "docs"
SCHEMAS = {path.stem: json.loads(path.read_bytes()) for path in DOCS.glob("schemas/*.json")}
VALIDATORS = {name: jsonschema_rs.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
BESIDE_FACTS = {"Location", "star", "likes"}
PROPERTIES = {
    "exif_data": SCHEMAS["exif_data"]["$defs"]["facts"]["properties"],
    "albums": SCHEMAS["albums"]["$defs"]["album"]["properties"],
}
TAKEN = datetime(2024, 5, 1, 18, 30, 7)  # noqa: DTZ001 - a camera's wall clock
FULL = jpeg(
    exif=fields(
        {ImageIFD.Make: b"SONY", ImageIFD.Model: b"ILCE-7M4", ImageIFD.Software: b"Capture One"},
        {
            ExifIFD.LensModel: b"FE 24-70mm F2.8 GM",
            ExifIFD.ExposureTime: (1, 200),
            ExifIFD.FNumber: (32, 10),
            ExifIFD.ISOSpeedRatings: 400,
            ExifIFD.FocalLength: (424, 10),
            ExifIFD.FocalLengthIn35mmFilm: 42,
            ExifIFD.ExposureBiasValue: (-1, 3),
            ExifIFD.ExposureProgram: 3,
            ExifIFD.MeteringMode: 5,
            ExifIFD.WhiteBalance: 0,
            ExifIFD.Flash: 16,
            ExifIFD.DateTimeOriginal: b"2024:05:01 18:30:07",
            ExifIFD.OffsetTimeOriginal: b"+08:00",
        },
    ),
    xmp=packet(
        alternatives("dc:title", x_default="外滩之夜") + listed("dc:subject", "夜景", "上海"),
        'xmp:Rating="-1"',
    ),
    iptc=datasets((2, 80, "李雷".encode()), (2, 116, b"(c) Li Lei"), (2, 120, b"1\r2")),
)


@pytest.mark.parametrize("name", ["exif_data", "albums", "likes"])
def test_the_schemas_are_schemas(name: str) -> None:
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(SCHEMAS[name])


def test_every_fact_is_in_the_schema_and_nothing_else() -> None:
    assert set(PROPERTIES["exif_data"]) == {*facts.NAMES, *BESIDE_FACTS}
    always = SCHEMAS["exif_data"]["$defs"]["facts"]["required"]
    assert always == [*(fact.name for fact in facts.PREDECESSORS), "Location"]
    assert SCHEMAS["exif_data"]["$defs"]["facts"]["additionalProperties"] is False


@pytest.mark.parametrize("page", ["data.md", "data.en.md"])
def test_both_pages_list_every_field_in_the_order_of_the_schema(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert listed == [*PROPERTIES["exif_data"], *PROPERTIES["albums"]]


@pytest.fixture
def shown(gallery: Callable[..., LiveGallery]) -> LiveGallery:
    """A gallery of all that photos may say, and of photos that say nothing."""
    live = gallery()
    album = live.library / "上海"
    album.mkdir()
    (album / "everything.jpg").write_bytes(FULL)
    make_photo(album / "nothing.png", size=(64, 48))
    make_photo(album / "somewhere.JPG", size=(64, 48), gps=(-33.8568, 151.2153), captured=TAKEN)
    fast = make_exif(exposed=True, captured=TAKEN)
    make_photo(live.library / "loose one.webp", size=(48, 64), exif=fast, seed=3)
    (album / "info.yaml").write_text("title: 外滩\ndate: 一九九八年夏\n", encoding="utf-8")
    live.start()
    live.wait_for_ids("上海/everything", "上海/nothing", "上海/somewhere", "未分类/loose one")
    return live


def test_what_a_running_gallery_writes_is_as_the_schemas_say(shown: LiveGallery) -> None:
    assert shown.post("/api/like", {"photoId": "上海/nothing.webp", "likes": 1}).status == 200
    shown.wait(lambda: "likes" in shown.exif()["上海/nothing.webp"], what="the like")
    for name, validator in VALIDATORS.items():
        served = shown.get(f"/data/{name}.json").json()
        assert [error.message for error in validator.iter_errors(served)] == [], name
        assert served, name
    told: dict[str, Any] = shown.exif()["上海/everything.jpg"]
    assert set(facts.NAMES) - set(told) == set(), "every fact is somewhere"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("exif_data", {"上海/a.jpg": {}}),
        ("exif_data", {"a.jpg": None}),
        (
            "albums",
            {"上海": {"images": [], "title": "", "location": None, "date": None, "desc": ""}},
        ),
        ("likes", {"上海/a.jpg": -1}),
        ("likes", []),
    ],
)
def test_the_schemas_refuse_what_is_not_so(name: str, wrong: Any) -> None:
    assert not VALIDATORS[name].is_valid(wrong)


def test_an_entry_with_an_unknown_fact_is_refused() -> None:
    entry = dict.fromkeys(SCHEMAS["exif_data"]["$defs"]["facts"]["required"]) | {"Location": "上海"}
    assert VALIDATORS["exif_data"].is_valid({"上海/a.jpg": entry})
    assert not VALIDATORS["exif_data"].is_valid({"上海/a.jpg": entry | {"Serial": "1"}})
