"""What a predecessor left in the data folder: likes and stars are taken over, its files kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_image_process.run import commands
from local_image_process.settings import Settings
from tests.photos import make_photo

pytestmark = pytest.mark.slow

ALBUMS = {
    "上海": {
        "images": ["https://angyi.oss-cn-beijing.aliyuncs.com/gallery/上海/DSC04056.webp"],
        "title": "上海之旅",
        "location": "121.49, 31.23",
        "date": "2024-07-01",
        "desc": "",
    },
    "gone": None,
}
EXIF = {
    "上海/DSC04056.JPG": {"CameraModel": "NIKON Z 6", "star": 4.5, "likes": 7},
    "上海/DSC04057.jpeg": {"star": 3},
    "上海/DSC04058.JPG": {"likes": 2},
    "上海/gone long ago.JPG": {"star": 5, "likes": 100},
}
LIKES = {"上海/DSC04056.JPG": 7}


class Taken:
    """A library and a data folder in which a predecessor worked."""

    def __init__(self, folder: Path) -> None:
        self.library, self.data = folder / "library", folder / "data"
        self.settings = Settings.from_env(
            {
                "WATCH_DIR": str(self.library),
                "DATA_DIR": str(self.data),
                "SETTLE_S": "0",
                "RENDER_WORKERS": "1",
            }
        )
        for seed, name in enumerate(("DSC04056.JPG", "DSC04057.JPG", "DSC04058.JPG")):
            make_photo(self.library / "上海" / name, size=(64, 48), seed=seed)
        self.data.mkdir()

    def leave(self, **files: Any) -> None:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            (self.data / f"{name}.json").write_text(text, encoding="utf-8")

    def publish(self) -> None:
        commands.once(self.settings, "once", confirm_withdraw=False, tell=lambda _: None)

    def shown(self) -> dict[str, tuple[float | None, int]]:
        """Return stars and likes by name."""
        exif = json.loads((self.data / "exif_data.json").read_bytes())
        return {
            key.rpartition(".")[0].rpartition("/")[2]: (one.get("star"), one.get("likes", 0))
            for key, one in exif.items()
        }

    def kept(self) -> dict[str, bytes]:
        folder = self.data / "predecessor"
        return (
            {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
        )


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    return Taken(tmp_path)


GIVEN = {"DSC04056": (4.5, 7), "DSC04057": (3, 0), "DSC04058": (None, 2)}
NONE = dict.fromkeys(GIVEN, (None, 0))


def test_stars_and_likes_are_taken_over_and_the_files_kept(taken: Taken) -> None:
    taken.leave(albums=ALBUMS, exif_data=EXIF, likes=LIKES)
    before = {path.name: path.read_bytes() for path in taken.data.glob("*.json")}
    taken.publish()
    assert taken.shown() == GIVEN
    assert taken.kept() == before
    assert (taken.data / "albums.json").read_bytes() != before["albums.json"]


def test_they_are_taken_over_once(taken: Taken) -> None:
    taken.leave(albums=ALBUMS, exif_data=EXIF)
    taken.publish()
    kept = taken.kept()
    taken.publish()
    assert taken.shown() == GIVEN
    for path in taken.data.glob("catalogue.db*"):
        path.unlink()
    taken.publish()  # from our own file by now
    assert taken.shown() == GIVEN
    assert taken.kept() == kept


def test_our_own_files_are_no_predecessors(taken: Taken) -> None:
    taken.publish()
    for path in taken.data.glob("catalogue.db*"):
        path.unlink()
    taken.publish()
    assert taken.shown() == NONE
    assert taken.kept() == {}


def test_nor_are_they_when_one_of_them_is_damaged(taken: Taken) -> None:
    taken.publish()
    for path in taken.data.glob("catalogue.db*"):
        path.unlink()
    taken.leave(interactions="{")
    taken.publish()
    assert taken.kept() == {}


def test_a_first_copy_stays(taken: Taken) -> None:
    taken.leave(exif_data=EXIF)
    (taken.data / "predecessor").mkdir()
    (taken.data / "predecessor/exif_data.json").write_text("the first", encoding="utf-8")
    taken.publish()
    assert taken.kept() == {"exif_data.json": b"the first"}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"上海/DSC04056.JPG": null}', '{"a": 1}', "\ufffd" * 9]
)
def test_what_cannot_be_understood_is_kept_all_the_same(content: str, taken: Taken) -> None:
    taken.leave(exif_data=content, albums=content)
    taken.publish()
    assert taken.shown() == NONE
    assert taken.kept() == dict.fromkeys(("exif_data.json", "albums.json"), content.encode())
