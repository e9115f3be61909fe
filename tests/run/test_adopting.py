"""Moving in from a former gallery's data folder: what is taken, what is told, what is left."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from local_image_process.errors import GalleryError, SettingsError
from local_image_process.record.interactions import Interactions
from local_image_process.record.take_overs import TakeOvers
from local_image_process.run import adopting, commands, old_data, old_settings
from local_image_process.run.adopting import Adoption, carry_out
from local_image_process.run.adopting_words import as_json, lines_of, next_steps
from local_image_process.run.records import open_records
from local_image_process.settings import Settings
from local_image_process.source import sidecar
from tests.former_gallery import (
    ALBUMS,
    DOTENV,
    EXIF_DATA,
    GIVEN,
    PASSWORD,
    PHOTOS,
    SECRET,
    YAML,
    as_file,
    leave_data,
    leave_objects,
)
from tests.likes import like
from tests.oss_server import OssServer
from tests.photos import make_photo

HERE = {i: given for i, given in GIVEN.items() if i != "拉萨/long gone"}
NOTHING_ELSE = {"大理/IMG_0421": (0, None)}


class House:
    """A library and a data folder, into which somebody moves; it is the working directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library, self.data, self.old = (folder / n for n in ("library", "data", "old/data"))
        self.environ = {
            "WATCH_DIR": str(self.library),
            "DATA_DIR": str(self.data),
            "SETTLE_S": "0",
            "RENDER_WORKERS": "1",
        }
        for seed, key in enumerate(PHOTOS):
            make_photo(self.library / key, size=(64, 48), seed=seed)

    @property
    def settings(self) -> Settings:
        return Settings.load(self.environ)

    def plan(self, folder: Path | None = None, *, with_bucket: bool = False) -> Adoption:
        return adopting.plan(
            self.settings, folder or self.old, with_bucket=with_bucket, environ=self.environ
        )

    def adopt(self, folder: Path | None = None, *, with_bucket: bool = False) -> Adoption:
        adoption = self.plan(folder, with_bucket=with_bucket)
        carry_out(adoption)
        return adoption

    def publish(self) -> None:
        commands.once(self.settings, "once", confirm_withdraw=False, tell=lambda _: None)

    def shown(self) -> dict[str, tuple[int, float | None]]:
        """Return likes and stars of what visitors see."""
        told = json.loads((self.data / "exif_data.json").read_bytes())
        return {
            key.rpartition(".")[0]: (one.get("likes", 0), one.get("star"))
            for key, one in told.items()
        }

    def like(self, photo_id: str) -> None:
        records = open_records(self.settings)
        like(records.database, photo_id, site=records.site)
        records.database.close()

    def files(self) -> dict[Path, bytes]:
        """Return all that lies in the library, the old folder and the working directory."""
        places = (self.library, self.old.parent)
        found = {p for place in places for p in place.rglob("*")} | set(self.folder.glob(".env"))
        return {path: path.read_bytes() for path in found if path.is_file()}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.chdir(tmp_path)
    return House(tmp_path)


def words(adoption: Adoption) -> str:
    """Return everything that is told."""
    told = [*lines_of(adoption), *next_steps(adoption)]
    return "\n".join([*told, json.dumps(as_json(adoption, is_done=True), ensure_ascii=False)])


# likes and stars


def test_likes_and_stars_come_in_and_a_second_run_changes_nothing(house: House) -> None:
    leave_data(house.old)
    before = house.files()
    adoption = house.adopt()
    assert {i: (g.before, g.stars) for i, g in adoption.given.items()} == GIVEN
    assert adoption.unknown == {"拉萨/long gone"}
    house.publish()
    assert house.shown() == HERE | NOTHING_ELSE
    assert not house.plan().has_work
    house.adopt()
    house.publish()
    assert house.shown() == HERE | NOTHING_ELSE
    assert house.files() == before, "library and old folder are only read"


def test_a_plan_changes_nothing(house: House) -> None:
    leave_data(house.old)
    assert house.plan().has_work
    house.publish()
    assert house.shown() == dict.fromkeys((*HERE, *NOTHING_ELSE), (0, None))
    assert not (house.data / "predecessor").exists()


def test_what_was_given_to_photos_that_are_not_here_waits_for_them(house: House) -> None:
    leave_data(house.old)
    assert "kept until it appears: 1" in words(house.adopt())
    make_photo(house.library / "拉萨/long gone.JPG", size=(64, 48), seed=9)
    house.publish()
    assert house.shown() == GIVEN | NOTHING_ELSE


def test_likes_that_visitors_gave_here_are_added(house: House) -> None:
    leave_data(house.old)
    house.publish()
    house.like("厦门/DSC01084")
    house.adopt()
    house.adopt()
    house.publish()
    assert house.shown()["厦门/DSC01084"] == (32, 4.0)


def test_stars_given_here_count_before_older_ones(house: House) -> None:
    leave_data(house.old)
    house.publish()
    records = open_records(house.settings)
    records.interactions.give_stars("厦门/DSC01084", 1.0)
    records.database.close()
    assert house.plan().news["厦门/DSC01084"].stars is None
    house.adopt()
    house.publish()
    assert house.shown()["厦门/DSC01084"] == (31, 1.0)


def test_likes_json_counts_too_and_the_most_likes_do(house: House) -> None:
    likes = {"厦门/DSC01084.JPG": 30, "大理/IMG_0420.jpeg": 9, "大理/IMG_0421.jpeg": 1}
    leave_data(house.old, likes=likes)
    given = house.plan().given
    assert {i: g.before for i, g in given.items() if g.before} == {
        "厦门/DSC01084": 31,
        "大理/IMG_0420": 9,
        "大理/IMG_0421": 1,
        "拉萨/long gone": 77,
    }


def test_photos_are_found_by_whatever_name_they_have_here(house: House) -> None:
    """Short names, dots and further formats get other names here than they had."""
    names = ("春/1.jpg", "春/a.b.c.JPG", "春/IMG_7.png", "春/IMG_7.jpg", "2024/夏/IMG_0008.JPG")
    for seed, name in enumerate(names):
        make_photo(house.library / name, size=(64, 48), seed=20 + seed)
    exif = {name: {"likes": number} for number, name in enumerate(names, start=1)}
    leave_data(house.old, exif_data=exif, albums=None)
    adoption = house.adopt()
    assert not adoption.unknown
    house.publish()
    likes = {photo_id: given[0] for photo_id, given in house.shown().items() if given[0]}
    assert sorted(likes.values()) == [1, 2, 3, 4, 5]
    assert likes["春/a_b_c"] == 2
    assert likes["春/IMG_7_png"] == 3
    assert likes["2024-夏/IMG_0008"] == 5


def test_an_album_that_lies_deeper_by_now_is_found_if_there_is_no_doubt(house: House) -> None:
    (house.library / "2023").mkdir()
    (house.library / "厦门").rename(house.library / "2023/厦门")
    for place in ("2019", "2021"):
        make_photo(house.library / place / "拉萨/long gone.JPG", size=(64, 48), seed=9)
    leave_data(house.old)
    adoption = house.plan()
    assert adoption.given.keys() == {
        "2023-厦门/DSC01084",
        "2023-厦门/DSC01106",
        "大理/IMG_0420",
        "拉萨/long gone",
    }
    assert adoption.unknown == {"拉萨/long gone"}


@pytest.mark.parametrize(
    ("entry", "is_told"),
    [
        ({"likes": -5}, True),
        ({"likes": "many"}, True),
        ({"likes": 1e99}, True),
        ({"likes": 10**30}, True),
        ({"likes": True}, True),
        ({"likes": {"a": 1}}, True),
        ({"star": 6}, True),
        ({"star": -1}, True),
        ({"star": 3.7}, True),
        ({"star": "five"}, True),
        ({"star": [5]}, True),
        ("nothing", True),
        (None, True),
        ({"likes": None, "star": None}, False),
        ({"likes": 0}, False),
        ({}, False),
    ],
)
def test_a_senseless_value_costs_only_itself(house: House, entry: object, is_told: bool) -> None:
    leave_data(house.old, exif_data=EXIF_DATA | {"大理/IMG_0421.jpeg": entry})
    adoption = house.adopt()
    assert {i: (g.before, g.stars) for i, g in adoption.given.items()} == GIVEN
    assert [p for p in adoption.problems if "大理/IMG_0421" in p] == adoption.problems
    assert bool(adoption.problems) == is_told


@pytest.mark.parametrize(
    "key", ["", "/", "no album.JPG", "album/", "album/no ending", "a/\ud800.JPG", "a/" * 2000]
)
def test_a_key_that_names_no_photo_costs_only_itself(house: House, key: str) -> None:
    told = json.dumps(EXIF_DATA | {key: {"likes": 3}}).encode()
    leave_data(house.old, exif_data=told)
    adoption = house.adopt()
    assert adoption.given.keys() == GIVEN.keys()
    assert len(adoption.problems) == 1
    assert len(adoption.problems[0]) < 200
    words(adoption).encode()


# files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_files_in_other_encodings_are_read(house: House, encoding: str) -> None:
    leave_data(house.old, exif_data=as_file(EXIF_DATA).decode().encode(encoding))
    assert house.plan().given.keys() == GIVEN.keys()
    assert not house.plan().problems


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\x00\xff", b"\x00" * 9, b"[" * 100_000, b'{"a/b.JPG": NaN}'],
)
def test_a_file_that_cannot_be_understood_costs_only_itself(house: House, content: bytes) -> None:
    leave_data(house.old, exif_data=content, likes={"厦门/DSC01084.JPG": 7})
    adoption = house.adopt()
    assert {i: g.before for i, g in adoption.given.items()} == {"厦门/DSC01084": 7}
    assert len(adoption.problems) == 1
    assert (house.data / "predecessor/exif_data.json").read_bytes() == content


def test_a_file_that_is_far_too_large_is_not_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_data(house.old, likes={"厦门/DSC01084.JPG": 7})
    monkeypatch.setattr(old_data, "JSON_BYTES_MAX", 300)
    adoption = house.plan()
    assert {i: g.before for i, g in adoption.given.items()} == {"厦门/DSC01084": 7}
    assert [p.partition(" is larger")[0][-14:] for p in adoption.problems] == [
        "ta/albums.json",
        "exif_data.json",
    ]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_told(house: House, make: Callable[[Path], None]) -> None:
    leave_data(house.old, exif_data=None)
    make(house.old / "exif_data.json")
    assert any("exif_data.json cannot be read" in problem for problem in house.plan().problems)


def test_the_project_folder_will_do_as_well(house: House) -> None:
    leave_data(house.old)
    assert house.plan(house.old.parent).given.keys() == GIVEN.keys()
    leave_data(house.folder / "front-end/public/data")
    assert house.plan(house.folder / "front-end").given.keys() == GIVEN.keys()


def test_a_wrong_folder_is_told_with_what_was_looked_for(house: House) -> None:
    with pytest.raises(GalleryError, match="is no folder"):
        house.plan(house.folder / "nowhere")
    empty = house.folder / "empty"
    empty.mkdir()
    with pytest.raises(GalleryError, match="exif_data") as told:
        house.plan(empty)
    assert str(empty / "data") in str(told.value)
    assert not house.data.exists()


def test_a_data_folder_of_ours_is_to_be_copied(house: House) -> None:
    house.publish()
    house.like("厦门/DSC01084")
    house.publish()
    other = House(house.folder / "other")
    with pytest.raises(GalleryError, match="copy the whole folder"):
        other.plan(house.data)
    leave_data(house.old, exif_data=(house.data / "exif_data.json").read_bytes())
    adoption = other.plan(house.old)
    assert not adoption.given
    assert "would count twice" in adoption.problems[0]


# the same data folder goes on being used


def test_the_data_folder_itself_before_the_first_start(house: House) -> None:
    leave_data(house.data, likes={"大理/IMG_0421.jpeg": 2})
    adoption = house.adopt(house.data)
    assert adoption.given.keys() == GIVEN.keys() | {"大理/IMG_0421"}
    house.publish()
    assert house.shown() == HERE | {"大理/IMG_0421": (2, None)}
    assert (house.data / "predecessor/exif_data.json").read_bytes() == as_file(EXIF_DATA)
    assert not house.plan(house.data).has_work


def test_the_data_folder_itself_after_the_first_start(house: House) -> None:
    leave_data(house.data, likes={"大理/IMG_0421.jpeg": 2})
    house.publish()
    assert house.shown() == HERE | NOTHING_ELSE
    house.like("厦门/DSC01084")
    house.publish()
    assert house.plan(house.data).news.keys() == {"大理/IMG_0421"}, "likes.json alone is new"
    for _ in range(2):
        house.adopt(house.data)
        house.publish()
        assert house.shown() == HERE | {
            "厦门/DSC01084": (32, 4.0),
            "大理/IMG_0421": (2, None),
        }


def test_our_own_data_folder_without_a_predecessor_has_nothing(house: House) -> None:
    house.publish()
    house.like("厦门/DSC01084")
    house.publish()
    with pytest.raises(GalleryError, match="nothing of a former gallery"):
        house.plan(house.data)


# the words of albums


def test_words_that_the_library_lacks_are_laid_ready(house: House) -> None:
    (house.library / "大理/info.yaml").write_text("title: 大理\n", encoding="utf-8")
    more = {"大理": {"title": "another"}, "空": None, "坏": {"title": ["x"]}}
    leave_data(house.old, albums=ALBUMS | more)
    adoption = house.adopt()
    assert [one.album_id for one in adoption.words] == ["厦门"]
    (command,) = (step for step in next_steps(adoption) if step.startswith("cp "))
    assert not list((house.library / "厦门").glob("*.yaml")), "the library is never written"
    assert os.system(command) == 0
    album = sidecar.read(house.library / "厦门/info.yaml")
    assert (album.title, album.date, album.location, album.desc, album.cover) == (
        "厦门: 海 #1",
        "2023-05-06",
        "118.0894, 24.4798",
        '两天，"一座"岛。',
        "DSC01106.jpeg",
    )
    assert not house.plan().words
    house.publish()
    images = json.loads((house.data / "albums.json").read_bytes())["厦门"]["images"]
    assert "DSC01106" in images[0]


# settings


def test_a_new_env_is_written_for_its_owner_alone(house: House) -> None:
    leave_data(house.old)
    (house.old.parent / ".env").write_text(DOTENV + "WATCH_DIR=../library\n", encoding="utf-8")
    del house.environ["WATCH_DIR"]
    adoption = house.adopt()
    told = words(adoption) + repr(adoption)
    new = house.folder / ".env"
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert dotenv_values(new) == {
        "OSS_ACCESS_KEY": "LTAIformeraccesskey",
        "OSS_SECRET_KEY": SECRET,
        "OSS_ENDPOINT": "oss-cn-hangzhou.aliyuncs.com",
        "OSS_BUCKET": "former",
        "ADMIN_USERNAME": "chen",
        "ADMIN_PASSWORD": dotenv_values(house.old.parent / ".env")["PASSWORD"],
        "WATCH_DIR": str(house.library),
    }
    assert house.settings.library == house.library
    for secret in (SECRET, PASSWORD, "p'a$s", "LTAIformeraccesskey"):
        assert secret not in told
    assert "now ADMIN_PASSWORD" in told
    assert "write a whole number from 1 to 65535" in told
    assert not house.plan().has_work


def test_what_is_set_here_stays_and_the_rest_is_to_be_copied(house: House) -> None:
    leave_data(house.old)
    (house.old.parent / ".env").write_text(DOTENV, encoding="utf-8")
    (house.folder / ".env").write_text("OSS_BUCKET=another\nADMIN_USERNAME=chen\n", "utf-8")
    settings = Settings.from_env(house.environ)
    adoption = adopting.plan(settings, house.old, with_bucket=False, environ=house.environ)
    carry_out(adoption)
    says = {line.name: line.says for line in adoption.dotenv.lines}
    assert says["OSS_BUCKET"] == "set here to something else, which stays"
    assert says["USERNAME"] == "now ADMIN_USERNAME: set here to the same"
    assert says["DB_PATH"] == "not used by this program"
    assert says["WEBHOOK_URL"] == "empty"
    assert says["OSS_SECRET_KEY"] == "not set here: copy the line"
    assert "OSS_SECRET_KEY" in next(s for s in next_steps(adoption) if s.startswith("Copy into"))
    assert (house.folder / ".env").read_text("utf-8") == "OSS_BUCKET=another\nADMIN_USERNAME=chen\n"


def test_an_env_that_would_not_do_is_not_written(house: House) -> None:
    leave_data(house.old)
    text = f"OSS_SECRET_KEY={SECRET}\nOSS_BUCKET=former\n"
    (house.old.parent / ".env").write_text(text, encoding="utf-8")
    adoption = house.adopt()
    assert not (house.folder / ".env").exists()
    told = words(adoption)
    assert "OSS_ACCESS_KEY" in told
    assert SECRET not in told
    with pytest.raises(SettingsError, match="set all four"):
        house.plan(with_bucket=True)


def test_an_env_in_use_is_only_explained(house: House) -> None:
    leave_data(house.data)
    (house.folder / ".env").write_text("PASSWORD=something long\nDB_PATH=x\n", encoding="utf-8")
    adoption = house.adopt(house.data)
    says = {line.name: line.says for line in adoption.dotenv.lines}
    assert says == {
        "PASSWORD": "in use here; its name is ADMIN_PASSWORD by now",
        "DB_PATH": "not used by this program",
    }
    assert adoption.dotenv.new_file is None


@pytest.mark.parametrize(
    "content", [DOTENV.encode("gbk"), DOTENV.encode("utf-8-sig"), b"\xff\x81="]
)
def test_an_env_of_any_encoding_does_no_harm(house: House, content: bytes) -> None:
    leave_data(house.old)
    (house.old.parent / ".env").write_bytes(content)
    assert SECRET not in words(house.adopt())


# interrupted


class Killed(BaseException):
    """The process ends here."""


def counted(times: int, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is killed when it is called for that time."""
    calls = iter(range(1, times))

    def call(*arguments: Any, **named: Any) -> Any:
        if next(calls, None) is None:
            raise Killed
        return original(*arguments, **named)

    return call


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "what", "times"),
    [
        *((old_data, "keep", times) for times in range(1, 6)),
        (Interactions, "inherit", 1),
        (TakeOvers, "permit", 1),
        (old_settings, "write", 1),
    ],
)
def test_whatever_interrupts_it_the_next_run_does_the_rest(
    house: House, monkeypatch: pytest.MonkeyPatch, where: Any, what: str, times: int
) -> None:
    leave_data(house.old)
    with OssServer() as bucket:
        before = leave_objects(bucket)
        (house.old.parent / ".env").write_text(
            f"OSS_ENDPOINT={bucket.endpoint}\nOSS_BUCKET={bucket.bucket}\n"
            f"OSS_REGION={bucket.region}\nOSS_ACCESS_KEY={bucket.access_key}\n"
            f"OSS_SECRET_KEY={bucket.secret_key}\n",
            encoding="utf-8",
        )
        with monkeypatch.context() as patch:
            patch.setattr(where, what, counted(times, getattr(where, what)))
            with pytest.raises(Killed):
                house.adopt(with_bucket=True)
        assert {name: bucket.read(name) for name in before} == before
        house.adopt(with_bucket=True)
        assert not house.plan(with_bucket=True).has_work
        house.publish()
        likes = {i: given[0] for i, given in house.shown().items()}
        assert likes == {i: given[0] for i, given in GIVEN.items()} | {"大理/IMG_0421": 3}
        found = {name: one.meta for name, one in bucket.objects().items()}
        ours = {name for name in before if "site" in found[name]}
        assert ours == {
            name
            for name in before
            if name.removeprefix("gallery/") in {"exif_data.json", "albums.json", "大理/info.yaml"}
            or b"old " in before[name]
        }
    kept = house.data / "predecessor"
    assert (kept / "bucket/gallery/大理/info.yaml").read_bytes() == YAML.encode()
    assert (kept / "albums/大理/info.yaml").read_text("utf-8").startswith('title: "大理的风"')
