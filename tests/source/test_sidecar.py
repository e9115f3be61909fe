from pathlib import Path

import pytest

from local_image_process.errors import SidecarError
from local_image_process.model import Sidecar
from local_image_process.source.sidecar import choose, read


def read_text(folder: Path, text: str | bytes) -> Sidecar:
    path = folder / "info.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        pytest.param([], None, id="none"),
        pytest.param(["a.jpg"], None, id="no yaml"),
        pytest.param(["上海.yml"], "上海.yml", id="the only one"),
        pytest.param(["A.YAML"], "A.YAML", id="upper case"),
        pytest.param(["a.yaml", "info.yaml"], "info.yaml", id="info.yaml wins"),
        pytest.param(["a.yaml", "Info.YML"], "Info.YML", id="info.yml wins"),
        pytest.param(["info.yml", "INFO.yaml"], "INFO.yaml", id="yaml before yml"),
    ],
)
def test_the_sidecar_of_a_folder(names: list[str], chosen: str | None) -> None:
    assert choose(names) == chosen


def test_several_yaml_files_without_info_yaml_are_reported() -> None:
    with pytest.raises(SidecarError, match=r"a.yaml, b.yml: several .* info.yaml"):
        choose(["b.yml", "a.yaml"])


def test_a_full_sidecar_is_read(tmp_path: Path) -> None:
    text = """
    Title: 上海
    date: 2024-05-01
    location: [121.4737, 31.2304]
    description: 外滩
    cover: DSC1.JPG
    order: [b.jpg, a.jpg]
    hidden: 是
    gps: coarse
    images: [https://example.com/a.webp]
    """
    assert read_text(tmp_path, text) == Sidecar(
        title="上海",
        date="2024-05-01",
        location="121.4737, 31.2304",
        desc="外滩",
        cover="DSC1.JPG",
        order=("b.jpg", "a.jpg"),
        hidden=True,
        gps="coarse",
    )


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "title:\ndate: ~\nlocation: ''\nhidden:\norder:\n", "x: {a: 1}"]
)
def test_an_empty_sidecar_is_silent(tmp_path: Path, text: str) -> None:
    assert read_text(tmp_path, text) == Sidecar()


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("date: 2024-05-01", "2024-05-01"),
        ("date: '2024-05-01'", "2024-05-01"),
        ("date: 2024-5-1", "2024-05-01"),
        ("date: 2024-05-01 10:20:30", "2024-05-01"),
        ("date: 2024-05-01T10:20:30+08:00", "2024-05-01"),
        ("date: 2024", "2024"),
        ("date: 2024-02-31", "2024-02-31"),
        ("date: 2024年5月", "2024年5月"),
    ],
)
def test_a_date_is_year_month_day_or_the_users_words(tmp_path: Path, line: str, date: str) -> None:
    assert read_text(tmp_path, line).date == date


@pytest.mark.parametrize(
    ("line", "location"),
    [
        ("location: 121.47,31.2", "121.47, 31.2"),
        ("location: '121.470, 31.20'", "121.470, 31.20"),
        ("location: 121.47，31.2", "121.47, 31.2"),
        ("location: [121.47, 31.2]", "121.47, 31.2"),
        ("location: ['-0.5', 51]", "-0.5, 51"),
        ("location: 上海, 外滩", "上海, 外滩"),
        ("location: 1, 2, 3", "1, 2, 3"),
        ("location: 500, 500", "500, 500"),
    ],
)
def test_a_location_is_lon_lat_or_the_users_words(tmp_path: Path, line: str, location: str) -> None:
    assert read_text(tmp_path, line).location == location


@pytest.mark.parametrize("word", ["true", "yes", "是", "1", "TRUE", "'yes'"])
def test_hidden_by_any_yes(tmp_path: Path, word: str) -> None:
    assert read_text(tmp_path, f"hidden: {word}").hidden


@pytest.mark.parametrize("word", ["false", "no", "否", "0", "off"])
def test_shown_by_any_no(tmp_path: Path, word: str) -> None:
    assert not read_text(tmp_path, f"hidden: {word}").hidden


@pytest.mark.parametrize(
    ("line", "gps"),
    [
        ("", None),
        ("gps:", None),
        ("gps: exact", "exact"),
        ("gps: Coarse", "coarse"),
        ("gps: none", "none"),
        ("gps: off", "none"),
        ("gps: corse", "none"),
    ],
)
def test_a_word_on_gps_that_is_not_understood_keeps_it_secret(
    tmp_path: Path, line: str, gps: str | None
) -> None:
    assert read_text(tmp_path, f"title: 上海\n{line}\n").gps == gps


def test_numbers_keep_their_spelling(tmp_path: Path) -> None:
    sidecar = read_text(tmp_path, "title: 007\ndesc: 1.10\ncover: 1_000")
    assert (sidecar.title, sidecar.desc, sidecar.cover) == ("007", "1.10", "1_000")


@pytest.mark.parametrize("order", ["time", "name", "Name"])
def test_an_order_by_word(tmp_path: Path, order: str) -> None:
    assert read_text(tmp_path, f"order: {order}").order == order.lower()


def test_file_names_become_nfc(tmp_path: Path) -> None:
    sidecar = read_text(tmp_path, "cover: e\u0301.jpg\norder: [e\u0301.jpg]")
    assert (sidecar.cover, sidecar.order) == ("é.jpg", ("é.jpg",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_any_usual_encoding_is_understood(tmp_path: Path, encoding: str) -> None:
    assert read_text(tmp_path, "title: 上海外滩\n".encode(encoding)).title == "上海外滩"


@pytest.mark.parametrize(
    ("slip", "meant"), [("hiden", "hidden"), ("hide", "hidden"), ("Titel", "title")]
)
def test_a_slip_of_the_pen_is_told(tmp_path: Path, slip: str, meant: str) -> None:
    with pytest.raises(SidecarError, match=rf"line 2: '{slip.lower()}' is .* write '{meant}'"):
        read_text(tmp_path, f"date: 2024\n{slip}: true\n")


def test_words_of_other_programs_are_passed_over(tmp_path: Path) -> None:
    said = read_text(tmp_path, "title: 上海\ntags: [a]\nimages: [b]\ntitles: of another\n")
    assert said == Sidecar(title="上海")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("title: [a]", "title"),
        ("date: {a: 1}", "date"),
        ("desc: [a, b]", "desc"),
        ("cover: [a.jpg]", "cover"),
        ("location: [1, 2, 3]", "location"),
        ("location: [上海]", "location"),
        ("location: {lon: 1}", "location"),
        ("order: random", "order"),
        ("order: [[a.jpg]]", "order"),
        ("hidden: perhaps", "hidden"),
    ],
)
def test_a_field_of_a_wrong_kind_is_named_with_its_line(
    tmp_path: Path, line: str, field: str
) -> None:
    with pytest.raises(SidecarError, match=rf"info.yaml: line 2: '{field}' must be"):
        read_text(tmp_path, f"other: 1\n{line}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("title：上海", "line 1: not 'name: value'", id="full-width colon"),
        pytest.param("- a\n- b", "line 1: not 'name: value'", id="a list"),
        pytest.param("a: 1\ntitle: a: b", "line 2: .*quotation marks", id="colon in value"),
        pytest.param("title: 1\n\tx: 2", "line 2: .*spaces", id="tab"),
        pytest.param("a: 1\n---\nb: 2", "line 2: ", id="two documents"),
        pytest.param("title: \x01", "not allowed", id="control character"),
        pytest.param("x: " + "[" * 100_000, "nested too deeply", id="deep lists"),
        pytest.param("- " * 100_000, "nested too deeply", id="deep block lists"),
        pytest.param("{a: " * 50_000, "nested too deeply", id="deep mappings"),
        pytest.param("x" * 300_000, "larger than 256 KB", id="too large"),
        pytest.param(b"\xff\xff\x80\x00", "save it as UTF-8", id="no text"),
        pytest.param("x: *nothing", "undefined alias", id="unknown alias"),
    ],
)
def test_what_cannot_be_understood_is_told(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(SidecarError, match=message):
        read_text(tmp_path, text)


def test_a_bomb_of_aliases_does_not_go_off(tmp_path: Path) -> None:
    lists = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    merges = ["m0: &m0 {k: v}"] + [
        f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, 60)
    ]
    assert read_text(tmp_path, "\n".join([*lists, *merges, "title: 上海"])).title == "上海"
    with pytest.raises(SidecarError, match="'title' must be"):
        read_text(tmp_path, "\n".join([*lists, "title: *a59"]))


def test_a_sidecar_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(SidecarError, match="cannot be read"):
        read(tmp_path / "info.yaml")
