"""What moves and edits cost, what becomes of likes and stars, and what a visitor sees meanwhile.

The galleries here look only when they are asked to, so that each change is one piece of work.
"""

import itertools
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from local_image_process.record.backlog import Backlog
from local_image_process.record.database import Database
from tests.chaos.visitors import Given, Visitors
from tests.live import LiveGallery
from tests.oss_server import OssServer
from tests.photos import make_photo

pytestmark = pytest.mark.slow

STARS = 4.5
PACE_S = 0.01  # of a visitor
SHARE = 5  # of the pictures, one is fetched before the JSON is again
MANY = 500
REPORTED = ("published", "moved", "refreshed", "withdrawn", "rendered", "uploaded", "failed")
PUT, COPIED, REMOVED = IN_BUCKET = ("PutObject", "CopyObject", "DeleteObject")  # of pictures
Do = Callable[[Path], object]


class Site:
    """A gallery, alone or with a bucket, that looks when it is asked to."""

    def __init__(self, folder: Path, bucket: OssServer | None) -> None:
        self.bucket = bucket
        settings = {"WATCH_MODE": "sweep", "SWEEP_INTERVAL_S": "3600", "SETTLE_S": "0.1"}
        if bucket:
            settings |= {
                "OSS_ENDPOINT": bucket.endpoint,
                "OSS_BUCKET": bucket.bucket,
                "OSS_REGION": bucket.region,
                "OSS_ACCESS_KEY": bucket.access_key,
                "OSS_SECRET_KEY": bucket.secret_key,
                "OSS_PUBLIC_URL": f"{bucket.endpoint}/{bucket.bucket}",
                "INDEX_INTERVAL_S": "0",
            }
        self.live = LiveGallery(folder, **settings)
        self.visitors = Visitors(self.live, name="visitor")
        self.seeds = itertools.count(1)
        make_photo(self.live.library / "always/here to stay.jpg", size=(64, 48), seed=1000)
        self._database = Database(f"sqlite:///{self.live.data / 'catalogue.db'}")
        self._backlog = Backlog(self._database)
        self.live.start()
        self.live.wait(lambda: self.live.exif(), what="the first sweep")

    def close(self) -> None:
        """End it; nothing may be left over."""
        self._database.close()
        try:
            assert self.live.command("check", "--remote").stdout == "all well\n"
        finally:
            self.live.stop()

    def publish(self, case: str, photos: Sequence[str]) -> None:
        """Publish new photos; give the first one like, the second two …, the last one stars."""
        for name in photos:
            make_photo(self.live.library / case / name, size=(64, 48), seed=next(self.seeds))
        self.look()
        ids = [f"{case}-{photo_id}" for photo_id in ids_of(photos)]
        for number, photo_id in enumerate(ids, start=1):
            for _ in range(number):
                assert self.visitors.like(photo_id, Given()) == "200"
        assert self.visitors.give_stars(ids[-1], STARS, Given()) == "200"
        wanted = {i: n for n, i in enumerate(ids_of(photos), start=1)}
        self.live.wait(lambda: self.given(case) == (wanted, ids_of(photos)[-1]), what="likes")

    def look(self) -> dict[str, int]:
        """Have the gallery look at everything; return what it did, and what the bucket saw."""
        if self.bucket:
            self.bucket.clear_requests()
        report = self.live.once()
        self.live.wait(
            lambda: not self._backlog.loose_objects(), what="the old pictures to go", timeout_s=100
        )
        requests = self.bucket.requests() if self.bucket else []
        done = [e for e in requests if e.key.endswith(".webp") and e.status < 300]
        in_bucket = Counter(e.operation for e in done)
        return {n: report[n] for n in REPORTED} | {n: in_bucket[n] for n in self._counted}

    def counts(self, costs: dict[str, int]) -> dict[str, int]:
        """Return all counts of a look: these, and otherwise 0."""
        return {name: costs.get(name, 0) for name in (*REPORTED, *self._counted)}

    @property
    def _counted(self) -> tuple[str, ...]:
        return IN_BUCKET if self.bucket else ()

    def given(self, case: str) -> tuple[dict[str, int], str]:
        """Return the likes of a case's photos, by id without the case, and who has stars."""
        entries = {key.rpartition(".")[0]: entry for key, entry in self.live.exif().items()}
        mine = {i[len(case) + 1 :]: e for i, e in entries.items() if i.startswith(f"{case}-")}
        likes = {i: e["likes"] for i, e in mine.items() if "likes" in e}
        return likes, ", ".join(i for i, e in mine.items() if e.get("star") == STARS)

    def versions(self, case: str) -> dict[str, str]:
        """Return the version of each picture that albums.json names, by id without the case."""
        parts = [url.partition("gallery/")[2].partition(".webp?v=") for url in self.live.urls()]
        return {i[len(case) + 1 :]: version for i, _, version in parts if i.startswith(f"{case}-")}

    @contextmanager
    def visited(self) -> Iterator[None]:
        """Let somebody fetch the JSON, and what it names, without pause; nothing may be missing."""
        missed: list[str] = []
        done = threading.Event()
        thread = threading.Thread(target=self._visit, args=[done, missed])
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        assert missed == []

    def _status(self, url: str) -> int:
        if not self.bucket:
            return self.live.get(url).status
        try:
            with urllib.request.urlopen(quote(url, safe=":/?=&"), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def _visit(self, done: threading.Event, missed: list[str]) -> None:
        for turn in itertools.count():
            urls = self.live.urls()
            for url in urls[turn % SHARE :: SHARE]:  # some, then the JSON again
                if done.is_set():
                    return
                status = self._status(url)
                if status != 200 and url in self.live.urls():  # Race: withdrawn meanwhile
                    missed.append(f"{url}: {status}")
                time.sleep(PACE_S)  # a pace, not a wait


@pytest.fixture(scope="module", params=[False, True], ids=["alone", "bucket"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One running gallery for all; each test has folders of its own."""
    with ExitStack() as stack:
        bucket = None
        if request.param:
            bucket = stack.enter_context(OssServer(process=True, public_read=True))
        one = Site(tmp_path_factory.mktemp("moves"), bucket)
        stack.callback(one.close)
        yield one


def ids_of(photos: Sequence[str]) -> list[str]:
    """Return the ids that photos are published under, without the case."""
    folders = [name.rpartition("/") for name in photos]
    return [f"{f.replace('/', '-')}/{name.rpartition('.')[0]}" for f, _, name in folders]


def move(old: str, new: str) -> Do:
    def do(root: Path) -> None:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / old).rename(root / new)

    return do


def copy(old: str, new: str) -> Do:
    return lambda root: shutil.copy(root / old, root / new)


def make(name: str, seed: int) -> Do:
    return lambda root: make_photo(root / name, size=(64, 48), seed=seed)


def exchange(one: str, two: str) -> Do:
    """Write the bytes of each into the other, as some programs do, and rename nothing."""

    def do(root: Path) -> None:
        first, second = (root / one).read_bytes(), (root / two).read_bytes()
        (root / one).write_bytes(second)
        (root / two).write_bytes(first)

    return do


def rate(name: str, stars: int) -> Do:
    """Write a rating into a JPEG's XMP, as Lightroom does; its picture stays as it is."""

    def do(root: Path) -> None:
        xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r xmp:Rating="{stars}"/></x:xmpmeta>'
        packet = b"http://ns.adobe.com/xap/1.0/\x00" + xmp.encode()
        content = (root / name).read_bytes()
        segment = b"\xff\xe1" + (len(packet) + 2).to_bytes(2, "big") + packet
        (root / name).write_bytes(content[:2] + segment + content[2:])

    return do


@dataclass(frozen=True, kw_only=True)
class Case:
    """Photos, what is done to them, and what it costs; the rest of all counts is 0."""

    photos: tuple[str, ...]  # the first is given one like, the second two …; the last one stars
    do: tuple[Do, ...]
    costs: dict[str, int]
    shown: dict[str, int | None]  # id → the photo that it shows; None: one that was not there
    likes: dict[str, int]  # those with none left out
    stars: str  # who has them


RENAMED = ("A/first.jpg", "A/second.jpg")
BESIDE = ("A/first.jpg", "A/second.jpg", "B/third.jpg")
CASES = {
    "a folder is renamed": Case(
        photos=RENAMED,
        do=(move("A", "B"),),
        costs={"moved": 2, COPIED: 6, REMOVED: 6},
        shown={"B/first": 0, "B/second": 1},
        likes={"B/first": 1, "B/second": 2},
        stars="B/second",
    ),
    "a folder and the folder above it are renamed": Case(
        photos=("A/deep/first.jpg", "A/deep/second.jpg"),
        do=(move("A/deep", "A/lower"), move("A", "B")),
        costs={"moved": 2, COPIED: 6, REMOVED: 6},
        shown={"B-lower/first": 0, "B-lower/second": 1},
        likes={"B-lower/first": 1, "B-lower/second": 2},
        stars="B-lower/second",
    ),
    "a photo moves to another album": Case(
        photos=BESIDE,
        do=(move("A/second.jpg", "B/second.jpg"),),
        costs={"moved": 1, COPIED: 3, REMOVED: 3},
        shown={"A/first": 0, "B/second": 1, "B/third": 2},
        likes={"A/first": 1, "B/second": 2, "B/third": 3},
        stars="B/third",
    ),
    "a photo moves away and back": Case(
        photos=RENAMED,
        do=(move("A/first.jpg", "../../away.jpg"), move("../../away.jpg", "A/first.jpg")),
        costs={},
        shown={"A/first": 0, "A/second": 1},
        likes={"A/first": 1, "A/second": 2},
        stars="A/second",
    ),
    "a folder is split": Case(
        photos=("A/first.jpg", "A/second.jpg", "A/third.jpg"),
        do=(move("A/first.jpg", "B/first.jpg"), move("A", "C")),
        costs={"moved": 3, COPIED: 9, REMOVED: 9},
        shown={"B/first": 0, "C/second": 1, "C/third": 2},
        likes={"B/first": 1, "C/second": 2, "C/third": 3},
        stars="C/third",
    ),
    "a folder is merged into one with a photo of the same name": Case(
        photos=("A/first.jpg", "A/second.jpg", "B/first.png"),
        do=(move("A/first.jpg", "B/first.jpg"), move("A/second.jpg", "B/second.jpg")),
        costs={"moved": 3, COPIED: 9, REMOVED: 6},
        shown={"B/first": 0, "B/second": 1, "B/first_png": 2},
        likes={"B/first": 1, "B/second": 2, "B/first_png": 3},
        stars="B/first_png",
    ),
    "a name changes in its case": Case(
        photos=RENAMED,
        do=(move("A/second.jpg", "A/SECOND.jpg"),),
        costs={"moved": 1, COPIED: 3, REMOVED: 3},
        shown={"A/first": 0, "A/SECOND": 1},
        likes={"A/first": 1, "A/SECOND": 2},
        stars="A/SECOND",
    ),
    "an ending changes in its case": Case(
        photos=RENAMED,
        do=(move("A/second.jpg", "A/second.JPG"),),
        costs={"published": 1},
        shown={"A/first": 0, "A/second": 1},
        likes={"A/first": 1, "A/second": 2},
        stars="A/second",
    ),
    "two photos swap their names": Case(
        photos=RENAMED,
        do=(
            move("A/first.jpg", "A/first.part"),
            move("A/second.jpg", "A/first.jpg"),
            move("A/first.part", "A/second.jpg"),
        ),
        costs={"refreshed": 1, "published": 1, "rendered": 1, "uploaded": 3, PUT: 3, COPIED: 3},
        shown={"A/first": 1, "A/second": 0},
        likes={"A/first": 1, "A/second": 2},
        stars="A/second",
    ),
    "two photos exchange their contents": Case(
        photos=RENAMED,
        do=(exchange("A/first.jpg", "A/second.jpg"),),
        costs={"refreshed": 1, "published": 1, "rendered": 1, "uploaded": 3, PUT: 3, COPIED: 3},
        shown={"A/first": 1, "A/second": 0},
        likes={"A/first": 1, "A/second": 2},
        stars="A/second",
    ),
    "a photo is copied": Case(
        photos=RENAMED,
        do=(copy("A/second.jpg", "A/again once.jpg"),),
        costs={"published": 1, COPIED: 3},
        shown={"A/first": 0, "A/second": 1, "A/again once": 1},
        likes={"A/first": 1, "A/second": 2},
        stars="A/second",
    ),
    "a photo is replaced by a new one": Case(
        photos=RENAMED,
        do=(make("A/second.jpg", 99),),
        costs={"published": 1, "rendered": 1, "uploaded": 3, PUT: 3},
        shown={"A/first": 0, "A/second": None},
        likes={"A/first": 1, "A/second": 2},
        stars="A/second",
    ),
    "a photo takes the place of another": Case(
        photos=RENAMED,
        do=(move("A/second.jpg", "A/first.jpg"),),
        costs={"refreshed": 1, "withdrawn": 1, COPIED: 3, REMOVED: 3},
        shown={"A/first": 1},
        likes={"A/first": 3},
        stars="A/first",
    ),
    "all photos of a folder are rated": Case(
        photos=RENAMED,
        do=(rate("A/first.jpg", 4), rate("A/second.jpg", 5)),
        costs={"refreshed": 2},
        shown={"A/first": 0, "A/second": 1},
        likes={"A/first": 1, "A/second": 2},
        stars="A/second",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_change_costs_and_what_becomes_of_likes(site: Site, name: str) -> None:
    case = CASES[name]
    site.publish(name, case.photos)
    before = site.versions(name)
    with site.visited():
        for do in case.do:
            do(site.live.library / name)
        costs = site.look()
    assert costs == site.counts(case.costs)
    versions = site.versions(name)
    of_photo = [before[i] for i in ids_of(case.photos)]
    assert versions.keys() == case.shown.keys()
    for photo_id, number in case.shown.items():
        if number is None:
            assert versions[photo_id] not in of_photo, photo_id
        else:
            assert versions[photo_id] == of_photo[number], photo_id
    assert site.given(name) == (case.likes, case.stars)


def test_a_photo_that_comes_back_after_its_withdrawal_finds_what_it_was_given(site: Site) -> None:
    case = "withdrawn meanwhile"
    site.publish(case, ("A/first.jpg", "A/second.jpg", "A/third.jpg"))
    folder, away = site.live.library / case, site.live.library.with_name("away")
    with site.visited():
        (folder / "A").rename(away)
        costs = site.look()
        assert costs == site.counts({"withdrawn": 3, REMOVED: 9})
        assert site.versions(case) == {}
        away.rename(folder / "A")
        (folder / "A/second.jpg").rename(folder / "A/renamed.jpg")
        costs = site.look()
    assert costs == site.counts({"published": 3, "rendered": 3, "uploaded": 9, PUT: 9})
    assert site.given(case) == ({"A/first": 1, "A/renamed": 2, "A/third": 3}, "A/third")


def test_a_folder_of_500_is_renamed_without_a_rendering_or_an_upload(site: Site) -> None:
    case = "many"
    folder = site.live.library / case
    names = [f"photo{number:03}" for number in range(MANY)]
    for name in names:
        make_photo(folder / f"A/{name}.jpg", size=(64, 48), seed=next(site.seeds))
    site.look()  # the first of them may have been published before
    assert len(site.versions(case)) == MANY
    assert site.visitors.like(f"{case}-A/{names[7]}", Given()) == "200"
    before = site.versions(case)
    with site.visited():
        (folder / "A").rename(folder / "B")
        costs = site.look()
    assert costs == site.counts({"moved": MANY, COPIED: 3 * MANY, REMOVED: 3 * MANY})
    assert site.versions(case) == {i.replace("A/", "B/"): v for i, v in before.items()}
    assert site.given(case) == ({f"B/{names[7]}": 1}, "")
