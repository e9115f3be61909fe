"""RAW files: their preview is shown, their own facts are told; without the library they fail."""

import sys
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import rawpy
from PIL import Image

from local_image_process.errors import UnreadablePhoto
from local_image_process.image import raw as module
from local_image_process.model import RAW_SUFFIXES, Exif
from local_image_process.run import assembly
from local_image_process.settings import Settings
from tests.image.files import RECIPE, developed, display
from tests.image.raws import MAKERS, PREVIEW, SENSOR, cr3_facts, preview, raf, raw
from tests.photos import CORNERS, make_exif, make_photo, make_picture

SIDEWAYS = {"width": 96, "height": 64, "flip": 6}
SHOT = {
    "exposure_time_s": 0.005,
    "aperture": 3.2,
    "iso": 400,
    "focal_length_mm": 42.4,
    "lens": "FE 24-70mm F2.8 GM",
    "capture_time": datetime(2024, 5, 1, 18, 30, 7),  # noqa: DTZ001 - a camera's wall clock
}


def _corners(image: Image.Image) -> np.ndarray:
    """Return the mean colours of the four quarters."""
    pixels = np.asarray(image.convert("RGB"), dtype=float)
    rows = np.array_split(pixels, 2, axis=0)
    return np.array([q.mean(axis=(0, 1)) for row in rows for q in np.array_split(row, 2, axis=1)])


def _reason(path: Path) -> str:
    with pytest.raises(UnreadablePhoto) as caught:
        developed(path)
    return str(caught.value)


@pytest.mark.parametrize("suffix", MAKERS)
def test_the_preview_is_shown_and_the_files_own_facts_are_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix.upper()}"
    path.write_bytes(raw(suffix, jpeg=preview()))
    result = developed(path)
    make, camera = (
        text.decode().strip("\0") for text in (MAKERS[suffix].make, MAKERS[suffix].model)
    )
    width_px, height_px = SENSOR
    wanted = Exif(make=make, camera=camera, width_px=width_px, height_px=height_px)
    assert result.exif == replace(wanted, **SHOT)  # type: ignore[arg-type]  # by their names
    image = display(path)
    assert image.size == PREVIEW
    assert _corners(image) == pytest.approx(np.array(CORNERS), abs=25)


def test_a_fujifilm_tells_its_facts_in_the_preview(tmp_path: Path) -> None:
    buffer = BytesIO()
    exif = make_exif(camera="X-T3", lens="XF35mmF1.4 R", exposed=True)
    make_picture(PREVIEW).save(buffer, "JPEG", exif=exif)
    path = tmp_path / "a.raf"
    path.write_bytes(raf(buffer.getvalue()))
    facts = developed(path).exif
    assert (facts.camera, facts.lens, facts.iso) == ("X-T3", "XF35mmF1.4 R", 400)
    assert display(path).size == PREVIEW


def test_a_canon_cr3_keeps_its_facts_in_boxes() -> None:
    facts = module.facts(cr3_facts(), preview=Image.new("RGB", (8, 8)))
    assert facts == Exif(
        make="Canon", camera="Canon EOS R5", iso=800, lens="RF24-105mm F4 L IS USM"
    )


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_preview_without_word_of_its_own_is_turned_like_the_raw_picture(
    tmp_path: Path, orientation: int
) -> None:
    stored = make_photo(tmp_path / "a.jpg", size=_upright(orientation), orientation=orientation)
    with Image.open(stored) as image:
        image.load()
        bare = BytesIO()
        Image.frombytes("RGB", image.size, image.tobytes()).save(bare, "JPEG")
    path = tmp_path / "a.nef"
    path.write_bytes(raw(".nef", jpeg=bare.getvalue(), orientation=orientation))
    shown = display(path)
    assert shown.size == _upright(orientation)
    assert _corners(shown) == pytest.approx(np.array(CORNERS), abs=25)


def _upright(orientation: int) -> tuple[int, int]:
    return PREVIEW if orientation < 5 else PREVIEW[::-1]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_previews_own_word_on_how_to_turn_it_counts(tmp_path: Path, orientation: int) -> None:
    jpeg = make_photo(tmp_path / "a.jpg", size=PREVIEW, orientation=orientation).read_bytes()
    path = tmp_path / "a.dng"
    path.write_bytes(raw(".dng", jpeg=jpeg, orientation=6))
    shown = display(path)
    assert shown.size == PREVIEW
    assert _corners(shown) == pytest.approx(np.array(CORNERS), abs=25)


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_preview_that_the_camera_has_turned_is_not_turned_again(
    tmp_path: Path, orientation: int
) -> None:
    with_exif_but_no_word = BytesIO()
    exif = make_exif(camera="DC-GH5")
    make_picture(PREVIEW[::-1]).save(with_exif_but_no_word, "JPEG", exif=exif)
    path = tmp_path / "a.rw2"
    jpeg = _exif_first(with_exif_but_no_word.getvalue())
    path.write_bytes(raw(".rw2", jpeg=jpeg, orientation=orientation))
    shown = display(path)
    assert shown.size == PREVIEW[::-1]
    assert _corners(shown) == pytest.approx(np.array(CORNERS), abs=25)


def _exif_first(jpeg: bytes) -> bytes:
    """Drop the JFIF segment: cameras write none, and LibRaw looks for EXIF in its place."""
    return jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6], "big") :]


def test_nothing_of_a_raw_file_slips_into_its_renditions(tmp_path: Path) -> None:
    path = tmp_path / "a.arw"
    path.write_bytes(raw(".arw", jpeg=preview(orientation=1)))
    assert not {"exif", "xmp"} & set(display(path).info)


def test_without_the_library_a_raw_file_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)  # as if it were not there
    path = tmp_path / "a.cr3"
    path.write_bytes(b"\0\0\0\x18ftypcrx ")
    reason = _reason(path)
    assert reason.startswith("no RAW support installed")
    assert "pip install -r requirements-extras.txt" in reason


def test_without_the_library_a_jpeg_named_like_a_raw_file_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = make_photo(tmp_path / "a.jpg", size=(64, 48)).rename(tmp_path / "a.nef")
    assert display(path).size == (64, 48)


@pytest.mark.parametrize("suffix", sorted(RAW_SUFFIXES))
def test_other_bytes_under_a_raw_files_name_cost_only_themselves(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"Dear photographer,\n" * 400)
    assert "not a RAW file of any known camera" in _reason(path)


def test_failures_are_tried_again_once_the_library_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings.from_env({})
    with_it = assembly._conditions(settings, RECIPE)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert assembly._conditions(settings, RECIPE) != with_it


def test_a_raw_file_without_preview_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.nef"
    path.write_bytes(raw(".nef", jpeg=None))
    assert "holds no preview" in _reason(path)


@pytest.mark.parametrize("kept", [0.001, 0.05, 0.5])
def test_a_raw_file_that_is_cut_off_gives_a_reason(tmp_path: Path, kept: float) -> None:
    content = raw(".arw", jpeg=preview())
    path = tmp_path / "a.arw"
    path.write_bytes(content[: int(len(content) * kept)])
    reason = _reason(path)
    assert "copy it again" in reason or "not a RAW file" in reason


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (rawpy.LibRawUnsupportedThumbnailError(b"odd"), "holds no preview"),
        (rawpy.NotSupportedError("odd"), "cannot be read"),
        (rawpy.LibRawIOError(b"odd"), "copy it again"),
    ],
)
def test_whatever_the_library_refuses_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(rawpy, "imread", refuse)
    path = tmp_path / "a.arw"
    path.write_bytes(raw(".arw", jpeg=preview()))
    assert words in _reason(path)


def test_a_preview_of_plain_pixels_is_shown_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.asarray(make_picture((60, 40)))
    monkeypatch.setattr(rawpy, "imread", lambda _: _Bitmap(pixels))
    path = tmp_path / "a.dng"
    path.write_bytes(raw(".dng", jpeg=preview()))
    assert display(path).size == (40, 60)


class _Bitmap:
    """What LibRaw gives for the few old cameras that store no JPEG; of a picture on its side."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.sizes = rawpy.ImageSizes(**dict.fromkeys(rawpy.ImageSizes._fields, 0) | SIDEWAYS)
        self._pixels = pixels

    def __enter__(self) -> "_Bitmap":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def extract_thumb(self) -> rawpy.Thumbnail:
        return rawpy.Thumbnail(rawpy.ThumbFormat.BITMAP, self._pixels)
