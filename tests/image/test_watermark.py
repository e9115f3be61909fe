"""The photographer's mark: on the display rendition, where and as it was asked for."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from local_image_process.errors import SettingsError
from local_image_process.image import recipe as recipes
from local_image_process.image import watermark
from local_image_process.model import Recipe, Watermark
from local_image_process.run import assembly
from local_image_process.settings import Settings
from tests.image.files import developed, saved
from tests.image.profiles import lab_by_profile, rgb_profile
from tests.live import LiveGallery
from tests.photos import make_photo

RECIPE = Recipe(display_edge_px=600, display_quality=95, thumb_edges_px=(300,), thumb_quality=95)
GREY, MARK = (120, 120, 120), (230, 40, 40)


def _png(size: tuple[int, int] = (90, 30), *, colour: tuple[int, ...] = (*MARK, 255)) -> bytes:
    return saved(Image.new("RGBA", size, colour), "PNG")


def _mark(
    content: bytes | None = None,
    *,
    opacity: float = 1.0,
    position: str = "bottom-right",
    scale: float = 0.2,
) -> Watermark:
    return Watermark(content=content or _png(), opacity=opacity, position=position, scale=scale)


def _photo(folder: Path, size: tuple[int, int] = (1200, 800), **save: object) -> Path:
    path = folder / "a.png"
    Image.new("RGB", size, GREY).save(path, **save)  # type: ignore[arg-type]  # Pillow's own
    return path


def _renditions(path: Path, mark: Watermark | None) -> list[Image.Image]:
    renditions = developed(path, replace(RECIPE, watermark=mark)).renditions
    return [Image.open(BytesIO(one.content)) for one in renditions]


def _marked(image: Image.Image) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is not grey."""
    pixels = np.asarray(image.convert("RGB"), dtype=int)
    rows, columns = np.nonzero(np.abs(pixels - GREY).max(axis=-1) > 40)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_the_mark_is_on_the_display_rendition_and_on_no_thumbnail(tmp_path: Path) -> None:
    thumb, display = _renditions(_photo(tmp_path), _mark())
    assert np.abs(np.asarray(thumb, dtype=int) - GREY).max() < 4
    assert display.convert("RGB").getpixel((540, 370)) == pytest.approx(MARK, abs=12)


@pytest.mark.parametrize(
    ("position", "box"),
    [  # of 600 × 400: the mark is 120 × 40, the margin 8
        ("top-left", (8, 8, 128, 48)),
        ("top", (240, 8, 360, 48)),
        ("top-right", (472, 8, 592, 48)),
        ("left", (8, 180, 128, 220)),
        ("center", (240, 180, 360, 220)),
        ("right", (472, 180, 592, 220)),
        ("bottom-left", (8, 352, 128, 392)),
        ("bottom", (240, 352, 360, 392)),
        ("bottom-right", (472, 352, 592, 392)),
    ],
)
def test_the_mark_lies_where_it_was_asked_for(
    tmp_path: Path, position: str, box: tuple[int, int, int, int]
) -> None:
    display = _renditions(_photo(tmp_path), _mark(position=position))[-1]
    assert _marked(display) == pytest.approx(box, abs=2)


@pytest.mark.parametrize(
    ("size", "mark", "scale", "box"),
    [
        pytest.param((1200, 800), (90, 30), 0.5, (300, 100), id="half as wide"),
        pytest.param((1200, 800), (90, 30), 1.0, (584, 195), id="no wider than fits"),
        pytest.param((1200, 400), (30, 90), 0.5, (64, 192), id="no higher than fits"),
        pytest.param((800, 1200), (90, 30), 0.5, (200, 67), id="portrait"),
    ],
)
def test_the_mark_is_as_large_as_it_was_asked_for(
    tmp_path: Path, size: tuple[int, int], mark: tuple[int, int], scale: float, box: tuple[int, int]
) -> None:
    display = _renditions(_photo(tmp_path, size), _mark(_png(mark), scale=scale))[-1]
    left, top, right, bottom = _marked(display)
    assert (right - left, bottom - top) == pytest.approx(box, abs=2)


def test_opacity_comes_on_top_of_the_marks_own_alpha(tmp_path: Path) -> None:
    faint = _png(colour=(*MARK, 128))
    display = _renditions(_photo(tmp_path), _mark(faint, opacity=0.5))[-1]
    quarter = [grey + (mark - grey) / 4 for grey, mark in zip(GREY, MARK, strict=True)]
    assert display.convert("RGB").getpixel((540, 370)) == pytest.approx(quarter, abs=8)


def test_the_mark_has_its_colours_in_a_photo_of_another_colour_space(tmp_path: Path) -> None:
    profile = rgb_profile("ProPhoto")
    display = _renditions(_photo(tmp_path, icc_profile=profile), _mark())[-1]
    shown = np.asarray(display.convert("RGB"))[360:384, 490:580]
    lab = lab_by_profile(shown, profile).reshape(-1, 3).mean(axis=0)
    meant = lab_by_profile(np.array([MARK], np.uint8), rgb_profile("sRGB"))[0]
    assert lab == pytest.approx(meant, abs=4)


def test_a_transparent_photo_stays_so_beside_the_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (600, 400), (0, 0, 0, 0)).save(path)
    display = _renditions(path, _mark())[-1]
    alpha = np.asarray(display.getchannel("A"))
    assert alpha[370, 540] == 255
    assert alpha[100, 100] == 0


def test_a_picture_too_small_for_a_mark_has_none(tmp_path: Path) -> None:
    display = _renditions(_photo(tmp_path, (3, 2)), _mark())[-1]
    assert display.size == (3, 2)
    assert np.abs(np.asarray(display, dtype=int) - GREY).max() < 4


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "LA", "1"])
def test_any_png_will_do(tmp_path: Path, mode: str) -> None:
    content = saved(Image.new("RGBA", (90, 30), (255, 255, 255, 255)).convert(mode), "PNG")
    display = _renditions(_photo(tmp_path), _mark(content))[-1]
    assert display.convert("RGB").getpixel((540, 370)) == pytest.approx((255,) * 3, abs=6)


def test_another_mark_changes_the_display_renditions_half_of_the_digest_only() -> None:
    plain = recipes.digest(RECIPE)
    marks = [
        _mark(),
        _mark(_png(colour=(1, 2, 3, 255))),
        _mark(opacity=0.5),
        _mark(position="top"),
        _mark(scale=0.3),
    ]
    digests = [recipes.digest(replace(RECIPE, watermark=mark)) for mark in marks]
    assert len({plain, *digests}) == 6
    assert all(recipes.shares_thumbs(plain, one) for one in digests)
    same = replace(RECIPE, watermark=_mark())
    assert recipes.digest(pickle.loads(pickle.dumps(same))) == digests[0]


@pytest.mark.parametrize(
    ("other", "shares"),
    [
        (replace(RECIPE, display_quality=1), True),
        (replace(RECIPE, display_edge_px=1), False),  # thumbnails are made from that size
        (replace(RECIPE, thumb_quality=1), False),
        (replace(RECIPE, thumb_edges_px=(1,)), False),
    ],
)
def test_thumbnails_change_with_what_shapes_them(other: Recipe, shares: bool) -> None:
    assert recipes.shares_thumbs(recipes.digest(RECIPE), recipes.digest(other)) is shares


# settings


def test_the_settings_make_the_mark_of_the_recipe(tmp_path: Path) -> None:
    file = tmp_path / "我的水印.png"
    file.write_bytes(_png())
    settings = Settings.from_env(
        {
            "WATERMARK_FILE": str(file),
            "WATERMARK_OPACITY": "40%",
            "WATERMARK_POSITION": "Top-Left",
            "WATERMARK_SCALE": "0.25",
        }
    )
    mark = assembly._recipe(settings).watermark
    assert mark == _mark(opacity=0.4, position="top-left", scale=0.25)
    assert "PNG" not in repr(mark)


def test_without_a_file_there_is_no_mark() -> None:
    assert assembly._recipe(Settings.from_env({})).watermark is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "No such file", id="not there"),
        pytest.param(b"", "a PNG", id="empty"),
        pytest.param(saved(Image.new("RGB", (9, 9)), "JPEG"), "a PNG", id="a JPEG"),
        pytest.param(_png()[:-20], "cut off", id="cut off"),
        pytest.param(_png()[:-4], "cut off", id="nearly whole"),
        pytest.param(_png().replace(b"IDAT", b"IDAX"), "damaged", id="damaged"),
        pytest.param(_png()[:8] + bytes(9 << 20), "at most 8 MB", id="too large"),
    ],
)
def test_a_wrong_file_is_told_at_the_start(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "mark.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=words) as caught:
        Settings.from_env({"WATERMARK_FILE": str(file)})
    assert str(caught.value).count("\n") == 1
    assert f"WATERMARK_FILE is '{file}': " in str(caught.value)


def test_a_folder_is_no_mark(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="WATERMARK_FILE"):
        Settings.from_env({"WATERMARK_FILE": str(tmp_path)})


def test_a_png_that_only_a_decoder_finds_wrong_is_told_too(tmp_path: Path) -> None:
    file = tmp_path / "mark.png"
    no_pixels = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IEND\xae\x42\x60\x82"
    file.write_bytes(no_pixels)
    settings = Settings.from_env({"WATERMARK_FILE": str(file)})
    with pytest.raises(SettingsError, match="WATERMARK_FILE"):
        assembly._recipe(settings)
    with pytest.raises(SettingsError, match="WATERMARK_FILE"):
        watermark.read(tmp_path / "gone.png", opacity=1, position="top", scale=1)


@pytest.mark.parametrize("variable", ["WATERMARK_OPACITY", "WATERMARK_SCALE"])
@pytest.mark.parametrize(
    ("text", "value"), [("0.5", 0.5), ("50%", 0.5), ("1", 1.0), ("100%", 1.0), ("0.015", 0.015)]
)
def test_shares_may_be_written_both_ways(variable: str, text: str, value: float) -> None:
    settings = Settings.from_env({variable: text})
    assert getattr(settings, variable.lower()) == pytest.approx(value)


@pytest.mark.parametrize("variable", ["WATERMARK_OPACITY", "WATERMARK_SCALE"])
@pytest.mark.parametrize("text", ["0", "50", "101%", "-0.5", "half", "1e-3"])
def test_what_is_no_share_is_told(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=r"like 0\.5 or 50%"):
        Settings.from_env({variable: text})


def test_an_unknown_position_is_told() -> None:
    with pytest.raises(SettingsError, match="top-left, top, top-right"):
        Settings.from_env({"WATERMARK_POSITION": "middle"})


# in a gallery


def _bytes_of(live: LiveGallery, kind: str) -> dict[Path, tuple[int, bytes]]:
    """Return when and as what each object below a prefix was written."""
    files = sorted((live.data / "media" / kind).rglob("*.webp"))
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.slow
def test_another_mark_redoes_exactly_the_display_renditions(
    gallery: Callable[..., LiveGallery], tmp_path: Path
) -> None:
    live, file = gallery(), tmp_path / "mark.png"
    for seed in range(2):
        make_photo(live.library / f"上海/photo{seed}.jpg", size=(64, 48), seed=seed)
    live.once()
    thumbs, plain = _bytes_of(live, "thumbs"), _bytes_of(live, "gallery")
    file.write_bytes(_png())
    redone = live.once(WATERMARK_FILE=str(file))
    assert [redone[kind] for kind in ("published", "rendered", "uploaded")] == [2, 2, 2]
    assert _bytes_of(live, "thumbs") == thumbs
    marked = _bytes_of(live, "gallery")
    assert all(marked[path] != plain[path] for path in plain)
    assert live.once(WATERMARK_FILE=str(file))["unchanged"] == 2

    file.write_bytes(_png(colour=(0, 0, 255, 255)))
    lost = next(iter(thumbs))
    lost.unlink()
    assert live.once(WATERMARK_FILE=str(file))["rendered"] == 2
    assert lost.read_bytes() == thumbs[lost][1], "a thumbnail that is gone is put all the same"
    assert live.command("check").stdout == "all well\n"


def test_a_wrong_mark_ends_a_command_with_a_sentence(
    gallery: Callable[..., LiveGallery], tmp_path: Path
) -> None:
    done = gallery().command("once", WATERMARK_FILE=str(tmp_path / "gone.png"))
    assert done.returncode == 2
    assert "WATERMARK_FILE" in done.stderr
    assert "Traceback" not in done.stderr
