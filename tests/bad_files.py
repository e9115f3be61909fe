"""Files that bear a photo's name and are none: what people and broken disks really leave."""

import io
import struct
import zlib

from PIL import Image


def _jpeg(**save: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(buffer, "JPEG", **save)
    return buffer.getvalue()


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG whose header says what is asked and whose pixels are not there."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    parts = [(b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def _text_bomb() -> bytes:
    packed = zlib.compress(bytes(100_000_000))
    return _png(16, 16, (b"zTXt", b"Comment\0\0" + packed))


WHOLE = _jpeg(quality=90)

# by what is wrong: file name, content, words of the reason that is told
BAD_FILES: dict[str, tuple[bytes, bytes, str]] = {
    "truncated": (b"cut off.jpg", WHOLE[: len(WHOLE) // 2], "copy it again"),
    "empty": (b"empty.jpg", b"", "empty"),
    "text": (b"letter.jpg", b"Dear photographer,\n" * 40, "not a picture"),
    "decompression bomb": (b"bomb.png", _png(60_000, 60_000), "MAX_MEGAPIXELS"),
    "text bomb": (b"chatty.png", _text_bomb(), "text"),
    "invalid UTF-8": (b"broken \xff\xfe name.jpg", WHOLE, "UTF-8"),
    "zero tail": (b"reserved.jpg", WHOLE[:2000] + bytes(60_000), "copy"),
}
