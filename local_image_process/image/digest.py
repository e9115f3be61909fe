"""Recognise a photo again: by all of its bytes, or by those alone that shape its picture."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from . import colour, exif

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in scan data: not stuffing, restart or fill
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP1, _APP2, _APP14 = 0xE1, 0xE2, 0xEE
_EXIF_HEADER = b"Exif\0\0"
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"


class _NotAWholeJpeg(Exception):
    """The bytes do not follow ITU-T T.81, annex B, from SOI to EOI."""


@dataclass(slots=True)
class _Metadata:
    """What is read of the application segments of a JPEG."""

    exif: bytes = b""
    xmp: bytes = b""
    colour: list[memoryview] = field(default_factory=list)  # ICC profile and Adobe marker
    has_profile: bool = False


def fingerprint(content: bytes) -> str:
    """Return the sha256 of all bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def image_digest(content: bytes) -> str:
    """Return the sha256, in hex, of what shapes the picture.

    Of a JPEG: all from SOI to EOI but application segments and comments, and of
    those the orientation, the ICC profile, or what EXIF says in place of one, and
    the Adobe marker. What follows EOI (second pictures of an MPO, gain maps) is not
    shown and does not count. Of other formats, and of a JPEG with an odd structure:
    all bytes.
    """
    try:
        return _jpeg_digest(content)
    except _NotAWholeJpeg:
        return fingerprint(content)


def with_embedded(image_digest: str, block: bytes) -> str:
    """Return the digest of a picture in whose renditions this EXIF block is embedded."""
    if not block:
        return image_digest
    return hashlib.sha256(bytes.fromhex(image_digest) + block).hexdigest()


def is_whole_jpeg(content: bytes) -> bool:
    """Tell whether the bytes are a JPEG that goes on to its end-of-image marker."""
    try:
        for _ in _segments(content):
            pass
    except _NotAWholeJpeg:
        return False
    return True


def _jpeg_digest(content: bytes) -> str:
    shape = hashlib.sha256()
    metadata = _Metadata()
    for marker, segment in _segments(content):
        if 0xE0 <= marker <= 0xEF:
            _note(metadata, marker, segment)
        elif marker != _COM:
            shape.update(segment)
    whole = hashlib.sha256(b"jpeg 1\0" + shape.digest())
    carrier = _carrier(metadata)
    whole.update(bytes([exif.orientation(carrier)]))
    if not metadata.has_profile:
        whole.update(colour.profile_of(carrier))
    for segment in metadata.colour:
        whole.update(segment)
    return whole.hexdigest()


def _note(metadata: _Metadata, marker: int, segment: memoryview) -> None:
    payload = bytes(segment[4:])
    if marker == _APP1 and payload.startswith(_EXIF_HEADER):
        metadata.exif += payload[len(_EXIF_HEADER) :] if metadata.exif else payload
    elif marker == _APP1 and payload.startswith(_XMP_HEADER):
        metadata.xmp = payload[len(_XMP_HEADER) :]
    elif marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"):
        metadata.colour.append(segment)
        metadata.has_profile = True
    elif marker == _APP14 and payload.startswith(b"Adobe"):
        metadata.colour.append(segment)


def _carrier(metadata: _Metadata) -> Image.Image:
    """Return what to ask the reader about that the renderer asks: the two must never differ."""
    carrier = Image.new("1", (1, 1))
    if metadata.exif:
        carrier.info["exif"] = metadata.exif
    if metadata.xmp:
        carrier.info["xmp"] = metadata.xmp
    return carrier


def _segments(content: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield each marker with its segment, marker bytes and following scan data included."""
    if not content.startswith(b"\xff\xd8\xff"):
        raise _NotAWholeJpeg
    view = memoryview(content)
    start = 2
    while True:
        start = _after_fill(content, start)
        marker = content[start + 1]
        if marker == _EOI:
            return
        if marker in (0x00, 0x01, _SOI) or 0xD0 <= marker <= 0xD7:
            raise _NotAWholeJpeg
        end = _end_of_segment(content, start, marker)
        yield marker, view[start:end]
        start = end


def _after_fill(content: bytes, start: int) -> int:
    """Return where the marker begins: any number of 0xFF may stand before it (B.1.1.2)."""
    at = start
    while content[at : at + 2] == b"\xff\xff":
        at += 1
    if content[at : at + 1] != b"\xff" or at + 1 >= len(content):
        raise _NotAWholeJpeg
    return at


def _end_of_segment(content: bytes, start: int, marker: int) -> int:
    length = int.from_bytes(content[start + 2 : start + 4], "big")
    end = start + 2 + length
    if length < 2 or end > len(content):
        raise _NotAWholeJpeg
    if marker != _SOS:
        return end
    next_marker = _MARKER.search(content, end)
    if next_marker is None:
        raise _NotAWholeJpeg
    return next_marker.start()
