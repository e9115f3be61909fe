"""What is seen on a page, and whether it is what should be there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.browser.library import Shot, nearest

ALWAYS_SAID = {"album", "camera", "lens", "date", "place"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A picture on a page, known by its colour, and what stood under it."""

    shot: Shot
    width_px: int
    said: dict[str, str]
    link: str | None


def as_seen(figure: Mapping[str, Any]) -> Seen:
    """Take what look.js tells of a picture."""
    red, green, blue = figure["colour"]
    return Seen(
        shot=nearest((red, green, blue)),
        width_px=figure["width_px"],
        said=figure["said"],
        link=figure["link"],
    )


def assert_all_once(
    seen: Iterable[Seen],
    shots: Iterable[Shot],
    *,
    corrected: Mapping[Shot, Mapping[str, str]] | None = None,
) -> None:
    """See that these photos are there, each once, and that what is said is said of them."""
    seen = list(seen)
    assert Counter(one.shot.path for one in seen) == Counter(shot.path for shot in shots)
    for one in seen:
        known = {**one.shot.said, **(corrected or {}).get(one.shot, {})}
        expected = {name: known[name] for name in one.said.keys() & known.keys()}
        assert {name: one.said[name] for name in expected} == expected, one.shot.path
        assert expected.keys() >= ALWAYS_SAID
