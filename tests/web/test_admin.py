"""What only the administrator may have: a backup, the webhook's secret, and the sync button."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local_image_process.errors import StoreUnavailable
from local_image_process.record.database import Database
from local_image_process.record.mailbox import Mailbox
from local_image_process.record.schema import requests
from local_image_process.run.service import Service
from local_image_process.web import server_action
from local_image_process.web.application import make_app
from tests.oss_server import OssServer
from tests.photos import make_photo
from tests.support import wait_for
from tests.web.in_process import FULL, PASSWORD, Gallery, is_error

Make = Callable[..., Gallery]
OFFICE = ("/api/data/backup", "/api/init-db", "/api/config/webhook-secret")
BUTTON = {"Next-Action": "7f0a", "Content-Type": "text/plain;charset=UTF-8"}


# who


@pytest.mark.parametrize("path", OFFICE)
def test_nobody_else_gets_it(path: str, still: Gallery) -> None:
    stranger = still.app.test_client()
    for flag in (None, "true"):
        if flag:
            stranger.set_cookie("admin-auth", flag)
        for method in ("GET", "HEAD"):
            answer = stranger.open(path, method=method)
            assert answer.status_code == 401
            assert "Content-Disposition" not in answer.headers
        assert is_error(stranger.get(path))
        assert stranger.post(path, json={}).status_code == 405
    answer = still.log_in().get(path, buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_webhooks_secret_is_told(make_site: Make) -> None:
    for secret in ("of the hook", ""):
        site = make_site(WEBHOOK_SECRET=secret)
        told = site.log_in().get("/api/config/webhook-secret").get_json()
        assert told == {"webhookSecret": secret}


def test_the_database_is_there(still: Gallery) -> None:
    told = still.log_in().get("/api/init-db").get_json()
    assert (told["success"], told["dbExists"]) == (True, True)
    assert told["message"]


# backup


def backup(site: Gallery, folder: Path) -> Path:
    """Save the backup as a browser does."""
    answer = site.log_in().get("/api/data/backup", buffered=True)
    assert answer.status_code == 200
    assert answer.content_type == "application/vnd.sqlite3"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=gallery-")
    assert disposition.endswith(".db")
    target = folder / "backup.db"
    target.write_bytes(answer.get_data())
    return target


def test_a_backup_holds_everything(site: Gallery, tmp_path: Path) -> None:
    site.like(f"{FULL}.webp", 1)
    copy = Database(f"sqlite:///{backup(site, tmp_path)}")
    with copy.read() as theirs, site.records.database.read() as ours:
        for table in ("photos", "likes", "sidecars", "meta"):
            query = sa.text(f"SELECT * FROM {table} ORDER BY 1")
            assert theirs.execute(query).all() == ours.execute(query).all()
    copy.close()


def test_a_backup_is_whole_while_likes_come_in(site: Gallery, tmp_path: Path) -> None:
    stop = threading.Event()
    clicked = [0]

    def click() -> None:
        client = site.app.test_client()
        while not stop.is_set():
            clicked[0] += 1
            address = f"10.{clicked[0] // 250}.{clicked[0] % 250}.1"
            answer = client.post(
                "/api/like",
                json={"photoId": f"{FULL}.webp", "likes": 1},
                environ_overrides={"REMOTE_ADDR": address},
            )
            assert answer.status_code == 200

    visitor = threading.Thread(target=click)
    visitor.start()
    counts: list[int] = []
    try:
        while len(counts) < 5:
            wait_for(lambda: clicked[0] > 5 * len(counts), what="some likes")
            counts.append(likes_in(backup(site, tmp_path)))
    finally:
        stop.set()
        visitor.join()
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    assert likes_in(backup(site, tmp_path)) == clicked[0]


def likes_in(path: Path) -> int:
    """Open a backup as any program would, and return how many likes it knows of."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (number,) = db.execute("SELECT sum(count) FROM likes").fetchone()
        (clicks,) = db.execute("SELECT count(*) FROM clicks").fetchone()
    assert number == clicks  # both or neither
    return int(number or 0)


def test_a_backup_can_be_put_in_place_of_the_catalogue(site: Gallery, tmp_path: Path) -> None:
    site.like(f"{FULL}.webp", 1)
    copy = backup(site, tmp_path).read_bytes()
    site.close()
    for path in site.data.glob("catalogue.db*"):
        path.unlink()
    (site.data / "catalogue.db").write_bytes(copy)
    assert site.publish()["rendered"] == 0
    assert site.json("/data/likes.json")[f"{FULL}.JPG"] == 1


def test_nothing_is_left_of_a_backup(
    site: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    backup(site, tmp_path)
    assert list(folder.iterdir()) == []


# the sync button


def press(client: FlaskClient, path: str = "/admin", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, data=b"[]", headers=BUTTON | named)


def understood(answer: TestResponse) -> dict[str, Any]:
    """Read an answer as the front-end does: two rows, the first points to the second."""
    assert answer.content_type == "text/x-component"
    assert answer.headers["Cache-Control"] == "no-store"
    first, second = answer.get_data(as_text=True).splitlines()
    assert first == '0:{"a":"$@1","f":"","b":"x"}'
    number, _, row = second.partition(":")
    assert number == "1"
    told: dict[str, Any] = json.loads(row)
    assert set(told) == {"success", "message", "status"}
    assert (told["success"], told["status"]) in {(True, "success"), (False, "error")}
    return told


@contextmanager
def leading(site: Gallery) -> Iterator[FlaskClient]:
    """Run the service beside the application, as each worker does; yield a logged-in browser."""
    service = Service(site.settings, site.records)
    service.start()
    app = make_app(site.settings, site.records, service.lease)
    client = app.test_client()
    try:
        wait_for(lambda: service.lease.leader(), what="a leader")
        assert client.post("/api/auth/login", json={"password": PASSWORD}).status_code == 200
        yield client
    finally:
        service.stop()


def test_the_button_makes_a_sweep_and_tells_what_was_done(make_site: Make) -> None:
    site = make_site(WATCH_MODE="sweep", SWEEP_INTERVAL_S="3600")
    with leading(site) as client:
        press(client)
        assert understood(press(client)) == {
            "success": True,
            "message": "同步完成：没有变化",
            "status": "success",
        }
        make_photo(site.library / "北京/new photo.jpg", size=(64, 48), seed=7)
        (site.library / "my gallery/webp gallery.jpg").unlink()
        told = understood(press(client, "/admin/oss"))
        assert told["success"] is True
        assert "发布 1" in told["message"]
        assert "撤下 1" in told["message"]
        albums = client.get("/api/data/albums", buffered=True).get_json()
        assert "北京" in albums  # all is done when the answer comes
        assert "my gallery" not in albums


def test_the_button_tells_what_went_wrong(make_site: Make) -> None:
    site = make_site(WATCH_MODE="sweep", SWEEP_INTERVAL_S="3600")
    with leading(site) as client:
        press(client)
        site.library.rename(site.library.with_name("away"))
        told = understood(press(client))
        assert told["success"] is False
        assert told["message"].startswith("同步失败：")


def test_a_mirrors_button_reads_the_bucket(tmp_path: Path) -> None:
    with OssServer(public_read=True) as oss:
        oss.put("gallery/上海/DSC04056.webp", b"RIFF a picture")
        site = Gallery(
            tmp_path,
            WATCH_DIR="",
            OSS_ENDPOINT=oss.endpoint,
            OSS_BUCKET=oss.bucket,
            OSS_REGION=oss.region,
            OSS_ACCESS_KEY=oss.access_key,
            OSS_SECRET_KEY=oss.secret_key,
        )
        with leading(site) as client:
            press(client)
            oss.put("gallery/上海/DSC04057.webp", b"RIFF another picture")
            oss.put("gallery/上海/a?b.webp", b"RIFF an unfit name")
            told = understood(press(client))
            assert told["message"] == "同步完成：新增 1，有问题（见日志） 1"
            albums = client.get("/api/data/albums", buffered=True).get_json()
            assert len(albums["上海"]["images"]) == 2
        site.close()


@pytest.mark.parametrize("path", ["/", "/login", "/admin", "/admin/oss", "/api/like", "/nothing"])
def test_a_stranger_who_presses_it_is_told_to_log_in(path: str, still: Gallery) -> None:
    stranger = still.app.test_client()
    stranger.set_cookie("admin-auth", "true")
    answer = press(stranger, path)
    assert answer.status_code == 401
    assert understood(answer) == {"success": False, "message": "请先登录", "status": "error"}
    assert open_requests(still) == 0


def open_requests(site: Gallery) -> int:
    with site.records.database.read() as db:
        return db.scalar(sa.select(sa.func.count()).select_from(requests)) or 0


def test_another_site_cannot_press_it(still: Gallery) -> None:
    answer = press(still.log_in(), Origin="https://evil.example", Sec_Fetch_Site="cross-site")
    assert answer.status_code == 403
    assert is_error(answer)
    assert open_requests(still) == 0


def test_looking_presses_nothing(still: Gallery) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        answer = still.log_in().open("/admin", method=method, headers={"Next-Action": "7f0a"})
        assert answer.status_code in {404, 405}
    assert open_requests(still) == 0


def test_what_takes_long_goes_on_after_the_answer(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody leads; whoever comes to lead finds the request."""
    monkeypatch.setattr(server_action, "WAIT_S", 0.05)
    told = understood(press(site.log_in()))
    assert told == {"success": True, "message": server_action.UNDER_WAY, "status": "success"}
    assert [one.kind for one in site.records.mailbox.open_requests()] == ["once"]


def test_a_report_is_thrown_away_once_it_is_told(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Mailbox.ask

    def ask_and_answer(mailbox: Mailbox, kind: str) -> int:
        number = ask(mailbox, kind)
        mailbox.answer(number, {"published": 3, "failed": 1, "seconds": 1.5})
        return number

    monkeypatch.setattr(Mailbox, "ask", ask_and_answer)
    assert understood(press(site.log_in()))["message"] == "同步完成：发布 3，失败 1"
    assert open_requests(site) == 0


def test_a_catalogue_that_is_lost_meanwhile_is_no_failure(
    site: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mailbox, "answer_to", lambda *_: None)
    assert understood(press(site.log_in()))["message"] == server_action.UNDER_WAY


def test_what_cannot_be_asked_for_is_told_in_the_buttons_form(
    site: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    admin = site.log_in()

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk of /secret/place is full")

    monkeypatch.setattr(Mailbox, "ask", full)
    answer = press(admin)
    assert answer.status_code == 503
    assert understood(answer)["success"] is False
    assert "/secret/place" not in answer.get_data(as_text=True)
    assert "/secret/place" in caplog.text
