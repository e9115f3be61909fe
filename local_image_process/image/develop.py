"""Take from one original, in one reading, all that the gallery wants of it."""

import errno
import logging
import os
import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PIL import Image

from ..errors import PhotoAway, PhotoError, SidecarError, StillChanging, UnreadablePhoto
from ..logs import kv
from ..model import NO_PLACEHOLDER, Companion, Developed, Exif, Recipe, Stamp
from . import colour, digest, embedded, exif, memory, placeholder, raw, reason, xmp
from .opening import open_picture
from .render import render
from .told import Told

log = logging.getLogger(__name__)

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_PASSING = frozenset(  # a disk or a network share that may come back
    {errno.EIO, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOMEM}
)
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
    memory_bytes: int,
    companions: tuple[Companion, ...] = (),
) -> Developed:
    """Read a photo once and make its facts and renditions.

    Its ``companions`` are XMP files, of which the first counts (a broken one is told, and costs
    only its words), and RAW files: which of them are of the same shot is told, too.
    No renditions are made where the image digest is among ``known_digests``.
    Raises StillChanging when the file is not, or not any more, the one that
    ``stamp`` describes, NeedsMemory rather than take more than ``memory_bytes``, PhotoAway
    when it cannot be read for now, and else UnreadablePhoto.
    """
    content = b""
    try:
        content = _read(path, stamp)
        is_raw = raw.is_raw(path.suffix, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on odd metadata; the facts are read one by one
            with raw.preview(content) if is_raw else open_picture(content) as image:
                _refuse_giants(image, max_megapixels)
                memory.admit(image, len(content), recipe, allowed_bytes=memory_bytes)
                _refuse_unfilled(content)
                note = colour.complaint(image)
                facts = _facts(content, image, companions, is_raw=is_raw)
                developed = _developed(content, image, facts, recipe, known_digests)
                return replace(developed, note=note, stacked=_stacked(facts, companions))
    except PhotoError:
        raise
    except Exception as error:
        raise UnreadablePhoto(reason.of_decoding(error, content)) from error


def _developed(
    content: bytes,
    image: Image.Image,
    facts: Exif,
    recipe: Recipe,
    known_digests: frozenset[str],
) -> Developed:
    """Make what is not known; uses the image up."""
    exif_block = embedded.block(facts, with_camera=recipe.embeds_exif)
    image_digest = digest.with_embedded(digest.image_digest(content), exif_block)
    is_known = image_digest in known_digests
    made = None if is_known else render(image, recipe, exif_block=exif_block)
    return Developed(
        fingerprint=digest.fingerprint(content),
        image_digest=image_digest,
        exif=facts,
        renditions=made.renditions if made else (),
        placeholder=(
            placeholder.of_rendered(made.smallest, made.profile) if made else NO_PLACEHOLDER
        ),
    )


def _facts(
    content: bytes, image: Image.Image, companions: tuple[Companion, ...], *, is_raw: bool
) -> Exif:
    sidecar = _sidecar(companions)
    facts = (
        raw.facts(content, preview=image, sidecar=sidecar)
        if is_raw
        else exif.read(image, sidecar=sidecar)
    )
    width_px, height_px = exif.upright_size(image)
    return replace(facts, width_px=width_px, height_px=height_px)


def _stacked(facts: Exif, companions: tuple[Companion, ...]) -> tuple[str, ...]:
    """Return the keys of RAW files of the same shot: no other second is known of them."""
    times = {c.key: _capture_time(Path(c.path)) for c in companions if not c.is_xmp}
    return tuple(key for key, time in times.items() if _is_same(time, facts.capture_time))


def _capture_time(path: Path) -> datetime | None:
    try:
        return raw.capture_time(path)
    except OSError:  # a broken part never hides the good one
        return None


def _is_same(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or one == other


def _sidecar(companions: tuple[Companion, ...]) -> Told | None:
    """Return what the XMP file beside a photo tells; ``None`` when that cannot be understood."""
    path = next((Path(one.path) for one in companions if one.is_xmp), None)
    if path is None:
        return None
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
        kind = PhotoAway if error.errno in _PASSING else UnreadablePhoto
        raise kind(reason.of_reading(error)) from error
    if len(content) != stamp.size:
        raise StillChanging(_CHANGING)
    if not content:
        raise UnreadablePhoto("the file is empty; copy it again")
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
