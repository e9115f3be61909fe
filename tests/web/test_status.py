"""The status page and what it asks for: who sees what, who may do what, in which words."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from local_image_process import __version__
from local_image_process.run.lease import Lease
from local_image_process.run.status import Board, Status
from local_image_process.web.application import make_app
from local_image_process.web.status import Streams
from tests.web.in_process import PASSWORD, SHOWN, Gallery, is_error

Make = Callable[..., Gallery]
ACTIONS = ("sweep", "sync", "retry", "release")
ELSEWHERE = {"Origin": "https://elsewhere.example"}
SECRETS = ("of the hook", PASSWORD)


def leading(site: Gallery, **told: Any) -> None:
    """Have somebody lead, by the look of it, who says this."""
    site.lease.beat()
    counts = {"published": 5, "waiting": 0, "failed": 0, "has_looked": True}
    Board(site.data).write(Status(**{**counts, **told}))


def fail(site: Gallery, name: str = "letter.jpg") -> None:
    (site.library / f"上海/{name}").write_text("Dear all,", encoding="utf-8")
    site.publish()


def ask(site: Gallery, what: str, body: dict[str, Any]) -> TestResponse:
    return site.log_in().post(f"/api/status/{what}", json=body)


def requested(site: Gallery) -> list[tuple[str, bool]]:
    return [(r.kind, r.confirm_withdraw) for r in site.records.mailbox.open_requests()]


# who sees what


def test_anybody_sees_counts_and_public_pictures_and_nothing_else(site: Gallery) -> None:
    fail(site)
    told = site.json("/api/status")
    assert told["photos"] == {"total": 6, "published": 5, "waiting": 0, "failed": 1, "held": 0}
    assert {picture["id"] for picture in told["newest"]} == set(SHOWN)
    assert told["details"] is None
    assert "letter" not in json.dumps(told)
    assert str(site.data) not in json.dumps(told)
    assert str(site.data) not in site.get("/").get_data(as_text=True)


def test_the_newest_pictures_are_there_and_may_be_kept(still: Gallery) -> None:
    for picture in still.json("/api/status")["newest"]:
        answer = still.get(picture["url"])
        assert (answer.status_code, answer.content_type) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000"
        assert picture["alt"]


def test_below_a_path_everything_is_asked_for_below_it(still: Gallery) -> None:
    page = still.get("/status", X_Forwarded_Prefix="/gallery").get_data(as_text=True)
    assert 'href="/gallery/status/page.css"' in page
    assert 'data-root="/gallery"' in page
    newest = still.get("/api/status", X_Forwarded_Prefix="/gallery").get_json()["newest"]
    assert all(picture["url"].startswith("/gallery/_next/image?") for picture in newest)


def test_the_administrator_sees_what_failed_and_why_and_no_secret(site: Gallery) -> None:
    fail(site)
    answer = site.log_in().get("/api/status")
    (failure,) = answer.get_json()["details"]["failures"]
    assert failure["key"] == "上海/letter.jpg"
    assert "not a picture" in failure["reason"]
    assert answer.get_json()["details"]["disk"]["free_bytes"] > 0
    assert answer.get_json()["details"]["version"] == __version__
    assert not [secret for secret in SECRETS if secret in answer.get_data(as_text=True)]
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_the_leader_says_is_told(site: Gallery) -> None:
    trouble = "/library holds none of the photos: is it mounted?"
    leading(
        site,
        waiting=7,
        left_s=(40, 60),
        photos_per_s=0.15,
        bytes_per_s=1e6,
        watching="sweeps",
        why_sweeps="/library is on nfs4",
        held=3,
        held_keys=("a/1.jpg",),
        troubles={"library": trouble},
    )
    told = site.log_in().get("/api/status").get_json()
    assert told["photos"] == {"total": 12, "published": 5, "waiting": 7, "failed": 0, "held": 3}
    assert (told["left_s"], told["photos_per_s"]) == ([40, 60], 0.15)
    details = told["details"]
    assert details["library"]["error"] == trouble
    assert details["watching"] == {"by": "sweeps", "why": "/library is on nfs4"}
    assert details["held"]["keys"] == ["a/1.jpg"]


def test_a_status_that_no_leader_stands_for_is_not_believed(site: Gallery) -> None:
    leading(site, waiting=7)
    site.lease.release()
    lost = Lease(site.data, clock=lambda: 0.0)
    lost.beat()  # seen last when the machine was started
    told = site.json("/api/status")
    assert not told["has_leader"]
    assert told["photos"]["waiting"] == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"published": 1, "more": 2}'])
def test_a_status_that_is_not_understood_is_passed_over(site: Gallery, content: str) -> None:
    leading(site, waiting=7)
    (path,) = [p for p in site.lease._sign.parent.iterdir() if p.name == "status.json"]
    path.write_text(content, encoding="utf-8")
    assert site.json("/api/status")["photos"]["published"] == 5


# who may do what


@pytest.mark.parametrize("what", ACTIONS)
def test_nothing_is_done_for_strangers_or_other_sites(site: Gallery, what: str) -> None:
    leading(site, held=2)
    answer = site.client.post(f"/api/status/{what}", json={"held": 2})
    assert answer.status_code == 401
    assert is_error(answer)
    admin = site.log_in()
    from_elsewhere = admin.post(f"/api/status/{what}", json={"held": 2}, headers=ELSEWHERE)
    assert from_elsewhere.status_code == 403
    assert admin.post(f"/api/status/{what}", data="held=2").status_code == 415
    assert requested(site) == []


def test_a_sweep_is_left_to_the_leader(site: Gallery) -> None:
    assert ask(site, "sweep", {}).status_code == 200
    assert requested(site) == [("once", False)]


def test_without_a_bucket_there_is_none_to_read(site: Gallery) -> None:
    assert ask(site, "sync", {}).status_code == 409
    assert requested(site) == []


def test_what_is_held_is_released_only_as_it_was_seen(site: Gallery) -> None:
    leading(site, held=2)
    refused = ask(site, "release", {"held": 3})
    assert refused.status_code == 409
    assert "2" in refused.get_json()["message"]
    assert requested(site) == []
    assert ask(site, "release", {"held": 2}).status_code == 200
    assert requested(site) == [("once", True)]


def test_where_nothing_is_held_nothing_is_released(site: Gallery) -> None:
    leading(site)
    assert ask(site, "release", {"held": 0}).status_code == 409
    assert requested(site) == []


def test_failed_photos_are_tried_again_as_asked_for(site: Gallery) -> None:
    fail(site, "one.jpg")
    fail(site, "two.jpg")
    answer = ask(site, "retry", {"keys": ["上海/one.jpg"]}).get_json()
    assert (answer["photos"], requested(site)) == (1, [("retry", False)])
    assert ask(site, "retry", {}).get_json()["photos"] == 2
    for keys in ("上海/one.jpg", [1]):
        assert ask(site, "retry", {"keys": keys}).status_code == 400
    assert ask(site, "retry", {"keys": ["上海/three.jpg"]}).status_code == 404


def test_answers_that_nobody_fetches_do_not_pile_up(site: Gallery) -> None:
    mailbox = site.records.mailbox
    first = mailbox.ask("once")
    for _ in range(150):
        mailbox.answer(mailbox.ask("once"), {})
    assert mailbox.answer_to(first) is not None, "it is not answered yet"
    assert mailbox.answer_to(first + 1) is None
    assert mailbox.answer_to(first + 150) is not None


# the page


@pytest.mark.parametrize(
    ("path", "accepts", "language"),
    [
        pytest.param("/", "zh-CN,zh;q=0.9", "zh-CN", id="Chinese"),
        pytest.param("/status", "en-GB,en;q=0.9", "en", id="English"),
        pytest.param("/status", "fr,de;q=0.5", "zh-CN", id="neither"),
        pytest.param("/?lang=en", "zh-CN", "en", id="English chosen"),
        pytest.param("/?lang=<x>", "en", "en", id="nonsense chosen"),
    ],
)
def test_the_page_speaks_the_language_of_who_asks(
    still: Gallery, path: str, accepts: str, language: str
) -> None:
    page = still.get(path, Accept_Language=accepts)
    assert f'<html lang="{language}">' in page.get_data(as_text=True)
    assert "Accept-Language" in page.headers["Vary"]


def test_both_languages_say_the_same() -> None:
    from local_image_process.web.status_words import EN, ZH

    assert ZH.keys() == EN.keys()
    for name, chinese in ZH.items():
        assert re.findall(r"{\w+}", chinese) == re.findall(r"{\w+}", EN[name]) or (
            sorted(re.findall(r"{\w+}", chinese)) == sorted(re.findall(r"{\w+}", EN[name]))
        ), name


def test_the_page_is_made_of_our_own_files_alone(still: Gallery) -> None:
    page = still.get("/")
    text = page.get_data(as_text=True)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; img-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"(src|href)=\"(?!/status/|\?lang=)", text)
    for path in re.findall(r"(?:src|href)=\"(/[^\"]+)\"", text):
        assert still.get(path).status_code == 200, path
    assert " style=" not in text
    assert " onclick=" not in text


def test_pictures_in_a_bucket_may_be_shown(make_site: Make) -> None:
    bucket = {
        "OSS_ACCESS_KEY": "x",
        "OSS_SECRET_KEY": "y",
        "OSS_ENDPOINT": "oss-cn-beijing.aliyuncs.com",
        "OSS_BUCKET": "photos",
        "OSS_PUBLIC_URL": "https://cdn.example.com/pictures",
    }
    policy = make_site(**bucket).get("/").headers["Content-Security-Policy"]
    allowed = "img-src 'self' https://cdn.example.com https://photos.oss-cn-beijing.aliyuncs.com;"
    assert allowed in policy


@pytest.mark.parametrize(
    ("settings", "makes_one", "words"),
    [
        pytest.param({}, False, "ADMIN_PASSWORD of the settings", id="configured"),
        pytest.param({"ADMIN_PASSWORD": "admin123"}, False, "anybody would try", id="obvious"),
        pytest.param({"ADMIN_PASSWORD": ""}, True, "shown in the terminal", id="made"),
        pytest.param({"ADMIN_PASSWORD": ""}, False, "Set ADMIN_PASSWORD", id="nobody"),
    ],
)
def test_the_page_says_how_to_log_in(
    make_site: Make, settings: dict[str, str], makes_one: bool, words: str
) -> None:
    site = make_site(**settings)
    if makes_one:
        (site.data / "admin_password").write_text("a hash", encoding="utf-8")
    page = site.get("/?lang=en").get_data(as_text=True).partition('<section id="login"')[2]
    assert words in page
    assert ("<form" in page) == (
        words in {"ADMIN_PASSWORD of the settings", "shown in the terminal"}
    )


# the stream


def test_a_stream_begins_with_how_things_stand(site: Gallery) -> None:
    answer = site.get("/api/status/events")
    assert answer.content_type.startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    first, _, rest = answer.get_data(as_text=True).partition("\n\n")
    assert first.startswith("retry: ")
    assert json.loads(rest.removeprefix("data: ")) == site.json("/api/status")


def test_only_so_many_listen_at_a_time() -> None:
    streams = Streams(most=2)
    assert [streams.enter(), streams.enter(), streams.enter()] == [True, True, False]
    streams.leave()
    assert streams.enter()


def test_who_finds_no_place_is_answered_and_sent_away(site: Gallery) -> None:
    streams = site.app.extensions["streams"]
    streams.most, streams.life_s = 0, 3600.0
    answer = site.get("/api/status/events").get_data(as_text=True)
    assert answer.startswith("retry: 5000\n\ndata: {")
    assert answer.count("data:") == 1


# machines


def test_strangers_may_not_read_the_metrics(site: Gallery) -> None:
    site.lease.beat()
    assert b"gallery_photos{" in site.get("/metrics").data
    for headers in ({"X_Forwarded_For": "203.0.113.7"}, {"X_Forwarded_For": "::ffff:203.0.113.7"}):
        answer = site.get("/metrics", **headers)
        assert answer.status_code == 403
        assert is_error(answer)
    admin = site.log_in().get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert admin.status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [("", 403), ("Bearer ", 403), ("Bearer guess", 403), ("Bearer of prometheus", 200)],
)
def test_a_token_opens_the_metrics_from_anywhere(make_site: Make, given: str, status: int) -> None:
    site = make_site(METRICS_TOKEN="of prometheus")
    for sender in ("127.0.0.1", "203.0.113.7"):
        answer = site.get("/metrics", Authorization=given, X_Forwarded_For=sender)
        assert answer.status_code == status, sender


def test_the_metrics_tell_what_the_leader_did(site: Gallery) -> None:
    leading(site, waiting=7, tally={"published": 3, "rendered": 2, "look_s": 1.5})
    lines = site.get("/metrics").get_data(as_text=True).splitlines()
    for line in (
        'gallery_photos{state="waiting"} 7.0',
        'gallery_photos_done_total{result="published"} 3.0',
        "gallery_renders_total 2.0",
        'gallery_stage_seconds_total{stage="look"} 1.5',
        "gallery_likes 0.0",
        "gallery_has_leader 1.0",
    ):
        assert line in lines


def ready(site: Gallery) -> tuple[int, str]:
    answer = site.get("/readyz")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_service_without_a_leader_is_not_ready(site: Gallery) -> None:
    status, why = ready(site)
    assert status == 503
    assert "no process leads" in why
    site.lease.beat()
    assert ready(site) == (200, '{"status":"ok"}\n')


@pytest.mark.parametrize(("unseen_s", "status"), [(29.0, 200), (31.0, 503)])
def test_a_leader_that_is_not_seen_for_half_a_minute_is_none(
    site: Gallery, unseen_s: float, status: int
) -> None:
    begun = Lease(site.data, clock=lambda: 1000.0)
    begun.beat()
    later = Lease(site.data, clock=lambda: 1000.0 + unseen_s)
    client = make_app(site.settings, site.records, later).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert status == 200 or "31 s ago" in answer.get_json()["error"]


def test_a_full_or_locked_data_folder_is_not_ready(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.lease.beat()
    with monkeypatch.context() as full:
        usage = type("Usage", (), {"free": 1000, "total": 10**12})
        full.setattr("shutil.disk_usage", lambda _: usage)
        assert "full" in ready(site)[1]
    with monkeypatch.context() as locked:
        locked.setattr("os.access", lambda *_: False)
        status, why = ready(site)
        assert (status, "cannot be written" in why) == (503, True)
    assert ready(site)[0] == 200
