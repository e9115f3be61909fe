"""The nginx configurations that are shipped, where not all is as usual."""

import json
from pathlib import Path

import pytest

from tests.browser import nginx
from tests.browser.asking import ask, headers_of, is_from_a_file
from tests.browser.certificates import make_certificate
from tests.browser.site import PASSWORD, Site
from tests.live import Answer, free_port

JSON_FILES = ("/data/albums.json", "/data/exif_data.json", "/data/likes.json")
PICTURE = "/media/gallery/上海/IMG_100.webp"


def test_what_nginx_does_not_find_the_backend_answers(site: Site, tmp_path: Path) -> None:
    port = free_port()
    site.run_nginx(site.configuration(port=port, data=tmp_path))
    for path in (*JSON_FILES, site.picture_url(PICTURE)):
        assert ask(port, path).body == ask(site.gallery.port, path).body
        assert not is_from_a_file(ask(port, path))


def test_the_gallery_is_there_while_the_backend_is_away(site: Site) -> None:
    port = free_port()
    site.run_nginx(site.configuration(port=port, backend=free_port()))
    for path in (*JSON_FILES, site.picture_url(PICTURE)):
        assert ask(port, path).body == ask(site.port, path).body
    for path in ("/api/photos/list", "/media/gallery/上海/nothing.webp", "/healthz"):
        answer = ask(port, path)
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert_is_json_for_the_moment(answer)


def assert_is_json_for_the_moment(answer: Answer) -> None:
    """See that a refusal is as the backend's are."""
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json().keys() == {"success", "error", "message", "status"}


@pytest.mark.parametrize("size_bytes", [300_000, 2_000_000])
def test_too_large_a_request_is_refused_in_json(site: Site, size_bytes: int) -> None:
    headers = {"Content-Type": "application/json"}
    body = b" " * size_bytes
    answer = ask(site.port, "/api/auth/login", method="POST", body=body, headers=headers)
    assert answer.status == 413
    assert_is_json_for_the_moment(answer)


def test_over_https_cookies_are_secure_and_everything_says_so(site: Site, tmp_path: Path) -> None:
    plain, port = free_port(), free_port()
    certificate, key = make_certificate(tmp_path)
    further = nginx.with_tls(port=port, certificate=certificate, key=key)
    site.run_nginx(site.configuration(port=plain, further=further))
    for path in ("/data/albums.json", site.picture_url(PICTURE), "/api/data/albums", "/albums"):
        answer = ask(port, path, tls=True)
        assert answer.status == 200
        assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=15768000"]
    headers = {
        "Content-Type": "application/json",
        "Host": "photos.example.com",
        "Origin": "https://photos.example.com",
    }
    body = json.dumps({"password": PASSWORD}).encode()
    login = ask(port, "/api/auth/login", method="POST", body=body, headers=headers, tls=True)
    assert login.status == 200
    cookies = login.headers.get_all("Set-Cookie") or []
    assert len(cookies) == 2
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    sent_on = ask(plain, "/albums/上海?page=1", headers={"Host": "photos.example.com"})
    assert sent_on.status == 308
    expected = "https://photos.example.com/albums/%E4%B8%8A%E6%B5%B7?page=1"
    assert sent_on.headers["Location"] == expected


def test_compose_without_a_front_end_gives_files_and_the_backends_pages(
    site: Site, tmp_path: Path
) -> None:
    port, backend = free_port(), site.gallery.port
    site.run_nginx(
        nginx.of_compose(port=port, backend=backend, data=site.gallery.data, folder=tmp_path)
    )
    for path in (*JSON_FILES, site.picture_url(PICTURE)):
        assert is_from_a_file(ask(port, path))
    assert ask(port, "/").status == ask(backend, "/").status == 200
    assert ask(port, "/api/photos/list").status == 200


def test_below_a_path_of_another_site_everything_is_found(site: Site) -> None:
    port = free_port()
    site.run_nginx(nginx.below_a_path(port=port, backend=site.gallery.port))
    assert ask(port, "/gallery").headers["Location"].endswith("/gallery/")
    for path in (*JSON_FILES, *site.gallery.urls(), "/api/data/albums/海 & 山"):
        found, own = ask(port, f"/gallery{path}"), ask(site.gallery.port, path)
        assert (found.status, found.body) == (200, own.body), path
        assert headers_of(found) == headers_of(own)
    headers = {
        "Content-Type": "application/json",
        "Host": "photos.example.com",
        "Origin": "http://photos.example.com",
    }
    body = json.dumps({"password": PASSWORD}).encode()
    login = ask(port, "/gallery/api/auth/login", method="POST", body=body, headers=headers)
    assert login.status == 200
