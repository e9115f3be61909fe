"""What photographers write into their photos, and who is heard first."""

from io import BytesIO
from typing import Any

import pytest
from piexif import ImageIFD
from PIL import Image

from local_image_process.image import iptc, xmp
from local_image_process.image.told import Told
from tests.image.blocks import IPTC, alternatives, datasets, fields, jpeg, listed, packet, read

RATING, RATING_PERCENT = 18246, 18249
XP_TITLE, XP_COMMENT, XP_AUTHOR, XP_KEYWORDS = 40091, 40092, 40093, 40094
UTF_8 = (1, 90, b"\x1b%G")


def windows(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def test_iptc_tells_what_agencies_ask_for() -> None:
    content = datasets(
        UTF_8,
        (2, 5, "外滩".encode()),
        (2, 25, "夜景".encode()),
        (2, 25, "上海".encode()),
        (2, 80, "李雷".encode()),
        (2, 116, "© 李雷".encode()),
        (2, 120, "第一行\r第二行".encode()),
    )
    assert iptc.read(content) == Told(
        title="外滩",
        description="第一行\n第二行",
        keywords=("夜景", "上海"),
        artist="李雷",
        copyright="© 李雷",
    )


@pytest.mark.parametrize(
    ("before", "value", "title"),
    [
        pytest.param([UTF_8], "外滩".encode(), "外滩", id="UTF-8, told"),
        pytest.param([], "外滩".encode(), "外滩", id="UTF-8, untold"),
        pytest.param([], "外滩 a".encode("gb18030"), "外滩 a", id="Chinese Windows"),
        pytest.param([], "Müller".encode("latin-1"), "Müller", id="Latin-1"),
        pytest.param([UTF_8], "外滩".encode()[:4], "外\ufffd", id="UTF-8, cut"),
        pytest.param([], b"OLYMPUS DIGITAL CAMERA", None, id="a camera's"),
        pytest.param([], b"  ", None, id="blanks"),
    ],
)
def test_iptc_in_its_encodings(
    before: list[tuple[int, int, bytes]], value: bytes, title: str | None
) -> None:
    assert iptc.read(datasets(*before, (2, 5, value))).title == title


def test_a_long_iptc_value_has_a_long_length() -> None:
    text = b"x" * 4000
    extended = b"\x1c\x02\x78\x80\x04" + len(text).to_bytes(4, "big") + text
    assert iptc.read(extended + datasets((2, 5, b"Bund"))).description == text.decode()
    assert iptc.read(b"\x1c\x02\x78\xff\xff" + text) == Told()


def test_iptc_is_found_in_a_jpeg_and_in_a_tiff() -> None:
    content = datasets((2, 5, b"Bund"))
    assert read(jpeg(iptc=content)).title == "Bund"
    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "TIFF", tiffinfo={IPTC: content})
    assert read(buffer.getvalue()).title == "Bund"


@pytest.mark.parametrize(
    ("main", "wanted"),
    [
        pytest.param({XP_TITLE: windows("外滩")}, {"title": "外滩"}, id="XPTitle"),
        pytest.param({XP_COMMENT: windows("夜里")}, {"description": "夜里"}, id="XPComment"),
        pytest.param({XP_AUTHOR: windows("李雷")}, {"artist": "李雷"}, id="XPAuthor"),
        pytest.param(
            {XP_KEYWORDS: windows("夜景; 上海;;夜景")},
            {"keywords": ("夜景", "上海")},
            id="XPKeywords",
        ),
        pytest.param(
            {ImageIFD.ImageDescription: "从对岸看".encode()},
            {"description": "从对岸看"},
            id="ImageDescription",
        ),
        pytest.param(
            {ImageIFD.ImageDescription: "从对岸看".encode("gb18030")},
            {"description": "从对岸看"},
            id="ImageDescription of Chinese Windows",
        ),
        pytest.param(
            {ImageIFD.ImageDescription: "外滩".encode(), XP_TITLE: windows("外滩")},
            {"title": "外滩"},
            id="Windows writes a title twice",
        ),
        pytest.param({ImageIFD.Artist: b"Li Lei"}, {"artist": "Li Lei"}, id="Artist"),
        pytest.param({ImageIFD.Copyright: b"(c) Li\0"}, {"copyright": "(c) Li"}, id="Copyright"),
        pytest.param({RATING: 4}, {"rating": 4}, id="Rating"),
        pytest.param({RATING: 0}, {}, id="no stars"),
        pytest.param({RATING_PERCENT: 75}, {"rating": 4}, id="RatingPercent"),
        *(
            pytest.param({ImageIFD.ImageDescription: words}, {}, id=words.decode())
            for words in (
                b"OLYMPUS DIGITAL CAMERA         ",
                b"SONY DSC",
                b"DCIM\\100MEDIA\\DJI_0001.JPG",
                b"default",
                b"KONICA MINOLTA DIGITAL CAMERA",
                b"MINOLTA DIGITAL CAMERA",
                b"Digital StillCamera",
                b"Exif_JPEG_PICTURE",
                b"----",
                b"SM-G930F",
            )
        ),
    ],
)
def test_exif_has_words_of_its_own(main: dict[int, Any], wanted: dict[str, Any]) -> None:
    facts = read(jpeg(exif=fields({ImageIFD.Model: b"SM-G930F"} | main)))
    names = ("title", "description", "keywords", "rating", "artist", "copyright")
    told = {name: getattr(facts, name) for name in names}
    assert {name: value for name, value in told.items() if value not in (None, ())} == wanted


def test_the_first_who_says_something_is_heard_field_by_field() -> None:
    exif = fields(
        {
            RATING: 1,
            ImageIFD.ImageDescription: b"exif",
            ImageIFD.Artist: b"exif",
            ImageIFD.Copyright: b"exif",
            XP_TITLE: windows("exif"),
        }
    )
    iim = datasets((2, 5, b"iptc"), (2, 120, b"iptc"), (2, 116, b"iptc"))
    embedded = packet(
        alternatives("dc:title", x_default="xmp") + listed("dc:subject", "xmp"), 'xmp:Rating="3"'
    )
    beside = xmp.read(packet(listed("dc:subject", "sidecar")))
    facts = read(jpeg(exif=exif, iptc=iim, xmp=embedded), beside)
    assert (facts.keywords, facts.title, facts.rating) == (("sidecar",), "xmp", 3)
    assert (facts.description, facts.copyright, facts.artist) == ("iptc", "iptc", "exif")


def test_stars_taken_away_in_a_sidecar_are_none() -> None:
    beside = xmp.read(packet(attributes='xmp:Rating="0"'))
    assert read(jpeg(exif=fields({RATING: 4})), beside).rating is None
