"""Likes: one for each visitor and photo, whatever number a page sends."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from local_image_process.errors import StoreUnavailable
from local_image_process.record.clicks import Answer, Became, Clicks
from local_image_process.record.database import Database
from local_image_process.record.interactions import Interactions
from local_image_process.record.schema import clicks, likes, mirrored_photos, salts
from local_image_process.run.lookup import spelling
from local_image_process.web.door import BODY_LIMIT_BYTES
from tests.web.in_process import BARE, FULL, ODD, SHOWN, Gallery, is_error

Make = Callable[..., Gallery]
ID = f"{FULL}.webp"
WHO = {name: f"203.0.113.{n}" for n, name in enumerate("ABCDE", start=1)}
MIDNIGHT_S = 1_780_012_800.0  # 2026-05-29 00:00 UTC
DAY_S = 86_400.0


def count(site: Gallery, photo_id: str = FULL) -> int:
    """Return how many likes the catalogue knows of a photo."""
    given = site.records.interactions.of_album(photo_id.partition("/")[0]).get(photo_id)
    return given.likes if given else 0


def told(answer: TestResponse) -> int:
    """Return the count in an answer that all went well."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert set(answer.get_json()) == {"success", "message", "likes"}
    assert answer.get_json()["success"] is True
    return int(answer.get_json()["likes"])


# counting


@pytest.mark.parametrize("sent", [0, 1, 2, 57, 10**9])
def test_a_click_is_one_like_whatever_the_page_sends(sent: int, site: Gallery) -> None:
    for number in range(1, 4):
        assert told(site.like(ID, sent, by=f"203.0.113.{number}")) == number
    assert count(site) == 3


def test_it_is_in_every_json_with_the_next_export(site: Gallery) -> None:
    site.like(ID, 1)
    site.like(ID, 2, by=WHO["B"])
    site.export()
    assert site.json("/data/likes.json")[f"{FULL}.JPG"] == 2
    assert site.json("/data/exif_data.json")[f"{FULL}.JPG"]["likes"] == 2
    assert site.json("/api/data/exif")[ID]["likes"] == 2
    for query in ("", "?withExif=true"):
        listed = {p["id"]: p["likes"] for p in site.json(f"/api/photos/list{query}")["photos"]}
        assert listed[ID] == 2
        assert sum(listed.values()) == 2


def test_many_at_once_are_all_counted(site: Gallery) -> None:
    def click(number: int) -> int:
        with site.app.test_client() as client:
            answer = client.post(
                "/api/like",
                json={"photoId": ID, "likes": 1},
                environ_overrides={"REMOTE_ADDR": f"203.0.113.{number}"},
            )
            return answer.status_code

    with ThreadPoolExecutor(8) as visitors:
        assert set(visitors.map(click, range(40))) == {200}
    assert count(site) == 40


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(f"{FULL}.webp", id="id"),
        pytest.param(f"{FULL}.JPG", id="key"),
        pytest.param(f"{FULL}.jpeg", id="another ending"),
        pytest.param(FULL, id="no ending"),
        pytest.param(f"/media/gallery/{FULL}.webp", id="relative address"),
        pytest.param(f"/media/gallery/{FULL}.webp?v=0123abcd", id="address with version"),
        pytest.param(f"https://cdn.example.com/x/gallery/{FULL}.webp", id="whole address"),
        pytest.param(quote(f"{FULL}.webp"), id="encoded id"),
        pytest.param(quote(f"{FULL}.webp", safe=""), id="encoded with its slash"),
        pytest.param(f"https://x.example/gallery/{quote(FULL)}.webp", id="encoded address"),
        pytest.param(f"{FULL}.webp?v=0123abcd", id="id with version"),
    ],
)
def test_every_spelling_means_the_same_photo(spelled: str, still: Gallery) -> None:
    before = count(still)
    assert told(still.like(spelled, 1, agent=spelled)) == before + 1
    assert count(still) == before + 1


@pytest.mark.parametrize("photo_id", SHOWN)
def test_every_photo_can_be_liked_by_its_id_its_key_and_its_address(
    photo_id: str, still: Gallery
) -> None:
    (key,) = [k for k in still.json("/data/exif_data.json") if k.startswith(f"{photo_id}.")]
    (url,) = [
        photo["url"]
        for photo in still.json("/api/photos/list")["photos"]
        if photo["id"] == f"{photo_id}.webp"
    ]
    before = count(still, photo_id)
    for number, spelled in enumerate((f"{photo_id}.webp", key, url), start=1):
        assert told(still.like(spelled, 1, agent=f"{number} {photo_id}")) == before + number


def test_accents_in_two_parts_mean_the_same(site: Gallery) -> None:
    (site.library / "my gallery").rename(site.library / "Café à Paris")
    site.publish()
    forms = [normalize(form, "Café à Paris/webp gallery.jpg") for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    for number, spelled in enumerate((*forms, *map(quote, forms)), start=1):
        assert told(site.like(spelled, 1, agent=f"browser {number}")) == number


# mistakes


def bodies(name: str, *wrong: Any) -> Iterator[dict[str, Any]]:
    """Return likes of which one field is wrong."""
    yield from ({"photoId": ID, "likes": 1} | {name: one} for one in wrong)


@pytest.mark.parametrize(
    "spelled",
    [
        *(
            "",
            "/",
            "//",
            "///",
            ".",
            "..",
            "上海",
            "上海/",
            "/DSC04056.webp",
            ".webp",
            "上海/.webp",
        ),
        *("上海/nothing.webp", "nothing/DSC04056.webp", "DSC04056.webp", "x/上海/DSC04056.webp"),
        *("上海/dsc04056.webp", "上海/DSC04056.webp/", "上海/DSC0405", "上海//DSC04056.webp"),
        *("\0", "上海/DSC04056\0.webp", "%00", "上海/%00", "上海/%FF.webp"),
        *("http://[", "http://[x/上海/DSC04056.webp]", "https://", "://", "//["),
        *(
            "../上海/DSC04056.webp",
            "上海/../上海/DSC04056.webp",
            "../../etc/passwd",
            "#",
            "?",
            "?v=1",
        ),
        *("__proto__", "__proto__/x.webp", "constructor/name", "' OR 1=1 --", "上海/%", "上海/_"),
        *(
            "秘密/hidden one.webp",
            "x" * 100_000,
            "上海/" + "照" * 2000,
            "📷/📷.webp",
            "\u202e/x.jpg",
        ),
        "/media/thumbs/64/上海/DSC04056.webp",
    ],
)
def test_a_photo_that_is_not_there_is_told_so(spelled: str, still: Gallery) -> None:
    answer = still.like(spelled, 1)
    assert answer.status_code == 404
    assert is_error(answer)
    assert answer.get_json()["message"] == "照片不存在"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"photoId": ID},
        {"likes": 1},
        *bodies("photoId", None, 1, True, 1.5, [], {}, [ID], {ID: 1}),
        *bodies("likes", None, "1", "", True, False, [], {}, [1]),
        *bodies("likes", 1.5, 1.0, -1, 10**9 + 1, 10**30, 1e300),
    ],
    ids=repr,
)
def test_what_is_no_like_is_told_so(body: dict[str, Any], still: Gallery) -> None:
    before = count(still)
    answer = still.client.post("/api/like", json=body)
    assert answer.status_code == 400
    assert is_error(answer)
    assert answer.get_json()["message"] == "无效的参数"
    assert count(still) == before


def test_only_our_own_pages_may_like(site: Gallery) -> None:
    body = {"photoId": ID, "likes": 1}
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert site.client.post("/api/like", json=body, headers=headers).status_code == 403
    assert site.client.post("/api/like", data=body).status_code == 415
    assert site.client.get("/api/like").status_code == 405
    assert count(site) == 0


def test_what_is_too_large_or_cut_off_is_told_so(site: Gallery) -> None:
    def sent(body: bytes, length: int) -> int:
        answer = site.client.post(
            "/api/like",
            data=body,
            content_type="application/json",
            environ_overrides={"CONTENT_LENGTH": str(length)},
        )
        assert is_error(answer)
        return answer.status_code

    body = json.dumps({"photoId": ID, "likes": 1}).encode()
    assert sent(body + b" " * BODY_LIMIT_BYTES, len(body) + BODY_LIMIT_BYTES) == 413
    assert sent(body, len(body) + 1) == 400
    assert sent(b"", 0) == 400
    assert count(site) == 0


def test_what_cannot_be_noted_is_not_acknowledged(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk of 203.0.113.1 is full")

    monkeypatch.setattr(Database, "write", full)
    answer = site.like(ID, 1)
    assert answer.status_code == 503
    assert is_error(answer)
    assert "203.0.113.1" not in answer.get_data(as_text=True)


def test_a_fault_of_ours_is_told_as_one_and_noted_with_where_it_was(
    site: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Clicks, "_count", lambda *_: 1 // 0)
    answer = site.like(ID, 1)
    assert answer.status_code == 500
    assert is_error(answer)
    (noted,) = (record for record in caplog.records if record.exc_info)
    assert noted.exc_info is not None
    assert noted.exc_info[0] is ZeroDivisionError
    monkeypatch.undo()
    assert told(site.like(ID, 1)) == 1


# visitors


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param("A1=1 A1=1", id="the same click twice"),
        pytest.param("A1=1 A2=1 A3=1", id="clicks on the same page"),
        pytest.param("A999=1 A2=1 A1=1", id="a number out of the air"),
        pytest.param("A1=1 B2=2 A3=2", id="a page loaded anew"),
        pytest.param("B1=1 C2=2 D3=3 E4=4 A1=5 A2=5 A3=5", id="clicks on a page out of date"),
        pytest.param("B1=1 A1=2 A1=2", id="the same click twice on a page out of date"),
        pytest.param("A1=1 B2=2 C3=3 D4=4 A2=4", id="an old page, loaded after the like"),
        pytest.param(
            "C1=1 A1=2 B3=3 B2=2 A1=2", id="the same click after one who took theirs back"
        ),
        pytest.param("A1=1 A0=0", id="taken back"),
        pytest.param("A1=1 A0=0 A1=1", id="taken back and given again"),
        pytest.param("A1=1 A0=0 A1=1 A0=0 A1=1", id="to and fro"),
        pytest.param("A1=1 B2=2 C3=3 A0=2", id="taken back on the same page"),
        pytest.param("A1=1 B2=2 C3=3 A2=2", id="taken back on a page loaded anew"),
        pytest.param("A1=1 B2=2 A1=1", id="taken back after one other"),
        pytest.param("B1=1 C2=2 A1=3 A0=2", id="taken back on a page out of date"),
        pytest.param("B1=1 C2=2 A1=3 A2=2", id="taken back by the count of the answer"),
        pytest.param("A1=1 B2=2 A0=1 B1=1 B0=0", id="each their own"),
        pytest.param("B1=1 A0=2", id="one cannot take another's back"),
        pytest.param("B1=1 C2=2 A3=3 A2=2 A2=2 A2=2", id="nor one's own more than once"),
        pytest.param("B1=1 C2=2 A3=3 A2=2 A3=3 A3=3 A2=2", id="twice each click"),
    ],
)
def test_a_visitor_counts_once(steps: str, site: Gallery) -> None:
    """A1=2: visitor A sends 1, and there are 2 then."""
    for step in steps.split():
        sent, _, there = step[1:].partition("=")
        assert told(site.like(ID, int(sent), by=WHO[step[0]])) == int(there), step
        assert count(site) == int(there)


def test_one_visitor_at_once_counts_once(site: Gallery) -> None:
    def click(_: int) -> int:
        return (
            site.app.test_client().post("/api/like", json={"photoId": ID, "likes": 1}).status_code
        )

    with ThreadPoolExecutor(8) as tabs:
        assert set(tabs.map(click, range(16))) == {200}
    assert count(site) == 1


def test_who_a_visitor_is(site: Gallery) -> None:
    site.like(ID, 1)
    assert told(site.like(ID, 2)) == 1
    assert told(site.like(ID, 2, agent="another browser")) == 2
    assert told(site.like(ID, 3, by="203.0.113.2")) == 3
    assert told(site.like(ID, 4, by="2001:db8:1:2::1")) == 4
    assert told(site.like(ID, 5, by="2001:db8:1:2:ffff::9")) == 4  # the same household
    assert told(site.like(ID, 5, by="2001:db8:1:3::1")) == 5
    assert told(site.like(f"{BARE}.webp", 1)) == 1  # another photo
    assert "Set-Cookie" not in site.like(ID, 9, agent="no cookies").headers


def test_visitors_behind_a_trusted_proxy_are_told_apart(make_site: Make) -> None:
    def like(site: Gallery, address: str) -> int:
        return told(
            site.client.post(
                "/api/like",
                json={"photoId": ID, "likes": 1},
                headers={"X-Forwarded-For": address},
                environ_overrides={"REMOTE_ADDR": "10.0.0.2"},
            )
        )

    behind, open_ = make_site(TRUSTED_PROXIES="10.0.0.0/8"), make_site()
    assert [like(behind, f"203.0.113.{n}") for n in (1, 2, 2)] == [1, 2, 2]
    assert [like(open_, f"203.0.113.{n}") for n in (1, 2, 3)] == [1, 1, 1]  # anybody may write that


def test_thirty_clicks_a_minute_are_enough(site: Gallery) -> None:
    for number in range(30):
        assert told(site.like((ID, f"{BARE}.webp")[number % 2], 1)) == 1
    refused = site.like(f"{ODD}.webp", 1)
    assert refused.status_code == 429
    assert is_error(refused)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert count(site, ODD) == 0
    assert told(site.like(f"{ODD}.webp", 1, by=WHO["B"])) == 1


def test_without_a_window_every_click_counts(make_site: Make) -> None:
    site = make_site(LIKE_WINDOW_S="0")
    assert [told(site.like(ID, 1)) for _ in range(3)] == [1, 2, 3]


def test_nothing_tells_who_it_was(site: Gallery) -> None:
    answer = site.like(ID, 1, by="203.0.113.77", agent="Netscape 4.04 (of Mr Wang)")
    site.export()
    kept = b"".join(path.read_bytes() for path in site.data.iterdir() if path.is_file())
    assert b"DSC04056" in kept
    for text in (b"203.0.113.77", b"Netscape", b"Wang"):
        assert text not in kept
        assert text not in answer.get_data()
    assert answer.headers["Cache-Control"] == "no-store"


# days


class Bench:
    """Clicks on a real database, with a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.now_s = MIDNIGHT_S
        self.database = Database(f"sqlite:///{folder / 'catalogue.db'}")
        self.window_s = DAY_S
        self.clicks = self.restarted()
        with self.database.write() as db:
            album_id, name = FULL.split("/")
            photo = {"album_id": album_id, "name": name, "suffix": ".jpg", "version": "1"}
            rest = {"thumb_edges_px": "", "exif": "{}", "published_at_s": 0.0}
            db.execute(sa.insert(mirrored_photos).values(photo | rest))

    def restarted(self) -> Clicks:
        return Clicks(self.database, site="here", window_s=self.window_s, clock=lambda: self.now_s)

    def click(self, who: str = "A", *, sent: int = 1) -> Answer:
        visitors = [f"{salt} {who}" for salt in self.clicks.todays_salts()]
        answer = self.clicks.click(spelling(FULL), visitors, sent)
        assert answer is not None
        return answer

    def rows(self, table: sa.Table) -> int:
        with self.database.read() as db:
            return db.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    one.database.close()


@pytest.mark.parametrize("hour", [0, 1, 12, 23])
def test_a_visitor_is_known_for_the_whole_window_also_over_midnight(
    hour: int, bench: Bench
) -> None:
    bench.now_s += hour * 3600
    assert bench.click().became is Became.COUNTED
    for later_s in (1, 3600, DAY_S - 1):
        bench.now_s = MIDNIGHT_S + hour * 3600 + later_s
        bench.clicks = bench.restarted()  # another process, or another day of the same
        assert bench.click().became is Became.KNOWN
    bench.now_s = MIDNIGHT_S + hour * 3600 + DAY_S
    assert bench.click().became is Became.COUNTED
    assert bench.click().likes == 2


def test_a_shorter_window_ends_sooner(bench: Bench) -> None:
    bench.window_s = 60.0
    bench.clicks = bench.restarted()
    assert bench.click().became is Became.COUNTED
    bench.now_s += 59
    assert bench.click().became is Became.KNOWN
    bench.now_s += 1
    assert bench.click().became is Became.COUNTED
    bench.now_s += 61
    assert bench.click(sent=0).became is Became.COUNTED  # too late to take it back


def test_a_click_whose_time_is_over_does_not_count_though_it_is_still_kept(bench: Bench) -> None:
    bench.window_s = 20.0
    bench.clicks = bench.restarted()
    for who in "AB":
        assert bench.click(who).became is Became.COUNTED
    bench.now_s += 20
    assert bench.click().became is Became.COUNTED
    assert bench.rows(clicks) == 2, "kept for a while, the visitor's own click but once"
    assert bench.click().became is Became.KNOWN


def test_a_clock_that_is_set_back_locks_nobody_out(bench: Bench) -> None:
    bench.click()
    bench.now_s -= 10 * DAY_S
    assert bench.click().became is Became.COUNTED
    assert bench.rows(clicks) == 1
    for _ in range(40):
        bench.now_s -= 1
        assert bench.click().became is not Became.TOO_MANY


def test_the_limit_is_of_a_minute(bench: Bench) -> None:
    for _ in range(30):
        assert bench.click().became is not Became.TOO_MANY
        bench.now_s += 1
    refused = bench.click()
    assert (refused.became, refused.wait_s) == (Became.TOO_MANY, 30.0)
    assert bench.click("B").became is Became.COUNTED
    bench.now_s += 30
    assert bench.click(sent=3).became is Became.KNOWN


def test_old_salts_and_clicks_are_forgotten(bench: Bench) -> None:
    for day in range(5):
        bench.now_s = MIDNIGHT_S + day * DAY_S
        bench.click(f"visitor {day}")
        assert bench.rows(salts) == 2
        assert bench.rows(clicks) == 1
    before = bench.clicks.todays_salts()
    assert bench.restarted().todays_salts() == before  # the same for all processes
    bench.now_s += DAY_S
    assert bench.clicks.todays_salts()[1] == before[0]


def test_a_count_does_not_fall_below_nothing(bench: Bench) -> None:
    """The likes were lost: only who clicked is on record, and others' likes come from elsewhere."""
    interactions = Interactions(bench.database, site="here")
    bench.click()
    with bench.database.write() as db:
        db.execute(sa.delete(likes))
    interactions.merge("elsewhere", file_of(FULL, 2))
    assert bench.click(sent=1).likes == 2
    assert bench.click(sent=0).likes == 2


def file_of(photo_id: str, number: int) -> bytes:
    """Return what another site tells of its likes."""
    told = {"site": "elsewhere", "photos": {photo_id: {"likes": number}}}
    return json.dumps(told).encode()


def test_likes_of_other_sites_are_no_clicks_of_ours(bench: Bench) -> None:
    interactions = Interactions(bench.database, site="here")
    bench.click()
    interactions.merge("elsewhere", file_of(FULL, 5))
    assert bench.click(sent=1).likes == 6  # the same click again
    assert bench.click(sent=7).likes == 6
    assert bench.click(sent=5).likes == 5  # on a page loaded anew
    assert interactions.of_album("上海")[FULL].likes == 5
