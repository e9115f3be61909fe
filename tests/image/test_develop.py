"""One reading of one file: the result, and the reasons why there is none."""

import contextlib
import os
import pickle
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from local_image_process.errors import PhotoError, StillChanging, UnreadablePhoto
from local_image_process.image import digest, reason
from local_image_process.image.develop import develop
from local_image_process.model import PHOTO_SUFFIXES, RAW_SUFFIXES, Developed, Recipe, Stamp
from tests.image.blocks import packet
from tests.image.files import developed
from tests.photos import make_photo

RECIPE = Recipe(display_edge_px=120, display_quality=80, thumb_edges_px=(60,), thumb_quality=70)
ANY_MEMORY = 1 << 40
TERMS: dict[str, Any] = {
    "recipe": RECIPE,
    "known_digests": frozenset(),
    "max_megapixels": 100,
    "memory_bytes": ANY_MEMORY,
}
SUFFIXES = (".jpg", ".png", ".webp", ".tif", ".gif", ".bmp", ".heic", ".avif")


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=status.st_ino)


def _develop(
    path: Path, *, known: frozenset[str] = frozenset(), max_megapixels: int = 100
) -> Developed:
    return develop(
        path,
        stamp=_stamp(path),
        recipe=RECIPE,
        known_digests=known,
        max_megapixels=max_megapixels,
        memory_bytes=ANY_MEMORY,
    )


def _reason(path: Path, *, max_megapixels: int = 100) -> str:
    with pytest.raises(UnreadablePhoto) as caught:
        _develop(path, max_megapixels=max_megapixels)
    revived = pickle.loads(pickle.dumps(caught.value))
    assert (type(revived), str(revived)) == (UnreadablePhoto, str(caught.value))
    return str(caught.value)


@pytest.mark.parametrize("suffix", sorted(PHOTO_SUFFIXES - RAW_SUFFIXES))
def test_every_kind_of_photo_is_developed(tmp_path: Path, suffix: str) -> None:
    path = make_photo(tmp_path / f"上海 #1{suffix}", size=(300, 200))
    developed = _develop(path)
    assert developed.fingerprint == digest.fingerprint(path.read_bytes())
    assert developed.image_digest == digest.image_digest(path.read_bytes())
    assert [(one.width_px, one.height_px) for one in developed.renditions] == [(60, 40), (120, 80)]


def test_a_jpeg_named_png_is_a_photo_too(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg").rename(tmp_path / "a.png")
    assert len(_develop(path).renditions) == 2


def test_the_facts_come_along(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg", camera="ILCE-7M4", exposed=True)
    facts = _develop(path).exif
    assert (facts.camera, facts.iso) == ("ILCE-7M4", 400)


def test_a_known_picture_is_not_rendered_but_its_facts_are_read(tmp_path: Path) -> None:
    first = _develop(make_photo(tmp_path / "a.jpg"))
    edited = make_photo(tmp_path / "b.jpg", camera="ILCE-7M4")
    again = _develop(edited, known=frozenset({first.image_digest}))
    assert (again.renditions, again.exif.camera) == ((), "ILCE-7M4")
    assert again.fingerprint != first.fingerprint


@pytest.mark.parametrize("field", ["size", "mtime_ns", "inode"])
def test_a_file_that_is_not_the_one_of_the_stamp_is_still_changing(
    tmp_path: Path, field: str
) -> None:
    path = make_photo(tmp_path / "a.jpg")
    now = _stamp(path)
    values = {"size": now.size, "mtime_ns": now.mtime_ns, "inode": now.inode}
    values[field] -= 1
    with pytest.raises(StillChanging):
        develop(
            path,
            stamp=Stamp(**values),
            recipe=RECIPE,
            known_digests=frozenset(),
            max_megapixels=100,
            memory_bytes=ANY_MEMORY,
        )


def test_an_inode_of_0_is_not_compared(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    now = _stamp(path)
    stamp = Stamp(size=now.size, mtime_ns=now.mtime_ns, inode=0)
    develop(
        path,
        stamp=stamp,
        recipe=RECIPE,
        known_digests=frozenset(),
        max_megapixels=100,
        memory_bytes=ANY_MEMORY,
    )


def test_a_file_that_went_away_is_still_changing(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    stamp = _stamp(path)
    path.unlink()
    with pytest.raises(StillChanging):
        develop(
            path,
            stamp=stamp,
            recipe=RECIPE,
            known_digests=frozenset(),
            max_megapixels=100,
            memory_bytes=ANY_MEMORY,
        )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_photo_that_is_cut_off_is_to_be_copied_again(
    tmp_path: Path, suffix: str, kept: float
) -> None:
    path = make_photo(tmp_path / f"a{suffix}")
    os.truncate(path, int(path.stat().st_size * kept))
    assert "copy it again" in _reason(path)


def test_a_truncated_jpeg_is_said_to_be_truncated(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    os.truncate(path, path.stat().st_size - 1000)
    assert _reason(path) == "the file is cut off (truncated); copy it again"


def test_a_jpeg_whose_end_is_reserved_but_not_yet_written_is_refused(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    size = path.stat().st_size
    os.truncate(path, size // 2)
    os.truncate(path, size)
    assert "nothing but zeros" in _reason(path)


def test_zeros_behind_the_end_of_a_jpeg_do_no_harm(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    os.truncate(path, path.stat().st_size + 8192)
    assert len(_develop(path).renditions) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "the file is empty; copy it again", id="empty"),
        pytest.param("笔记：明天去外滩".encode() * 9, "it holds text", id="text"),
        pytest.param(b"<!DOCTYPE html><html>", "it holds text", id="web page"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3", "it holds a PDF", id="PDF"),
        pytest.param(b"\0\0\0\x20ftypmp42\0\0\0\0mp42", "it holds a video", id="video"),
        pytest.param(b"PK\x03\x04\x14\0", "it holds a ZIP archive", id="archive"),
        pytest.param(b"\x01\x9f\x03\xe0" * 99, "it holds unknown data", id="noise"),
        pytest.param(bytes(9999), "nothing but zeros", id="zeros"),
        pytest.param(b"\xff\xd8\xff", "copy it again", id="start of a JPEG"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", "it holds text", id="a format not asked for"),
    ],
)
def test_what_is_no_photo_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert words in _reason(path)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", checksum)


def _png(width: int, height: int, *chunks: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(bytes(5000)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + _chunk(b"IEND", b"")


def test_a_giant_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(60000, 60000))
    assert "3600 megapixels" in _reason(path)
    assert _reason(path).endswith("raise MAX_MEGAPIXELS")


def test_the_limit_is_the_users_own(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.png", size=(1500, 1000))
    assert "more than the 1 allowed" in _reason(path, max_megapixels=1)
    assert _develop(path, max_megapixels=2).renditions


def test_a_png_with_100_mb_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    text = b"Comment\0\0" + zlib.compress(bytes(100_000_000))
    path.write_bytes(_png(8, 8, _chunk(b"zTXt", text)))
    assert "more text than is allowed" in _reason(path)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "allow the gallery's account to read it"),
        (OSError(5, "Input/output error"), "(Input/output error); check the disk"),
    ],
    ids=["permission", "bad disk"],
)
def test_a_file_that_cannot_be_read_says_what_to_mend(error: OSError, words: str) -> None:
    assert words in reason.of_reading(error)


def test_a_folder_named_like_a_photo_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    assert "could not be read" in _reason(tmp_path / "a.jpg")


def test_a_lack_of_memory_is_told() -> None:
    assert "needs more memory" in reason.of_decoding(MemoryError(), b"\xff\xd8\xff")


def _good(suffix: str) -> bytes:
    buffer = BytesIO()
    kind = {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF", ".webp": "WEBP", ".gif": "GIF"}[suffix]
    exif = Image.Exif()
    exif[272] = "X100V"
    exif.get_ifd(34665)[33434] = 0.005
    Image.radial_gradient("L").resize((40, 30)).convert("RGB").save(buffer, kind, exif=exif)
    return buffer.getvalue()


@settings(
    max_examples=60,
    deadline=3000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".gif"])
@given(data=st.data())
def test_damage_of_any_kind_ends_in_a_photo_or_a_reason(
    tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    content = bytearray(_good(suffix))
    places = st.integers(0, len(content) - 1)
    for place in data.draw(st.lists(places, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), places))
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content[:end])
    with contextlib.suppress(PhotoError):  # anything else fails the test
        _develop(path)


def test_an_xmp_file_beside_a_photo_is_heard_first(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "a.jpg", size=(64, 48), xmp=packet(attributes='xmp:Rating="2"'))
    beside = tmp_path / "a.xmp"
    beside.write_bytes(packet("<dc:title>外滩</dc:title>", 'xmp:Rating="5"'))
    facts = developed(photo, xmp_path=beside).exif
    assert (facts.title, facts.rating, facts.width_px, facts.height_px) == ("外滩", 5, 64, 48)


@pytest.mark.parametrize(
    "content", [b"<x:xmpmeta", b"", b"\0" * 50, None], ids=["cut off", "empty", "zeros", "gone"]
)
def test_a_broken_xmp_file_costs_only_its_words(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    photo = make_photo(tmp_path / "a.jpg", size=(64, 48), xmp=packet(attributes='xmp:Rating="2"'))
    beside = tmp_path / "a.xmp"
    if content is not None:
        beside.write_bytes(content)
    result = developed(photo, xmp_path=beside)
    assert (result.exif.rating, len(result.renditions)) == (2, 1)
    assert f"XMP passed over path={beside}" in caplog.text
