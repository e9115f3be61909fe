import random
import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_image_process.source.naming import album_ids, front_order, photo_names

TEXTS = st.text(alphabet="abAB_.~#%é上海 \n😀", max_size=12)
ENDINGS = st.sampled_from([".jpg", ".JPG", ".jpeg", ".heic", ".HEIC", ".png"])
FILE_NAMES = st.builds(lambda stem, ending: f"x{stem}{ending}", TEXTS, ENDINGS)


def digits(text: str, count: int) -> str:
    return sha256(text.encode()).hexdigest()[:count]


def names_of(*file_names: str, folder: str = "上海", album_id: str = "上海") -> list[str]:
    keys = [f"{folder}/{name}" for name in file_names]
    names = photo_names(keys, album_id=album_id)
    return [names[key] for key in keys]


def test_an_album_id_is_one_readable_path_segment() -> None:
    folders = ["", "上海", "2024/上海", "2024/a b", "#1", "100%?", "a\\b", "新\n旧", "😀"]
    ids = album_ids(folders, root_album="未分类")
    assert [ids[folder] for folder in folders] == (
        ["未分类", "上海", "2024-上海", "2024-a b", "_1", "100__", "a_b", "新_旧", "😀"]
    )


def test_of_two_folders_with_one_id_the_later_by_path_gets_digits() -> None:
    ids = album_ids(["a/b", "a-b"], root_album="未分类")
    assert ids == {"a-b": "a-b", "a/b": "a-b~" + digits("a/b", 4)}


def test_a_folder_called_like_the_root_album_gives_way_to_the_root() -> None:
    ids = album_ids(["未分类", ""], root_album="未分类")
    assert ids == {"": "未分类", "未分类": "未分类~" + digits("未分类", 4)}


def test_digits_that_are_taken_become_more_digits() -> None:
    taken = "a-b~" + digits("a/b", 4)
    ids = album_ids(["a-b", "a/b", taken], root_album="未分类")
    assert ids == {"a-b": "a-b", "a/b": "a-b~" + digits("a/b", 5), taken: taken}


def test_a_long_album_id_is_cut_between_characters() -> None:
    folders = ["海" * 60, "海" * 61, "海" * 62]
    ids = album_ids(folders, root_album="未分类")
    assert ids["海" * 60] == "海" * 60
    assert ids["海" * 61] == "海" * 58 + "~" + digits("海" * 61, 4)
    assert len(set(ids.values())) == 3
    assert all(len(album_id.encode()) <= 180 for album_id in ids.values())


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        pytest.param("DSC04056.JPG", "DSC04056", id="camera"),
        pytest.param("外滩的夜景.jpg", "外滩的夜景", id="chinese"),
        pytest.param("a.1 旧版.jpg", "a_1 旧版", id="dot"),
        pytest.param("50%#?旧版.jpg", "50___旧版", id="url characters"),
        pytest.param("back\\slash.jpg", "back_slash", id="backslash"),
        pytest.param("two\nlines\x7f.jpg", "two_lines_", id="control characters"),
        pytest.param("sunset😀.jpg", "sunset😀", id="emoji"),
        pytest.param("a photo's.jpg", "a photo's", id="space and quote"),
    ],
)
def test_a_name_is_the_stem_with_unfit_characters_replaced(file_name: str, name: str) -> None:
    assert names_of(file_name) == [name]


@pytest.mark.parametrize(
    ("file_name", "album_id"),
    [
        pytest.param("1.jpg", "上海", id="one character"),
        pytest.param("外滩夜景.jpg", "上海", id="four characters"),
        pytest.param("上海2024.jpg", "旅行-上海2024", id="part of the album id"),
        pytest.param("media.jpg", "上海", id="a word of the URL"),
        pytest.param("humbs.jpg", "上海", id="part of a word of the URL"),
    ],
)
def test_a_name_that_would_match_elsewhere_gets_digits(file_name: str, album_id: str) -> None:
    stem = file_name.removesuffix(".jpg")
    expected = f"{stem}_{digits(f'上海/{file_name}', 6)}"
    assert names_of(file_name, album_id=album_id) == [expected]


def test_photo_2024_in_album_2024_does_not_match_the_album() -> None:
    key = "2024/2024.jpg"
    assert photo_names([key], album_id="2024") == {key: "2024_" + digits(key, 6)}


@pytest.mark.parametrize(
    ("file_names", "names"),
    [
        pytest.param(
            ["IMG_1.jpg", "IMG_1.heic", "IMG_1.png"],
            ["IMG_1", "IMG_1_heic", "IMG_1_png"],
            id="the JPEG keeps it",
        ),
        pytest.param(
            ["IMG_1.HEIC", "IMG_1.png"], ["IMG_1_heic", "IMG_1_png"], id="no JPEG: none keeps it"
        ),
        pytest.param(["IMG_1.HEIC"], ["IMG_1"], id="alone"),
        pytest.param(
            ["IMG_1.JPG", "IMG_1.jpeg", "IMG_1.jpg"],
            ["IMG_1", "IMG_1_jpeg", "IMG_1_jpg"],
            id="three JPEGs",
        ),
        pytest.param(["IMG_1.jpg", "IMG_10.jpg"], ["IMG_1", "IMG_10"], id="one contains the other"),
        pytest.param(
            ["beach_1.jpg", "beach.1.jpg"], ["beach_1", "beach_1_jpg"], id="alike once cleaned"
        ),
    ],
)
def test_originals_that_share_a_stem(file_names: list[str], names: list[str]) -> None:
    assert names_of(*file_names) == names


def test_short_names_with_dots_stay_two_names() -> None:
    first, second = names_of("a.1.jpg", "a.2.jpg")
    assert re.fullmatch("a_1_[0-9a-f]{6}", first)
    assert re.fullmatch("a_2_[0-9a-f]{6}", second)


def test_a_name_that_is_taken_gets_digits() -> None:
    names = names_of("IMG_1_heic.jpg", "IMG_1.heic", "IMG_1.jpg")
    assert names == ["IMG_1_heic", "IMG_1_heic_" + digits("上海/IMG_1.heic", 6), "IMG_1"]


def test_a_long_name_is_cut_between_characters() -> None:
    (name,) = names_of("海" * 61 + ".jpg")
    assert name == "海" * 57 + "_" + digits("上海/" + "海" * 61 + ".jpg", 6)


@given(st.lists(FILE_NAMES, unique=True, max_size=12), st.randoms(use_true_random=False))
def test_names_are_unique_safe_and_independent_of_order(
    file_names: list[str], shuffler: random.Random
) -> None:
    keys = [f"上海/{name}" for name in file_names]
    names = photo_names(keys, album_id="上海")
    shuffler.shuffle(keys)
    assert photo_names(keys, album_id="上海") == names
    assert len(set(names.values())) == len(keys)
    assert not any(re.search(r"[.#?%/\\\n]", name) for name in names.values())
    assert all(len(name) >= 5 and len(name.encode()) <= 180 for name in names.values())


@given(st.lists(st.text(alphabet="ab-/#", min_size=1, max_size=5), unique=True))
def test_album_ids_are_unique_and_independent_of_order(folders: list[str]) -> None:
    ids = album_ids(folders, root_album="未分类")
    assert len(set(ids.values())) == len(folders)
    assert album_ids(reversed(folders), root_album="未分类") == ids


@pytest.mark.parametrize(
    ("wanted", "safe"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["DSC_2", "DSC_1"], ["DSC_2", "DSC_1"], id="nothing to mend"),
        pytest.param(["IMG_10", "x", "IMG_1"], ["IMG_1", "IMG_10", "x"], id="directly before"),
        pytest.param(["xIMG_1x", "IMG_1x", "IMG_1"], ["IMG_1", "IMG_1x", "xIMG_1x"], id="chain"),
        pytest.param(["abc", "c", "b"], ["c", "b", "abc"], id="else the wanted order"),
    ],
)
def test_a_contained_name_comes_before_the_one_that_contains_it(
    wanted: list[str], safe: list[str]
) -> None:
    assert front_order(wanted) == safe


@given(st.lists(st.text(alphabet="ab上", min_size=1, max_size=6), unique=True))
def test_in_any_order_the_contained_name_comes_first(names: list[str]) -> None:
    ordered = front_order(names)
    assert sorted(ordered) == sorted(names)
    for place, name in enumerate(ordered):
        assert not any(later in name for later in ordered[place + 1 :])
    assert front_order(ordered) == ordered
