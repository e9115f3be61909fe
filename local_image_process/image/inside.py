"""What a WebP holds beside its picture: looked for where nothing may have slipped out."""

from collections.abc import Iterator

HEADER_BYTES = 12  # "RIFF", size, "WEBP"
PICTURE = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})


def chunks(content: bytes) -> Iterator[bytes]:
    """Yield the names of a WebP's chunks (RIFF container, RFC 9649 section 2)."""
    position = HEADER_BYTES
    while position + 8 <= len(content):
        yield content[position : position + 4]
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        position += 8 + size + size % 2


def is_webp(content: bytes) -> bool:
    """Tell whether it looks like a WebP at all."""
    return content[:4] == b"RIFF" and content[8:HEADER_BYTES] == b"WEBP"


def surplus(content: bytes) -> list[str]:
    """Return what a rendition holds that is neither picture nor colour profile: "EXIF", "XMP"."""
    return [
        name.decode("ascii", "replace").strip() for name in chunks(content) if name not in PICTURE
    ]
