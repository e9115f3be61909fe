"""Tell by one short word whether two recipes make the same renditions."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from ..model import Recipe

RECIPE_VERSION = 3  # raise it when the code in render.py makes other pixels from the same recipe
_HALF = 8  # hex digits


def digest(recipe: Recipe) -> str:
    """Return 8 hex digits for the thumbnails and 8 for the display rendition.

    They change with any field of the recipe that shapes the one or the other, and with
    RECIPE_VERSION.
    """
    fields = asdict(recipe)
    thumbs = {name: fields[name] for name in ("thumb_edges_px", "thumb_quality")}
    display = {name: fields[name] for name in ("display_quality", "watermark")}
    both = [RECIPE_VERSION, *(fields[name] for name in ("display_edge_px", "embeds_exif"))]
    return _half([*both, thumbs]) + _half([*both, display])


def shares_thumbs(one: str, other: str) -> bool:
    """Tell whether two digests are of recipes that make the same thumbnails of a photo."""
    return one[:_HALF] == other[:_HALF]


def _half(shape: list[Any]) -> str:
    canonical = json.dumps(shape, sort_keys=True, default=_digest_of)
    return hashlib.sha256(canonical.encode()).hexdigest()[:_HALF]


def _digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
