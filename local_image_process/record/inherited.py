"""What a predecessor's files tell of likes and stars, and what of it makes no sense."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .given import MOST_LIKES, Given, count_in, halves_in, is_id, joined

OUR_OWN = frozenset({"ThumbHash", "DominantColor", "DisplayWidth"})  # no predecessor wrote these


@dataclass(slots=True)
class Inherited:
    """What was given to one photo, by the key that the predecessor used: "album/photo.JPG"."""

    likes: int = 0
    stars: float | None = None


def inherited(
    entries: Mapping[str, Any], likes: Mapping[str, Any], problems: list[str]
) -> dict[str, Inherited]:
    """Join both files; of likes the most count. What makes no sense is told in ``problems``."""
    found: dict[str, Inherited] = {}
    for key, told, stars in [*_told(entries, problems), *_likes(likes)]:
        if not is_key(key):
            problems.append(f"{_short(key)}: no photo is called so (album/photo.JPG); left out")
            continue
        one = found.setdefault(key, Inherited())
        one.likes = max(one.likes, _count(key, told, problems))
        one.stars = _stars(key, stars, problems) if stars is not None else one.stars
    return {key: one for key, one in found.items() if one.likes or one.stars is not None}


def by_id(found: Mapping[str, Inherited], id_of: Callable[[str], str]) -> dict[str, Given]:
    """Return the same by photo id; of two keys that mean one photo, both."""
    given: dict[str, Given] = {}
    for key, one in found.items():
        photo_id = id_of(key)
        this = Given(photo_id=photo_id, before=one.likes, stars=one.stars)
        given[photo_id] = joined(given[photo_id], this) if photo_id in given else this
    return given


def is_ours(entries: Mapping[str, Any]) -> bool:
    """Tell whether this program wrote an exif_data.json."""
    return any(isinstance(one, Mapping) and OUR_OWN & one.keys() for one in entries.values())


def is_key(key: str) -> bool:
    """Tell whether it has the form "album/photo.JPG"."""
    album_id, _, file_name = key.rpartition("/")
    return bool(album_id and file_name.rpartition(".")[0]) and is_id(key)


def _told(entries: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, object, object]]:
    for key, facts in entries.items():
        if isinstance(facts, Mapping):
            yield key, facts.get("likes"), facts.get("star")
        else:
            problems.append(f"{_short(key)}: not understood in exif_data.json; left out")


def _likes(likes: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    for key, number in likes.items():
        yield key, number, None


def _count(key: str, told: object, problems: list[str]) -> int:
    count = count_in(told)
    is_none = told is None or (type(told) is int and told == 0)
    if not count and not is_none:
        problems.append(
            f"{_short(key)}: {_short(told)} likes are no whole number from 0 to {MOST_LIKES - 1:,};"
            " left out"
        )
    return count


def _stars(key: str, told: object, problems: list[str]) -> float | None:
    stars = halves_in(told)
    if stars is None:
        problems.append(f"{_short(key)}: {_short(told)} stars are not 0 to 5 in halves; left out")
    return stars


def _short(value: object) -> str:
    """Return a value in a line of a terminal, whatever it holds."""
    text = value if isinstance(value, str) else repr(value)
    shown = "".join(c if c.isprintable() else "�" for c in text[:80])
    return shown + ("…" if len(text) > 80 else "")
