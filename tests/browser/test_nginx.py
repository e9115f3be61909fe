"""The nginx configuration that is shipped: who answers what, and with which headers."""

import json
import os
from pathlib import Path

import pytest

from tests.browser.asking import ask, headers_of, is_from_a_file
from tests.browser.library import shot_at
from tests.browser.site import Site
from tests.live import free_port

JSON_FILES = ("/data/albums.json", "/data/exif_data.json", "/data/likes.json", "/likes.json")
PICTURE = "/media/gallery/上海/IMG_100.webp"
LIKED = shot_at("gallery/thumbs.jpg")
SOME_S = 1_750_000_000
ACTION = {"Next-Action": "7f9d", "Content-Type": "text/plain;charset=UTF-8"}


@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        *(pytest.param(path, True, id=path) for path in JSON_FILES),
        pytest.param(PICTURE, True, id="picture"),
        pytest.param(f"{PICTURE}?v=", True, id="picture with no version"),
        pytest.param("{versioned}", True, id="picture with its version"),
        pytest.param("/media/thumbs/480/上海/IMG_100.webp", True, id="thumbnail"),
        pytest.param("/media/gallery/上海/info.yaml", False, id="album's words"),
        pytest.param("/media/gallery/上海/nothing.webp", False, id="no such picture"),
        pytest.param("/media/gallery/上海/.IMG_100.webp", False, id="hidden picture"),
        pytest.param("/media/gallery/.上海/IMG_100.webp", False, id="hidden folder"),
        pytest.param("/data/catalogue.db", False, id="no public file"),
        pytest.param("/api/data/albums", False, id="api"),
        pytest.param("/api/nothing", False, id="no such api"),
        pytest.param("/openapi.json", False, id="openapi"),
        pytest.param("/healthz", False, id="health"),
    ],
)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_nginx_answers_as_the_backend_does(
    site: Site, path: str, is_file: bool, encoding: str
) -> None:
    media = site.gallery.data / "media/gallery"
    for hidden in (media / "上海/.IMG_100.webp", media / ".上海/IMG_100.webp"):
        hidden.parent.mkdir(exist_ok=True)
        hidden.write_bytes(b"unfinished")
    path = path.format(versioned=site.picture_url(PICTURE))
    headers = {"Accept-Encoding": encoding}
    ours, backends = (ask(port, path, headers=headers) for port in (site.port, site.gallery.port))
    assert ours.status == backends.status
    assert "healthz" in path or ours.body == backends.body
    assert headers_of(ours) == headers_of(backends)
    assert is_from_a_file(ours) == is_file


@pytest.mark.parametrize("path", [*JSON_FILES, PICTURE])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_what_a_browser_knows_already_is_not_sent_again(
    site: Site, path: str, encoding: str
) -> None:
    headers = {"Accept-Encoding": encoding}
    etags = [ask(site.port, path, headers=headers).headers["ETag"]]
    if path != PICTURE:  # whether JSON is still good, the backend says, by ETags of its own
        told = ask(site.port, path, headers=headers | {"If-None-Match": etags[0]})
        etags.append(told.headers["ETag"])
    again = ask(site.port, path, headers=headers | {"If-None-Match": etags[-1]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_json_that_changes_twice_within_a_second_is_sent_twice(
    site: Site, tmp_path: Path, encoding: str
) -> None:
    port = free_port()
    site.run_nginx(site.configuration(port=port, data=tmp_path))
    headers = {"Accept-Encoding": encoding}
    for content in (b"first", b"other"):
        for name in ("likes.json", "likes.json.gz"):
            (tmp_path / name).write_bytes(content)
            os.utime(tmp_path / name, (SOME_S, SOME_S))
        answer = ask(port, "/data/likes.json", headers=headers)
        assert answer.status == 200
        headers["If-None-Match"] = answer.headers["ETag"]


def test_every_picture_comes_from_its_file_under_the_address_that_the_json_names(
    site: Site,
) -> None:
    for url in site.gallery.urls():
        answer = ask(site.port, url)
        path = site.gallery.data / url.partition("?")[0].removeprefix("/")
        assert answer.body == path.read_bytes()
        assert is_from_a_file(answer), url
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/login", "/admin", "/albums/上海", "/_next/static/main.js", "/images/login.png"),
        *("/_next/image?url=%2Fimages%2Flogin.png&w=64&q=75", "/data/albums.json", PICTURE),
    ],
)
def test_no_request_to_do_something_reaches_the_front_end(site: Site, path: str) -> None:
    before = len(site.front_end.requests)
    told = ask(site.port, path, method="POST", body=b"[]", headers=ACTION)
    assert told.status == 401
    assert told.headers["Content-Type"].startswith("text/x-component")
    form = {"Content-Type": "multipart/form-data; boundary=x"}  # so, too, actions can be called
    assert ask(site.port, path, method="POST", body=b"--x--", headers=form).status == 415
    ask(site.port, path, headers={"Next-Action": "x"})
    assert len(site.front_end.requests) == before


@pytest.mark.parametrize(
    ("url", "is_front_ends"),
    [
        ("/images/login.png", True),
        ("%2Fimages%2Flogin.png", True),
        ("%2fimages%2flogin.png", True),
        ("%2Fimages%2F%E8%83%8C%E6%99%AF.png", True),
        ("%2Fimagesque.png", False),
        ("%2Fmedia%2Fgallery%2F%E4%B8%8A%E6%B5%B7%2FIMG_100.webp", False),
        ("https%3A%2F%2Felsewhere.example%2Fimages%2Flogin.png", False),
        ("", False),
    ],
)
def test_pictures_of_the_front_ends_own_stay_with_it(
    site: Site, url: str, is_front_ends: bool
) -> None:
    before = len(site.front_end.requests)
    ask(site.port, f"/_next/image?w=384&url={url}&q=75")
    assert (len(site.front_end.requests) > before) == is_front_ends


FORGED = {
    "Host": "photos.example.com:8443",
    "X-Forwarded-For": "203.0.113.7",
    "X-Real-IP": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "elsewhere.example",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/elsewhere",
    "Forwarded": "for=203.0.113.7;host=elsewhere.example;proto=https",
    "X-Middleware-Subrequest": "middleware",
}


def test_what_clients_say_of_themselves_is_not_passed_on(site: Site) -> None:
    ask(site.port, "/albums", headers=FORGED)
    passed = site.front_end.requests[-1].headers
    names = {name.lower() for name in FORGED}
    assert {name: value for name, value in passed.items() if name in names} == {
        "host": "photos.example.com:8443",
        "x-forwarded-for": "127.0.0.1",
        "x-real-ip": "127.0.0.1",
        "x-forwarded-proto": "http",
    }


def test_visitors_are_told_apart_by_the_address_they_come_from(site: Site) -> None:
    body = json.dumps({"photoId": site.key(LIKED), "likes": 1}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "of both"}
    counted = []
    for source, said in (
        ("127.0.0.2", "127.0.0.2"),
        ("127.0.0.3", "127.0.0.3"),
        ("127.0.0.3", "203.0.113.7"),  # not even nginx believes that
    ):
        headers["X-Forwarded-For"] = said
        answer = ask(
            site.port, "/api/like", method="POST", body=body, headers=headers, source=source
        )
        counted.append(answer.json()["likes"])
    assert counted == [1, 2, 2]


def test_a_forged_host_opens_no_door(site: Site) -> None:
    for origin, status in (
        ("http://photos.example.com:8443", 404),  # the page's own
        ("https://photos.example.com:8443", 403),
        ("http://elsewhere.example", 403),
    ):
        headers = FORGED | {"Origin": origin, "Content-Type": "application/json"}
        body = b'{"photoId": "nothing/nothing", "likes": 1}'
        answer = ask(site.port, "/api/like", method="POST", body=body, headers=headers)
        assert answer.status == status, origin
        assert "Strict-Transport-Security" not in answer.headers


def test_pages_of_the_front_end_may_not_be_framed_by_others(site: Site) -> None:
    headers = ask(site.port, "/login").headers
    for name, value in {
        "X-Frame-Options": "SAMEORIGIN",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }.items():
        assert headers.get_all(name) == [value]
    assert "Strict-Transport-Security" not in headers  # not over HTTPS


@pytest.mark.parametrize("path", ["/data/albums.json", PICTURE, "/healthz", "/login"])
def test_one_may_ask_for_headers_alone(site: Site, path: str) -> None:
    whole, head = ask(site.port, path), ask(site.port, path, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert headers_of(head) == headers_of(whole)
    assert is_from_a_file(head) == is_from_a_file(whole)
