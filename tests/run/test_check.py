"""What ``check`` tells of photos that are published, but not as they are meant."""

from pathlib import Path

import pytest

from local_image_process import __main__ as command_line
from tests.photos import make_photo
from tests.web.in_process import Gallery

PHOTO = "上海/odd colours.jpg"


def test_a_broken_colour_profile_is_noted_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Gallery(tmp_path)
    make_photo(site.library / PHOTO, size=(64, 48), icc_profile=b"no profile at all")
    assert site.publish()["published"] == 1
    [note] = site.check()
    assert (note.kind, note.name) == ("note", PHOTO)
    assert "shown as if it were sRGB" in note.reason

    monkeypatch.setenv("WATCH_DIR", str(site.library))
    monkeypatch.setenv("DATA_DIR", str(site.data))
    monkeypatch.chdir(tmp_path)
    assert command_line.main(["check"]) == 0
    assert PHOTO in capsys.readouterr().out

    make_photo(site.library / PHOTO, size=(64, 48))
    site.publish()
    assert site.check() == []
