"""Read IPTC-IIM (version 4.2): the words that agencies and older programs put into a photo."""

from collections.abc import Iterator
from itertools import islice

from . import clock, text
from .told import Told, unique

BYTES_MAX = 1 << 20
_DATASETS_MAX = 2000
_MARKER = 0x1C
_EXTENDED = 0x8000  # of a length: it is the length of the length (1.5)
_CHARACTER_SET, _UTF_8 = (1, 90), b"\x1b%G"
_TITLE, _KEYWORD, _DATE, _TIME = (2, 5), (2, 25), (2, 55), (2, 60)
_BY_LINE, _COPYRIGHT, _CAPTION = (2, 80), (2, 116), (2, 120)

_Datasets = dict[tuple[int, int], list[bytes]]


def read(content: bytes) -> Told:
    """Return what the datasets tell; what follows a damaged one is not read."""
    found: _Datasets = {}
    for number, value in islice(_datasets(content[:BYTES_MAX]), _DATASETS_MAX):
        found.setdefault(number, []).append(value)
    is_utf_8 = found.get(_CHARACTER_SET, [b""])[0] == _UTF_8

    def texts(number: tuple[int, int]) -> list[str]:
        return [_decoded(value, is_utf_8=is_utf_8) for value in found.get(number, ())]

    def single(number: tuple[int, int]) -> str:
        return next(iter(texts(number)), "")

    return Told(
        title=_words(single(_TITLE)),
        description=_words(single(_CAPTION)),
        keywords=unique(map(text.cleaned, texts(_KEYWORD))),
        artist=text.cleaned("; ".join(texts(_BY_LINE))),
        copyright=text.cleaned(single(_COPYRIGHT)),
        moment=_moment(single(_DATE), single(_TIME)),
    )


def _datasets(content: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    while at + 5 <= len(content) and content[at] == _MARKER:
        number = (content[at + 1], content[at + 2])
        length = int.from_bytes(content[at + 3 : at + 5], "big")
        at += 5
        if length & _EXTENDED:
            width = length & ~_EXTENDED
            length = int.from_bytes(content[at : at + width], "big") if width <= 4 else len(content)
            at += width
        if at + length > len(content):
            return
        yield number, content[at : at + length]
        at += length


def _decoded(value: bytes, *, is_utf_8: bool) -> str:
    return value.decode("utf-8", "replace") if is_utf_8 else text.decoded(value)


def _words(value: str) -> str | None:
    found = text.cleaned_lines(value)
    return found if found and text.is_words(found) else None


def _moment(day: str, time: str) -> clock.Moment | None:
    """Return the wall clock; its zone is left out, for programs fill in that of the computer."""
    spelt = f"{day[:4]}:{day[4:6]}:{day[6:8]} {time[:2]}:{time[2:4]}:{time[4:6]}"
    found = clock.time_in(spelt)
    return clock.Moment(found) if found else None
