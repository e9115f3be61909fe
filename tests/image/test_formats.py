"""Every kind of every format: opened, shown whole and upright, in about the right colours."""

import struct
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from local_image_process.errors import UnreadablePhoto
from local_image_process.image import boxes
from local_image_process.image.opening import open_picture
from tests.image.files import developed, display, jp2, png_16_bits, saved, ycck_jpeg
from tests.image.tiffs import (
    BLACK_IS_ZERO,
    RGB,
    SEPARATED,
    WHITE_IS_ZERO,
    Order,
    Pixels,
    tiff,
)
from tests.photos import CORNERS, make_exif, make_photo, make_picture

SIZE = (320, 200)
SOURCE = make_picture(SIZE)
GREY = SOURCE.convert("L")
CMYK = SOURCE.convert("CMYK")
GREYS = np.array([[np.dot(corner, (0.299, 0.587, 0.114))] * 3 for corner in CORNERS])
PIXELS = np.asarray(SOURCE)
DEEP = PIXELS.astype(np.uint16) * 257
DEEP_GREY = np.asarray(GREY)[..., None].astype(np.uint16) * 257
FLOATS = (PIXELS / 255).astype(np.float32)
DEEP_CMYK = np.asarray(CMYK).astype(np.uint16) * 257


def _with_alpha(pixels: Pixels) -> Pixels:
    alpha = np.full_like(pixels[..., :1], 1 if pixels.dtype.kind == "f" else 65535)
    alpha[:, : SIZE[0] // 2] = 0
    return np.concatenate([pixels, alpha], axis=-1)


COLOURED: dict[str, Callable[[], bytes]] = {
    "baseline.jpg": lambda: saved(SOURCE, "JPEG", quality=92),
    "progressive.jpg": lambda: saved(SOURCE, "JPEG", quality=92, progressive=True),
    "4:4:4.jpg": lambda: saved(SOURCE, "JPEG", quality=92, subsampling=0),
    "rgb.jpg": lambda: saved(SOURCE, "JPEG", quality=92, keep_rgb=True),
    "rgb by numbers.jpg": lambda: _rgb_by_numbers(),
    "cmyk.jpg": lambda: saved(CMYK, "JPEG", quality=92),
    "ycck.jpg": lambda: ycck_jpeg(CMYK, quality=92),
    "two.mpo": lambda: saved(_source(), "MPO", save_all=True, append_images=[_other()]),
    "8 bits.png": lambda: saved(SOURCE, "PNG"),
    "palette.png": lambda: saved(SOURCE.quantize(64), "PNG"),
    "16 bits.png": lambda: png_16_bits(DEEP),
    "two.png": lambda: saved(_source(), "PNG", save_all=True, append_images=[_other()]),
    "plain.tif": lambda: saved(SOURCE, "TIFF"),
    "lzw.tif": lambda: saved(SOURCE, "TIFF", compression="tiff_lzw"),
    "deflate.tif": lambda: saved(SOURCE, "TIFF", compression="tiff_adobe_deflate"),
    "old deflate.tif": lambda: saved(SOURCE, "TIFF", compression="tiff_deflate"),
    "jpeg.tif": lambda: saved(SOURCE, "TIFF", compression="jpeg", quality=92),
    "jpeg of luma and chroma.tif": lambda: saved(
        SOURCE.convert("YCbCr"), "TIFF", compression="jpeg", quality=92
    ),
    "packbits.tif": lambda: saved(SOURCE, "TIFF", compression="packbits"),
    "pages.tif": lambda: saved(_source(), "TIFF", save_all=True, append_images=[_other()]),
    "lab.tif": lambda: saved(_lab(), "TIFF"),
    "cmyk.tif": lambda: saved(CMYK, "TIFF"),
    "big.tif": lambda: saved(SOURCE, "TIFF", big_tiff=True),
    "planes.tif": lambda: tiff(PIXELS, is_planar=True),
    "tiles.tif": lambda: tiff(PIXELS, tile_px=64),
    "16 bits.tif": lambda: tiff(DEEP),
    "16 bits, big-endian.tif": lambda: tiff(DEEP, order=">", is_packed=True),
    "16 bits, tiles.tif": lambda: tiff(DEEP, tile_px=64, is_packed=True),
    "16 bits, planes.tif": lambda: tiff(DEEP, is_planar=True),
    "16 bits, packed planes.tif": lambda: tiff(DEEP, is_planar=True, is_packed=True),
    "16 bits, inks.tif": lambda: tiff(DEEP_CMYK, photometric=SEPARATED),
    "floats.tif": lambda: tiff(FLOATS),
    "floats, big-endian.tif": lambda: tiff(FLOATS, order=">"),
    "floats, tiles.tif": lambda: tiff(FLOATS, tile_px=48, is_packed=True, predictor=3),
    "floats, planes.tif": lambda: tiff(FLOATS, is_planar=True, is_packed=True, predictor=3),
    "floats to 255.tif": lambda: tiff(FLOATS * np.float32(255)),
    "floats with highlights.tif": lambda: tiff(_with_highlight(FLOATS)),
    "a.webp": lambda: saved(SOURCE, "WEBP", quality=92),
    "lossless.webp": lambda: saved(SOURCE, "WEBP", lossless=True),
    "a.gif": lambda: saved(SOURCE, "GIF"),
    "a.bmp": lambda: saved(SOURCE, "BMP"),
    "a.heic": lambda: saved(SOURCE, "HEIF", quality=92),
    "10 bits.heic": lambda: _heif_of_10_bits(),
    "tiles.heic": lambda: saved(SOURCE, "HEIF", quality=92, tile_size=128),
    "second of two.heif": lambda: saved(
        _other(), "HEIF", quality=92, save_all=True, append_images=[_source()], primary_index=1
    ),
    "a.avif": lambda: saved(SOURCE, "AVIF", quality=92),
    "4:4:4.avif": lambda: saved(SOURCE, "AVIF", quality=92, subsampling="4:4:4"),
    "a.jp2": lambda: jp2(SOURCE),
    "lossy.jp2": lambda: saved(SOURCE, "JPEG2000", quality_mode="rates", quality_layers=[8]),
    "bare.j2k": lambda: saved(SOURCE, "JPEG2000", no_jp2=True),
}
GREY_FILES: dict[str, Callable[[], bytes]] = {
    "a.jpg": lambda: saved(GREY, "JPEG", quality=92),
    "a.png": lambda: saved(GREY, "PNG"),
    "16 bits.png": lambda: png_16_bits(DEEP_GREY),
    "a.tif": lambda: saved(GREY, "TIFF"),
    "16 bits.tif": lambda: tiff(DEEP_GREY, photometric=BLACK_IS_ZERO),
    "16 bits, white is 0.tif": lambda: tiff(65535 - DEEP_GREY, photometric=WHITE_IS_ZERO),
    "16 bits, white is 0, big-endian.tif": lambda: tiff(
        65535 - DEEP_GREY, photometric=WHITE_IS_ZERO, order=">"
    ),
    "floats.tif": lambda: tiff(FLOATS @ _luma()[:, None], photometric=BLACK_IS_ZERO),
    "12 bits.tif": lambda: _tiff_of_12_bits(),
    "a.jp2": lambda: saved(GREY, "JPEG2000"),
    "16 bits.jp2": lambda: saved(Image.fromarray(DEEP_GREY[..., 0]), "JPEG2000"),
    "a.heic": lambda: saved(GREY, "HEIF", quality=92),
    "a.avif": lambda: saved(GREY, "AVIF", quality=92),
    "a.webp": lambda: saved(GREY, "WEBP", quality=92),
}
TRANSPARENT: dict[str, Callable[[], bytes]] = {
    "a.png": lambda: saved(_half_there(), "PNG"),
    "16 bits.png": lambda: png_16_bits(_with_alpha(DEEP)),
    "16 bits, grey.png": lambda: png_16_bits(_with_alpha(DEEP_GREY)),
    "palette.png": lambda: saved(_half_there().quantize(64), "PNG"),
    "a.tif": lambda: saved(_half_there(), "TIFF"),
    "16 bits.tif": lambda: tiff(_with_alpha(DEEP), more={(338, 3): 2}),
    "floats.tif": lambda: tiff(_with_alpha(FLOATS), more={(338, 3): 2}),
    "a.webp": lambda: saved(_half_there(), "WEBP", quality=92),
    "a.gif": lambda: saved(_half_there(), "GIF"),
    "a.heic": lambda: saved(_half_there(), "HEIF", quality=92),
    "a.avif": lambda: saved(_half_there(), "AVIF", quality=92),
    "a.jp2": lambda: saved(_half_there(), "JPEG2000"),
}


def _luma() -> Pixels:
    return np.array([0.299, 0.587, 0.114], np.float32)


def _source() -> Image.Image:
    """Return the picture anew: Pillow keeps in it how it was saved before."""
    return Image.fromarray(PIXELS)


def _other() -> Image.Image:
    return Image.new("RGB", SIZE, (90, 20, 120))


def _rgb_by_numbers() -> bytes:
    """Return a JPEG whose components are numbered like luma and chroma: only Adobe's mark tells."""
    content = saved(SOURCE, "JPEG", quality=92, keep_rgb=True)
    frame, scan = content.index(b"\xff\xc0") + 10, content.index(b"\xff\xda") + 5
    numbered = bytearray(content)
    for number, (in_frame, in_scan) in enumerate(zip(range(0, 9, 3), range(0, 6, 2), strict=True)):
        numbered[frame + in_frame] = numbered[scan + in_scan] = number + 1
    return bytes(numbered)


def _lab() -> Image.Image:
    return SOURCE.convert("LAB")


def _half_there() -> Image.Image:
    whole = SOURCE.convert("RGBA")
    whole.paste((0, 0, 0, 0), (0, 0, SIZE[0] // 2, SIZE[1]))
    return whole


def _with_highlight(pixels: Pixels) -> Pixels:
    brighter = pixels.copy()
    brighter[:4, :4] = 6.5
    return brighter


def _heif_of_10_bits() -> bytes:
    import pillow_heif

    heif = pillow_heif.from_bytes("RGB;16", SIZE, DEEP.tobytes())
    buffer = BytesIO()
    heif.save(buffer, quality=92)
    return buffer.getvalue()


def _tiff_of_12_bits() -> bytes:
    """Two numbers in three bytes, the first bits first."""
    values = np.asarray(GREY).astype(np.uint32) * 4095 // 255
    first, second = values[:, ::2], values[:, 1::2]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=-1)
    rows = packed.reshape(SIZE[1], -1, 1).astype(np.uint8)
    content = tiff(rows, photometric=BLACK_IS_ZERO, bits=12)
    width = rows.shape[1].to_bytes(4, "little")
    return content.replace(width, SIZE[0].to_bytes(4, "little"), 1)


def _quarters(image: Image.Image) -> Pixels:
    pixels = np.asarray(image.convert("RGB"), dtype=float)
    rows = np.array_split(pixels, 2, axis=0)
    return np.array([q.mean(axis=(0, 1)) for row in rows for q in np.array_split(row, 2, axis=1)])


def _written(folder: Path, name: str, files: dict[str, Callable[[], bytes]]) -> Path:
    path = folder / name
    path.write_bytes(files[name]())
    return path


@pytest.mark.parametrize("name", COLOURED)
def test_a_coloured_picture_is_shown_whole(tmp_path: Path, name: str) -> None:
    image = display(_written(tmp_path, name, COLOURED))
    assert (image.mode, image.size) == ("RGB", SIZE)
    assert _quarters(image) == pytest.approx(np.array(CORNERS), abs=12)


@pytest.mark.parametrize("name", GREY_FILES)
def test_a_grey_picture_is_shown_whole(tmp_path: Path, name: str) -> None:
    image = display(_written(tmp_path, name, GREY_FILES))
    assert (image.mode, image.size) == ("RGB", SIZE)
    assert _quarters(image) == pytest.approx(GREYS, abs=6)


@pytest.mark.parametrize("name", TRANSPARENT)
def test_what_is_transparent_stays_so(tmp_path: Path, name: str) -> None:
    image = display(_written(tmp_path, name, TRANSPARENT))
    assert (image.mode, image.size) == ("RGBA", SIZE)
    alpha = np.asarray(image.getchannel("A"))
    assert (alpha[:, 8 : SIZE[0] // 2 - 8] < 3).all()
    assert (alpha[:, SIZE[0] // 2 + 8 :] > 252).all()
    right = GREYS if "grey" in name else np.array(CORNERS)
    assert _quarters(image)[1::2] == pytest.approx(right[1::2], abs=14)


def _turned(orientation: int, kind: str, folder: Path) -> bytes:
    """Return a file whose picture is stored so that the orientation brings it upright."""
    exif = make_exif(orientation=orientation)
    stored = make_photo(folder / "a.png", size=SIZE, orientation=orientation)
    with Image.open(stored) as image:
        image.load()
        picture = Image.frombytes("RGB", image.size, image.tobytes())
    pixels, more = np.asarray(picture), {(274, 3): orientation}
    return {
        "JPEG": lambda: saved(picture, "JPEG", quality=92, exif=exif),
        "CMYK JPEG": lambda: saved(picture.convert("CMYK"), "JPEG", quality=92, exif=exif),
        "MPO": lambda: saved(picture, "MPO", exif=exif),
        "PNG": lambda: saved(picture, "PNG", exif=exif),
        "WEBP": lambda: saved(picture, "WEBP", quality=92, exif=exif),
        "TIFF": lambda: saved(picture, "TIFF", exif=exif),
        "16-bit TIFF": lambda: tiff(pixels.astype(np.uint16) * 257, more=more),
        "TIFF of floats": lambda: tiff((pixels / 255).astype(np.float32), more=more),
        "HEIF": lambda: saved(picture, "HEIF", quality=92, exif=exif),
        "HEIF of tiles": lambda: saved(picture, "HEIF", quality=92, exif=exif, tile_size=128),
        "AVIF": lambda: saved(picture, "AVIF", quality=92, exif=exif),
        "JPEG 2000": lambda: jp2(picture, exif=exif.removeprefix(b"Exif\0\0")),
    }[kind]()


@pytest.mark.slow
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "kind",
    [
        *("JPEG", "CMYK JPEG", "MPO", "PNG", "WEBP", "TIFF", "16-bit TIFF", "TIFF of floats"),
        *("HEIF", "HEIF of tiles", "AVIF", "JPEG 2000"),
    ],
)
def test_every_orientation_of_every_format_stands_upright(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    path = tmp_path / "photo.jpg"  # the content counts, not the name
    path.write_bytes(_turned(orientation, kind, tmp_path))
    image = display(path)  # whose size is the recorded one
    assert image.size == SIZE
    assert _quarters(image) == pytest.approx(np.array(CORNERS), abs=12)


def test_a_jpeg_2000_tells_its_facts(tmp_path: Path) -> None:
    exif = make_exif(camera="X100V", exposed=True).removeprefix(b"Exif\0\0")
    path = tmp_path / "a.jp2"
    path.write_bytes(jp2(SOURCE, exif=exif))
    facts = developed(path).exif
    assert (facts.camera, facts.iso) == ("X100V", 400)


def test_a_tiff_of_floats_tells_its_facts(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(FLOATS, more={(272, 2): b"X100V\0"}))
    assert developed(path).exif.camera == "X100V"


@pytest.mark.slow
@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("tile_px", [None, 32])
@pytest.mark.parametrize(("predictor", "is_packed"), [(1, False), (1, True), (3, True)])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("samples", [3, 4])
def test_each_number_of_a_tiff_of_floats_is_read_right(
    samples: int,
    order: Order,
    predictor: int,
    is_packed: bool,
    tile_px: int | None,
    is_planar: bool,
) -> None:
    numbers = np.random.default_rng(0).random((150, 101, samples)).astype(np.float32)
    content = tiff(
        numbers,
        order=order,
        predictor=predictor,
        is_packed=is_packed,
        tile_px=tile_px,
        is_planar=is_planar,
        more={(338, 3): 2} if samples == 4 else {},
    )
    with open_picture(content) as image:
        assert image.size == (101, 150)
        image.load()
        assert np.asarray(image) == pytest.approx(numbers * 255, abs=0.51)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(tiff(FLOATS, photometric=SEPARATED), id="floats of three inks"),
        pytest.param(tiff(FLOATS, more={(317, 3): 2}), id="floats with steps of whole numbers"),
        pytest.param(tiff(_with_alpha(DEEP_GREY), photometric=RGB), id="two colours"),
        pytest.param(tiff(FLOATS)[:3000], id="cut off"),
        pytest.param(tiff(FLOATS, is_packed=True)[:3000], id="cut off and packed"),
        pytest.param(jp2(SOURCE)[:3000], id="JPEG 2000 cut off"),
    ],
)
def test_what_cannot_be_opened_has_a_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(UnreadablePhoto, match="copy it again"):
        developed(path)


NOTHING_MORE = """
import contextlib, sys
from pathlib import Path
from local_image_process.errors import UnreadablePhoto
from tests.image.files import developed

first, *others = map(Path, sys.argv[1:])

class Refuse:
    def find_spec(self, name, *_):
        raise ImportError(f"{name} is wanted too late")

with contextlib.suppress(UnreadablePhoto):
    developed(first)
sys.meta_path.insert(0, Refuse())
for path in others:
    assert developed(path).renditions, path
"""


def test_after_the_first_photo_nothing_is_loaded_for_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(saved(SOURCE, "PNG")[:3000])
    paths = [tmp_path / "broken.png"]
    for kind in ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF", "JPEG2000"):
        path = tmp_path / f"a.{kind.lower()}"
        more = {"save_all": True, "append_images": [SOURCE]} if kind == "MPO" else {}
        path.write_bytes(saved(SOURCE, kind, **more))
        paths.append(path)
    run = subprocess.run(  # a photo for which memory was short must not cost the next ones
        [sys.executable, "-c", NOTHING_MORE, *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_a_box_that_makes_no_sense_ends_the_search() -> None:
    first, last = struct.pack(">L4s", 10, b"told") + b"ab", struct.pack(">L4s", 0, b"told") + b"cd"
    assert boxes.find(first + last, b"told") == [b"ab", b"cd"]
    assert boxes.find(first + struct.pack(">L4s", 4, b"free") + last, b"told") == [b"ab"]
    assert boxes.find(first + struct.pack(">L4s", 999, b"free") + last, b"told") == [b"ab"]
    assert boxes.find(first + struct.pack(">L4s", 999, b"told") + b"gh", b"told") == [b"ab"]
    large = struct.pack(">L4sQ", 1, b"told", 18) + b"ef"
    assert boxes.find(large + first, b"told") == [b"ef", b"ab"]
