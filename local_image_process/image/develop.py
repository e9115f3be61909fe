"""Take from one original, in one reading, all that the gallery wants of it."""

import errno
import logging
import os
import warnings
from dataclasses import replace
from pathlib import Path

from PIL import Image

from ..errors import PhotoError, SidecarError, StillChanging, UnreadablePhoto
from ..logs import kv
from ..model import NO_PLACEHOLDER, Developed, Recipe, Stamp
from . import colour, digest, exif, placeholder, raw, reason, xmp
from .opening import open_picture
from .render import render
from .told import Told

log = logging.getLogger(__name__)

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_JPEG = b"\xff\xd8\xff"
_ZERO_TAIL_BYTES = 4096  # many copying programs reserve a file's whole length before they fill it
_CHANGING = "the file is still being written; it is looked at again soon"


def develop(
    path: Path,
    *,
    stamp: Stamp,
    recipe: Recipe,
    known_digests: frozenset[str],
    max_megapixels: int,
    xmp_path: Path | None = None,
) -> Developed:
    """Read a photo once and make its facts and renditions.

    ``xmp_path`` is the XMP file beside it; a broken one is told, and costs only its words.
    No renditions are made where the image digest is among ``known_digests``.
    Raises StillChanging when the file is not, or not any more, the one that
    ``stamp`` describes, and UnreadablePhoto for anything else that goes wrong.
    """
    content = b""
    try:
        content = _read(path, stamp)
        if not content:
            raise UnreadablePhoto("the file is empty; copy it again")
        is_raw = raw.is_raw(path.suffix, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on odd metadata; the facts are read one by one
            with raw.preview(content) if is_raw else open_picture(content) as image:
                _refuse_giants(image, max_megapixels)
                _refuse_unfilled(content)
                _warn_of_colours(image, path)
                return _developed(
                    content,
                    image,
                    recipe=recipe,
                    known_digests=known_digests,
                    is_raw=is_raw,
                    sidecar=_sidecar(xmp_path) if xmp_path else None,
                )
    except PhotoError:
        raise
    except Exception as error:
        raise UnreadablePhoto(reason.of_decoding(error, content)) from error


def _developed(
    content: bytes,
    image: Image.Image,
    *,
    recipe: Recipe,
    known_digests: frozenset[str],
    is_raw: bool,
    sidecar: Told | None,
) -> Developed:
    image_digest = digest.image_digest(content)
    # Order: render uses the image up
    facts = (
        raw.facts(content, preview=image, sidecar=sidecar)
        if is_raw
        else exif.read(image, sidecar=sidecar)
    )
    width_px, height_px = exif.upright_size(image)
    renditions = () if image_digest in known_digests else render(image, recipe)
    return Developed(
        fingerprint=digest.fingerprint(content),
        image_digest=image_digest,
        exif=replace(facts, width_px=width_px, height_px=height_px),
        renditions=renditions,
        placeholder=placeholder.of_renditions(renditions) if renditions else NO_PLACEHOLDER,
    )


def _sidecar(path: Path) -> Told | None:
    """Return what the XMP file beside a photo tells; ``None`` when that cannot be understood."""
    try:
        with path.open("rb") as file:
            return xmp.read(file.read(xmp.BYTES_MAX + 1))
    except (OSError, SidecarError) as error:
        log.warning("XMP passed over %s", kv(path=path, why=error))
        return None


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


def _refuse_giants(image: Image.Image, max_megapixels: int) -> None:
    """Judge by the header, before any pixel is decoded."""
    megapixels = image.width * image.height / 1e6
    if megapixels > max_megapixels:
        raise UnreadablePhoto(
            f"the picture has {megapixels:.0f} megapixels, more than the {max_megapixels} allowed; "
            "save a smaller copy, or raise MAX_MEGAPIXELS"
        )


def _warn_of_colours(image: Image.Image, path: Path) -> None:
    if complaint := colour.complaint(image):
        log.warning("photo not in its own colours %s", kv(path=path, why=complaint))


def _refuse_unfilled(content: bytes) -> None:
    """Refuse a JPEG that ends in zeros: libjpeg would take them for grey."""
    if (
        content.startswith(_JPEG)
        and not content[-_ZERO_TAIL_BYTES:].strip(b"\0")
        and not digest.is_whole_jpeg(content)
    ):
        raise UnreadablePhoto(
            "the end of the file holds nothing but zeros, its copying has not ended; copy it again"
        )
