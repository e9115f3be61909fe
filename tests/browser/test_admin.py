"""The administrator's pages: logging in, the sync button, what only the administrator may see."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.library import LIBRARY
from tests.browser.site import PASSWORD, WEBHOOK_SECRET, Site
from tests.browser.visitor import Visitor

BEIJING = timezone(timedelta(hours=8))
ONLY_SQL = pytest.mark.parametrize("generation", ["sql"])
ACTION = 'import("/_next/static/calls.js").then((calls) => calls.callServerAction())'


def said(visitor: Visitor) -> str:
    return visitor.page.locator("output").inner_text()


def test_a_wrong_password_is_told_and_opens_nothing(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/login")
    visitor.page.fill("input[name=password]", "a guess")
    visitor.press("保存")
    assert said(visitor) == "密码错误"
    assert any("401" in trouble for trouble in visitor.take_troubles())
    visitor.open("/admin")
    assert visitor.page.url == f"{visitor.origin}/login"


def test_after_logging_in_the_administrator_sees_every_photo(visit: Visit) -> None:
    visitor = visit()
    visitor.log_in(PASSWORD)
    shown = {one.shot: one.said for one in visitor.look()}
    assert shown.keys() == set(LIBRARY)
    for shot, texts in shown.items():
        assert texts["camera"] == shot.camera
        if "complete" in texts:  # of the eight facts that count; the place is always there
            assert texts["complete"] == ("8" if shot.has_facts else "1")


@pytest.mark.parametrize("generation", ["json"])
def test_no_script_can_read_the_cookies(visit: Visit) -> None:
    visitor = visit().begin_session(PASSWORD)
    visitor.open("/login")
    assert visitor.page.evaluate("document.cookie") == ""
    kept = {cookie["name"]: cookie for cookie in visitor.context.cookies()}
    assert kept.keys() == {"gallery_session", "admin-auth"}
    assert all(cookie["httpOnly"] for cookie in kept.values())
    assert kept["gallery_session"]["sameSite"] == "Lax"
    assert kept["admin-auth"]["value"] == "true"


@ONLY_SQL
@pytest.mark.parametrize("path", ["/admin", "/admin/oss"])
def test_the_sync_button_shows_what_the_backend_says(visit: Visit, site: Site, path: str) -> None:
    visitor = visit().begin_session(PASSWORD)
    visitor.open(path)
    visitor.press("同步 OSS 数据")
    assert said(visitor) == "✔ 同步完成：没有变化"
    assert {asked.method for asked in site.front_end.requests} == {"GET"}


@ONLY_SQL
def test_the_sync_button_is_not_for_strangers(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open("/albums")
    told = visitor.page.evaluate(ACTION)
    assert told == {"success": False, "message": "请先登录", "status": "error"}
    assert any("401" in trouble for trouble in visitor.take_troubles())
    assert {asked.method for asked in site.front_end.requests} == {"GET"}


@ONLY_SQL
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
def test_the_last_update_is_told_in_beijing_time(visit: Visit, site: Site, zone: str) -> None:
    visitor = visit(zone=zone).begin_session(PASSWORD)
    visitor.open("/admin/oss")
    for kind, name in (("albums", "albums.json"), ("exif", "exif_data.json")):
        line = visitor.page.locator(f"p[data-type={kind}]")
        assert line.get_attribute("data-beijing") == beijing_time(site.gallery.data / name)
        assert line.get_attribute("data-update") == "成功"


def beijing_time(path: Path) -> str:
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return f"{written.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


@ONLY_SQL
def test_the_administrator_sees_the_webhooks_secret(visit: Visit) -> None:
    visitor = visit().begin_session(PASSWORD)
    visitor.open("/admin/oss")
    visitor.press("显示密钥")
    assert said(visitor) == WEBHOOK_SECRET


@ONLY_SQL
def test_the_backup_is_a_download(visit: Visit) -> None:
    visitor = visit().begin_session(PASSWORD)
    visitor.open("/admin")
    with visitor.page.expect_download() as expected:
        visitor.page.get_by_role("link", name="备份").click()
    download = expected.value
    assert download.suggested_filename.endswith(".db")
    assert Path(download.path()).read_bytes().startswith(b"SQLite format 3\0")
    visitor.take_troubles()  # to the browser a download is a page that was not opened
