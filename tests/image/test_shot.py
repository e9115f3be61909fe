"""How a photo was taken: exposure in words, lenses by name, the size of the original."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from piexif import ExifIFD, ImageIFD
from PIL import Image

from local_image_process.image import exif
from local_image_process.image.opening import open_picture
from tests.image.blocks import (
    ASCII,
    LONG,
    MAKER_NOTE,
    RATIONAL,
    UNDEFINED,
    directory,
    fields,
    jpeg,
    packet,
    read,
)
from tests.photos import make_photo

EMPTY = (0, 0)
ZOOM = ((18, 1), (55, 1), (35, 10), (56, 10))


@pytest.mark.parametrize(
    ("tag", "value", "field", "wanted"),
    [
        pytest.param(ExifIFD.FocalLengthIn35mmFilm, 75, "equivalent_focal_length_mm", 75, id="75"),
        pytest.param(ExifIFD.FocalLengthIn35mmFilm, 0, "equivalent_focal_length_mm", None, id="?"),
        pytest.param(ExifIFD.ExposureBiasValue, (-1, 3), "exposure_bias_ev", -0.33, id="-1/3 EV"),
        pytest.param(ExifIFD.ExposureBiasValue, (0, 10), "exposure_bias_ev", 0.0, id="0 EV"),
        pytest.param(ExifIFD.ExposureBiasValue, (0, 0), "exposure_bias_ev", None, id="0/0 EV"),
        pytest.param(ExifIFD.ExposureBiasValue, (999, 1), "exposure_bias_ev", None, id="999 EV"),
        pytest.param(ExifIFD.MeteringMode, 5, "metering_mode", "Pattern", id="pattern"),
        pytest.param(ExifIFD.MeteringMode, 0, "metering_mode", None, id="unknown metering"),
        pytest.param(ExifIFD.MeteringMode, 255, "metering_mode", None, id="other metering"),
        pytest.param(ExifIFD.ExposureProgram, 3, "exposure_program", "Aperture priority", id="A"),
        pytest.param(ExifIFD.ExposureProgram, 0, "exposure_program", None, id="undefined"),
        pytest.param(ExifIFD.WhiteBalance, 0, "white_balance", "Auto", id="auto"),
        pytest.param(ExifIFD.WhiteBalance, 1, "white_balance", "Manual", id="manual"),
        pytest.param(ExifIFD.WhiteBalance, 7, "white_balance", None, id="no such balance"),
        pytest.param(ExifIFD.Flash, 0x19, "flash_fired", True, id="fired"),
        pytest.param(ExifIFD.Flash, 0x10, "flash_fired", False, id="not fired"),
        pytest.param(ExifIFD.Flash, 0xFFFF, "flash_fired", None, id="no such flash"),
        pytest.param(ExifIFD.ApertureValue, (3, 1), "aperture", 2.8, id="a logarithm"),
        pytest.param(ExifIFD.ApertureValue, (2**32 - 1, 1), "aperture", None, id="beyond numbers"),
    ],
)
def test_how_a_photo_was_exposed(tag: int, value: Any, field: str, wanted: Any) -> None:
    assert getattr(read(jpeg(exif=fields(shot={tag: value}))), field) == wanted


def test_the_f_number_comes_before_its_logarithm() -> None:
    shot = {ExifIFD.FNumber: (28, 10), ExifIFD.ApertureValue: (5, 1)}
    assert read(jpeg(exif=fields(shot=shot))).aperture == 2.8


def test_who_made_camera_and_file_is_told() -> None:
    facts = read(jpeg(exif=fields({ImageIFD.Make: b"SONY", ImageIFD.Software: b"Capture One"})))
    assert (facts.make, facts.software) == ("SONY", "Capture One")


@pytest.mark.parametrize(
    ("specification", "lens"),
    [
        pytest.param(ZOOM, "18-55mm f/3.5-5.6", id="a zoom"),
        pytest.param(((50, 1), (50, 1), (18, 10), (18, 10)), "50mm f/1.8", id="a prime"),
        pytest.param(((24, 1), (70, 1), (28, 10), (28, 10)), "24-70mm f/2.8", id="a bright zoom"),
        pytest.param(((18, 1), (55, 1), EMPTY, EMPTY), "18-55mm", id="no apertures"),
        pytest.param((EMPTY, EMPTY, EMPTY, EMPTY), None, id="nothing"),
        pytest.param(((0, 1), (0, 1), (0, 1), (0, 1)), None, id="zeros"),
        pytest.param(((55, 1), (18, 1), (35, 10), (56, 10)), None, id="the wrong way round"),
        pytest.param(ZOOM[:3], None, id="three numbers"),
    ],
)
def test_a_lens_without_a_name_is_what_it_can_do(specification: Any, lens: str | None) -> None:
    assert read(jpeg(exif=fields(shot={ExifIFD.LensSpecification: specification}))).lens == lens


def noted(make: bytes, note: Callable[[int], bytes], *, order: str = "<") -> bytes:
    """Return EXIF with a maker's note, which may ask where it will lie."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    at = 8 + 2 + 2 * 12 + 4 + len(make) + len(make) % 2
    inner_at = at + 2 + 12 + 4
    content = note(inner_at)
    main = directory(
        [(271, ASCII, make), (34665, LONG, struct.pack(order + "L", at))], at=8, order=order
    )
    camera = directory([(MAKER_NOTE, UNDEFINED, content)], at=at, order=order)
    block = mark + struct.pack(order + "L", 8) + main + camera
    assert block.index(content) == inner_at
    return b"Exif\0\0" + block


def canon(at: int, name: bytes = b"EF70-200mm f/2.8L IS II USM") -> bytes:
    return directory([(0x0006, ASCII, b"Canon\0"), (0x0095, ASCII, name.ljust(70, b"\0"))], at=at)


def canon_moved(at: int) -> bytes:
    return canon(at + 400) + b"II*\0" + struct.pack("<L", at + 400)


def olympus(_: int) -> bytes:
    head = b"OLYMPUS\0II\3\0"
    outer = len(head) + 2 + 12 + 4
    inner = directory([(0x0203, ASCII, b"OLYMPUS M.12-40mm F2.8\0")], at=outer)
    return head + directory([(0x2010, LONG, struct.pack("<L", outer))], at=len(head)) + inner


def old_olympus(at: int) -> bytes:
    inner = directory([(0x0203, ASCII, b"OLYMPUS 50mm Lens\0")], at=at + 8 + 18)
    return b"OLYMP\0\1\0" + directory([(0x2010, UNDEFINED, inner)], at=at + 8)


def panasonic(at: int) -> bytes:
    lens = (0x0051, ASCII, b"LUMIX G VARIO 12-32/F3.5-5.6\0")
    return b"Panasonic\0\0\0" + directory([lens], at=at + 12)


def nikon(_: int) -> bytes:
    zoom = struct.pack(">8L", *(part for pair in ZOOM for part in pair))
    inner = b"MM\0*\0\0\0\x08" + directory([(0x0084, RATIONAL, zoom)], at=8, order=">")
    return b"Nikon\0\x02\x10\0\0" + inner


@pytest.mark.parametrize(
    ("make", "note", "order", "lens"),
    [
        pytest.param(b"Canon\0", canon, "<", "EF70-200mm f/2.8L IS II USM", id="Canon"),
        pytest.param(
            b"Canon\0",
            canon_moved,
            "<",
            "EF70-200mm f/2.8L IS II USM",
            id="Canon, moved by an editor",
        ),
        pytest.param(b"OLYMPUS\0", olympus, "<", "OLYMPUS M.12-40mm F2.8", id="Olympus"),
        pytest.param(b"OLYMPUS\0", old_olympus, "<", "OLYMPUS 50mm Lens", id="old Olympus"),
        pytest.param(
            b"Panasonic\0", panasonic, "<", "LUMIX G VARIO 12-32/F3.5-5.6", id="Panasonic"
        ),
        pytest.param(b"NIKON\0", nikon, ">", "18-55mm f/3.5-5.6", id="Nikon"),
        pytest.param(b"SONY\0", canon, "<", None, id="another's layout"),
        pytest.param(b"Canon\0", lambda at: canon(at, b"\xffgarbage"), "<", None, id="garbage"),
        pytest.param(b"Canon\0", lambda at: canon(at, b"None"), "<", None, id="None"),
        pytest.param(b"Canon\0", lambda at: canon(at + 90), "<", None, id="offsets astray"),
        pytest.param(b"Canon, Inc.\0", lambda _: canon(2), "<", None, id="offset of another text"),
        pytest.param(b"Canon\0", lambda at: canon(at)[:40], "<", None, id="cut off"),
        pytest.param(b"Canon\0", lambda _: b"\xff" * 60, "<", None, id="noise"),
    ],
)
def test_a_makers_note_names_the_lens_or_nothing(
    make: bytes, note: Callable[[int], bytes], order: str, lens: str | None
) -> None:
    assert read(jpeg(exif=noted(make, note, order=order))).lens == lens


def test_a_name_comes_before_an_editors_before_a_makers_before_numbers() -> None:
    numbers = {ExifIFD.LensSpecification: ZOOM}
    named = fields(shot=numbers | {ExifIFD.LensModel: b"E 18-55mm OSS"})
    editors = packet(attributes='aux:Lens="E 18-55mm"')
    assert read(jpeg(exif=named, xmp=editors)).lens == "E 18-55mm OSS"
    assert read(jpeg(exif=fields(shot=numbers), xmp=editors)).lens == "E 18-55mm"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic", ".avif"])
def test_the_size_of_the_original_is_that_of_the_upright_picture(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    path = make_photo(tmp_path / f"a{suffix}", size=(64, 48), orientation=orientation)
    with open_picture(path.read_bytes()) as image:
        assert exif.upright_size(image) == (64, 48)


def test_a_carrier_of_facts_has_no_size_of_its_own() -> None:
    picture = Image.new("1", (1, 1))
    facts = exif.read(picture)
    assert (facts.width_px, facts.height_px) == (None, None)
