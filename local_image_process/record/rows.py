"""Between rows of the database and nouns."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from ..model import Exif, Failure, Mirrored, Photo, Placeholder, Sidecar, Stamp

ANY_CONDITIONS = ""  # of a failure: whatever they are, they are others now
TRANSLATED = frozenset(  # columns of another form
    {"stamp", "thumb_edges_px", "exif", "placeholder", "stacked"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """As much of a photo as it takes to see whether its original changed."""

    key: str
    stamp: Stamp
    recipe: str
    album_id: str
    name: str
    path: str
    accompanied: str
    stacked: tuple[str, ...]


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
    plain["thumb_edges_px"] = edges_column(photo.thumb_edges_px)
    plain["stacked"] = json.dumps(photo.stacked, ensure_ascii=False)
    made = {"folder": photo.folder, "exif": exif_column(photo.exif), "cell": cell_of(photo.exif)}
    return plain | made | stamp_row(photo.stamp) | asdict(photo.placeholder)


def cell_of(exif: Exif) -> str | None:
    """Return the cell of the map, about 100 m wide, that a photo was taken in."""
    if exif.latitude_deg is None or exif.longitude_deg is None:
        return None
    rounded = (round(exif.latitude_deg, 3), round(exif.longitude_deg, 3))
    return ",".join(f"{degrees + 0.0:.3f}" for degrees in rounded)  # + 0.0: there is no "-0.000"


def middle_of(cell: str) -> tuple[float, float]:
    """Return latitude and longitude (WGS-84, degrees) of a cell's middle."""
    latitude_deg, longitude_deg = cell.split(",")
    return float(latitude_deg), float(longitude_deg)


def to_photo(row: Any) -> Photo:
    """Return the photo of a row."""
    values = {f.name: getattr(row, f.name) for f in fields(Photo) if f.name not in TRANSLATED}
    edges, exif = to_edges(row.thumb_edges_px), to_exif(row.exif)
    return Photo(
        **values,
        stamp=to_stamp(row),
        thumb_edges_px=edges,
        exif=exif,
        placeholder=to_placeholder(row),
        stacked=tuple(json.loads(row.stacked)),
    )


def to_known(row: Any) -> Known:
    """Return what tells of a row's photo whether its original changed."""
    return Known(
        key=row.key,
        stamp=to_stamp(row),
        recipe=row.recipe,
        album_id=row.album_id,
        name=row.name,
        path=row.path,
        accompanied=row.accompanied,
        stacked=tuple(json.loads(row.stacked)),
    )


def to_failure(row: Any) -> Failure:
    """Return the failure of a row."""
    stamp = to_stamp(row) if row.size is not None else None
    return Failure(
        key=row.key,
        stamp=stamp,
        reason=row.reason,
        attempts=row.attempts,
        is_passing=row.conditions == ANY_CONDITIONS,
    )


def mirrored_row(photo: Mirrored) -> dict[str, Any]:
    """Return a photo of the bucket as columns."""
    plain = {f.name: getattr(photo, f.name) for f in fields(photo) if f.name != "placeholder"}
    edges = edges_column(photo.thumb_edges_px)
    made = {"thumb_edges_px": edges, "exif": exif_column(photo.exif)}
    return plain | made | asdict(photo.placeholder)


def to_mirrored(row: Any) -> Mirrored:
    """Return the photo of the bucket of a row."""
    values = {f.name: getattr(row, f.name) for f in fields(Mirrored) if f.name not in TRANSLATED}
    edges, exif = to_edges(row.thumb_edges_px), to_exif(row.exif)
    return Mirrored(**values, thumb_edges_px=edges, exif=exif, placeholder=to_placeholder(row))


def to_placeholder(row: Any) -> Placeholder:
    """Return what a row tells to show at first."""
    return Placeholder(**{f.name: getattr(row, f.name) for f in fields(Placeholder)})


def exif_column(exif: Exif) -> str:
    """Return facts as a column; what is absent is left out."""
    there = {name: value for name, value in asdict(exif).items() if value not in (None, ())}
    return json.dumps(there, ensure_ascii=False, default=datetime.isoformat)


def to_exif(column: str) -> Exif:
    """Return the facts in a column."""
    facts = json.loads(column)
    if facts.get("capture_time"):
        facts["capture_time"] = datetime.fromisoformat(facts["capture_time"])
    if "keywords" in facts:
        facts["keywords"] = tuple(facts["keywords"])
    return Exif(**facts)


def edges_column(edges_px: Iterable[int]) -> str:
    """Return edges of thumbnails as a column."""
    return ",".join(map(str, edges_px))


def to_edges(column: str) -> tuple[int, ...]:
    """Return the edges of thumbnails in a column."""
    return tuple(int(edge) for edge in column.split(",") if edge)


def sidecar_column(sidecar: Sidecar) -> str:
    """Return an album's words as a column."""
    return json.dumps(asdict(sidecar), ensure_ascii=False)


def to_sidecar(column: str) -> Sidecar:
    """Return the words in a column."""
    content = json.loads(column)
    if isinstance(content["order"], list):
        content["order"] = tuple(content["order"])
    return Sidecar(**content)


def to_sidecar_record(row: Any) -> SidecarRecord:
    """Return the sidecar of a row."""
    content = to_sidecar(row.content)
    return SidecarRecord(name=row.name, stamp=to_stamp(row), content=content, problem=row.problem)
