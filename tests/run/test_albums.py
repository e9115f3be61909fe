"""An album as visitors see it: the user's words, else what the photos tell."""

from dataclasses import replace
from datetime import datetime

import pytest

from local_image_process.model import Album, Exif, Photo, Sidecar, Stamp
from local_image_process.run.albums import make_album


def photo(name: str, *, day: int | None = None, place: tuple[float, float] | None = None) -> Photo:
    latitude, longitude = place or (None, None)
    return Photo(
        key=f"上海/{name}.jpg",
        path=f"上海/{name}.jpg",
        stamp=Stamp(size=1, mtime_ns=1, inode=1),
        fingerprint="",
        image_digest="",
        recipe="",
        album_id="上海",
        name=name,
        width_px=4,
        height_px=3,
        version="01234567",
        thumb_edges_px=(480,),
        exif=Exif(
            capture_time=datetime(2024, 4, day, 12) if day else None,  # noqa: DTZ001 - camera time
            latitude_deg=latitude,
            longitude_deg=longitude,
        ),
    )


def album(*photos: Photo, sidecar: Sidecar | None = None) -> Album:
    made = make_album(photos, sidecar or Sidecar(), title="上海")
    assert made is not None
    return made


def names(of: Album) -> list[str]:
    return [one.name for one in of.photos]


LATE, EARLY, NEVER = photo("alpha", day=9), photo("gamma", day=2), photo("beta0")


@pytest.mark.parametrize(
    ("sidecar", "wanted"),
    [
        pytest.param(Sidecar(), ["gamma", "alpha", "beta0"], id="by time, undated last"),
        pytest.param(Sidecar(order="name"), ["alpha", "beta0", "gamma"], id="by name"),
        pytest.param(
            Sidecar(order=("beta0.jpg", "alpha.jpg")), ["beta0", "alpha", "gamma"], id="as listed"
        ),
        pytest.param(Sidecar(cover="beta0.jpg"), ["beta0", "gamma", "alpha"], id="cover first"),
        pytest.param(Sidecar(cover="no such.jpg"), ["gamma", "alpha", "beta0"], id="wrong cover"),
    ],
)
def test_order(sidecar: Sidecar, wanted: list[str]) -> None:
    assert names(album(LATE, EARLY, NEVER, sidecar=sidecar)) == wanted


def test_a_name_within_another_comes_first_whatever_the_time_or_cover() -> None:
    """The front-end takes the first address that contains a name."""
    short, long = photo("IMG_1", day=9), photo("IMG_10", day=1)
    assert names(album(short, long)) == ["IMG_1", "IMG_10"]
    assert names(album(short, long, sidecar=Sidecar(cover="IMG_10.jpg"))) == ["IMG_1", "IMG_10"]


def test_what_the_user_does_not_say_is_derived() -> None:
    shots = [photo(f"shot{n}", day=n, place=(31.0 + n, 121.0 + n)) for n in (3, 4, 20)]
    derived = album(*shots)
    assert (derived.title, derived.date) == ("上海", "2024-04-03")
    assert derived.location == "125.0000, 35.0000", "the median is not moved by one far away"
    said = Sidecar(title="外滩", date="2020-01-01", location="外滩", desc="夜")
    told = album(*shots, sidecar=said)
    assert (told.title, told.date, told.location, told.desc) == ("外滩", "2020-01-01", "外滩", "夜")
    bare = album(replace(NEVER))
    assert (bare.date, bare.location) == (None, None)


def test_a_hidden_or_empty_album_is_none() -> None:
    assert make_album([], Sidecar(), title="上海") is None
    assert make_album([LATE], Sidecar(hidden=True), title="上海") is None
