"""A place in the words that the front-end groups by: "省 · 区 · 街道"."""

import re

BETWEEN = " · "
LONGEST = 60  # characters of one part
_UNFIT = re.compile(r"[\s,，]+")  # what stands behind a comma the front-end drops
_ENDING = re.compile(r"(?<=\S)\s*(省|市|特别行政区|(壮族|回族|维吾尔)?自治区)$")


def place_text(*parts: object) -> str | None:
    """Join the parts from large to small; what is empty, no text, or said before is left out.

    The first one is a province and loses its ending, as nobody says it: 浙江, 北京, 新疆.
    """
    said: dict[str, str] = {}  # without ending → as it is written
    for part in parts:
        if isinstance(part, str) and (clean := _clean(part)):
            said.setdefault(_short(clean), clean if said else _short(clean))
    return BETWEEN.join(said.values()) or None


def _clean(part: str) -> str:
    return "".join(c for c in _UNFIT.sub(" ", part) if c.isprintable()).strip()[:LONGEST].strip()


def _short(name: str) -> str:
    return _ENDING.sub("", name)
