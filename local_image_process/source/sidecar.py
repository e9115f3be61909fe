"""The user's own words on an album: a YAML file in the photo folder."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote

import yaml

from ..errors import SidecarAway, SidecarError
from ..model import Sidecar
from ..spelling import misspelt

SIDECAR_BYTES_MAX = 256 * 1024
SIDECAR_SUFFIXES = (".yaml", ".yml")
KEYS = ("title", "date", "location", "desc", "description", "cover", "order", "hidden", "gps")
DEPTH_MAX = 20
PARTS_MAX = 200_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = "tag:yaml.org,2002:null"
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt\s].*)?", re.DOTALL)
_TRUE = frozenset(["true", "yes", "on", "y", "1", "是"])
_PRECISIONS = ("exact", "coarse")
_FALSE = frozenset(["false", "no", "off", "n", "0", "否"])


def choose(names: Sequence[str]) -> str | None:
    """Return which of a folder's files is its sidecar.

    Raises SidecarError if there are several and none is called info.yaml.
    """
    candidates = sorted(name for name in names if name.lower().endswith(SIDECAR_SUFFIXES))
    for preferred in ("info.yaml", "info.yml"):
        for name in candidates:
            if name.lower() == preferred:
                return name
    if len(candidates) > 1:
        raise SidecarError(
            f"{', '.join(candidates)}: several YAML files describe one album;"
            " keep one of them, or call it info.yaml."
        )
    return candidates[0] if candidates else None


def read(path: Path) -> Sidecar:
    """Return what a sidecar says; unknown keys are passed over, but for slips of the pen.

    Raises SidecarError, with the line and what to do, if it cannot be understood.
    """
    where = f"{path.parent.name}/{path.name}"
    fields = _fields(_text(path, where), where)
    for word, meant in misspelt(fields, KEYS).items():
        line = _line(fields[word])
        raise SidecarError(f"{where}: line {line}: '{word}' is unknown; write '{meant}'.")

    def text(name: str) -> str | None:
        return _scalar(fields.get(name), name, where)

    return Sidecar(
        title=text("title"),
        date=_date(text("date")),
        location=_location(fields.get("location"), where),
        desc=text("desc") or text("description"),
        cover=_file_name(text("cover")),
        order=_order(fields.get("order"), where),
        hidden=_hidden(fields.get("hidden"), where),
        gps=_precision(text("gps")),
    )


def read_in_bucket(content: bytes, where: str) -> Sidecar:
    """Return what an album's YAML in a bucket says; its list of images is the order.

    Raises SidecarError, with the line and what to do, if it cannot be understood.
    """
    fields = _fields(_decoded(content, where), where)

    def text(name: str) -> str | None:
        return _scalar(fields.get(name), name, where)

    images = _images(fields.get("images"), where)
    return Sidecar(
        title=text("title"),
        date=_date(text("date")),
        location=_location(fields.get("location"), where),
        desc=text("desc") or text("description"),
        cover=images[0] if images else None,
        order=images or "time",
        hidden=_hidden(fields.get("hidden"), where),
        gps=_precision(text("gps")),
    )


def place_in(words: Sidecar) -> str | None:
    """Return the name of the place that an album's YAML tells; coordinates are none."""
    location = words.location
    return None if location is None or _coordinates(re.split("[,，]", location)) else location


def text_of(content: bytes) -> str:
    """Decode what a person's editor wrote: UTF-8, UTF-16 with its mark, or GBK (Chinese Windows).

    Raises UnicodeDecodeError if it is none of them.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _text(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(SIDECAR_BYTES_MAX + 1)
    except OSError as error:
        raise SidecarAway(
            f"{where}: cannot be read ({error.strerror}); check its permissions."
        ) from error
    if len(content) > SIDECAR_BYTES_MAX:
        limit_kib = SIDECAR_BYTES_MAX // 1024
        raise SidecarError(f"{where}: larger than {limit_kib} KB; shorten it, or rename it.")
    return _decoded(content, where)


def _decoded(content: bytes, where: str) -> str:
    try:
        return text_of(content)
    except UnicodeDecodeError as error:
        raise SidecarError(f"{where}: not a text file; save it as UTF-8.") from error


def _fields(text: str, where: str) -> dict[str, yaml.Node]:
    """Return the nodes of the outermost mapping, by lower-case name.

    Nodes and not values: a number or a date keeps the user's spelling, and aliases and merges,
    which can make gigabytes of a kilobyte, are never expanded.
    """
    try:
        _check_size(text, where)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise SidecarError(f"{where}: {_problem(error)}") from error
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise SidecarError(
            f"{where}: line {_line(root)}: not 'name: value' lines;"
            " write 'title: 上海', with an ordinary colon and a space behind it."
        )
    return {
        key.value.strip().lower(): value
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode) and value.tag != _NULL
    }


def _check_size(text: str, where: str) -> None:
    """Raise SidecarError for what costs too much memory, or the C composer's stack: it crashes."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if number > PARTS_MAX:
            raise SidecarError(f"{where}: far too many values for an album; shorten it.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            raise SidecarError(
                f"{where}: line {_line(event)}: nested too deeply; write plain 'title: …' lines."
            )


def _problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f"line {mark.line + 1}: " if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    advice = "indent with spaces, and put a value with : or # in it into quotation marks."
    return f"{line}{problem}; {advice}"


def _line(part: yaml.Node | yaml.Event) -> int:
    return int(part.start_mark.line) + 1 if part.start_mark else 0


def _wrong_kind(node: yaml.Node, field: str, where: str, wanted: str) -> SidecarError:
    return SidecarError(f"{where}: line {_line(node)}: '{field}' must be {wanted}.")


def _scalar(node: yaml.Node | None, field: str, where: str) -> str | None:
    if node is None:
        return None
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong_kind(node, field, where, "a single text, not a list or a group of lines")
    return str(node.value).strip() or None


def _scalars(node: yaml.SequenceNode) -> list[str] | None:
    """Return the texts of a list; ``None`` if it holds anything else."""
    if all(isinstance(item, yaml.ScalarNode) for item in node.value):
        return [str(item.value).strip() for item in node.value]
    return None


def _date(text: str | None) -> str | None:
    """Return a date or a time as YYYY-MM-DD, other words as they are."""
    match = _ISO_DATE.fullmatch(text or "")
    if not match:
        return text
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:  # the 31st of February
        return text


def _location(node: yaml.Node | None, where: str) -> str | None:
    """Return "lon, lat", also from a list of two numbers, or the user's words."""
    if isinstance(node, yaml.SequenceNode):
        pair = _coordinates(_scalars(node) or [])
        if pair is None:
            raise _wrong_kind(node, "location", where, "two numbers: longitude, latitude")
        return pair
    text = _scalar(node, "location", where)
    return _coordinates(re.split("[,，]", text)) or text if text else None


def _coordinates(parts: Sequence[str]) -> str | None:
    """Return "lon, lat" as typed, if the parts are a longitude and a latitude."""
    try:
        longitude_deg, latitude_deg = (float(part) for part in parts)
    except ValueError:  # not numbers, or not two
        return None
    if not (abs(longitude_deg) <= 180 and abs(latitude_deg) <= 90):
        return None
    return ", ".join(part.strip() for part in parts)


def _file_name(text: str | None) -> str | None:
    return normalize("NFC", text) if text else None


def _order(node: yaml.Node | None, where: str) -> str | tuple[str, ...]:
    if isinstance(node, yaml.SequenceNode):
        names = _scalars(node)
        if names is None:
            raise _wrong_kind(node, "order", where, "a list of file names only")
        return tuple(normalize("NFC", name) for name in names if name)
    text = _scalar(node, "order", where)
    if node is None or text is None:
        return "time"
    if text.lower() not in ("time", "name"):
        raise _wrong_kind(node, "order", where, "time, name, or a list of file names")
    return text.lower()


def _images(node: yaml.Node | None, where: str) -> tuple[str, ...]:
    """Return the file names of a list of addresses."""
    if not isinstance(node, yaml.SequenceNode):
        return ()
    addresses = _scalars(node)
    if addresses is None:
        raise _wrong_kind(node, "images", where, "a list of addresses only")
    names = (unquote(a.partition("?")[0]).rpartition("/")[2] for a in addresses)
    return tuple(normalize("NFC", name) for name in names if name)


def _hidden(node: yaml.Node | None, where: str) -> bool:
    text = _scalar(node, "hidden", where)
    if node is None or text is None:
        return False
    if text.lower() not in _TRUE | _FALSE:
        raise _wrong_kind(node, "hidden", where, "true or false")
    return text.lower() in _TRUE


def _precision(text: str | None) -> str | None:
    """Return how precise coordinates may be; a word that means nothing to us keeps them secret."""
    if text is None:
        return None
    return text.lower() if text.lower() in _PRECISIONS else "none"
