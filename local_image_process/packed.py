"""Text packed piece by piece, so that pieces made at different times join to one gzip file.

Each piece is compressed on its own and ends at a whole byte, with an empty stored block
(RFC 1951, 3.2.4; zlib's Z_SYNC_FLUSH). So pieces may stand one after the other in one stream, and
a change costs the compression of its own piece.

A gzip file ends with the CRC-32 of its text, and that of texts joined can be had from theirs: for
a text T, crc(T, start) is crc(as many zeros, start) xor something that T alone decides. Each piece
carries that, and the size of its text, behind it; so nothing is unpacked to be joined. As many
zeros multiply a CRC by what their number alone decides, which is remembered.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 6
SHORT_BYTES = 24
FORM = 2  # of pieces; those of another one are not read
RAW = -15  # window bits of a stream without header
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952: no time, no name
LAST_BLOCK = b"\x03\x00"
ONE, POLYNOMIAL = 1 << 31, 0xEDB88320  # of CRC-32, as it is reflected
FEW_BYTES = 4096  # so many zeros are looked at in a microsecond
KEPT = 50_000  # sizes of pieces; a change leaves nearly all as they were
_BEHIND = struct.Struct("<II")  # a piece: what its text alone does to a checksum, and its size
_ZEROS = memoryview(bytes(64 * 1024))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """One album's part of every public file, by the file's name, each packed."""

    album_id: str
    date: str
    is_mirrored: bool  # it lies in the bucket already
    packed: Mapping[str, bytes]


def pack(text: str) -> bytes:
    """Compress a piece of text."""
    content = text.encode("utf-8")
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    packed = packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed + _BEHIND.pack(zlib.crc32(content) ^ _after_zeros(0, len(content)), len(content))


def unpack(piece: bytes) -> bytes:
    """Return the text of a piece, in UTF-8."""
    return _separator(piece) if len(piece) <= SHORT_BYTES else _unpacked(piece)


def _unpacked(piece: bytes) -> bytes:
    return zlib.decompressobj(RAW).decompress(memoryview(piece)[: -_BEHIND.size])


_separator = lru_cache(maxsize=16)(_unpacked)  # half of all pieces are the same comma


def enclosed(pieces: Iterable[bytes], before: str, after: str) -> Iterator[bytes]:
    """Yield the pieces of a whole file: a comma and a line's end between, words around."""
    yield pack(before)
    between = pack(",\n")
    for number, piece in enumerate(pieces):
        if number:
            yield between
        yield piece
    yield pack(after)


def gzip_file(pieces: Iterable[bytes]) -> bytes:
    """Join pieces to the bytes of a gzip file (RFC 1952)."""
    joined = [GZIP_HEADER]
    checksum = size = 0
    for piece in pieces:
        own, length = _BEHIND.unpack_from(piece, len(piece) - _BEHIND.size)
        joined.append(piece[: -_BEHIND.size])
        checksum, size = _after_zeros(checksum, length) ^ own, size + length
    return b"".join((*joined, LAST_BLOCK, struct.pack("<II", checksum, size & 0xFFFFFFFF)))


def _after_zeros(checksum: int, size: int) -> int:
    """Return a CRC-32 as it is after so many bytes of nothing more."""
    if size <= FEW_BYTES:
        return zlib.crc32(_ZEROS[:size], checksum)
    return _times(_shift(size), checksum) ^ _zeros(size)


@lru_cache(maxsize=KEPT)
def _zeros(size: int) -> int:
    checksum = 0
    for start in range(0, size, len(_ZEROS)):
        checksum = zlib.crc32(_ZEROS[: size - start], checksum)
    return checksum


@lru_cache(maxsize=KEPT)
def _shift(size: int) -> int:
    """Return x to the power of the bits of so many bytes, modulo CRC-32's polynomial.

    A CRC is the remainder of a polynomial over GF(2), its highest power in the lowest bit
    (RFC 1952, 8); more bytes behind it multiply it by that.
    """
    power, square = ONE, ONE >> 8  # x ** 8
    while size:
        if size & 1:
            power = _times(power, square)
        square, size = _times(square, square), size >> 1
    return power


def _times(one: int, other: int) -> int:
    """Multiply two remainders, modulo CRC-32's polynomial."""
    product = 0
    while one:
        if one & ONE:
            product ^= other
        one = one << 1 & 0xFFFFFFFF
        other = other >> 1 ^ POLYNOMIAL if other & 1 else other >> 1
    return product
