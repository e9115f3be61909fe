"""Text packed piece by piece, so that pieces made at different times join to one gzip file.

Each piece is compressed on its own and ends at a whole byte, with an empty stored block
(RFC 1951, 3.2.4; zlib's Z_SYNC_FLUSH). So pieces may stand one after the other in one stream, and
a change costs the compression of its own piece.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 6
SHORT_BYTES = 16
RAW = -15  # window bits of a stream without header
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952: no time, no name
LAST_BLOCK = b"\x03\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """One album's part of every public file, by the file's name, each packed."""

    album_id: str
    date: str
    is_mirrored: bool  # it lies in the bucket already
    packed: Mapping[str, bytes]


def pack(text: str) -> bytes:
    """Compress a piece of text."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    return packer.compress(text.encode("utf-8")) + packer.flush(zlib.Z_SYNC_FLUSH)


def unpack(piece: bytes) -> bytes:
    """Return the text of a piece, in UTF-8."""
    return _separator(piece) if len(piece) <= SHORT_BYTES else _unpacked(piece)


def _unpacked(piece: bytes) -> bytes:
    return zlib.decompressobj(RAW).decompress(piece)


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


def gzip_file(pieces: Iterable[bytes], *, text: bytes | None = None) -> bytes:
    """Join pieces to the bytes of a gzip file (RFC 1952); ``text`` where it is at hand."""
    joined = list(pieces)
    checksum = size = 0
    for part in map(unpack, joined) if text is None else (text,):
        checksum, size = zlib.crc32(part, checksum), size + len(part)
    trailer = struct.pack("<II", checksum, size & 0xFFFFFFFF)
    return b"".join((GZIP_HEADER, *joined, LAST_BLOCK, trailer))
