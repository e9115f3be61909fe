import pytest

from local_image_process.source.ignore import Rules, is_ignored

IGNORED = [
    *("@eaDir", "#recycle", "#snapshot", "@tmp", "@sharebin", "@sharesnap"),
    *("@Recycle", "@Recently-Snapshot", "@Transcode", ".@__thumb"),
    *(".Trash", ".Trash-1000", ".Trashes", ".DS_Store", "._IMG_1.jpg", "._x", "__MACOSX"),
    *("Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$RECYCLE.BIN", "RECYCLER"),
    *("System Volume Information", "lost+found", "~snapshot", "Network Trash Folder"),
    *("Temporary Items", ".stfolder", ".stversions", ".syncthing.a.jpg.tmp", ".hidden.jpg"),
    *("Catalog Previews.lrdata", "a.lrprev", "Catalog.lrcat-data", "a.cocatalog"),
    *("Photos Library.photoslibrary", "a.aplibrary"),
    *("a.jpg.part", "a.jpg.partial", "a.jpg.filepart", "a.tmp", "a.jpg.crdownload", "a.download"),
    *("~$a.jpg", ".galleryignore", ".nomedia", ".private", "..", "."),
]


@pytest.mark.parametrize("name", IGNORED)
def test_this_name_is_ignored_in_any_case(name: str) -> None:
    assert is_ignored(name)
    assert is_ignored(name.upper())
    assert is_ignored(name.lower())


@pytest.mark.parametrize(
    "name",
    [
        "上海",
        "a.jpg",
        "#1 favourites",
        "@home",
        "a.tmp.jpg",
        "part",
        "$100",
        "~a",
        "recycle",
        "a b",
    ],
)
def test_this_name_is_not_ignored(name: str) -> None:
    assert not is_ignored(name)


def rules(**files: str) -> Rules:
    """Make rules from .galleryignore texts by folder; "root" stands for the library's root."""
    made = Rules()
    for folder, text in files.items():
        made, problems = made.with_file("" if folder == "root" else folder, text.encode())
        assert problems == ()
    return made


@pytest.mark.parametrize(
    ("text", "key", "excluded"),
    [
        pytest.param("*.png", "a/b.png", True, id="suffix, any depth"),
        pytest.param("*.png", "a/b.jpg", False, id="another suffix"),
        pytest.param("/b.jpg", "b.jpg", True, id="anchored"),
        pytest.param("/b.jpg", "a/b.jpg", False, id="anchored, deeper"),
        pytest.param("废片/", "a/废片/b.jpg", True, id="below a folder"),
        pytest.param("*.jpg\n!keep.jpg", "keep.jpg", False, id="taken in again"),
        pytest.param("# *.jpg\n\n", "a.jpg", False, id="comment and blank line"),
        pytest.param("\\#a.jpg", "#a.jpg", True, id="escaped"),
        pytest.param("*.png\r\n*.gif\r\n", "a.png", True, id="windows line ends"),
        pytest.param("\ufeff*.png", "a.png", True, id="byte order mark"),
    ],
)
def test_patterns_are_those_of_gitignore(text: str, key: str, excluded: bool) -> None:
    assert rules(root=text).excludes(key, is_folder=False) is excluded


def test_a_pattern_for_folders_spares_files() -> None:
    made = rules(root="private/")
    assert made.excludes("private", is_folder=True)
    assert not made.excludes("private", is_folder=False)


def test_a_file_in_a_folder_applies_relative_to_it_and_the_inner_one_wins() -> None:
    made = rules(root="*.png", a="/x.jpg\n!y.png")
    assert made.excludes("a/x.jpg", is_folder=False)
    assert not made.excludes("a/b/x.jpg", is_folder=False)
    assert made.excludes("a/x.png", is_folder=False)
    assert not made.excludes("a/y.png", is_folder=False)


def test_a_file_saved_as_gbk_is_understood() -> None:
    made, problems = Rules().with_file("", "废片/".encode("gbk"))
    assert made.excludes("废片", is_folder=True)
    assert not problems


@pytest.mark.parametrize("line", ["!", "a\\", "[a", "/"])
def test_a_broken_line_is_reported_and_the_others_hold(line: str) -> None:
    made, problems = Rules().with_file("", f"*.png\n{line}\n*.gif".encode())
    assert [problem.partition(":")[0] for problem in problems] == ["line 2"]
    assert made.excludes("a.png", is_folder=False)
    assert made.excludes("a.gif", is_folder=False)
    assert not made.excludes("a.jpg", is_folder=False)


def test_a_file_that_is_no_text_is_reported() -> None:
    made, problems = Rules().with_file("", b"\xff\xff\x80")
    assert made == Rules()
    assert "save it as UTF-8" in problems[0]
