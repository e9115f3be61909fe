"""What editors and cameras say of a photo beside its exposure, and who of them is heard."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from . import clock

KEYWORDS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one source says; ``None`` or empty where it is silent."""

    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    rating: int | None = None  # −1 rejected, 0 none, 1…5 stars
    artist: str | None = None
    copyright: str | None = None
    lens: str | None = None
    moment: clock.Moment | None = None  # of capture


def heard(sources: Iterable[Told]) -> Told:
    """Return field by field what the first source says that says anything."""
    every = list(sources)
    return Told(**{one.name: _first([getattr(t, one.name) for t in every]) for one in fields(Told)})


def unique(keywords: Iterable[str | None]) -> tuple[str, ...]:
    """Return the keywords, each once, in their order."""
    return tuple(dict.fromkeys(word for word in keywords if word))[:KEYWORDS_MAX]


def _first(values: list[Any]) -> Any:
    return next((value for value in values if value not in (None, ())), values[-1])
