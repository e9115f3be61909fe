"""What a WebP holds beside its picture: looked for where nothing may have slipped out."""

from collections.abc import Iterator

from . import embedded

EXIF = b"EXIF"
HEADER_BYTES = 12  # "RIFF", size, "WEBP"
PICTURE = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the names of a WebP's chunks and what they hold (RIFF, RFC 9649 section 2)."""
    position = HEADER_BYTES
    while position + 8 <= len(content):
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        yield content[position : position + 4], content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def is_webp(content: bytes) -> bool:
    """Tell whether it looks like a WebP at all."""
    return content[:4] == b"RIFF" and content[8:HEADER_BYTES] == b"WEBP"


def surplus(content: bytes) -> list[str]:
    """Return what a rendition holds beside picture, colour profile and what may leave: "XMP"."""
    found = []
    for name, held in chunks(content):
        if name == EXIF:
            found += embedded.surplus(held)
        elif name not in PICTURE:
            found.append(name.decode("ascii", "replace").strip())
    return found
