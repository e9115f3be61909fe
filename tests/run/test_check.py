"""What ``check`` tells of photos that are published, but not as they are meant."""

from collections.abc import Callable

from tests.live import LiveGallery
from tests.photos import make_photo

PHOTO = "上海/odd colours.jpg"


def test_a_broken_colour_profile_is_noted_and_no_failure(
    gallery: Callable[..., LiveGallery],
) -> None:
    site = gallery()
    make_photo(site.library / PHOTO, size=(64, 48), icc_profile=b"no profile at all")
    assert site.once()["published"] == 1
    noted = site.command("check")
    assert noted.returncode == 0, noted.stderr
    [line] = [line for line in noted.stdout.splitlines() if PHOTO in line]
    assert "note" in line
    assert "shown as if it were sRGB" in line

    make_photo(site.library / PHOTO, size=(64, 48))
    site.once()
    assert PHOTO not in site.command("check").stdout
