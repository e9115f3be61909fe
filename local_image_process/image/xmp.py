"""Read XMP (ISO 16684-1), embedded or in a sidecar: the few properties that a gallery shows."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from xml.parsers import expat

from ..errors import SidecarError
from . import clock, text
from .told import Told, unique

BYTES_MAX = 4 << 20
DEPTH_MAX = 64
PARTS_MAX = 100_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_PADDING = b"\0 \t\r\n"  # around an embedded packet
_TEXT_MAX = 20_000  # characters of one value; the rest is passed over
_ITEMS_MAX = 1000

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_DC, _XAP = "http://purl.org/dc/elements/1.1/ ", "http://ns.adobe.com/xap/1.0/ "
_EXIF, _EXIF_EX = "http://ns.adobe.com/exif/1.0/ ", "http://cipa.jp/exif/1.0/ "
_AUX = "http://ns.adobe.com/exif/1.0/aux/ "
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/ "
_MICROSOFT = ("http://ns.microsoft.com/photo/1.0/ ", "http://ns.microsoft.com/photo/1.0 ")
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"

_PROPERTIES = {
    f"{_DC}title": "dc:title",
    f"{_DC}description": "dc:description",
    f"{_DC}subject": "dc:subject",
    f"{_DC}creator": "dc:creator",
    f"{_DC}rights": "dc:rights",
    f"{_XAP}Rating": "xmp:Rating",
    **{f"{namespace}Rating": "MicrosoftPhoto:Rating" for namespace in _MICROSOFT},
    f"{_EXIF_EX}LensModel": "exifEX:LensModel",
    f"{_AUX}Lens": "aux:Lens",
    f"{_EXIF}DateTimeOriginal": "exif:DateTimeOriginal",
    f"{_PHOTOSHOP}DateCreated": "photoshop:DateCreated",
}
_TIMES = ("exif:DateTimeOriginal", "photoshop:DateCreated")
_LENSES = ("exifEX:LensModel", "aux:Lens")
_LANGUAGES = ("zh", "x-default")  # what is wanted first, and then; else what stands first


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a property, or one item of its list."""

    text: str
    language: str | None = None  # "x-default", "zh-CN"


Properties = Mapping[str, tuple[Value, ...]]  # by name, like "dc:title"
NONE: Properties = MappingProxyType({})


def read(content: bytes) -> Told:
    """Return what a packet or a sidecar file tells.

    Raises SidecarError when it is not XMP, or larger or deeper than any.
    """
    found = properties(content)
    return Told(
        title=_words(_preferred(found, "dc:title")),
        description=_words(text.cleaned_lines(_preferred(found, "dc:description"))),
        keywords=unique(text.cleaned(value.text) for value in found.get("dc:subject", ())),
        rating=_rating(found),
        artist=text.cleaned("; ".join(value.text for value in found.get("dc:creator", ()))),
        copyright=text.cleaned(_preferred(found, "dc:rights")),
        lens=next(filter(None, (text.cleaned(_preferred(found, name)) for name in _LENSES)), None),
        moment=clock.of_xmp({n: text.cleaned(_preferred(found, n)) or "" for n in _TIMES}),
    )


def properties(content: bytes) -> Properties:
    """Return the properties that are wanted, of the top level.

    A document type declaration is refused, so that there are no entities to expand and nothing
    to fetch. Raises SidecarError when it is not XMP, or larger or deeper than any.
    """
    if len(content) > BYTES_MAX:
        raise SidecarError(f"more than {BYTES_MAX >> 20} MB of XMP; save it without its history")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(content if content[:2] in _UTF_16 else content.strip(_PADDING), True)
    except expat.ExpatError as error:
        raise SidecarError(f"not valid XMP ({error}); save it again") from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise SidecarError(f"XMP in an unknown encoding ({error}); save it as UTF-8") from error
    return {name: tuple(values) for name, values in reader.found.items()}


def _refuse_doctype(*_: object) -> None:
    raise SidecarError("XMP with a document type declaration, which none has; save it again")


@dataclass(slots=True)
class _Reader:
    """Collects the wanted properties as the parser comes by them."""

    found: dict[str, list[Value]] = field(default_factory=dict)
    _path: list[str] = field(default_factory=list)
    _parts: int = 0
    _property: str | None = None  # inside which we are
    _depth: int = 0  # of its element
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _language: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        self._parts += 1 + len(attributes)
        if len(self._path) >= DEPTH_MAX or self._parts > PARTS_MAX:
            raise SidecarError("XMP nested too deeply or with too many parts; save it again")
        self._path.append(name)
        if self._is_description():
            for key, value in attributes.items():
                self._note(_PROPERTIES.get(key), value, None)
        elif self._property is None and name in _PROPERTIES and self._is_description(-2):
            self._property, self._depth = _PROPERTIES[name], len(self._path)
        self._pieces, self._length, self._language = [], 0, attributes.get(_LANGUAGE)

    def end(self, name: str) -> None:
        """Leave an element: a simple property, or an item of a list, is complete."""
        depth = len(self._path)
        is_simple = depth == self._depth and self._property not in self.found
        if self._property is not None and (is_simple or name == f"{_RDF}li"):
            self._note(self._property, "".join(self._pieces), self._language)
        self._path.pop()
        if depth == self._depth:
            self._property, self._depth = None, 0
        self._pieces, self._length = [], 0

    def characters(self, piece: str) -> None:
        """Take a piece of text."""
        if self._property is not None and self._length < _TEXT_MAX:
            self._pieces.append(piece[:_TEXT_MAX])
            self._length += len(piece)

    def _is_description(self, at: int = -1) -> bool:
        return self._path[at - 1 : at + 1 or None] == [f"{_RDF}RDF", f"{_RDF}Description"]

    def _note(self, name: str | None, value: str, language: str | None) -> None:
        values = self.found.setdefault(name, []) if name is not None and value.strip() else None
        if values is not None and len(values) < _ITEMS_MAX:
            values.append(Value(value[:_TEXT_MAX], language))


def _preferred(found: Properties, name: str) -> str:
    """Return one of the languages of a text; "" where there is none."""
    values = found.get(name, ())
    return next(_in_order(values), Value("")).text


def _in_order(values: tuple[Value, ...]) -> Iterator[Value]:
    for language in _LANGUAGES:
        yield from (v for v in values if (v.language or "").lower().startswith(language))
    yield from values


def _words(found: str | None) -> str | None:
    found = text.cleaned_lines(found or "")
    return found if found and text.is_words(found) else None


def _rating(found: Properties) -> int | None:
    stars = _number(_preferred(found, "xmp:Rating"))
    if stars is not None:
        return round(stars) if -1 <= stars <= 5 else None
    percent = _number(_preferred(found, "MicrosoftPhoto:Rating"))
    return stars_of_percent(percent) if percent is not None else None


def stars_of_percent(percent: float) -> int | None:
    """Return stars of Windows' scale, where 1, 25, 50, 75 and 99 are one to five."""
    if not 0 <= percent <= 100:
        return None
    return min(5, 1 + round(percent / 25)) if percent else 0


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
