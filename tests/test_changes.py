"""What photographers do to folders, and what the gallery shows then."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.live import SETTLE_S, LiveGallery
from tests.photos import make_photo
from tests.support import wait_for

Make = Callable[..., LiveGallery]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGallery]:
    """One running gallery for all; each test has a folder of its own."""
    one = LiveGallery(tmp_path_factory.mktemp("changes")).start()
    yield one
    wait_for(lambda: one.command("check").stdout == "all well\n", what="nothing left over")
    one.stop()


@pytest.fixture
def album(live: LiveGallery, request: pytest.FixtureRequest) -> Iterator[Path]:
    folder = live.library / f"相册 {request.node.name.replace('/', '-')[:60]}"
    folder.mkdir()
    make_photo(live.library / "always/here to stay.jpg", size=(64, 48), seed=1000)
    yield folder
    shutil.rmtree(folder)


def shown(live: LiveGallery, folder: Path) -> list[set[str]]:
    """Return the names that an album shows, and those of which facts are told."""
    entry = live.albums().get(folder.name, {"images": []})
    names = {url.rpartition("/")[2].partition(".webp")[0] for url in entry["images"]}
    keys = (key for key in live.exif() if key.startswith(f"{folder.name}/"))
    return [names, {key.rpartition("/")[2].rpartition(".")[0] for key in keys}]


def wait_until_shown(live: LiveGallery, folder: Path, *names: str, timeout_s: float = 20) -> None:
    live.wait(
        lambda: shown(live, folder) == [set(names), set(names)],
        what=f"{folder.name}: {names}",
        timeout_s=timeout_s,
    )


def version(live: LiveGallery, folder: Path, name: str) -> str:
    url = next(u for u in live.albums()[folder.name]["images"] if f"/{name}.webp" in u)
    return str(url.partition("?v=")[2])


def test_a_new_photo_appears_with_its_folder(live: LiveGallery, album: Path) -> None:
    make_photo(album / "deep/er/first.jpg", size=(64, 48))
    deep = live.library / f"{album.name}-deep-er"
    wait_until_shown(live, deep, "first")
    assert live.albums()[deep.name]["title"] == "er"


def test_an_edited_photo_shows_its_new_pixels(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(64, 48), seed=1)
    wait_until_shown(live, album, "first")
    before = version(live, album, "first")
    make_photo(album / "first.jpg", size=(64, 48), seed=2)
    live.wait(lambda: version(live, album, "first") != before, what="another version")


def test_a_replacement_of_the_same_size_with_an_older_time_is_seen(
    live: LiveGallery, album: Path
) -> None:
    first, second = album / "first.bmp", album.parent.parent / "second.bmp"
    make_photo(first, size=(64, 48), seed=1)
    make_photo(second, size=(64, 48), seed=2)
    assert first.stat().st_size == second.stat().st_size
    os.utime(second, (1_000_000_000, 1_000_000_000))
    wait_until_shown(live, album, "first")
    before = version(live, album, "first")
    shutil.move(second, first)  # keeps the older time
    live.wait(lambda: version(live, album, "first") != before, what="another version")


def test_an_atomic_save_is_seen(live: LiveGallery, album: Path) -> None:
    make_photo(album / ".first.Xy12.jpg", size=(64, 48))
    (album / ".first.Xy12.jpg").rename(album / "first.jpg")
    wait_until_shown(live, album, "first")


def test_moves_rename_and_delete(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(64, 48), seed=3)
    make_photo(album / "second.jpg", size=(64, 48), seed=4)
    wait_until_shown(live, album, "first", "second")
    before = version(live, album, "first")
    (album / "first.jpg").rename(album / "renamed.jpg")
    wait_until_shown(live, album, "renamed", "second")
    assert version(live, album, "renamed") == before
    (album / "second.jpg").unlink()
    wait_until_shown(live, album, "renamed")
    (album / "renamed.jpg").unlink()
    wait_until_shown(live, album)


def test_a_copy_is_a_second_photo(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(64, 48), seed=5)
    wait_until_shown(live, album, "first")
    shutil.copy(album / "first.jpg", album / "again.jpg")
    wait_until_shown(live, album, "first", "again")


def test_a_slow_copy_is_published_once_and_whole(live: LiveGallery, album: Path) -> None:
    """It is written for ten times as long as a file must rest."""
    whole = make_photo(live.data / "whole.jpg", size=(800, 600), seed=6)
    content = whole.read_bytes()
    step = len(content) // 30 + 1
    with (album / "slow copy.jpg").open("wb") as file:
        for start in range(0, len(content), step):
            file.write(content[start : start + step])
            file.flush()
            time.sleep(SETTLE_S / 3)  # a slow writer paces itself
    wait_until_shown(live, album, "slow copy")
    lines = live.log_lines(f"{album.name}/slow copy.jpg")
    assert len(lines) == 1, lines


def test_words_of_an_edit_cost_no_rendering(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(64, 48), camera="Old name")
    wait_until_shown(live, album, "first")
    before = version(live, album, "first")
    make_photo(album / "first.jpg", size=(64, 48), camera="New name")
    live.wait(
        lambda: live.exif()[f"{album.name}/first.jpg"]["CameraModel"] == "New name", what="the name"
    )
    assert version(live, album, "first") == before
    assert live.log_lines("photo refreshed key=")[-1:]


def test_the_users_yaml_rules_and_a_broken_one_keeps_the_last_good(
    live: LiveGallery, album: Path
) -> None:
    make_photo(album / "first.jpg", size=(64, 48), seed=7, gps=(31.2397, 121.4992))
    make_photo(album / "second.jpg", size=(64, 48), seed=8)
    wait_until_shown(live, album, "first", "second")
    assert live.albums()[album.name]["location"] == "121.4992, 31.2397"
    sidecar = album / "info.yaml"
    sidecar.write_text("title: 外滩\ndate: 2024-07-01\ncover: second.jpg\n", encoding="utf-8")
    live.wait(lambda: live.albums()[album.name]["title"] == "外滩", what="the title")
    entry = live.albums()[album.name]
    assert entry["date"] == "2024-07-01"
    assert "second.webp" in entry["images"][0]
    live.wait(
        lambda: live.exif()[f"{album.name}/first.jpg"]["Location"] == "外滩", what="the place"
    )
    sidecar.write_text("title: [not closed\n", encoding="utf-8")
    live.wait(lambda: live.log_lines(f'folder="{album.name}"'), what="a word about the YAML")
    assert live.albums()[album.name]["title"] == "外滩"
    checked = live.command("check")
    assert f"{album.name}/info.yaml" in checked.stdout
    sidecar.unlink()
    live.wait(lambda: live.albums()[album.name]["title"] == album.name, what="the folder's name")


def test_a_hidden_album_is_withdrawn_and_comes_back(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(64, 48), seed=9)
    wait_until_shown(live, album, "first")
    url = live.albums()[album.name]["images"][0]
    (album / "info.yaml").write_text("hidden: true\n", encoding="utf-8")
    wait_until_shown(live, album)
    live.wait(lambda: live.get(url).status == 404, what="the picture to be gone")
    (album / "info.yaml").unlink()
    wait_until_shown(live, album, "first")


def test_patterns_of_galleryignore_count(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(64, 48), seed=10)
    make_photo(album / "raw/second.jpg", size=(64, 48), seed=11)
    raw = live.library / f"{album.name}-raw"
    wait_until_shown(live, album, "first")
    wait_until_shown(live, raw, "second")
    (album / ".galleryignore").write_text("raw/\n", encoding="utf-8")
    wait_until_shown(live, raw)
    (album / ".galleryignore").unlink()
    wait_until_shown(live, raw, "second")


def test_a_jpeg_beside_a_png_takes_the_name(live: LiveGallery, album: Path) -> None:
    make_photo(album / "IMG_1.png", size=(64, 48), seed=12)
    wait_until_shown(live, album, "IMG_1")
    png = version(live, album, "IMG_1")
    make_photo(album / "IMG_1.jpg", size=(64, 48), seed=13)
    wait_until_shown(live, album, "IMG_1", "IMG_1_png")
    live.wait(lambda: version(live, album, "IMG_1_png") == png, what="the PNG under its new name")
    (album / "IMG_1.jpg").unlink()
    wait_until_shown(live, album, "IMG_1")
    assert version(live, album, "IMG_1") == png


def test_two_names_swapped_show_each_others_pixels(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(64, 48), seed=14)
    make_photo(album / "second.jpg", size=(64, 48), seed=15)
    wait_until_shown(live, album, "first", "second")
    first, second = version(live, album, "first"), version(live, album, "second")
    (album / "first.jpg").rename(album / "aside")
    (album / "second.jpg").rename(album / "first.jpg")
    (album / "aside").rename(album / "second.jpg")
    live.wait(
        lambda: (version(live, album, "first"), version(live, album, "second")) == (second, first),
        what="the swap",
    )
    for url in live.albums()[album.name]["images"]:
        assert live.get(url).headers["Cache-Control"].endswith("immutable")


def test_folders_of_one_id_are_told_apart(live: LiveGallery, album: Path) -> None:
    make_photo(album / "sub/first.jpg", size=(64, 48), seed=16)
    twin = live.library / f"{album.name}-sub"
    try:
        make_photo(twin / "second.jpg", size=(64, 48), seed=17)
        live.wait(
            lambda: (
                sorted(
                    len(entry["images"])
                    for name, entry in live.albums().items()
                    if name.startswith(f"{album.name}-sub")
                )
                == [1, 1]
            ),
            what="two albums",
        )
    finally:
        shutil.rmtree(twin)


def test_a_photo_that_cannot_be_opened_is_shown_once_it_can(live: LiveGallery, album: Path) -> None:
    path = album / "first.jpg"
    path.write_bytes(b"\xff\xd8 not yet")
    live.wait(lambda: live.log_lines(f"{album.name}/first.jpg"), what="a word about it")
    make_photo(path, size=(64, 48), seed=18)
    wait_until_shown(live, album, "first")
    wait_for(lambda: f"{album.name}/first.jpg" not in live.command("check").stdout, what="no trace")


def test_pictures_arrive_upright_in_three_sizes(live: LiveGallery, album: Path) -> None:
    make_photo(album / "first.jpg", size=(1500, 2000), orientation=6, seed=19)
    wait_until_shown(live, album, "first")
    sizes = {}
    for edge in ("gallery", "thumbs/1280", "thumbs/480"):
        answer = live.get(f"/media/{edge}/{album.name}/first.webp")
        target = live.data / "look.webp"
        target.write_bytes(answer.body)
        with Image.open(target) as image:
            sizes[edge] = image.size
    assert sizes == {"gallery": (1500, 2000), "thumbs/1280": (960, 1280), "thumbs/480": (360, 480)}


def test_a_photo_that_may_not_be_read_is_shown_once_it_may(live: LiveGallery, album: Path) -> None:
    path = make_photo(album / ".first.jpg", size=(64, 48), seed=20)
    path.chmod(0)
    path.rename(album / "first.jpg")
    live.wait(lambda: live.log_lines(f"{album.name}/first.jpg"), what="a word about it")
    assert "permission" in live.log_lines(f"{album.name}/first.jpg")[0].lower()
    (album / "first.jpg").chmod(0o644)
    wait_until_shown(live, album, "first")


NFD = "cafe\u0301 au lait"
HOSTILE_NAMES = {  # file name → the name that the front-end is to find
    "plain name.jpg": "plain name",
    "上海外滩的夜.jpg": "上海外滩的夜",
    "a&b+c'd=e.jpg": "a&b+c'd=e",
    "half#hash?mark%41.jpg": "half_hash_mark_41",
    "two.dots.in.it.jpg": "two_dots_in_it",
    "sunset \N{SUNRISE OVER MOUNTAINS} now.jpg": "sunset \N{SUNRISE OVER MOUNTAINS} now",
    "two\nlines.jpg": "two_lines",
    f"{NFD}.jpg": "caf\u00e9 au lait",
    "SHOUTING.JPG": "SHOUTING",
}


def test_any_name_is_published_and_can_be_fetched(live: LiveGallery, album: Path) -> None:
    for seed, name in enumerate(HOSTILE_NAMES):
        make_photo(album / name, size=(64, 48), seed=100 + seed)
    wait_until_shown(live, album, *HOSTILE_NAMES.values())
    for url in live.albums()[album.name]["images"]:
        assert live.get(url).status == 200, url
        assert live.get(url).headers["Cache-Control"].endswith("immutable")


def test_links_out_of_the_library_are_not_followed(live: LiveGallery, album: Path) -> None:
    outside = make_photo(live.data / "outside/secret.jpg", size=(64, 48), seed=21)
    (album / "secret.jpg").symlink_to(outside)
    (album / "folder").symlink_to(outside.parent)
    make_photo(album / "first.jpg", size=(64, 48), seed=22)
    wait_until_shown(live, album, "first")
    shutil.rmtree(outside.parent)
