"""Files of kinds that Pillow cannot write, and one way to have any file developed."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

from local_image_process.image.develop import develop
from local_image_process.model import Companion, Developed, Recipe, Stamp
from local_image_process.settings import Settings

SETTINGS = Settings.from_env({})
RECIPE = Recipe(
    display_edge_px=SETTINGS.display_edge_px,
    display_quality=SETTINGS.display_quality,
    thumb_edges_px=(),
    thumb_quality=SETTINGS.thumb_quality,
)
_JP2_EXIF = b"JpgTiffExif->JP2"


def developed(
    path: Path,
    recipe: Recipe = RECIPE,
    *,
    known_digests: frozenset[str] = frozenset(),
    xmp_path: Path | None = None,
) -> Developed:
    """Develop a file as it lies there."""
    return develop(
        path,
        stamp=_stamp(path),
        recipe=recipe,
        known_digests=known_digests,
        max_megapixels=100,
        memory_bytes=1 << 40,
        companions=(_companion(xmp_path),) if xmp_path else (),
    )


def _companion(path: Path) -> Companion:
    return Companion(key=path.name, path=str(path), stamp=_stamp(path))


def _stamp(path: Path) -> Stamp:
    status = path.stat() if path.exists() else None
    if status is None:
        return Stamp(size=0, mtime_ns=0, inode=0)
    return Stamp(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=status.st_ino)


def display(path: Path, recipe: Recipe = RECIPE) -> Image.Image:
    """Return the display rendition of a file, decoded; its size is as recorded."""
    rendition = developed(path, recipe).renditions[-1]
    image = Image.open(BytesIO(rendition.content))
    image.load()
    assert image.size == (rendition.width_px, rendition.height_px)
    return image


def saved(image: Image.Image, kind: str, **save: Any) -> bytes:
    """Return the file that Pillow makes of a picture."""
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = BytesIO()
    image.save(buffer, kind, **save)
    return buffer.getvalue()


def png_16_bits(pixels: npt.NDArray[np.uint16], *, profile: bytes = b"") -> bytes:
    """Return a PNG of (height, width, samples): 1 grey, 2 with alpha, 3 RGB, 4 with alpha."""
    height, width, samples = pixels.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    chunks = [(b"IHDR", struct.pack(">LLBBBBB", width, height, 16, kind, 0, 0, 0))]
    if profile:
        chunks.append((b"iCCP", b"made\0\0" + zlib.compress(profile)))
    unfiltered = np.pad(rows, ((0, 0), (1, 0))).tobytes()
    chunks += [(b"IDAT", zlib.compress(unfiltered, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))
        for name, body in chunks
    )


def jp2(picture: Image.Image, *, profile: bytes = b"", exif: bytes = b"") -> bytes:
    """Return a lossless JPEG 2000 with profile and EXIF (ISO/IEC 15444-1, annex I)."""
    bands = len(picture.getbands())
    header = _box(b"ihdr", struct.pack(">LLHBBBB", *picture.size[::-1], bands, 7, 7, 0, 0))
    header += _box(b"colr", b"\2\0\0" + profile if profile else b"\1\0\0" + bytes((0, 0, 0, 16)))
    stream = saved(picture, "JPEG2000", no_jp2=True, irreversible=False)
    told = _box(b"uuid", _JP2_EXIF + exif) if exif else b""
    start = _box(b"jP  ", b"\r\n\x87\n") + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + _box(b"jp2h", header) + told + _box(b"jp2c", stream)


def ycck_jpeg(cmyk: Image.Image, **save: Any) -> bytes:
    """Return a JPEG whose inks are coded as luma and chroma (Adobe Technical Note 5116)."""
    *inks, black = cmyk.split()
    coded = Image.merge("RGB", inks).convert("YCbCr")
    inverted = [band.point(lambda value: 255 - value) for band in coded.split()]
    content = saved(Image.merge("CMYK", (*inverted, black)), "JPEG", **save)
    transform = content.index(b"Adobe") + 11
    return content[:transform] + b"\2" + content[transform + 1 :]


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(body), kind) + body
