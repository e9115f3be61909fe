"""Foreign bytes, damaged in every way: nothing but our own errors, soon, and within bounds."""

import contextlib
import tracemalloc
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from piexif import GPSIFD, ExifIFD, ImageIFD
from PIL import Image

from local_image_process.errors import GalleryError, UnreadablePhoto
from local_image_process.image import colour, exif, iptc, makernotes, xmp
from local_image_process.image.fields import block_of
from local_image_process.image.opening import open_picture
from local_image_process.image.profiles import adobe_rgb
from local_image_process.source import sidecar
from tests.image.blocks import alternatives, datasets, fields, jpeg, listed, packet, with_xmp
from tests.image.files import developed
from tests.image.test_shot import canon, nikon, noted, old_olympus, olympus, panasonic

PATIENCE_MS = 2_000  # for what takes less than one; a machine may be busy
BOUND_BYTES = 64 << 20
Read = Callable[[bytes], object]

WORDS = packet(
    alternatives("dc:title", x_default="The Bund", zh="外滩")
    + listed("dc:subject", "夜景", "上海")
    + listed("dc:creator", "李雷", kind="Seq"),
    'xmp:Rating="4" photoshop:DateCreated="2024-05-01T18:30:07+08:00"',
)
DATASETS = datasets(
    (1, 90, b"\x1b%G"), (2, 5, "外滩".encode()), (2, 25, b"a"), (2, 55, b"20240501")
)
BLOCK = fields(
    {ImageIFD.Model: b"X100V", ImageIFD.ImageDescription: "外滩".encode(), 40091: b"a\0b\0"},
    {
        ExifIFD.DateTimeOriginal: b"2024:05:01 18:30:07",
        ExifIFD.OffsetTimeOriginal: b"+08:00",
        ExifIFD.ApertureValue: (3, 1),
        ExifIFD.LensSpecification: ((18, 1), (55, 1), (35, 10), (56, 10)),
        ExifIFD.MakerNote: b"Panasonic\0\0\0" + bytes(40),
    },
    {
        GPSIFD.GPSDateStamp: b"2024:05:01",
        GPSIFD.GPSTimeStamp: ((10, 1), (30, 1), (7, 1)),
        GPSIFD.GPSLatitudeRef: b"N",
        GPSIFD.GPSLatitude: ((31, 1), (14, 1), (0, 1)),
    },
)
NOTES = [noted(b"Canon\0", canon), noted(b"OLYMPUS\0", olympus), noted(b"OLYMPUS\0", old_olympus)]
NOTES += [noted(b"Panasonic\0", panasonic), noted(b"NIKON\0", nikon, order=">")]
YAML = (
    "title: 上海之夜\ndate: 2024-04-04\nlocation: [121.49, 31.23]\norder: [a.jpg, b.jpg]\n".encode()
)


def read_block(block: bytes) -> object:
    picture = Image.new("RGB", (4, 4))
    picture.info["exif"] = block
    exif.orientation(picture)
    exif.is_adobe_rgb(picture)
    return exif.read(picture)


def read_note(block: bytes) -> object:
    """Read a maker's note wherever it begins, also where damage put it."""
    picture = Image.new("RGB", (4, 4))
    picture.info["exif"] = block
    bare = block_of(picture)
    starts = [0, *(bare.find(mark) for mark in (b"OLYMP", b"Nikon", b"Panasonic", b"\2\0\6\0"))]
    return [makernotes.lens(bare, bare[at:], make="Canon") for at in starts if at >= 0]


def read_profile(profile: bytes) -> object:
    picture = Image.new("RGB", (4, 4), "red")
    picture.info["icc_profile"] = profile
    colour.complaint(picture)
    shown, kept = colour.coloured(picture, colour.profile_of(picture))
    return colour.to_srgb(shown, kept), colour.from_srgb(shown, kept)


def read_file(content: bytes) -> object:
    with warnings.catch_warnings(), contextlib.suppress(OSError, SyntaxError, ValueError):
        warnings.simplefilter("ignore")  # as develop does, which also turns Pillow's errors to ours
        with open_picture(content) as image:
            return exif.read(image), exif.upright_size(image)
    return None


READERS: dict[str, tuple[Read, list[bytes]]] = {
    "XMP": (xmp.read, [WORDS, WORDS.decode().encode("utf-16")]),
    "IPTC": (iptc.read, [DATASETS]),
    "EXIF": (read_block, [BLOCK, *NOTES]),
    "maker's note": (read_note, NOTES),
    "ICC profile": (read_profile, [adobe_rgb()]),
    "album YAML": (lambda content: sidecar.read_in_bucket(content, "上海/info.yaml"), [YAML]),
    "JPEG": (read_file, [jpeg(exif=BLOCK, xmp=WORDS, iptc=DATASETS)]),
    "TIFF": (read_file, [with_xmp("TIFF", WORDS)]),
    "PNG": (read_file, [with_xmp("PNG", WORDS)]),
}
EACH = pytest.mark.parametrize("kind", READERS)
SLOWLY = settings(
    max_examples=100,
    deadline=PATIENCE_MS,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def damaged(draw: st.DrawFn, good: list[bytes]) -> bytes:
    """Draw a copy of a good file that was cut, flipped, overwritten or spliced."""
    content = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        to = min(len(content), at + draw(st.integers(1, 40)))
        how = draw(st.sampled_from(["cut", "flip", "overwrite", "double", "splice"]))
        if how == "cut":
            del content[at:to]
        elif how == "flip" and content:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "overwrite":
            wild = st.sampled_from([b"\xff", b"\0", b"\x7f", b"<", b"&"])
            content[at:to] = draw(wild) * (to - at)
        elif how == "double":
            content[at:at] = content[at:to]
        else:
            other = draw(st.sampled_from(good))
            content[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(content)


def endures(read: Read, content: bytes) -> None:
    """Read; only an error of ours may come of it."""
    with contextlib.suppress(GalleryError):
        read(content)


@EACH
@SLOWLY
@given(data=st.data())
def test_a_damaged_copy_does_no_harm(kind: str, data: st.DataObject) -> None:
    read, good = READERS[kind]
    endures(read, data.draw(damaged(good)))


@EACH
@SLOWLY
@given(content=st.binary(max_size=400))
def test_noise_does_no_harm(kind: str, content: bytes) -> None:
    endures(READERS[kind][0], content)


@EACH
def test_every_cut_is_survived(kind: str) -> None:
    read, good = READERS[kind]
    for content in good:
        for length in range(0, len(content), max(1, len(content) // 150)):
            endures(read, content[:length])


def laughing(text: str) -> str:
    """Return YAML whose aliases would be a billion of these."""
    lines = [f"a0: &a0 [{text}]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    return "\n".join([*lines, "title: *a9", "order: *a9"])


@pytest.mark.parametrize(
    ("read", "content"),
    [
        pytest.param(READERS["album YAML"][0], laughing("ha").encode(), id="laughing YAML"),
        pytest.param(READERS["album YAML"][0], b"[" * 200_000, id="bottomless YAML"),
        pytest.param(xmp.read, b"<a b='" + b"&#65;" * 800_000 + b"'/>", id="an endless attribute"),
        pytest.param(xmp.read, packet(listed("dc:subject", *["x"] * 90_000)), id="many keywords"),
        pytest.param(iptc.read, datasets(*[(2, 25, b"x")] * 200_000), id="many datasets"),
        pytest.param(iptc.read, b"\x1c\x02\x05\x80\x04\xff\xff\xff\xff", id="4 GB announced"),
        pytest.param(
            read_block,
            b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x0f\x01\x02\0\xff\xff\xff\x7f\0\0\0\0" * 5000,
            id="gigabytes announced in EXIF",
        ),
    ],
)
def test_bombs_do_not_go_off(read: Read, content: bytes) -> None:
    tracemalloc.start()
    try:
        endures(read, content)
        assert tracemalloc.get_traced_memory()[1] < BOUND_BYTES
    finally:
        tracemalloc.stop()


@SLOWLY
@given(data=st.data())
def test_a_photo_with_damaged_words_is_published_or_told(
    data: st.DataObject, tmp_path: Path
) -> None:
    whole = jpeg(exif=noted(b"Canon\0", canon), xmp=WORDS, iptc=DATASETS)
    (tmp_path / "a.jpg").write_bytes(data.draw(damaged([whole])))
    (tmp_path / "a.xmp").write_bytes(data.draw(damaged([WORDS])))
    try:
        result = developed(tmp_path / "a.jpg", xmp_path=tmp_path / "a.xmp")
    except UnreadablePhoto:
        return
    with Image.open(BytesIO(result.renditions[-1].content)) as shown:
        assert shown.size == (result.renditions[-1].width_px, result.renditions[-1].height_px)
