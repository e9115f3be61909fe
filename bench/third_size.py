"""A plug-in for sigal, which makes two sizes: the third one, from the larger."""

import uuid
from pathlib import Path
from typing import Any

from sigal import signals

EDGE_PX = 480


def register(_: dict[str, Any]) -> None:
    """Be called by sigal for every picture that it has reduced."""
    signals.img_resized.connect(_save_small)


def _save_small(picture: Any, settings: dict[str, Any]) -> Any:
    small = picture.copy()
    small.thumbnail((EDGE_PX, EDGE_PX))
    path = Path(settings["destination"]) / f"{uuid.uuid4().hex}.webp"  # sigal tells no name
    small.save(path, "WEBP", **settings["jpg_options"])
    return picture
