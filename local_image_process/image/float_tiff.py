"""Open TIFFs of floating-point RGB, which Pillow does not know: photos of high dynamic range.

Its decoders are lent for it all the same: with the tags of a copy rewritten, each four-byte number
looks like four samples of 8 bits, and Adobe's floating-point predictor (TIFF Technical Note 3,
2005) like the horizontal differencing of TIFF 6.0, section 14, which it is, followed by a
reordering of the bytes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageFile, TiffImagePlugin

from . import depth

PLUGIN = "FLOATTIFF"
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _ORIENTATION = 256, 257, 258, 262, 274  # TIFF 6.0
_SAMPLES, _PLANAR, _PREDICTOR, _TILE_WIDTH, _EXTRA, _FORMAT = 277, 284, 317, 322, 338, 339
_PROFILE = 34675
_NONE, _DIFFERENCING, _FLOATING = 1, 2, 3  # predictors
_ROWS = 64  # at a time: all numbers of a picture take much memory
_LONG = 4


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the numbers lie in the bytes."""

    samples: int
    block: int  # columns that were predicted together: a tile's or all
    columns: int  # with those that fill up the last tile
    is_predicted: bool
    is_planar: bool
    is_little_endian: bool


class FloatTiff(ImageFile.ImageFile):
    """A picture of three or four 32-bit numbers a pixel, decoded to 8 bits when it is loaded."""

    format = "TIFF"
    format_description = "TIFF of floating-point RGB"

    def _open(self) -> None:
        assert self.fp is not None
        self._tags = _tags(self.fp)
        bits, form = self._tags.get(_BITS, ()), self._tags.get(_FORMAT, ())
        samples = self._tags.get(_SAMPLES, 1)
        is_ours = samples in (3, 4) and set(bits) == {32} and set(form) == {3}
        if (
            not is_ours
            or self._tags.get(_PHOTOMETRIC) != 2
            or not {_WIDTH, _HEIGHT} <= set(self._tags)
        ):
            raise SyntaxError("not a TIFF of floating-point RGB")
        self._layout = _layout(self._tags)
        self._size = (self._tags[_WIDTH], self._tags[_HEIGHT])
        self._mode = "RGBA" if samples == 4 else "RGB"
        if _PROFILE in self._tags:
            self.info["icc_profile"] = self._tags[_PROFILE]
        self._is_loaded = False

    def getexif(self) -> Image.Exif:
        """Read the facts as those of any TIFF are read."""
        if self._exif is None:
            assert self.fp is not None
            self._exif = Image.Exif()
            self.fp.seek(0)
            self._exif.load_from_fp(self.fp)
        return self._exif

    def load(self) -> Any:
        """Decode, and scale so that 1.0 is white."""
        if not self._is_loaded:
            assert self.fp is not None
            self.fp.seek(0)
            disguised = _disguised(self.fp.read(), self._tags, self._layout)
            with Image.open(BytesIO(disguised), formats=("TIFF",)) as raw:
                self.im = _picture(raw, self._layout, self.size).im
            self._is_loaded = True
        return Image.Image.load(self)


def register() -> None:
    """Let Pillow open such files; ask for it by PLUGIN, after TIFF."""
    Image.register_open(PLUGIN, FloatTiff, _looks_like_tiff)


def _looks_like_tiff(prefix: bytes) -> bool:
    return prefix[:4] in (b"II*\0", b"MM\0*")


def _tags(fp: Any) -> Any:
    tags = TiffImagePlugin.ImageFileDirectory_v2(fp.read(8))
    fp.seek(tags.next)
    tags.load(fp)
    return tags


def _layout(tags: Any) -> _Layout:
    predictor = tags.get(_PREDICTOR, _NONE)
    if predictor not in (_NONE, _FLOATING):
        raise SyntaxError("its numbers are stored in an unusual way")
    width = tags[_WIDTH]
    block = tags.get(_TILE_WIDTH, width)
    return _Layout(
        samples=tags.get(_SAMPLES, 1),
        block=block,
        columns=-(-width // block) * block,
        is_predicted=predictor == _FLOATING,
        is_planar=tags.get(_PLANAR, 1) == 2,
        is_little_endian=tags.prefix == b"II",
    )


def _disguised(content: bytes, tags: Any, layout: _Layout) -> bytes:
    """Return a copy of the file whose tags tell of bytes in place of numbers."""
    copy = bytearray(content)
    order = "<" if layout.is_little_endian else ">"
    count = struct.unpack_from(order + "H", copy, tags.offset)[0]
    values = {
        _WIDTH: 4 * layout.columns,
        _TILE_WIDTH: 4 * layout.block,
        _ORIENTATION: 1,
        _PREDICTOR: _DIFFERENCING if layout.is_predicted else _NONE,
        _EXTRA: 2,
    }
    for number in range(count):
        at = tags.offset + 2 + 12 * number
        tag, _, length = struct.unpack_from(order + "HHL", copy, at)
        if tag in (_BITS, _FORMAT):
            value = 8 if tag == _BITS else 1
            place = at + 8 if length < 3 else struct.unpack_from(order + "L", copy, at + 8)[0]
            struct.pack_into(f"{order}{length}H", copy, place, *[value] * length)
        elif tag in values:
            struct.pack_into(order + "HLL", copy, at + 2, _LONG, 1, values[tag])
    return bytes(copy)


def _picture(raw: Image.Image, layout: _Layout, size: tuple[int, int]) -> Image.Image:
    raw.load()
    colours = (band for bands in _numbers(raw, layout) for band in bands[:3])
    white = depth.usual_white(max(depth.brightest(band) for band in colours))
    picture = Image.new("RGBA" if layout.samples == 4 else "RGB", size)
    top = 0
    for bands in _numbers(raw, layout):
        scaled = [depth.scaled(band, white=white) for band in bands[:3]]
        scaled += [depth.scaled(band, white=1.0) for band in bands[3:]]  # alpha
        picture.paste(Image.merge(picture.mode, scaled), (0, top))
        top += _ROWS
    return picture


def _numbers(raw: Image.Image, layout: _Layout) -> Iterator[list[Image.Image]]:
    """Yield the bands of some rows at a time, as numbers."""
    for top in range(0, raw.height, _ROWS):
        rows = raw.crop((0, top, raw.width, min(top + _ROWS, raw.height)))
        if layout.is_planar:
            yield [_floats(band, layout, samples=1)[0] for band in rows.split()]
        else:
            yield _floats(rows, layout, samples=layout.samples)


def _floats(rows: Image.Image, layout: _Layout, *, samples: int) -> list[Image.Image]:
    """Return the bands whose numbers lie side by side in the bytes of some rows."""
    height = rows.height
    size = (layout.columns * samples, height)
    content = rows.tobytes()
    if layout.is_predicted:
        content = _in_order(content, layout, samples=samples, height=height)
    is_little = layout.is_predicted or layout.is_little_endian
    numbers = Image.frombytes("F", size, content, "raw", "F;32F" if is_little else "F;32BF")
    return [
        numbers.transform(
            (layout.columns, height),
            Image.Transform.AFFINE,
            (samples, 0, band + (1 - samples) / 2, 0, 1, 0),
        )
        for band in range(samples)
    ]


def _in_order(content: bytes, layout: _Layout, *, samples: int, height: int) -> bytes:
    """Bring together the four bytes of each number: a block holds all first ones, all second …"""
    width = layout.block * samples
    stored = Image.frombytes("L", (4 * layout.columns * samples, height), content)
    ordered = Image.new("RGBA", (layout.columns * samples, height))
    for left in range(0, ordered.width, width):
        planes = [
            stored.crop((4 * left + width * place, 0, 4 * left + width * (place + 1), height))
            for place in (3, 2, 1, 0)  # the least significant byte first
        ]
        ordered.paste(Image.merge("RGBA", planes), (left, 0))
    return ordered.tobytes()
