"""Say in a photographer's words why a file cannot be shown, and what to do."""

from PIL import UnidentifiedImageError

_AGAIN = "copy it again"
_INSTEAD = "export it as a JPEG, or move it out of the photo folder"
_FOREIGN = (  # how files begin that are often named like pictures
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"FUJIFILMCCD-RAW", "raw camera data"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
)
_OURS = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"RIFF",
    b"II*\0",
    b"MM\0*",
    b"BM",
    b"GIF8",
    b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
)
_OUR_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
_CUT_OFF = ("truncated", "unexpected end", "incomplete", "end of file", "not enough data")


def of_reading(error: OSError) -> str:
    """Say why the file could not be read from its disk."""
    if isinstance(error, PermissionError):
        return "permission denied: allow the gallery's account to read it"
    cause = error.strerror or type(error).__name__
    return f"the file could not be read ({cause}); check the disk or the network share"


def of_decoding(error: Exception, content: bytes) -> str:
    """Say why the bytes gave no picture."""
    if isinstance(error, MemoryError):
        return "the picture needs more memory than there is; save a smaller copy of it"
    if isinstance(error, UnidentifiedImageError):
        return of_unknown(content)
    words = " ".join(str(error).split())[:120] or type(error).__name__
    if "MAX_TEXT" in words:
        return "the PNG holds more text than is allowed; save it again without its text"
    if any(sign in words.lower() for sign in _CUT_OFF):
        return f"the file is cut off (truncated); {_AGAIN}"
    return f"the picture is damaged ({words}); {_AGAIN}, or export it again"


def of_unknown(content: bytes) -> str:
    """Say what bytes are that no decoder takes for its own."""
    if not content.strip(b"\0"):
        return f"the file holds nothing but zeros, its copying has not ended well; {_AGAIN}"
    if content.startswith(_OURS) or (content[4:8] == b"ftyp" and content[8:12] in _OUR_BRANDS):
        return f"the file is damaged or cut off; {_AGAIN}"
    return f"this is not a picture that can be opened (it holds {_kind(content)}); {_INSTEAD}"


def _kind(content: bytes) -> str:
    for beginning, kind in _FOREIGN:
        if content.startswith(beginning):
            return kind
    if content[4:8] == b"ftyp":
        return "a video"
    return "text" if _is_text(content[:512]) else "unknown data"


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    return len(text) >= len(head) / 4 and all(c.isprintable() or c.isspace() for c in text)
