"""Pictures at the right size: which addresses are ours, which rendition is sent, how it is kept."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from local_image_process.model import Exif, Mirrored, Sidecar
from local_image_process.record.mirror import Changes, MirroredAlbum
from tests.web.in_process import (
    BARE,
    FULL,
    NAMED_LIKE_US,
    ODD,
    UPRIGHT,
    Gallery,
    copied,
    is_error,
)

Make = Callable[..., Gallery]
YEAR = "public, max-age=31536000"
HOUR = "public, max-age=3600"
PUBLIC_URL = "https://photos.example.com"
BUCKET = {
    "OSS_ACCESS_KEY": "LTAItestaccesskey",
    "OSS_SECRET_KEY": "a secret for tests only",
    "OSS_ENDPOINT": "oss-cn-beijing.aliyuncs.com",
    "OSS_BUCKET": "photos",
}
OWN_HOST = "https://photos.oss-cn-beijing.aliyuncs.com"
CDN = "https://cdn.example.com/pictures"


def ask(site: Gallery, url: str, width_px: Any = 64, **further: Any) -> TestResponse:
    """Ask as next/image does."""
    query = urlencode({"url": url, "w": width_px, "q": 75} | further)
    return site.get(f"/_next/image?{query}")


def width_of(answer: TestResponse) -> int:
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.get_data())) as picture:
        assert picture.format == "WEBP"
        return picture.width


def address(photo_id: str) -> str:
    return f"/media/gallery/{photo_id}.webp"


# the right size


@pytest.mark.parametrize(
    ("photo_id", "width_px", "sent_px"),
    [
        (FULL, 1, 64),
        (FULL, 64, 64),
        (FULL, 65, 256),
        (FULL, 256, 256),
        (FULL, 257, 640),
        (FULL, 640, 640),
        (FULL, 3840, 640),  # there is none that is wider
        (FULL, 16383, 640),
        (UPRIGHT, 42, 43),  # of 64 px, the longest edge
        (UPRIGHT, 64, 171),
        (UPRIGHT, 171, 427),  # 170.8 px are too few
        (UPRIGHT, 256, 427),
    ],
)
def test_the_smallest_rendition_that_is_wide_enough_is_sent(
    photo_id: str, width_px: int, sent_px: int, still: Gallery
) -> None:
    assert width_of(ask(still, address(photo_id), width_px)) == sent_px


def test_every_address_in_our_json_is_taken(still: Gallery) -> None:
    named = [url for album in still.json("/data/albums.json").values() for url in album["images"]]
    named += [photo["url"] for photo in still.json("/api/photos/list")["photos"]]
    named += [photo["url"] for photo in still.json("/api/data/map")]
    assert len(named) == 12
    for url in named:
        for form in (url, url.partition("?")[0], quote(url, safe="/?=")):
            answer = ask(still, form)
            assert answer.status_code == 200, form
            assert answer.headers["Content-Type"] == "image/webp"


@pytest.mark.parametrize("quality", ["75", "", "0", "-1", "1e9", "abc", "%00", "最好"])
def test_the_quality_does_not_matter(quality: str, still: Gallery) -> None:
    assert width_of(ask(still, address(FULL), 64, q=quality)) == 64
    assert width_of(still.get(f"/_next/image?w=64&url={quote(address(FULL))}")) == 64


@pytest.mark.parametrize(
    "width",
    [
        *("0", "-1", "+64", "64.0", "1e9", "0x40", "1_0", "६४", "abc", "", " 64", "\0"),
        *("16384", "99999", "9" * 20, "0" * 20 + "1", "0" * 8 + "1" + "9" * 5000),
    ],
)
def test_a_width_is_a_number_of_pixels(width: str, still: Gallery) -> None:
    answer = ask(still, address(FULL), width)
    assert answer.status_code == 400
    assert is_error(answer)


def test_a_width_must_be_said(still: Gallery) -> None:
    answer = still.get(f"/_next/image?url={quote(address(FULL))}&q=75")
    assert answer.status_code == 400
    assert is_error(answer)


def test_of_several_the_first_counts(still: Gallery) -> None:
    first, second = quote(address(FULL)), quote("http://127.0.0.1/")
    assert width_of(still.get(f"/_next/image?url={first}&url={second}&w=64&w=abc")) == 64
    assert still.get(f"/_next/image?url={second}&url={first}&w=64").status_code == 400


# which addresses are ours


def ours(site: Gallery) -> dict[str, int]:
    """Return for every root that may be ours which status its picture gets."""
    roots = {
        "relative": "/media",
        "public": f"{PUBLIC_URL}/media",
        "bucket": OWN_HOST,
        "CDN": CDN,
        "predecessor": "https://angyi.oss-cn-beijing.aliyuncs.com",
        "predecessor, http": "http://angyi.oss-cn-beijing.aliyuncs.com",
    }
    return {
        name: ask(site, f"{root}/gallery/{FULL}.webp?v=0123abcd").status_code
        for name, root in roots.items()
    }


def test_addresses_of_whatever_is_configured_are_taken(make_site: Make) -> None:
    refused = dict.fromkeys(("public", "bucket", "CDN"), 400)
    taken = dict.fromkeys(("relative", "predecessor", "predecessor, http"), 200)
    assert ours(make_site()) == taken | refused
    assert ours(make_site(PUBLIC_BASE_URL=f"{PUBLIC_URL}/")) == taken | refused | {"public": 200}
    with_bucket = dict.fromkeys(taken, 302) | {"public": 400, "bucket": 302, "CDN": 400}
    assert ours(make_site(**BUCKET)) == with_bucket
    assert ours(make_site(**BUCKET, OSS_PUBLIC_URL=CDN)) == with_bucket | {"CDN": 302}


P = f"/gallery/{FULL}.webp"


@pytest.fixture(scope="module")
def public(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Return a gallery whose JSON names whole addresses."""
    one = copied(filled, tmp_path_factory.mktemp("public"), PUBLIC_BASE_URL=PUBLIC_URL)
    yield one
    one.close()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("/", id="root"),
        pytest.param(f"http://127.0.0.1:6379{P}", id="a neighbour"),
        pytest.param(f"http://localhost/media{P}", id="ourselves, not as our JSON says it"),
        pytest.param(f"http://[::1]{P}", id="IPv6"),
        pytest.param(f"http://[::ffff:127.0.0.1]:80/media{P}", id="IPv4 in IPv6"),
        pytest.param(f"http://[{P}", id="half of IPv6"),
        pytest.param(f"http://169.254.169.254/latest/meta-data{P}", id="of a cloud"),
        pytest.param(f"{PUBLIC_URL}@evil.example/media{P}", id="another host, ours as its user"),
        pytest.param(f"https://u:p@photos.example.com/media{P}", id="our host with a user"),
        pytest.param(f"{PUBLIC_URL}.evil.example/media{P}", id="our host as a part"),
        pytest.param(f"{PUBLIC_URL}:444/media{P}", id="another port"),
        pytest.param(f"http://photos.example.com/media{P}", id="another scheme"),
        pytest.param(f"{PUBLIC_URL}\\@evil.example/media{P}", id="backslash"),
        pytest.param(f"//evil.example/media{P}", id="without a scheme"),
        pytest.param(f"//photos.example.com/media{P}", id="without a scheme, ours"),
        pytest.param(f"/\\evil.example/media{P}", id="slash and backslash"),
        pytest.param(f"\\\\evil.example/media{P}", id="backslashes"),
        pytest.param(f"///media{P}", id="three slashes"),
        pytest.param(f"https:/media{P}", id="one slash too few"),
        pytest.param(f"file:///media{P}", id="file"),
        pytest.param(f"ftp://photos.example.com/media{P}", id="FTP"),
        pytest.param(f"gopher://x/media{P}", id="gopher"),
        pytest.param(f"data:image/webp;base64,AAAA{P}", id="data"),
        pytest.param(f"javascript:alert(1)//media{P}", id="script"),
        pytest.param(f" /media{P}", id="blank before"),
        pytest.param(f"/media{P} ", id="blank behind"),
        pytest.param(f"\t/media{P}", id="tab before"),
        pytest.param(f"/media\n{P}", id="line end within"),
        pytest.param(f"/media{P}\0", id="null behind"),
        pytest.param(f"/media{P}#x", id="fragment"),
        pytest.param(f"/media{P}?v=1&x=http://evil", id="more in the query"),
        pytest.param("/media/gallery/../../catalogue.db", id="far above"),
        pytest.param("/media/gallery/../gallery.webp", id="above"),
        pytest.param("/media/gallery/./DSC04056.webp", id="here"),
        pytest.param("/media/gallery/上海/../上海/DSC04056.webp", id="there and back"),
        pytest.param(f"/media/x{P}", id="deeper"),
        pytest.param(f"/x/media{P}", id="below something else"),
        pytest.param(f"/media/thumbs/64/{FULL}.webp", id="a thumbnail"),
        pytest.param(f"/media/gallery/{FULL}.JPG", id="an original"),
        pytest.param("/media/gallery/上海/info.yaml", id="an album's YAML"),
        pytest.param("/media/gallery/exif_data.json", id="an index file"),
        pytest.param("/images/login.jpg", id="the front-end's own"),
        pytest.param(f"{FULL}.webp", id="an id"),
        pytest.param(f"media{P}", id="relative to nothing"),
        pytest.param("x" * 20_000, id="endless"),
        pytest.param("/media/gallery/" + "照" * 10_000 + "/x", id="endless behind ours"),
    ],
)
def test_no_other_address_is_taken(url: str, public: Gallery) -> None:
    answer = ask(public, url)
    assert answer.status_code == 400
    assert is_error(answer)


@pytest.mark.parametrize(
    "name",
    [
        *("上海/nothing", "北京/IMG_3734", "上海/DSC0405", "x" * 300 + "/y", "上海/" + "照" * 1000),
        *("%E4%B8/x", "%00/x", "%2e%2e/x", "__proto__/constructor"),
    ],
)
def test_a_picture_that_is_not_there_is_told_so(name: str, still: Gallery) -> None:
    for root in ("/media", "https://angyi.oss-cn-beijing.aliyuncs.com"):
        answer = ask(still, f"{root}/gallery/{name}.webp")
        assert answer.status_code == 404
        assert is_error(answer)


def test_whatever_the_host_header_says_no_address_becomes_ours(still: Gallery) -> None:
    for host in ("evil.example", "[", "evil.example:99999", "a@b", ""):
        answer = ask(still, f"http://{host}/media{P}")
        assert answer.status_code == 400
        named = still.client.get(
            f"/_next/image?{urlencode({'url': f'http://{host}/media{P}', 'w': 64})}",
            environ_overrides={"HTTP_HOST": host},
            buffered=True,
        )
        assert named.status_code == 400


# how it is kept


def test_a_picture_of_the_current_version_may_be_kept_for_a_year(still: Gallery) -> None:
    (url, *_) = still.json("/data/albums.json")["上海"]["images"]
    assert ask(still, url).headers["Cache-Control"] == YEAR
    bare = url.partition("?")[0]
    for other in (bare, f"{bare}?v=00000000", f"{bare}?v=", f"{url}0"):
        assert ask(still, other).headers["Cache-Control"] == HOUR


def test_a_picture_that_the_browser_has_is_not_sent_again(still: Gallery) -> None:
    query = urlencode({"url": address(FULL), "w": 64})
    first = still.get(f"/_next/image?{query}")
    again = still.get(f"/_next/image?{query}", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["Cache-Control"] == HOUR
    wider = still.get(f"/_next/image?{query}0", If_None_Match=first.headers["ETag"])
    assert wider.status_code == 200
    head = still.get(f"/_next/image?{query}", method="HEAD")
    assert (head.status_code, head.get_data()) == (200, b"")
    assert head.headers["Content-Length"] == first.headers["Content-Length"]


@pytest.mark.parametrize("photo_id", [FULL, BARE, UPRIGHT, ODD, NAMED_LIKE_US])
def test_pictures_are_found_whatever_they_are_called(photo_id: str, still: Gallery) -> None:
    assert ask(still, address(photo_id)).status_code == 200
    assert still.get(quote(address(photo_id))).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        *("%00.webp", "a%00/b.webp", "x" * 300 + ".webp", "gallery/" + "%E7%85%A7" * 100 + ".webp"),
        *("gallery/%E4%B8%8A%E6%B5%B7/DSC04056.webp%00", "gallery/" + "x/" * 3000 + "y.webp"),
        *("%2e%2e%2fcatalogue.db", "..%5c..%5cx.webp", "%FF.webp", "gallery", ".json", "%0a.webp"),
    ],
)
def test_names_that_no_picture_has_are_told_so(name: str, still: Gallery) -> None:
    answer = still.get(f"/media/{name}")
    assert answer.status_code == 404
    assert is_error(answer)


# in a bucket


def sent_to(answer: TestResponse) -> str:
    assert answer.status_code == 302
    return unquote(answer.headers["Location"])


def test_the_browser_is_sent_to_the_bucket(make_site: Make) -> None:
    site = make_site(**BUCKET, OSS_PUBLIC_URL=CDN)
    photo = site.records.catalogue.shown_as(*ODD.split("/"))
    full = site.records.catalogue.shown_as(*FULL.split("/"))
    assert photo is not None
    assert full is not None
    address = f"{CDN}/gallery/{FULL}.webp?v={full.version}"
    small, large = ask(site, address, 64), ask(site, address, 640)
    assert sent_to(small) == f"{CDN}/thumbs/64/{FULL}.webp?v={full.version}"
    assert sent_to(large) == f"{CDN}/gallery/{FULL}.webp?v={full.version}"
    assert small.headers["Cache-Control"] == YEAR
    odd = ask(site, f"{CDN}/gallery/{ODD}.webp", 64)
    assert urlsplit(odd.headers["Location"]).path.isascii()
    assert sent_to(odd) == f"{CDN}/thumbs/64/{ODD}.webp?v={photo.version}"
    assert odd.headers["Cache-Control"] == HOUR


def test_oss_makes_the_size_itself_where_it_may(make_site: Make) -> None:
    site = make_site(**BUCKET, OSS_IMAGE_PROCESS="1")
    location = urlsplit(ask(site, address(FULL), 500).headers["Location"])
    assert f"{location.scheme}://{location.netloc}" == OWN_HOST
    assert unquote(location.path) == f"/gallery/{FULL}.webp"
    assert parse_qs(location.query)["x-oss-process"] == ["image/resize,w_500"]


def test_addresses_of_a_private_bucket_are_signed_and_soon_forgotten(make_site: Make) -> None:
    site = make_site(**BUCKET, OSS_SIGNED_URLS="1")
    for answer in (
        ask(site, address(FULL), 64),
        site.get(quote(address(FULL))),
        site.get(quote(f"/media/thumbs/64/{FULL}.webp")),
    ):
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert any("ignature" in name for name in query)
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert BUCKET["OSS_SECRET_KEY"] not in sent_to(answer)
    for name in ("gallery/albums.json", "gallery/上海/nothing.webp", "interactions/x.json", "x"):
        assert site.get(quote(f"/media/{name}")).status_code == 404


# in a mirror


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Gallery]:
    """Return a site without photos, that has read of two albums in the bucket."""
    site = Gallery(tmp_path, WATCH_DIR="", **BUCKET)

    def picture(album_id: str) -> Mirrored:
        return Mirrored(
            album_id=album_id,
            name="DSC04056.raw",
            suffix=".JPG",
            version="0123abcd",
            thumb_edges_px=(480, 1280),
            exif=Exif(),
            place=None,
        )

    def album(album_id: str, words: Sidecar) -> MirroredAlbum:
        return MirroredAlbum(
            album_id=album_id, yaml=None, yaml_version=None, words=words, problem=None
        )

    site.records.mirror.change(
        Changes(
            albums=[album("上海", Sidecar()), album("秘密", Sidecar(hidden=True))],
            photos=[picture("上海"), picture("秘密")],
        )
    )
    yield site
    site.close()


@pytest.mark.parametrize(
    ("width_px", "there"),
    [(1, "thumbs/480"), (320, "thumbs/480"), (321, "thumbs/1280"), (854, "gallery")],
)
def test_a_picture_of_unknown_shape_may_be_upright(
    width_px: int, there: str, mirror: Gallery
) -> None:
    answer = ask(mirror, f"{OWN_HOST}/gallery/上海/DSC04056.raw.webp?v=0123abcd", width_px)
    assert sent_to(answer) == f"{OWN_HOST}/{there}/上海/DSC04056.raw.webp?v=0123abcd"


def test_hidden_albums_of_the_bucket_are_not_there(mirror: Gallery) -> None:
    assert ask(mirror, f"{OWN_HOST}/gallery/秘密/DSC04056.raw.webp").status_code == 404
    assert mirror.like("秘密/DSC04056.raw.webp", 1).status_code == 404
    for spelled in ("上海/DSC04056.raw.webp", "上海/DSC04056.raw.JPG", "上海/DSC04056.raw"):
        assert mirror.like(spelled, 1).get_json()["likes"] == 1


@pytest.mark.parametrize("private", ["0", "1"])
def test_a_picture_that_the_json_may_still_name_is_there_until_it_is_gone(
    make_site: Make, private: str
) -> None:
    """A photo that moved has another name on record before the JSON says so."""
    site = make_site(**BUCKET, OSS_SIGNED_URLS=private)
    name = "gallery/上海/moved away.webp"
    left = f"/media/{name}" if private == "1" else f"{OWN_HOST}/{name}"
    assert ask(site, left, 64).status_code == 404
    site.records.backlog.intend([name])  # as a withdrawal does
    answers = [ask(site, left, 64)]
    if private == "1":
        answers.append(site.get(quote(left)))
    for answer in answers:
        assert answer.status_code == 302
        assert unquote(urlsplit(answer.headers["Location"]).path) == f"/{name}"
    site.records.backlog.bind([name])
    assert ask(site, left, 64).status_code == 404
