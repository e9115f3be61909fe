"""What files tell of likes and stars: a site's own file, and a predecessor's exif_data.json."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import normalize

MOST_LIKES = 10**9
LATEST_S = 10**11  # far beyond any clock
LONGEST_ID = 1024
LONGEST_TEXT = 500
VERSION = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one file says of one photo."""

    photo_id: str
    version: str | None = None  # of the picture it was given to
    likes: int = 0  # counted at the site that tells
    before: int = 0  # counted by a predecessor
    stars: float | None = None  # 0…5 in halves
    stars_at_s: float = 0.0  # UTC, seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A correction as one file tells it."""

    photo_id: str
    version: str | None
    exif: str  # JSON of model.Exif: ``None`` where nothing is corrected
    place: str | None
    at_s: float  # UTC, seconds since 1970


def joined(one: Given, other: Given) -> Given:
    """Return what two entries say together that turn out to mean the same photo."""
    newest = max(one, other, key=stars_order)
    return Given(
        photo_id=one.photo_id,
        version=one.version,
        likes=one.likes + other.likes,
        before=max(one.before, other.before),
        stars=newest.stars,
        stars_at_s=newest.stars_at_s,
    )


def stars_order(one: Given) -> tuple[float, float]:
    """Return what the greatest of decides which stars count: the same at every site."""
    return (-1.0, 0.0) if one.stars is None else (one.stars_at_s, one.stars)


class Pictures:
    """Which picture every photo shows, by photo id."""

    def __init__(self, version_of: Mapping[str, str]) -> None:
        self.version_of = version_of
        self._showing = {version_of[i]: i for i in sorted(version_of, reverse=True)}  # the first

    def gathered(self, given: Iterable[Given]) -> dict[str, Given]:
        """Return what is told by the photo that is meant; of two that are one by now, both."""
        here: dict[str, Given] = {}
        for one in given:
            photo_id = self.id_here(one.photo_id, one.version)
            here[photo_id] = joined(here[photo_id], one) if photo_id in here else one
        return here

    def moved(self, given: Iterable[Given]) -> dict[str, str]:
        """Return the photos that are here no more (old id → new id) but under another name."""
        ids = {one.photo_id: self.id_here(one.photo_id, one.version) for one in given}
        return {old: new for old, new in ids.items() if old != new and old not in self.version_of}

    def id_here(self, photo_id: str, version: str | None) -> str:
        """Return which photo another site means, which may not know yet that it has moved.

        The picture tells; a photo that shows another picture by now, and none shows the old one,
        was edited.
        """
        if version is None or self.version_of.get(photo_id) == version:
            return photo_id
        return self._showing.get(version, photo_id)


def given_in_file(content: bytes, *, site: str | None = None) -> list[Given]:
    """Return what a site tells, or this very ``site``; bad entries are none.

    Raises ValueError when it is no such file, or another site's.
    """
    told = _loaded(content)
    if not isinstance(told, Mapping) or not isinstance(told.get("photos"), Mapping):
        raise ValueError("not a file of likes and stars")
    if site is not None and told.get("site") != site:
        raise ValueError("a copy of what another site tells; remove it, or they count twice")
    return [
        Given(
            photo_id=photo_id,
            version=_version(entry.get("version")),
            likes=count_in(entry.get("likes")),
            before=count_in(entry.get("before")),
            stars=halves_in(entry.get("stars")),
            stars_at_s=_time(entry.get("stars_at_s")),
        )
        for photo_id, entry in told["photos"].items()
        if isinstance(entry, Mapping) and is_id(photo_id)
    ]


def corrected_in_file(content: bytes) -> list[Corrected]:
    """Return the corrections that a site tells; what is no correction is left out."""
    told = _loaded(content).get("corrections")
    found = told.items() if isinstance(told, Mapping) else ()
    return [
        Corrected(
            photo_id=photo_id,
            version=_version(entry.get("version")),
            exif=exif,
            place=place,
            at_s=_time(entry.get("at_s")),
        )
        for photo_id, entry in found
        if isinstance(entry, Mapping) and is_id(photo_id)
        for exif, place in [(_exif(entry.get("exif")), entry.get("place"))]
        if exif is not None and (place is None or _is_text(place))
    ]


def _exif(told: object) -> str | None:
    """Return facts as a column; ``None`` if they are of other kinds than such facts are."""
    if not isinstance(told, Mapping) or not told.keys() <= KINDS.keys():
        return None
    if not all(KINDS[name](value) for name, value in told.items()):
        return None
    return json.dumps(dict.fromkeys(KINDS) | dict(told), ensure_ascii=False)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and _is_whole(value)


def _is_number(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < MOST_LIKES  # type: ignore[arg-type] # it is a number


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None
    except ValueError:
        return False


KINDS: dict[str, Callable[[object], bool]] = {  # fields of model.Exif
    "camera": _is_text,
    "lens": _is_text,
    "exposure_time_s": _is_number,
    "aperture": _is_number,
    "iso": _is_number,
    "focal_length_mm": _is_number,
    "capture_time": _is_time,
    "latitude_deg": _is_number,
    "longitude_deg": _is_number,
}


def given_in_exif_data(content: bytes) -> list[Given]:
    """Return what an ``exif_data.json`` says; nothing if it cannot be understood."""
    try:
        entries = _loaded(content)
    except ValueError:
        return []
    return list(_given_in(entries)) if isinstance(entries, Mapping) else []


def _loaded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not valid JSON ({error})") from error


def _given_in(entries: Mapping[str, Any]) -> Iterator[Given]:
    for key, facts in entries.items():
        album_id, _, file_name = key.rpartition("/")
        name = file_name.rpartition(".")[0]
        if album_id and name and is_id(key) and isinstance(facts, Mapping):
            before, stars = count_in(facts.get("likes")), halves_in(facts.get("star"))
            if before or stars is not None:
                photo_id = normalize("NFC", f"{album_id}/{name}")
                yield Given(photo_id=photo_id, before=before, stars=stars)


def is_id(text: str) -> bool:
    """Tell whether it may name a photo; half a character cannot be recorded."""
    return "/" in text and len(text) <= LONGEST_ID and _is_whole(text)


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _version(value: object) -> str | None:
    return value if isinstance(value, str) and VERSION.fullmatch(value) else None


def count_in(value: object) -> int:
    """Return a count of likes; what is none counts as 0."""
    return value if type(value) is int and 0 < value < MOST_LIKES else 0


def halves_in(value: object) -> float | None:
    """Return stars, 0 to 5 in halves; ``None`` for what are none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 5:
        return None
    number = float(value)
    return number if number * 2 == int(number * 2) else None


def _time(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < LATEST_S else 0.0  # type: ignore[arg-type, operator]
