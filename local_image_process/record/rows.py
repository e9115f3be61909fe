"""Between rows of the database and nouns."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from ..model import Exif, Photo, Sidecar, Stamp

TRANSLATED = frozenset({"stamp", "thumb_edges_px", "exif"})  # columns of another form


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """As much of a photo as it takes to see whether its original changed."""

    key: str
    stamp: Stamp
    recipe: str
    album_id: str
    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An original that could not be published, and the settings it failed under."""

    stamp: Stamp | None
    conditions: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarRecord:
    """An album's YAML as last read: its state on disk, the last good content, what is wrong."""

    name: str
    stamp: Stamp
    content: Sidecar
    problem: str | None


def to_stamp(row: Any) -> Stamp:
    """Return the state of the file a row was made from."""
    return Stamp(size=row.size, mtime_ns=row.mtime_ns, inode=int(row.inode))


def stamp_row(stamp: Stamp) -> dict[str, Any]:
    """Return a stamp as columns."""
    return {"size": stamp.size, "mtime_ns": stamp.mtime_ns, "inode": str(stamp.inode)}


def photo_row(photo: Photo) -> dict[str, Any]:
    """Return a photo as columns."""
    plain = {f.name: getattr(photo, f.name) for f in fields(photo)}
    for name in TRANSLATED:
        del plain[name]
    plain["thumb_edges_px"] = ",".join(map(str, photo.thumb_edges_px))
    exif = json.dumps(asdict(photo.exif), ensure_ascii=False, default=datetime.isoformat)
    return plain | {"folder": photo.folder, "exif": exif} | stamp_row(photo.stamp)


def to_photo(row: Any) -> Photo:
    """Return the photo of a row."""
    values = {f.name: getattr(row, f.name) for f in fields(Photo) if f.name not in TRANSLATED}
    facts = json.loads(row.exif)
    if facts["capture_time"]:
        facts["capture_time"] = datetime.fromisoformat(facts["capture_time"])
    edges = tuple(int(edge) for edge in row.thumb_edges_px.split(",") if edge)
    return Photo(**values, stamp=to_stamp(row), thumb_edges_px=edges, exif=Exif(**facts))


def to_sidecar_record(row: Any) -> SidecarRecord:
    """Return the sidecar of a row."""
    content = json.loads(row.content)
    if isinstance(content["order"], list):
        content["order"] = tuple(content["order"])
    return SidecarRecord(
        name=row.name, stamp=to_stamp(row), content=Sidecar(**content), problem=row.problem
    )
