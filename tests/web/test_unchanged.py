"""Whether the JSON has changed is what pages ask most: the answer is cheap, and always true."""

import os
import shutil
from collections.abc import Callable

import pytest
from flask import request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local_image_process.web import unchanged
from tests.web.in_process import Gallery

Make = Callable[..., Gallery]
PATHS = (
    "/data/exif_data.json",
    "/albums.json",
    "/data/likes.json",
    "/api/photos/list?withExif=true",
    "/api/photos/list",
    "/api/data/map",
)


@pytest.fixture
def views_asked(site: Gallery, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths that came as far as Flask."""
    asked: list[str] = []
    dispatch = site.app.full_dispatch_request

    def noted(*given: object) -> object:
        asked.append(request.path)
        return dispatch(*given)

    monkeypatch.setattr(site.app, "full_dispatch_request", noted)
    return asked


def ask(client: FlaskClient, path: str, etag: str | None = None, **headers: str) -> TestResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent |= {"If-None-Match": etag} if etag else {}
    return client.get(path, headers=sent, buffered=True)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("path", PATHS)
def test_the_second_time_it_is_said_at_once_and_in_the_same_words(
    site: Gallery, views_asked: list[str], path: str, encoding: str
) -> None:
    etag = ask(site.client, path, Accept_Encoding=encoding).headers["ETag"]
    slow = ask(site.client, path, etag, Accept_Encoding=encoding)
    del views_asked[:]
    quick = ask(site.client, path, etag, Accept_Encoding=encoding)
    assert views_asked == []
    assert (quick.status_code, quick.data) == (304, b"")
    dated = {"Date", "Last-Modified"}
    assert {h for h in quick.headers if h[0] not in dated} == {
        h for h in slow.headers if h[0] not in dated
    }
    assert quick.headers["X-Content-Type-Options"] == "nosniff"
    assert quick.headers["Access-Control-Allow-Origin"] == "*"


def test_what_has_changed_is_sent(site: Gallery) -> None:
    path = "/data/exif_data.json"
    etag = ask(site.client, path, Accept_Encoding="gzip").headers["ETag"]
    for _ in range(2):
        assert ask(site.client, path, etag, Accept_Encoding="gzip").status_code == 304
    shutil.rmtree(site.library / "夏 & '冬' + 100%")
    site.publish()
    answer = ask(site.client, path, etag, Accept_Encoding="gzip")
    assert answer.status_code == 200
    assert answer.headers["ETag"] != etag


def test_a_file_of_the_same_size_and_time_is_another_one(site: Gallery) -> None:
    path = site.data / "likes.json"
    etag = ask(site.client, "/data/likes.json").headers["ETag"]
    for _ in range(2):
        assert ask(site.client, "/data/likes.json", etag).status_code == 304
    before, content = path.stat(), path.read_bytes()
    other = path.with_name("other")
    other.write_bytes(content.replace(b"0", b"7", 1))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert ask(site.client, "/data/likes.json", etag).status_code == 200


def test_what_is_gone_is_not_vouched_for(site: Gallery) -> None:
    etag = ask(site.client, "/data/likes.json").headers["ETag"]
    for _ in range(2):
        assert ask(site.client, "/data/likes.json", etag).status_code == 304
    for path in site.data.glob("likes.json*"):
        path.unlink()
    assert ask(site.client, "/data/likes.json", etag).status_code == 200


def test_each_way_of_asking_has_its_own_answer(make_site: Make) -> None:
    site = make_site(TRUSTED_PROXIES="127.0.0.1")
    path = "/data/exif_data.json"
    packed = ask(site.client, path, Accept_Encoding="gzip").headers["ETag"]
    for _ in range(2):
        assert ask(site.client, path, packed, Accept_Encoding="gzip").status_code == 304
        assert ask(site.client, path, packed, Accept_Encoding="identity").status_code == 200
        plain = ask(site.client, path, packed, Accept_Encoding="gzip")
        safe = ask(site.client, path, packed, Accept_Encoding="gzip", X_Forwarded_Proto="https")
        assert "Strict-Transport-Security" not in plain.headers
        assert "Strict-Transport-Security" in safe.headers
    assert site.client.post(path, headers={"If-None-Match": packed}).status_code != 304


def test_pictures_are_asked_for_each_time(site: Gallery, views_asked: list[str]) -> None:
    """Whether a picture may still be seen is for a view to say."""
    path = "/media/gallery/上海/DSC04056.webp"
    etag = ask(site.client, path).headers["ETag"]
    del views_asked[:]
    assert [ask(site.client, path, etag).status_code for _ in range(3)] == [304] * 3
    assert views_asked == [path] * 3


def test_no_more_is_kept_than_fits(site: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchanged, "KEPT", 3)
    middleware = _unchanged_of(site)
    etag = ask(site.client, "/api/photos/list").headers["ETag"]
    for number in range(10):
        assert ask(site.client, f"/api/photos/list?n={number}", etag).status_code == 304
        assert len(middleware._answers) <= 3  # nobody is told
    before = len(middleware._answers)
    for number in range(3):
        long = f"/api/photos/list?n={number}{'9' * 300}"
        assert ask(site.client, long, etag).status_code == 304
    assert len(middleware._answers) == before


def _unchanged_of(site: Gallery) -> unchanged.Unchanged:
    found = site.app.wsgi_app
    while not isinstance(found, unchanged.Unchanged):
        found = found._app  # type: ignore[attr-defined]
    return found
