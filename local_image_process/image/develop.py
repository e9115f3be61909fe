"""Take from one original, in one reading, all that the gallery wants of it."""

import errno
import functools
import os
import warnings
from io import BytesIO
from pathlib import Path

import pillow_heif
from PIL import Image

from ..errors import PhotoError, StillChanging, UnreadablePhoto
from ..model import Developed, Recipe, Stamp
from . import digest, exif, reason
from .render import render

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF")  # MPO opens as a JPEG
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_ZERO_TAIL_BYTES = 4096  # many copying programs reserve a file's whole length before they fill it
_CHANGING = "the file is still being written; it is looked at again soon"


def develop(
    path: Path,
    *,
    stamp: Stamp,
    recipe: Recipe,
    known_digests: frozenset[str],
    max_megapixels: int,
) -> Developed:
    """Read a photo once and make its facts and renditions.

    No renditions are made where the image digest is among ``known_digests``.
    Raises StillChanging when the file is not, or not any more, the one that
    ``stamp`` describes, and UnreadablePhoto for anything else that goes wrong.
    """
    content = b""
    try:
        content = _read(path, stamp)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on odd metadata; the facts are read one by one
            return _developed(content, recipe, known_digests, max_megapixels=max_megapixels)
    except PhotoError:
        raise
    except Exception as error:
        raise UnreadablePhoto(reason.of_decoding(error, content)) from error


def _developed(
    content: bytes, recipe: Recipe, known_digests: frozenset[str], *, max_megapixels: int
) -> Developed:
    if not content:
        raise UnreadablePhoto("the file is empty; copy it again")
    with _open(content) as image:
        _refuse_giants(image, max_megapixels)
        _refuse_unfilled(image, content)
        image_digest = digest.image_digest(content)
        facts = exif.read(image)  # Order: render uses the image up
        renditions = () if image_digest in known_digests else render(image, recipe)
    return Developed(
        fingerprint=digest.fingerprint(content),
        image_digest=image_digest,
        exif=facts,
        renditions=renditions,
    )


def _read(path: Path, stamp: Stamp) -> bytes:
    try:
        with path.open("rb") as file:
            _refuse_changed(os.fstat(file.fileno()), stamp)
            content = file.read(stamp.size + 1)
            _refuse_changed(os.fstat(file.fileno()), stamp)
    except OSError as error:
        if error.errno in _GONE:
            raise StillChanging("the file is gone; it is looked for again soon") from error
        raise UnreadablePhoto(reason.of_reading(error)) from error
    if len(content) != stamp.size:
        raise StillChanging(_CHANGING)
    return content


def _refuse_changed(status: os.stat_result, stamp: Stamp) -> None:
    inode = status.st_ino if stamp.inode else 0
    now = Stamp(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=inode)
    if now != stamp:
        raise StillChanging(_CHANGING)


def _open(content: bytes) -> Image.Image:
    _prepare_decoders()
    return Image.open(BytesIO(content), formats=FORMATS)


@functools.cache
def _prepare_decoders() -> None:
    """Set up, once a process, what Pillow keeps in globals."""
    Image.MAX_IMAGE_PIXELS = None  # _refuse_giants does it, by the user's own limit
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _refuse_giants(image: Image.Image, max_megapixels: int) -> None:
    """Judge by the header, before any pixel is decoded."""
    megapixels = image.width * image.height / 1e6
    if megapixels > max_megapixels:
        raise UnreadablePhoto(
            f"the picture has {megapixels:.0f} megapixels, more than the {max_megapixels} allowed; "
            "save a smaller copy, or raise MAX_MEGAPIXELS"
        )


def _refuse_unfilled(image: Image.Image, content: bytes) -> None:
    """Refuse a JPEG that ends in zeros: libjpeg would take them for grey."""
    is_jpeg = image.format in ("JPEG", "MPO")
    if (
        is_jpeg
        and not content[-_ZERO_TAIL_BYTES:].strip(b"\0")
        and not digest.is_whole_jpeg(content)
    ):
        raise UnreadablePhoto(
            "the end of the file holds nothing but zeros, its copying has not ended; copy it again"
        )
