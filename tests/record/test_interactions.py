"""Likes and stars of several sites: each counts its own, and all come to the same."""

import hashlib
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from local_image_process.model import Exif, Interaction, Mirrored, Photo, Stamp
from local_image_process.publish.store import Entry
from local_image_process.record.backlog import Backlog
from local_image_process.record.catalogue import Catalogue
from local_image_process.record.clicks import Became, Clicks
from local_image_process.record.database import Database
from local_image_process.record.interactions import Interactions
from local_image_process.record.mirror import Changes, Mirror
from local_image_process.record.tombstones import DAY_S, Tombstones
from local_image_process.run.sync import Sync, Terms
from tests.likes import like

ALBUM = "上海"
FIRST, SECOND, THIRD = f"{ALBUM}/first", f"{ALBUM}/second", f"{ALBUM}/third"


def version(picture: str) -> str:
    """Return eight hex digits that stand for a picture."""
    return hashlib.md5(picture.encode()).hexdigest()[:8]


class Site:
    """One installation: its catalogue, and what it knows of the bucket's pictures."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.object = f"interactions/{name}.json"
        self._folder = folder / name
        self._folder.mkdir(parents=True)
        self._visitors = itertools.count()
        self._open()

    def _open(self) -> None:
        self.database = Database(f"sqlite:///{self._folder / 'catalogue.db'}")
        self.interactions = Interactions(self.database, site=self.name)
        self.mirror = Mirror(self.database)
        self._clicks = Clicks(self.database, site=self.name, window_s=60)

    def close(self) -> None:
        self.database.close()

    def lose_catalogue(self) -> None:
        self.close()
        for path in self._folder.iterdir():
            path.unlink()
        self._open()

    def show(self, pictures: Mapping[str, str], moves: Mapping[str, str] | None = None) -> None:
        """Show these pictures (by photo id), and nothing else; likes follow the ``moves``."""
        known = {photo.id: photo for photo in self.mirror.photos()}
        there = {photo_id: mirrored(photo_id, picture) for photo_id, picture in pictures.items()}
        gone = [photo for photo_id, photo in known.items() if photo_id not in there]
        self.mirror.change(Changes(photos=there.values(), photos_gone=gone, moves=moves))

    def click(self, photo_id: str) -> bool:
        """Click on a heart as somebody new; tell whether the like is acknowledged."""
        album_id, _, name = photo_id.rpartition("/")
        visitor = f"visitor {next(self._visitors)}"
        answer = self._clicks.click([(album_id, name)], [visitor], 1)
        return answer is not None and answer.became is Became.COUNTED

    def like(self, photo_id: str) -> None:
        """Count one like, of whoever it is."""
        like(self.database, photo_id, site=self.name)

    def hear(self, *others: "Site") -> None:
        """Read what others tell at this moment."""
        for other in others:
            self.interactions.merge(other.name, other.interactions.file())

    def rehome(self) -> None:
        """Let what came back under another name have what it was given."""
        Tombstones(self.database, kept_s=DAY_S).rehome()

    def given(self) -> dict[str, Interaction]:
        return {
            photo_id: given
            for photo_id, given in self.interactions.of_album(ALBUM).items()
            if given != Interaction()
        }

    def likes(self, photo_id: str = FIRST) -> int:
        return self.given().get(photo_id, Interaction()).likes

    def stars(self, photo_id: str = FIRST) -> float | None:
        return self.given().get(photo_id, Interaction()).stars


def mirrored(photo_id: str, picture: str) -> Mirrored:
    album_id, _, name = photo_id.rpartition("/")
    return Mirrored(
        album_id=album_id,
        name=name,
        suffix=".webp",
        version=version(picture),
        thumb_edges_px=(),
        exif=Exif(),
        place=None,
    )


def told(site: str, **photos: Mapping[str, Any]) -> bytes:
    """Return what a site tells of photos of the album."""
    entries = {f"{ALBUM}/{name}": entry for name, entry in photos.items()}
    return json.dumps({"site": site, "photos": entries}).encode()


def predecessors(**likes: int) -> bytes:
    """Return an exif_data.json that counts likes."""
    return json.dumps(
        {f"{ALBUM}/{name}.JPG": {"ISO": "400", "likes": n, "star": 4} for name, n in likes.items()}
    ).encode()


Make = Callable[..., list[Site]]


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Make]:
    """Make sites of these names."""
    made: list[Site] = []

    def make(*names: str) -> list[Site]:
        made.extend(Site(tmp_path, name) for name in names)
        return made

    yield make
    for one in made:
        one.close()


# sums and the newest


def test_every_sites_likes_count(sites: Make) -> None:
    one, two, three = sites("one", "two", "three")
    for _ in range(3):
        one.like(FIRST)
    two.like(FIRST)
    three.like(SECOND)
    for site, other in itertools.permutations((one, two, three), 2):
        site.hear(other)
    wanted = {FIRST: Interaction(likes=4), SECOND: Interaction(likes=1)}
    assert one.given() == two.given() == three.given() == wanted


def test_reading_the_files_in_any_order_and_any_number_of_times_is_the_same(sites: Make) -> None:
    reader, *others = sites("reader", "one", "two", "three")
    for number, site in enumerate(others, start=1):
        for _ in range(number):
            site.like(FIRST)
        site.interactions.give_stars(FIRST, number)
    reader.like(FIRST)
    outcomes = set()
    for order in itertools.permutations(others):
        reader.hear(*order, order[0], *order)
        outcomes.add((reader.likes(), reader.stars()))
    assert outcomes == {(7, 3.0)}


def test_a_file_that_says_nothing_new_makes_no_json_out_of_date(sites: Make) -> None:
    one, two = sites("one", "two")
    one.show({FIRST: "a"})
    two.like(FIRST)
    one.hear(two)
    backlog = Backlog(one.database)
    backlog.freshen(backlog.stale_albums())
    one.hear(two)
    assert backlog.stale_albums() == {}
    two.like(FIRST)
    one.hear(two)
    assert backlog.stale_albums() == {f"/{ALBUM}": 1}


def test_a_file_of_before_is_corrected_by_that_of_now(sites: Make) -> None:
    one, two = sites("one", "two")
    two.like(FIRST)
    before = two.interactions.file()
    two.like(FIRST)
    one.hear(two)
    one.interactions.merge("two", before)
    one.hear(two)
    assert one.likes() == 2


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        pytest.param((5, 100.0), (1, 200.0), 1.0, id="the newer, though fewer"),
        pytest.param((1, 100.0), (5, 100.0), 5.0, id="at the same time the more"),
        pytest.param((0, 100.0), (5, 99.9), 0.0, id="none at all are stars, too"),
        pytest.param((0, 0.0), (0.5, 0.0), 0.5, id="before there were times"),
        pytest.param((3, 1e9), (4, 4e9), 4.0, id="by a clock that is far ahead"),
    ],
)
def test_which_stars_count(
    sites: Make, one: tuple[float, float], other: tuple[float, float], wanted: float
) -> None:
    (site,) = sites("site")
    (back,) = sites("back")[1:]
    files = {
        name: told(name, first={"stars": number, "stars_at_s": at_s})
        for name, (number, at_s) in {"a": one, "b": other}.items()
    }
    for name in files:
        site.interactions.merge(name, files[name])
    for name in reversed(files):
        back.interactions.merge(name, files[name])
    assert site.stars() == back.stars() == wanted


def test_stars_given_after_those_of_a_fast_clock_count_everywhere(sites: Make) -> None:
    """Who saw a site's stars and gives others means to replace them, whatever clocks say."""
    one, two = sites("one", "two")
    fast = told("fast", first={"stars": 5, "stars_at_s": 4_000_000_000.0})
    for site in (one, two):
        site.interactions.merge("fast", fast)
    one.interactions.give_stars(FIRST, 2)
    two.hear(one)
    for site in (one, two):
        site.interactions.merge("fast", fast)
    assert one.stars() == two.stars() == 2.0


# photos that move


def test_likes_follow_a_photo_that_moved_here_but_not_yet_there(sites: Make) -> None:
    here, there = sites("here", "there")
    for site in (here, there):
        site.show({FIRST: "a"})
        site.like(FIRST)
    there.interactions.give_stars(FIRST, 4)
    here.show({SECOND: "a"}, moves={FIRST: SECOND})
    here.hear(there)
    there.hear(here)
    assert here.given() == {SECOND: Interaction(likes=2, stars=4.0)}
    assert there.given() == {FIRST: Interaction(likes=2, stars=4.0)}
    there.show({SECOND: "a"}, moves={FIRST: SECOND})
    here.hear(there)
    assert there.given() == here.given() == {SECOND: Interaction(likes=2, stars=4.0)}


def test_likes_follow_photos_that_swapped_their_names(sites: Make) -> None:
    here, there = sites("here", "there")
    for site in (here, there):
        site.show({FIRST: "a", SECOND: "b"})
    there.like(FIRST)
    here.interactions.give_stars(SECOND, 5)
    swapped = {FIRST: "b", SECOND: "a"}
    here.show(swapped, moves={FIRST: SECOND, SECOND: FIRST})
    wanted = {SECOND: Interaction(likes=1), FIRST: Interaction(stars=5.0)}
    for _ in range(2):
        here.hear(there)
        assert here.given() == wanted
    there.show(swapped, moves={FIRST: SECOND, SECOND: FIRST})
    there.hear(here)
    here.hear(there)
    assert there.given() == here.given() == wanted


def test_an_edited_picture_keeps_what_it_was_given(sites: Make) -> None:
    here, there = sites("here", "there")
    for site in (here, there):
        site.show({FIRST: "a", SECOND: "b"})
    there.like(FIRST)
    here.show({FIRST: "a in other colours", SECOND: "b"})
    here.hear(there)
    assert here.given() == {FIRST: Interaction(likes=1)}


def test_of_equal_pictures_the_name_tells_which_is_meant(sites: Make) -> None:
    here, there = sites("here", "there")
    for site in (here, there):
        site.show({FIRST: "a", SECOND: "a"})
    there.like(SECOND)
    here.hear(there)
    assert here.given() == {SECOND: Interaction(likes=1)}


def test_where_the_name_is_gone_an_equal_picture_is_meant(sites: Make) -> None:
    here, there = sites("here", "there")
    there.show({FIRST: "a"})
    there.like(FIRST)
    here.show({THIRD: "a", SECOND: "a"})
    here.hear(there)
    assert here.given() == {SECOND: Interaction(likes=1)}
    here.show({THIRD: "a"}, moves={SECOND: THIRD})
    here.hear(there)
    assert here.given() == {THIRD: Interaction(likes=1)}


def test_likes_for_two_names_of_one_photo_add_up(sites: Make) -> None:
    """While a photo moves, a site may see both: whatever was given to either counts."""
    here, there = sites("here", "there")
    there.show({FIRST: "a", SECOND: "a"})
    for photo_id in (FIRST, FIRST, SECOND):
        there.like(photo_id)
    there.interactions.take_over(predecessors(first=10, second=10))
    there.interactions.give_stars(FIRST, 3)
    there.interactions.give_stars(SECOND, 1)
    here.show({SECOND: "a"})
    here.hear(there)
    assert here.given() == {SECOND: Interaction(likes=13, stars=1.0)}
    there.show({SECOND: "a"}, moves={FIRST: SECOND})
    here.hear(there)
    assert there.given() == here.given() == {SECOND: Interaction(likes=13, stars=1.0)}


def test_the_newest_stars_count_when_a_photo_moves_onto_another(sites: Make) -> None:
    (site,) = sites("site")
    site.show({FIRST: "a", SECOND: "a"})
    site.interactions.give_stars(FIRST, 2)
    site.interactions.give_stars(SECOND, 5)
    site.show({SECOND: "a"}, moves={FIRST: SECOND})
    assert site.given() == {SECOND: Interaction(stars=5.0)}


def test_likes_wait_for_a_photo_that_is_gone(sites: Make) -> None:
    here, there = sites("here", "there")
    here.show({FIRST: "a"})
    there.show({FIRST: "a"})
    here.like(FIRST)
    here.show({})
    there.like(FIRST)
    here.hear(there)
    here.show({FIRST: "a"})
    assert here.likes() == 2


def test_likes_find_a_photo_that_comes_back_under_another_name(sites: Make) -> None:
    (site,) = sites("site")
    site.show({FIRST: "a"})
    site.like(FIRST)
    site.show({})
    site.rehome()
    site.show({SECOND: "a"})
    site.rehome()
    assert site.given() == {SECOND: Interaction(likes=1)}


# what a predecessor counted


def test_a_predecessors_likes_count_once_though_every_site_takes_them_over(sites: Make) -> None:
    everybody = sites("one", "two", "three")
    for site in everybody:
        site.interactions.take_over(predecessors(first=192, second=7))
        site.like(FIRST)
    for _ in range(2):
        for site, other in itertools.permutations(everybody, 2):
            site.hear(other)
    wanted = {FIRST: Interaction(likes=195, stars=4.0), SECOND: Interaction(likes=7, stars=4.0)}
    assert all(site.given() == wanted for site in everybody)


def test_a_predecessor_that_counts_on_is_followed(sites: Make) -> None:
    one, two = sites("one", "two")
    one.interactions.take_over(predecessors(first=192))
    two.interactions.take_over(predecessors(first=200))
    one.hear(two)
    two.hear(one)
    assert one.likes() == two.likes() == 200
    one.interactions.take_over(predecessors(first=192))
    assert one.likes() == 200


def test_a_predecessors_likes_follow_a_photo_and_are_not_doubled_by_it(sites: Make) -> None:
    here, there = sites("here", "there")
    for site in (here, there):
        site.show({FIRST: "a"})
        site.interactions.take_over(predecessors(first=192))
    here.show({SECOND: "a"}, moves={FIRST: SECOND})
    there.show({FIRST: "a", SECOND: "a"})  # the old object is not removed yet
    there.hear(here)
    there.show({SECOND: "a"}, moves={FIRST: SECOND})
    here.hear(there)
    assert here.likes(SECOND) == there.likes(SECOND) == 192


@pytest.mark.parametrize("here", ["Cafe\u0301", "Caf\u00e9"], ids=ascii)
@pytest.mark.parametrize("there", ["Cafe\u0301", "Caf\u00e9"], ids=ascii)
def test_a_predecessors_names_are_found_however_their_accents_are_written(
    sites: Make, here: str, there: str
) -> None:
    (site,) = sites("site")
    site.show({f"{ALBUM}/{here}": "a"})
    site.interactions.take_over(predecessors(**{there: 5}))
    assert site.likes(f"{ALBUM}/{here}") == 5


# bad files


DEEP = b'{"site": "bad", "photos": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0\0\0\0", id="zeros"),
        pytest.param(b"\x1f\x8b\x08\x00", id="packed"),
        pytest.param(b"<html>403</html>", id="a page"),
        pytest.param(told("bad", first={"likes": 5})[:-9], id="half of it"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"5", id="a number"),
        pytest.param(b"{}", id="nothing in it"),
        pytest.param(b'{"site": "bad", "photos": null}', id="no photos"),
        pytest.param(b'{"site": "bad", "photos": [1]}', id="a list of photos"),
        pytest.param(DEEP, id="nested without end"),
        pytest.param(b'{"photos": {"a/b": {"likes": ' + b"9" * 5000 + b"}}}", id="5000 digits"),
        pytest.param(b"\xff\xfe{}", id="another encoding"),
        pytest.param(told("other", first={"likes": 5}), id="a copy of another site's"),
    ],
)
def test_a_file_that_is_none_changes_nothing(sites: Make, content: bytes) -> None:
    (site,) = sites("site")
    site.interactions.merge("bad", told("bad", first={"likes": 3, "before": 2}))
    with pytest.raises(ValueError, match=r"\w"):
        site.interactions.merge("bad", content)
    assert site.given() == {FIRST: Interaction(likes=5)}
    with pytest.raises(ValueError, match=r"\w"):
        site.interactions.restore(content)
    assert site.interactions.take_over(content) == 0
    assert site.given() == {FIRST: Interaction(likes=5)}


NO_COUNTS: list[Any] = [None, True, False, -1, 0, 10**9, 10**400, 1.0, 1e300, "5", [5], {"n": 5}]
NO_STARS: list[Any] = [None, True, -0.5, 5.5, 4.3, 10**400, 1e300, "5", [5], {"n": 5}]
NO_TIMES: list[Any] = [None, True, -1, 10**11, 10**400, 1e300, "1700000000", [1], {"n": 1}]
NO_FLOATS = {"likes": "NaN", "before": "Infinity", "stars": "NaN", "stars_at_s": "-Infinity"}


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        *(pytest.param({"likes": n}, Interaction(), id=f"likes {n!s:.9}") for n in NO_COUNTS),
        *(pytest.param({"before": n}, Interaction(), id=f"before {n!s:.9}") for n in NO_COUNTS),
        *(pytest.param({"stars": n}, Interaction(), id=f"stars {n!s:.9}") for n in NO_STARS),
        *(
            pytest.param(
                {"stars": 4, "stars_at_s": at_s}, Interaction(stars=4.0), id=f"at {at_s!s:.9}"
            )
            for at_s in NO_TIMES
        ),
        pytest.param({"likes": 5, "version": ["a"]}, Interaction(likes=5), id="no version"),
        pytest.param(None, Interaction(), id="null"),
        pytest.param([5], Interaction(), id="a list"),
        pytest.param(5, Interaction(), id="a number"),
        pytest.param({}, Interaction(), id="nothing"),
    ],
)
def test_an_entry_that_is_none_costs_only_itself(
    sites: Make, entry: Any, wanted: Interaction
) -> None:
    (site,) = sites("site")
    site.interactions.merge("bad", told("bad", first=entry, second={"likes": 2}))
    given = site.given()
    assert given.pop(SECOND) == Interaction(likes=2)
    assert given == ({FIRST: wanted} if wanted != Interaction() else {})


def test_numbers_that_json_does_not_have_cost_only_themselves(sites: Make) -> None:
    (site,) = sites("site")
    numbers = ", ".join(f'"{name}": {number}' for name, number in NO_FLOATS.items())
    content = (
        f'{{"site": "bad", "photos": {{"{FIRST}": {{{numbers}}}, "{SECOND}": {{"likes": 2}}}}}}'
    )
    site.interactions.merge("bad", content.encode())
    assert site.given() == {SECOND: Interaction(likes=2)}


@pytest.mark.parametrize(
    "photo_id",
    [
        pytest.param("", id="nothing"),
        pytest.param("first", id="no album"),
        pytest.param(f"{ALBUM}/{'x' * 1024}", id="endless"),
        pytest.param(f"{ALBUM}/\ud800", id="half a character"),
    ],
)
def test_an_id_that_is_none_costs_only_itself(sites: Make, photo_id: str) -> None:
    (site,) = sites("site")
    photos = {photo_id: {"likes": 5, "stars": 5}, SECOND: {"likes": 2}}
    site.interactions.merge("bad", json.dumps({"site": "bad", "photos": photos}).encode())
    exif_data = {f"{photo_id}.JPG": {"likes": 5}, f"{THIRD}.JPG": {"likes": 3}}
    site.interactions.take_over(json.dumps(exif_data).encode())
    assert site.given() == {SECOND: Interaction(likes=2), THIRD: Interaction(likes=3)}


# a lost catalogue


def unread() -> bytes:
    raise AssertionError("not to be read")


def test_a_lost_catalogue_takes_back_what_its_own_file_tells_once(sites: Make) -> None:
    one, two = sites("one", "two")
    for site in (one, two):
        site.like(FIRST)
        site.interactions.take_over(predecessors(first=10))
    one.interactions.give_stars(FIRST, 4.5)
    one.hear(two)
    own = one.interactions.file()
    one.lose_catalogue()
    one.like(FIRST)  # before anything was taken back
    assert one.interactions.take_back(own=lambda: own, exif_data=unread) == 1
    assert one.given() == {FIRST: Interaction(likes=12, stars=4.5)}
    assert one.interactions.take_back(own=unread, exif_data=unread) == 0
    one.hear(two)
    two.hear(one)
    assert one.given() == two.given() == {FIRST: Interaction(likes=13, stars=4.5)}


def test_without_an_own_file_an_exif_data_json_tells(sites: Make) -> None:
    one, two = sites("one", "two")
    for site in (one, two):
        assert site.interactions.take_back(own=bytes, exif_data=lambda: predecessors(first=10)) == 1
        site.like(FIRST)
    one.hear(two)
    two.hear(one)
    assert one.given() == two.given() == {FIRST: Interaction(likes=12, stars=4.0)}


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"a/b.JPG": null}', b'{"x": {"likes": 5}}']
)
def test_files_that_tell_nothing_are_taken_for_nothing(sites: Make, content: bytes) -> None:
    (site,) = sites("site")
    assert site.interactions.take_back(own=lambda: content, exif_data=lambda: content) == 0
    assert site.given() == {}


def test_what_a_site_told_in_the_bucket_is_restored_and_counted_once(sites: Make) -> None:
    one, two = sites("one", "two")
    one.show({FIRST: "a"})
    for _ in range(5):
        one.like(FIRST)
    in_bucket = one.interactions.file()
    one.like(FIRST)
    in_folder = one.interactions.file()
    one.lose_catalogue()
    one.interactions.take_back(own=lambda: in_folder, exif_data=unread)
    one.like(FIRST)
    one.show({FIRST: "a"})
    for _ in range(2):
        one.interactions.restore(in_bucket)
        assert one.likes() == 7
    two.hear(one)
    assert two.likes() == 7


def test_likes_given_before_anything_is_restored_count_as_well(sites: Make) -> None:
    """Even the site's own files are lost, and all that it told lies in the bucket."""
    one, two = sites("one", "two")
    for _ in range(5):
        one.like(FIRST)
    in_bucket = one.interactions.file()
    one.lose_catalogue()
    one.interactions.take_back(own=bytes, exif_data=bytes)
    one.like(FIRST)
    one.like(SECOND)
    for _ in range(2):
        one.interactions.restore(in_bucket)
        assert (one.likes(FIRST), one.likes(SECOND)) == (6, 1)
    two.hear(one)
    assert (two.likes(FIRST), two.likes(SECOND)) == (6, 1)


def test_a_site_that_had_told_nothing_restores_nothing_later(sites: Make) -> None:
    (site,) = sites("site")
    site.interactions.take_back(own=bytes, exif_data=bytes)
    site.interactions.know_own_file()
    site.like(FIRST)
    site.interactions.restore(site.interactions.file())
    assert site.likes() == 1


def test_likes_find_a_photo_that_moved_while_the_catalogue_was_lost(sites: Make) -> None:
    one, two = sites("one", "two")
    for site in (one, two):
        site.show({FIRST: "a", THIRD: "c"})
    for _ in range(5):
        one.like(FIRST)
    one.like(THIRD)
    own = one.interactions.file()
    one.lose_catalogue()
    one.interactions.take_back(own=lambda: own, exif_data=unread)
    for site in (one, two):
        site.show({SECOND: "a", THIRD: "c"}, moves={FIRST: SECOND} if site is two else None)
    assert one.click(SECOND)  # shown again, while what was told is not read again
    one.interactions.restore(own)
    two.hear(one)
    wanted = {SECOND: Interaction(likes=6), THIRD: Interaction(likes=1)}
    assert one.given() == two.given() == wanted


def test_a_like_for_a_picture_that_is_not_known_again_is_not_acknowledged(sites: Make) -> None:
    """A page of before still shows it, but where it went nobody could tell from the like."""
    (site,) = sites("site")
    site.show({FIRST: "a"})
    site.lose_catalogue()
    assert not site.click(FIRST)
    site.show({SECOND: "a"})
    assert not site.click(FIRST)
    assert site.click(SECOND)
    assert site.given() == {SECOND: Interaction(likes=1)}


# all of it together


class Shelf:
    """A bucket in memory, as a store that others write to as well."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.before_reading: dict[str, Callable[[], None]] = {}  # what happens once, by object

    def entries(self) -> list[Entry]:
        return [
            Entry(name=name, version=version(body.decode("utf-8")), size_bytes=len(body))
            for name, body in sorted(self.objects.items())
        ]

    def read(self, name: str) -> bytes:
        self.before_reading.pop(name, lambda: None)()
        return self.objects[name]

    def holds(self, name: str) -> bool:
        return name.startswith("interactions/")


class Library(Site):
    """The site that publishes the photos; what it does, the others see later."""

    def _open(self) -> None:
        super()._open()
        self.catalogue = Catalogue(self.database)

    def publish(self, photo_id: str, picture: str, *, instead_of: str | None = None) -> None:
        former = published(instead_of, picture) if instead_of else None
        self.catalogue.record(published(photo_id, picture), objects=(), moved_from=former)

    def withdraw(self, photo_id: str) -> None:
        self.catalogue.forget({f"{photo_id}.jpg": ()})


def published(photo_id: str, picture: str) -> Photo:
    album_id, _, name = photo_id.rpartition("/")
    return Photo(
        key=f"{photo_id}.jpg",
        path=f"{photo_id}.jpg",
        stamp=Stamp(size=1, mtime_ns=1, inode=1),
        fingerprint=picture,
        image_digest=picture,
        recipe="",
        album_id=album_id,
        name=name,
        width_px=4,
        height_px=3,
        version=version(picture),
        thumb_edges_px=(),
        exif=Exif(),
    )


MIRRORS = ("one", "two")
NAMES = ("library", *MIRRORS)
WHO = st.sampled_from(NAMES)
WHICH = st.integers(0, 1)


class SeveralSites(RuleBasedStateMachine):
    """A library and two mirrors on one bucket, while people give and photos move."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="several-sites-"))
        self.shelf = Shelf()
        self.library = Library(self.folder, "library")
        self.sites = {"library": self.library} | {n: Site(self.folder, n) for n in MIRRORS}
        self.syncs = {name: self._sync_of(site) for name, site in self.sites.items()}
        self.ids = {picture: f"{ALBUM}/photo {picture}" for picture in range(2)}
        self.likes = dict.fromkeys(self.ids, 10)  # a predecessor's
        self.stars: dict[int, set[float]] = {picture: set() for picture in self.ids}
        self.shown: dict[str, dict[int, str]] = {name: {} for name in NAMES}
        self.former: dict[int, str] = {}  # names whose objects are not removed yet
        self.hidden: set[int] = set()
        self.fresh = itertools.count()
        counted = {f"{photo_id}.JPG": {"likes": 10} for photo_id in self.ids.values()}
        self.shelf.objects["gallery/exif_data.json"] = json.dumps(counted).encode()
        for picture in self.ids:
            self._publish(picture)
        for name in NAMES:
            self.read_bucket(name)

    def _sync_of(self, site: Site) -> Sync:
        return Sync(store=self.shelf, mirror=site.mirror, interactions=site.interactions)

    def _publish(self, picture: int, *, instead_of: str | None = None) -> None:
        self.library.publish(self.ids[picture], f"picture {picture}", instead_of=instead_of)
        self.shown["library"][picture] = self.ids[picture]
        self.library.rehome()
        self._place()

    def _place(self) -> None:
        """Let the pictures lie in the bucket where they should."""
        pictures = {name for name in self.shelf.objects if name.endswith(".webp")}
        wanted = {
            f"gallery/{photo_id}.webp": f"picture {picture}".encode()
            for names in (self.ids, self.former)
            for picture, photo_id in names.items()
            if picture not in self.hidden
        }
        for name in pictures - wanted.keys():
            del self.shelf.objects[name]
        self.shelf.objects |= wanted

    # what people do

    @rule(who=WHO, which=WHICH)
    def like(self, who: str, which: int) -> None:
        if photo_id := self.shown[who].get(which):
            assert self.sites[who].click(photo_id)
            self.likes[which] += 1

    @rule(who=WHO, which=WHICH, halves=st.integers(0, 10))
    def give_stars(self, who: str, which: int, halves: int) -> None:
        if photo_id := self.shown[who].get(which):
            self.sites[who].interactions.give_stars(photo_id, halves / 2)
            self.stars[which].add(halves / 2)

    # what becomes of photos

    @precondition(lambda self: not self.former)
    @rule(which=WHICH, in_steps=st.booleans())
    def move(self, which: int, in_steps: bool) -> None:
        old_id = self.ids[which]
        self.ids[which] = f"{ALBUM}/photo {which} again {next(self.fresh)}"
        if which in self.hidden:
            return  # it comes back under another name
        if in_steps:
            self.former[which] = old_id
        self._publish(which, instead_of=old_id)

    @precondition(lambda self: self.former)
    @rule()
    def finish_the_move(self) -> None:
        self.former.clear()
        self._place()

    @precondition(lambda self: not self.former)
    @rule(which=WHICH)
    def hide(self, which: int) -> None:
        if which not in self.hidden:
            self.hidden.add(which)
            self.library.withdraw(self.shown["library"].pop(which))
            self._place()

    @precondition(lambda self: self.hidden)
    @rule()
    def show_all(self) -> None:
        for picture in [*self.hidden]:
            self.hidden.remove(picture)
            self._publish(picture)

    # what sites do

    @rule(who=WHO)
    def tell(self, who: str) -> None:
        site = self.sites[who]
        self.shelf.objects[site.object] = site.interactions.file()

    @rule(who=WHO)
    def read_bucket(self, who: str, *, knows_own_file: bool = True) -> None:
        own = {ALBUM} if who == "library" else None
        terms = Terms(site=who, knows_own_file=knows_own_file, own_albums=own)
        report = self.syncs[who].run(terms)
        assert (report.problems, report.held) == ([], 0)
        self.sites[who].rehome()
        self._look_at(who)

    def _look_at(self, who: str) -> None:
        """See under which name a mirror shows each picture; the newest of two."""
        if who == "library":
            return
        there = {photo.id: photo.version for photo in self.sites[who].mirror.photos()}
        self.shown[who] = {
            picture: photo_id
            for names in (self.former, self.ids)
            for picture, photo_id in names.items()
            if there.get(photo_id) == version(f"picture {picture}")
        }

    @rule(who=WHO, has_file=st.booleans(), liked=st.lists(WHICH, max_size=2))
    def lose_catalogue(self, who: str, has_file: bool, liked: list[int]) -> None:
        self.tell(who)
        site = self.sites[who]
        own = site.interactions.file() if has_file else b""
        site.lose_catalogue()
        self.syncs[who] = self._sync_of(site)
        site.interactions.take_back(own=lambda: own, exif_data=bytes)
        before, self.shown[who] = self.shown[who], {}
        if who == "library":
            for which in before.keys() & {*liked}:
                self._publish(which)

        def like_what_is_shown_again() -> None:
            self._look_at(who)
            for which in liked:
                self.like(who, which)

        self.shelf.before_reading[site.object] = like_what_is_shown_again
        self.read_bucket(who, knows_own_file=False)
        assert not self.shelf.before_reading
        if who == "library":
            for which in before:
                self._publish(which)

    # what must be so

    @invariant()
    def nothing_counts_twice(self) -> None:
        for name, site in getattr(self, "sites", {}).items():
            given = site.given()
            for picture, photo_id in self.shown[name].items():
                counted = given.get(photo_id, Interaction()).likes
                assert counted <= self.likes[picture]

    def teardown(self) -> None:
        if not hasattr(self, "sites"):
            return
        try:
            self._come_to_rest()
            for picture, photo_id in self.ids.items():
                given = [site.given().get(photo_id, Interaction()) for site in self.sites.values()]
                assert {one.likes for one in given} == {self.likes[picture]}
                assert len({one.stars for one in given}) == 1
                assert given[0].stars in (self.stars[picture] or [None])
        finally:
            for site in self.sites.values():
                site.close()
            shutil.rmtree(self.folder)

    def _come_to_rest(self) -> None:
        """Let everybody read everybody's last file."""
        self.former.clear()
        self._place()
        self.show_all()
        for _ in range(2):
            for name in NAMES:
                self.read_bucket(name)
                self.tell(name)
        for name in NAMES:
            self.read_bucket(name)


TestSeveralSites = pytest.mark.slow(SeveralSites.TestCase)
TestSeveralSites.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink one takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
