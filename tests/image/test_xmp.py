"""What editors write in XMP: found in every form, and nothing in it does harm."""

import pytest

from local_image_process.errors import SidecarError
from local_image_process.image import xmp
from local_image_process.image.clock import Moment
from local_image_process.image.told import Told
from tests.image.blocks import alternatives, listed, packet, read, with_xmp
from tests.image.times import at

WORDS = packet(
    alternatives("dc:title", x_default="The Bund", zh_CN="外滩之夜")
    + alternatives("dc:description", x_default="第一行\n第二行")
    + listed("dc:subject", "夜景", "上海", "夜景", "")
    + listed("dc:creator", "李雷", "韩梅梅", kind="Seq")
    + alternatives("dc:rights", x_default="© 2024 李雷"),
    'xmp:Rating="4" aux:Lens="EF24-70mm f/2.8L USM" photoshop:DateCreated="2024-05-01T18:30:07"',
)
TOLD = Told(
    title="外滩之夜",
    description="第一行\n第二行",
    keywords=("夜景", "上海"),
    rating=4,
    artist="李雷; 韩梅梅",
    copyright="© 2024 李雷",
    lens="EF24-70mm f/2.8L USM",
    moment=Moment(at("2024-05-01 18:30:07")),
)


def test_properties_are_read_in_the_forms_that_editors_write() -> None:
    assert xmp.read(WORDS) == TOLD


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_format_brings_its_xmp(kind: str) -> None:
    facts = read(with_xmp(kind, WORDS))
    assert (facts.title, facts.keywords, facts.rating) == ("外滩之夜", ("夜景", "上海"), 4)
    assert (facts.lens, facts.capture_time) == (TOLD.lens, at("2024-05-01 18:30:07"))


@pytest.mark.parametrize(
    ("properties", "title"),
    [
        pytest.param("<dc:title>Bund</dc:title>", "Bund", id="a plain element"),
        pytest.param(alternatives("dc:title", de="Der Bund"), "Der Bund", id="one other language"),
        pytest.param(alternatives("dc:title", en="b", x_default="a"), "a", id="the default"),
        pytest.param(alternatives("dc:title", x_default="b", zh="甲"), "甲", id="Chinese"),
        pytest.param(alternatives("dc:title", x_default="  "), None, id="blanks"),
        pytest.param(alternatives("dc:title", x_default="SONY DSC"), None, id="a camera's"),
        pytest.param("<dc:title><![CDATA[a <b> & c]]></dc:title>", "a <b> & c", id="CDATA"),
        pytest.param("<dc:title>a &amp; b</dc:title>", "a & b", id="escaped"),
        pytest.param("<dc:title>a\u202eb\u0007</dc:title>", None, id="forbidden characters"),
        pytest.param("<dc:title>a\u202eb</dc:title>", "ab", id="turned characters"),
        pytest.param("<xmp:x><dc:title>a</dc:title></xmp:x>", None, id="inside another"),
        pytest.param(f"<dc:title>{'长' * 9000}</dc:title>", "长" * 5000, id="endless"),
    ],
)
def test_a_title_in_one_of_its_languages(properties: str, title: str | None) -> None:
    try:
        assert xmp.read(packet(properties)).title == title
    except SidecarError:
        assert title is None


@pytest.mark.parametrize(
    ("attributes", "rating"),
    [
        pytest.param('xmp:Rating="5"', 5, id="five"),
        pytest.param('xmp:Rating="3.0"', 3, id="a fraction"),
        pytest.param('xmp:Rating="0"', 0, id="none"),
        pytest.param('xmp:Rating="-1"', -1, id="rejected"),
        pytest.param('xmp:Rating="6"', None, id="too many"),
        pytest.param('xmp:Rating="nan"', None, id="not a number"),
        pytest.param('xmp:Rating="good"', None, id="words"),
        pytest.param('MicrosoftPhoto:Rating="1"', 1, id="1 %"),
        pytest.param('MicrosoftPhoto:Rating="25"', 2, id="25 %"),
        pytest.param('MicrosoftPhoto:Rating="50"', 3, id="50 %"),
        pytest.param('MicrosoftPhoto:Rating="75"', 4, id="75 %"),
        pytest.param('MicrosoftPhoto:Rating="99"', 5, id="99 %"),
        pytest.param('MicrosoftPhoto:Rating="0"', 0, id="0 %"),
        pytest.param('xmp:Rating="2" MicrosoftPhoto:Rating="99"', 2, id="both"),
        pytest.param("", None, id="not said"),
    ],
)
def test_stars_are_understood_on_either_scale(attributes: str, rating: int | None) -> None:
    assert xmp.read(packet(attributes=attributes)).rating == rating


def test_a_rating_may_be_an_element() -> None:
    assert xmp.read(packet("<xmp:Rating>3</xmp:Rating>")).rating == 3


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        pytest.param("2024-05-01T18:30:07+08:00", (480, "exif:DateTimeOriginal"), id="zone"),
        pytest.param("2024-05-01T18:30:07.25-03:30", (-210, "exif:DateTimeOriginal"), id="half"),
        pytest.param("2024-05-01T18:30:07Z", (0, "exif:DateTimeOriginal"), id="UTC"),
        pytest.param("2024-05-01T18:30:07", (None, None), id="no zone"),
        pytest.param("2024-05-01T18:30:07+99:00", (None, None), id="no such zone"),
    ],
)
def test_a_time_keeps_its_zone(written: str, moment: tuple[int | None, str | None]) -> None:
    told = xmp.read(packet(attributes=f'exif:DateTimeOriginal="{written}"'))
    assert told.moment == Moment(at("2024-05-01 18:30:07"), *moment)


@pytest.mark.parametrize("written", ["2024-05-01", "2024", "yesterday", "0000-00-00T00:00:00"])
def test_half_a_time_is_none(written: str) -> None:
    assert xmp.read(packet(attributes=f'photoshop:DateCreated="{written}"')).moment is None


def test_utf_16_is_read() -> None:
    assert xmp.read(WORDS.decode().encode("utf-16")) == TOLD


LAUGHS = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
FILE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            packet("<dc:title>&l9;</dc:title>", before=f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'),
            id="a billion laughs",
        ),
        pytest.param(
            packet(
                f"<dc:title>{'&a;' * 50_000}</dc:title>",
                before=f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>',
            ),
            id="quadratic blow-up",
        ),
        pytest.param(packet("<dc:title>&f;</dc:title>", before=FILE), id="a file of ours"),
        pytest.param(
            packet(before='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), id="fetched rules"
        ),
        pytest.param(b"<a>" * 400_000, id="bottomless"),
        pytest.param(packet("<dc:title/>" * 200_000), id="countless"),
        pytest.param(packet("<dc:title>" + "a" * (5 << 20) + "</dc:title>"), id="huge"),
        pytest.param(WORDS[: len(WORDS) // 2], id="cut off"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"\xff\xd8\xff\xe0", id="a picture"),
        pytest.param(b'<?xml version="1.0" encoding="nonsense"?><x/>', id="no such encoding"),
        pytest.param(b'<?xml version="1.0" encoding="gb18030"?><x/>', id="an encoding too wide"),
    ],
)
def test_what_is_not_plain_xmp_is_refused_at_once(content: bytes) -> None:
    with pytest.raises(SidecarError, match=r"; save it "):
        xmp.read(content)


def test_what_is_refused_costs_only_itself() -> None:
    facts = read(with_xmp("JPEG", packet("<dc:title>&f;</dc:title>", before=FILE)))
    assert facts.title is None
