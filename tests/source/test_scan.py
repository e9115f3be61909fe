import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local_image_process.errors import LibraryError
from local_image_process.model import Look
from local_image_process.source.scan import Gone, Listing, Same, Seen, Unlisted, check_root, look

Found = dict[str, Seen]
NFD_E = "e\u0301"


def put(root: Path, *keys: str, content: bytes = b"x") -> None:
    for key in keys:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def see(root: Path, *looks: Look) -> Found:
    results = list(look(root, looks or [Look("", deep=True)], stable_inodes=True))
    seen = {result.folder: result for result in results}
    assert len(seen) == len(results), "a folder was visited twice"
    return seen


def listing(seen: Found, folder: str = "") -> Listing:
    result = seen[folder]
    assert isinstance(result, Listing)
    return result


def keys(seen: Found) -> set[str]:
    return {
        original.key
        for result in seen.values()
        if isinstance(result, Listing)
        for original in result.originals
    }


def break_scandir(monkeypatch: pytest.MonkeyPatch, folder: Path, error: int, after: int) -> None:
    """Have the listing of one folder fail after so many entries."""
    scandir = os.scandir

    class Failing:
        def __init__(self) -> None:
            self._entries = scandir(folder)
            self._left = after

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return self

        def __exit__(self, *_: object) -> None:
            self._entries.close()

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            return self

        def __next__(self) -> os.DirEntry[str]:
            if not self._left:
                raise OSError(error, os.strerror(error))
            self._left -= 1
            return next(self._entries)

    def broken(path: Any) -> Any:
        return Failing() if os.fspath(path) == str(folder) else scandir(path)

    monkeypatch.setattr(os, "scandir", broken)


def break_stat(monkeypatch: pytest.MonkeyPatch, name: str, error: int) -> None:
    """Have the status of files of one name fail."""
    scandir = os.scandir

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self._entry = entry

        def __getattr__(self, attribute: str) -> Any:
            return getattr(self._entry, attribute)

        def stat(self) -> os.stat_result:
            if self._entry.name == name:
                raise OSError(error, os.strerror(error))
            return self._entry.stat()

    @contextmanager
    def broken(path: Any) -> Iterator[Iterator[Entry]]:
        with scandir(path) as entries:
            yield map(Entry, entries)

    monkeypatch.setattr(os, "scandir", broken)


def test_a_deep_look_lists_every_folder_and_its_photos(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "2024/b.JPG", "2024/上海/c.heic", "2024/上海/notes.txt", "2024/d.MOV")
    seen = see(tmp_path)
    assert keys(seen) == {"a.jpg", "2024/b.JPG", "2024/上海/c.heic"}
    assert listing(seen).subfolders == ("2024",)
    assert listing(seen, "2024").subfolders == ("2024/上海",)


def test_a_shallow_look_lists_one_folder(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "2024/b.jpg", "2024/上海/c.jpg")
    assert keys(see(tmp_path, Look("2024"))) == {"2024/b.jpg"}


def test_an_original_carries_path_and_stamp(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", content=b"12345")
    status = (tmp_path / "a.jpg").stat()
    (original,) = listing(see(tmp_path)).originals
    assert original.path == str(tmp_path / "a.jpg")
    assert (original.stamp.size, original.stamp.mtime_ns) == (5, status.st_mtime_ns)
    assert (original.stamp.inode, original.ctime_ns) == (status.st_ino, status.st_ctime_ns)
    (result,) = look(tmp_path, [Look("")], stable_inodes=False)
    assert isinstance(result, Listing)
    assert result.originals[0].stamp.inode == 0


def test_overlapping_looks_visit_each_folder_once(tmp_path: Path) -> None:
    put(tmp_path, "a/b/c/1.jpg", "d/2.jpg")
    looks = [Look("a/b/c"), Look("a/b"), Look("a", deep=True), Look("a/b", deep=True), Look("d")]
    assert set(see(tmp_path, *looks)) == {"a", "a/b", "a/b/c", "d"}


@pytest.mark.parametrize(
    "name",
    ["上海.jpg", "a b.jpg", "a#1.jpg", "%41.jpg", "😀.jpg", "two\nlines.jpg", "é.jpg", "A.JPG"],
)
def test_a_strange_name_is_its_key(tmp_path: Path, name: str) -> None:
    folder = name.removesuffix(".jpg") + " 相册"
    put(tmp_path, f"{folder}/{name}")
    assert keys(see(tmp_path)) == {f"{folder}/{name}"}
    assert keys(see(tmp_path, Look(folder))) == {f"{folder}/{name}"}


def test_names_stored_decomposed_have_composed_keys_and_open(tmp_path: Path) -> None:
    put(tmp_path, f"Caf{NFD_E}/{NFD_E}t{NFD_E}.jpg")
    for hint in (Look("", deep=True), Look("Café"), Look("Café", deep=True)):
        (original,) = listing(see(tmp_path, hint), "Café").originals
        assert original.key == "Café/été.jpg"
        assert Path(original.path).read_bytes() == b"x"


def test_of_two_spellings_of_one_name_the_composed_one_wins(tmp_path: Path) -> None:
    put(tmp_path, f"{NFD_E}.jpg", content=b"decomposed")
    put(tmp_path, "é.jpg", content=b"composed")
    found = listing(see(tmp_path))
    assert [Path(original.path).read_bytes() for original in found.originals] == [b"composed"]
    (problem,) = found.problems
    assert problem.key == "e\\u0301.jpg"
    assert "rename" in problem.reason


def test_of_two_spellings_of_one_folder_the_composed_one_wins(tmp_path: Path) -> None:
    put(tmp_path, f"{NFD_E}/old.jpg", "é/new.jpg")
    seen = see(tmp_path)
    assert keys(seen) == {"é/new.jpg"}
    assert [problem.key for problem in listing(seen).problems] == ["e\\u0301"]


def test_names_that_are_not_utf8_are_reported_and_cost_nothing_else(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "\udcc9\udccf.jpg", "\udcff相册/b.jpg", "\udcff.txt")
    seen = see(tmp_path)
    assert keys(seen) == {"a.jpg"}
    assert set(seen) == {""}
    problems = listing(seen).problems
    assert sorted(problem.key for problem in problems) == ["\\xc9\\xcf.jpg", "\\xff相册"]
    assert all("rename" in problem.reason and problem.stamp is None for problem in problems)
    assert isinstance(see(tmp_path, Look("\udcff相册"))["\udcff相册"], Gone)


def test_sidecars_are_listed_with_their_stamp(tmp_path: Path) -> None:
    put(tmp_path, "info.yaml", "Other.YML", ".hidden.yaml", "notes.txt")
    found = listing(see(tmp_path)).sidecars
    assert [sidecar.name for sidecar in found] == ["Other.YML", "info.yaml"]
    assert found[1].path == str(tmp_path / "info.yaml")
    assert found[1].stamp.size == 1


@pytest.mark.parametrize("name", ["@eaDir", "#recycle", ".hidden", "Thumbs.db", "x.lrdata"])
def test_an_ignored_folder_is_not_entered_even_when_asked_for(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"{name}/a.jpg", f"{name}/b/c.jpg")
    seen = see(tmp_path, Look("", deep=True), Look(name), Look(f"{name}/b", deep=True))
    assert listing(seen).subfolders == ()
    assert isinstance(seen[name], Gone)
    assert isinstance(seen[f"{name}/b"], Gone)


@pytest.mark.parametrize("name", ["._a.jpg", ".a.jpg", "~$a.jpg", "a.jpg.part", "a.jpg.tmp"])
def test_an_ignored_file_is_no_photo(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, "b.jpg")
    assert keys(see(tmp_path)) == {"b.jpg"}


def test_only_regular_files_are_photos(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    seen = see(tmp_path)
    assert keys(seen) == set()
    assert listing(seen).subfolders == ("folder.jpg",)


def test_patterns_exclude_photos_and_folders_from_there_down(tmp_path: Path) -> None:
    put(tmp_path, ".galleryignore", content="*.png\n废片/\n".encode())
    put(tmp_path, "a/.galleryignore", content=b"!keep.png\n/b/\n")
    put(tmp_path, "1.png", "1.jpg", "a/keep.png", "a/2.png", "a/b/3.jpg", "废片/4.jpg", "c/b/5.jpg")
    seen = see(tmp_path, Look("", deep=True), Look("a/b"), Look("废片"), Look("废片/下"))
    assert keys(seen) == {"1.jpg", "a/keep.png", "c/b/5.jpg"}
    assert listing(seen).subfolders == ("a", "c")
    for folder in ("a/b", "废片", "废片/下"):
        assert isinstance(seen[folder], Gone)
    assert keys(see(tmp_path, Look("a"))) == {"a/keep.png"}, "a rule above holds in a shallow look"


def test_a_broken_pattern_is_reported_with_its_line(tmp_path: Path) -> None:
    put(tmp_path, "a/.galleryignore", content=b"*.png\n!\n")
    put(tmp_path, "a/1.jpg", "a/2.png")
    seen = see(tmp_path)
    assert keys(seen) == {"a/1.jpg"}
    (problem,) = listing(seen, "a").problems
    assert problem.key == "a/.galleryignore"
    assert problem.reason.startswith("line 2: ")


@pytest.mark.parametrize("name", [".nomedia", ".private"])
def test_a_closed_folder_is_gone_with_all_below(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"a/{name}", "a/1.jpg", "a/b/2.jpg", "c/3.jpg")
    seen = see(tmp_path, Look("", deep=True), Look("a/b"))
    assert keys(seen) == {"c/3.jpg"}
    assert isinstance(seen["a"], Gone)
    assert isinstance(seen["a/b"], Gone)


def test_a_folder_that_does_not_exist_is_gone(tmp_path: Path) -> None:
    put(tmp_path, "file")
    for folder in ("nothing", "nothing/below", "上海", "file", "file/below", "../x", "a//b"):
        looks = (Look(folder), Look(folder, deep=True))
        assert see(tmp_path, *looks) == {folder: Gone(folder=folder)}


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.ESTALE])
@pytest.mark.parametrize("after", [0, 1], ids=["at once", "in the middle"])
def test_a_folder_that_cannot_be_listed_is_unknown_and_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, after: int
) -> None:
    put(tmp_path, "a/1.jpg", "a/2.jpg", "b/3.jpg")
    break_scandir(monkeypatch, tmp_path / "a", error, after)
    seen = see(tmp_path)
    assert keys(seen) == {"b/3.jpg"}
    unknown = seen["a"]
    assert isinstance(unknown, Unlisted)
    assert unknown.reason.startswith(f"a: cannot be listed: {os.strerror(error)}; ")


def test_a_folder_deleted_between_steps_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a/1.jpg", "b/3.jpg")
    break_scandir(monkeypatch, tmp_path / "a", errno.ENOENT, 0)
    seen = see(tmp_path)
    assert seen["a"] == Gone(folder="a")
    assert keys(seen) == {"b/3.jpg"}


def test_a_file_that_cannot_be_looked_at_is_a_problem_and_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a/1.jpg", "a/2.jpg", "a/b/3.jpg")
    break_stat(monkeypatch, "1.jpg", errno.EIO)
    seen = see(tmp_path)
    assert keys(seen) == {"a/2.jpg", "a/b/3.jpg"}
    found = listing(seen, "a")
    assert [problem.key for problem in found.problems] == ["a/1.jpg"]
    assert found.keys == {"a/1.jpg", "a/2.jpg"}


def test_a_file_deleted_between_steps_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1.jpg", "2.jpg")
    break_stat(monkeypatch, "1.jpg", errno.ENOENT)
    found = listing(see(tmp_path))
    assert found.keys == {"2.jpg"}


def test_a_folder_that_may_be_listed_but_not_entered_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a/1.jpg")
    break_stat(monkeypatch, "1.jpg", errno.EACCES)
    unknown = see(tmp_path)["a"]
    assert isinstance(unknown, Unlisted)
    assert "give this program's user the right" in unknown.reason


def test_unreadable_patterns_make_the_folder_unknown_and_publish_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a/.galleryignore", "a/1.jpg", "b/2.jpg")
    opened = Path.open

    def broken(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path == tmp_path / "a/.galleryignore":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", broken)
    seen = see(tmp_path)
    assert isinstance(seen["a"], Unlisted)
    assert keys(seen) == {"b/2.jpg"}


def test_links_are_followed_inside_the_library_only(tmp_path: Path) -> None:
    root, outside = tmp_path / "library", tmp_path / "library-2"
    put(root, "a/1.jpg")
    put(outside, "2.jpg")
    (root / "inside").symlink_to(root / "a")
    (root / "relative.jpg").symlink_to("a/1.jpg")
    (root / "outside").symlink_to(outside)
    (root / "outside.jpg").symlink_to(outside / "2.jpg")
    (root / "dangling.jpg").symlink_to(root / "nothing")
    (root / "itself").symlink_to(root / "itself")
    seen = see(root, Look("", deep=True), Look("outside"), Look("dangling.jpg", deep=True))
    assert keys(seen) == {"a/1.jpg", "inside/1.jpg", "relative.jpg"}
    assert isinstance(seen["outside"], Gone)
    assert isinstance(seen["dangling.jpg"], Gone)
    assert keys(see(root, Look("inside"))) == {"inside/1.jpg"}


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    put(tmp_path, "a/b/1.jpg", "c/2.jpg")
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a")
    (tmp_path / "a/b/root").symlink_to(tmp_path)
    (tmp_path / "a/other").symlink_to(tmp_path / "c")
    (tmp_path / "c/back").symlink_to(tmp_path / "a")
    seen = see(tmp_path, Look("", deep=True), Look("a/b/up/b"))
    assert {"a/b/1.jpg", "c/2.jpg", "a/other/2.jpg", "c/back/b/1.jpg"} <= keys(seen)
    assert isinstance(seen["a/b/up"], Gone)
    assert isinstance(seen["a/b/up/b"], Gone)


def test_a_library_behind_a_link_works(tmp_path: Path) -> None:
    put(tmp_path / "real", "a/1.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real/b").symlink_to(tmp_path / "link/a")
    assert keys(see(tmp_path / "link")) == {"a/1.jpg", "b/1.jpg"}


def test_a_good_root_passes_the_check(tmp_path: Path) -> None:
    check_root(tmp_path)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        pytest.param("missing", "does not exist. Mount it", id="missing"),
        pytest.param("file", "is not a folder", id="file"),
        pytest.param("unreadable", "cannot be read: .*; check the disk", id="unreadable"),
    ],
)
def test_a_bad_root_is_told_and_never_looks_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    put(tmp_path, "file", "unreadable/a.jpg")
    break_scandir(monkeypatch, tmp_path / "unreadable", errno.EIO, 0)
    with pytest.raises(LibraryError, match=advice):
        check_root(tmp_path / name)
    with pytest.raises(LibraryError, match=advice):
        see(tmp_path / name)


def unmount(root: Path) -> None:
    root.rename(root.with_name("elsewhere"))


def unmount_to_empty_mount_point(root: Path) -> None:
    unmount(root)
    root.mkdir()


@pytest.mark.parametrize("leave", [unmount, unmount_to_empty_mount_point])
def test_a_root_that_goes_away_meanwhile_is_told(
    tmp_path: Path, leave: Callable[[Path], None]
) -> None:
    root = tmp_path / "library"
    put(root, "a/1.jpg", "b/2.jpg")
    looking = look(root, [Look("", deep=True)], stable_inodes=True)
    next(looking)
    leave(root)
    with pytest.raises(LibraryError, match="went away"):
        list(looking)


def states(seen: Found) -> dict[str, str]:
    return {folder: one.state for folder, one in seen.items() if isinstance(one, Listing)}


def see_again(root: Path, known: dict[str, str]) -> set[str]:
    """Return the folders that are said to be as they were."""
    results = look(root, [Look("", deep=True)], stable_inodes=True, known=known)
    return {one.folder for one in results if isinstance(one, Same)}


def test_a_folder_is_the_same_until_any_of_its_files_changes(tmp_path: Path) -> None:
    put(tmp_path, "a/1.jpg", "a/info.yaml", "a/1.xmp", "b/2.jpg", "b/c/3.jpg")
    known = states(see(tmp_path))
    everything = {"", "a", "b", "b/c"}
    assert see_again(tmp_path, known) == everything
    for name, change in (
        ("a/info.yaml", lambda path: path.write_text("title: 上海")),
        ("a/1.xmp", lambda path: path.write_bytes(b"y")),
        ("a/1.jpg", lambda path: os.utime(path, ns=(0, 0))),
        ("a/1.jpg", lambda path: path.chmod(0o600)),
        ("a/1.jpg", lambda path: path.rename(path.with_name("2.jpg"))),
        ("a/2.jpg", lambda path: path.unlink()),
    ):
        change(tmp_path / name)
        assert see_again(tmp_path, known) == everything - {"a"}, name
        known = states(see(tmp_path))


def test_what_is_ignored_makes_no_other_state(tmp_path: Path) -> None:
    put(tmp_path, "a/1.jpg")
    known = states(see(tmp_path))
    put(tmp_path, "a/notes.txt", "a/.hidden.jpg")
    assert see_again(tmp_path, known) == {"", "a"}
    put(tmp_path, "a/.galleryignore", content=b"1.jpg\n")
    assert see_again(tmp_path, known) == {""}


@pytest.mark.parametrize("error", [errno.EIO, errno.ESTALE])
def test_a_folder_with_problems_is_never_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    put(tmp_path, "a/1.jpg", "a/2.jpg")
    known = states(see(tmp_path))
    break_stat(monkeypatch, "1.jpg", error)
    assert states(see(tmp_path))["a"] == ""
    assert see_again(tmp_path, known | {"a": ""}) == {""}
