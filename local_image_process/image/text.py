"""Make clean text of what cameras and editors put into files, in whatever encoding."""

import re

SHORT, LONG = 500, 5000  # characters: of a name or a title; of a description
_CHINESE = re.compile(rb"(?:[\0-\x7f]|[\xa1-\xf7][\xa1-\xfe])*")  # pairs of GB 2312, as in GBK
_JOINER = "\u200d"  # holds emoji together
_NO_WORDS = re.compile(  # what cameras and their software fill in where nobody wrote anything
    r"""
    (olympus|konica\ minolta|minolta|sanyo|samsung|kodak|casio)?\ *digital\ (still\ ?)?camera
    | sony\ dsc | minolta\ dsc | lead\ technologies.* | dcim\\\d{3}.* | exif[_ ]jpeg.*
    | default | untitled | picture | camera | image | jpeg | none | null | unknown | -+
    | cof | dav | edf | hdr(pl)? | ptr | rbt | rhdr | sdr
    """,
    re.IGNORECASE | re.VERBOSE,
)


def decoded(raw: bytes) -> str:
    """Decode what does not name its encoding: UTF-8, Chinese Windows, or else Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030" if _CHINESE.fullmatch(raw) else "latin-1")


def cleaned(text: str, limit: int = SHORT) -> str | None:
    """Return the text on one line, without what cannot be printed; ``None`` if nothing is left."""
    return _trimmed("".join(map(_printed, text)), limit)


def cleaned_lines(text: str, limit: int = LONG) -> str | None:
    """Return a text that may have several lines; ``None`` if nothing is left of it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _trimmed("\n".join("".join(map(_printed, line)).rstrip() for line in lines), limit)


def is_words(text: str) -> bool:
    """Tell whether a person wrote it: "OLYMPUS DIGITAL CAMERA" describes no picture."""
    return _NO_WORDS.fullmatch(text) is None


def _printed(character: str) -> str:
    if character.isprintable() or character == _JOINER:
        return character
    return " " if character.isspace() else ""


def _trimmed(text: str, limit: int) -> str | None:
    return text.strip()[:limit].strip() or None
