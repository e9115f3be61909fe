"""The words of albums that only the predecessor knows, as info.yaml to be copied. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

FIELDS = ("title", "date", "location", "desc")
LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """An info.yaml that an album's folder lacks."""

    album_id: str
    folder: str  # in the library
    content: bytes


def words_of(
    album_id: str, folder: str, told: Mapping[str, Any], files: Mapping[str, str]
) -> Words | None:
    """Return what ``albums.json`` says of an album; ``None`` if it is no more than its name.

    ``files`` are the names of its files by their pictures' names.
    """
    said = {name: _text(told.get(name)) for name in FIELDS}
    lines = {name: text for name, text in said.items() if text}
    if lines.get("title") in {album_id, folder.rpartition("/")[2]}:
        del lines["title"]
    if cover := _cover(told, files):
        lines["cover"] = cover
    if not lines.keys() - {"cover"}:
        return None
    text = "".join(
        f"{name}: {json.dumps(text, ensure_ascii=False)}\n" for name, text in lines.items()
    )
    return Words(album_id=album_id, folder=folder, content=text.encode())


def _cover(told: Mapping[str, Any], files: Mapping[str, str]) -> str | None:
    images = told.get("images")
    first = images[0] if isinstance(images, list) and images else None
    if not isinstance(first, str):
        return None
    name = unquote(first.partition("?")[0]).rpartition("/")[2].rpartition(".")[0]
    return files.get(normalize("NFC", name))


def _text(value: object) -> str:
    """Return a text that fits into YAML; of anything else, none."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return ""
    return value.strip() if all(c.isprintable() or c in "\n\t" for c in value) else ""
