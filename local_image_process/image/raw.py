"""RAW files: the preview that the camera put in, and the facts beside it; nothing is developed."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import UnreadablePhoto
from ..model import RAW_SUFFIXES, Exif
from . import boxes, exif
from .told import Told

_HEAD_BYTES = 4 << 20  # cameras write the facts first; a copy of all would take much memory
_EXIF = b"Exif\0\0"
_TIFF = (b"II", b"MM")  # the two bytes that follow are each maker's own
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")  # CR3: the box that holds the facts
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG")  # whatever the name says
_TURN = {3: 3, 5: 8, 6: 6}  # LibRaw's flip → orientation (Exif 2.32, tag 274)
_QUARTER_TURNS = (5, 6)
_ORIENTATION = 274
_LIBRAW = b"dcraw v"  # the software it names in the EXIF that it makes for a preview without
_INSTEAD = "export it as a JPEG, or move it out of the photo folder"


def is_raw(suffix: str, content: bytes) -> bool:
    """Tell whether a file is to be opened as RAW."""
    return suffix.lower() in RAW_SUFFIXES and not content.startswith(_PICTURES)


def preview(content: bytes) -> Image.Image:
    """Open the largest preview, and let it say how it has to be turned.

    Raises UnreadablePhoto when there is none, or nothing to read RAW files with.
    """
    rawpy = _library()
    try:
        with rawpy.imread(BytesIO(content)) as raw:
            thumbnail, sizes = raw.extract_thumb(), raw.sizes
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError) as error:
        raise UnreadablePhoto(
            "the RAW file holds no preview, or is cut off; copy it again, or export it as a JPEG"
        ) from error
    except rawpy.NotSupportedError as error:
        raise UnreadablePhoto(f"the RAW file's preview cannot be read; {_INSTEAD}") from error
    except rawpy.LibRawFileUnsupportedError as error:
        raise UnreadablePhoto(f"not a RAW file of any known camera; {_INSTEAD}") from error
    except rawpy.LibRawError as error:
        raise UnreadablePhoto(f"the RAW file is damaged ({error}); copy it again") from error
    if thumbnail.format == rawpy.ThumbFormat.JPEG:
        image = _jpeg(thumbnail.data, sizes)
    else:
        image = Image.fromarray(thumbnail.data)
        image.getexif()[_ORIENTATION] = _orientation(image, sizes)
    is_lying = sizes.flip in _QUARTER_TURNS
    width, height = sizes.width, sizes.height
    image.info[exif.ORIGINAL_SIZE] = (height, width) if is_lying else (width, height)
    return image


def facts(content: bytes, *, preview: Image.Image, sidecar: Told | None = None) -> Exif:
    """Read what the camera wrote into the file itself; what is missing there, the preview tells.

    ``sidecar`` is what an XMP file beside it tells, which is heard first.
    """
    known: dict[str, Any] = {}
    for carrier in (*(_carrier(block) for block in _blocks(content)), preview):
        read = exif.read(carrier, sidecar=None if known else sidecar)
        told = {k: value for k, value in asdict(read).items() if value not in (None, ())}
        known = told | known
    if known.get("software", "").startswith(_LIBRAW.decode()):
        del known["software"]
    return Exif(**known)


def capture_time(path: Path) -> datetime | None:
    """Return when a RAW file says that it was taken; needs no RAW support. ``None``: nobody knows.

    Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    told = (exif.read(_carrier(block)).capture_time for block in _blocks(head))
    return next((time for time in told if time is not None), None)


def _library() -> Any:
    try:
        import rawpy
    except ImportError as error:
        raise UnreadablePhoto(
            "no RAW support installed: pip install -r requirements-extras.txt, then start again"
        ) from error
    return rawpy


def _jpeg(content: bytes, sizes: Any) -> Image.Image:
    """Open a preview as the camera wrote it; where that tells nothing, take LibRaw's words."""
    told, end = b"", 4 + int.from_bytes(content[4:6], "big")
    if content[2:4] == b"\xff\xe1" and _LIBRAW in content[:end]:
        told, content = content[6:end], content[:2] + content[end:]
    image = Image.open(BytesIO(content), formats=("JPEG",))
    turn = _orientation(image, sizes)
    if "exif" not in image.info:
        image.info["exif"] = told
        image.getexif().load(told)
    image.getexif()[_ORIENTATION] = turn
    return image


def _orientation(image: Image.Image, sizes: Any) -> int:
    """Return how the preview has to be turned: by its own word, else like the RAW picture.

    A preview without a word of its own may have been turned by the camera already.
    """
    own = exif.own_orientation(image)
    turn = _TURN.get(sizes.flip, 1)
    if own is not None or turn == _TURN[3]:
        return own or turn
    is_turned = (image.width > image.height) != (sizes.width > sizes.height)
    return 1 if is_turned else turn


def _blocks(content: bytes) -> Iterator[bytes]:
    """Yield the parts of a file that are laid out like EXIF."""
    if content.startswith(_TIFF):
        yield content[:2] + (b"*\0" if content[:2] == b"II" else b"\0*") + content[4:_HEAD_BYTES]
    for kind in (b"CMT1", b"CMT2"):  # camera and exposure
        yield from boxes.find(content, b"moov", _CANON, kind)
    start = content.find(_EXIF, 0, _HEAD_BYTES)  # of the preview in a file of any other kind
    if start >= 0:
        yield content[start + len(_EXIF) : _HEAD_BYTES]


def _carrier(block: bytes) -> Image.Image:
    image = Image.new("1", (1, 1))
    image.info["exif"] = _EXIF + block
    return image
