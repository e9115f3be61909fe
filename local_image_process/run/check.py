"""Compare catalogue, store and JSON, and name what does not agree."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import LibraryError
from ..image.inside import is_webp, surplus
from ..model import Look
from ..publish.export import index_files
from ..publish.store import Store, display_object, thumb_object, version_of
from ..source import scan
from .exporter import Exporter
from .publisher import objects_of
from .records import Records

NOTE = "note"  # of what is as good as it can be


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be."""

    kind: str  # NOTE, "library", "failed", "album", "missing", "broken", "private", "foreign"…
    name: str
    reason: str


def check(
    *,
    records: Records,
    store: Store | None,
    exporter: Exporter,
    data_dir: Path,
    library: Path | None,
) -> list[Finding]:
    """Return all findings; an empty list means that everything agrees. Changes nothing.

    Without a ``store`` the objects are not looked at; a mirror has no ``library``.
    """
    return [
        *(_library(library) if library else ()),
        *_failures(records),
        *(_mirrored(records, store) if store else ()),
        *(_objects(records, store) if store and library else ()),
        *_json(exporter, data_dir),
    ]


def _failures(records: Records) -> Iterator[Finding]:
    for failure in records.catalogue.failures():
        yield Finding(kind="failed", name=failure.key, reason=failure.reason)
    for key, note in records.catalogue.notes():
        yield Finding(kind=NOTE, name=key, reason=note)
    for name, problem in records.catalogue.sidecar_problems():
        yield Finding(kind="album", name=name, reason=_without_place(problem, name))
    for album in records.mirror.albums().values():
        if album.problem:
            yield Finding(kind="album", name=album.yaml or album.album_id, reason=album.problem)


def _without_place(problem: str, name: str) -> str:
    place, _, words = problem.partition(": ")
    return words if words and name.endswith(place) else problem


def _library(root: Path) -> Iterator[Finding]:
    """Name the folders of the library that keep us from knowing what is in them."""
    try:
        for found in scan.look(root, {Look("", deep=True)}, stable_inodes=True):
            if isinstance(found, scan.Unlisted):
                yield Finding(kind="library", name=str(root), reason=found.reason)
    except LibraryError as error:
        yield Finding(kind="library", name=str(root), reason=str(error))


def _mirrored(records: Records, store: Store) -> Iterator[Finding]:
    """Look for the pictures that others put into the bucket and that we show."""
    there = set(store.names())
    for photo in records.mirror.photos():
        name = display_object(photo.album_id, photo.name)
        if name not in there:
            yield Finding(kind="missing", name=name, reason="shown, but not in the bucket")


def _objects(records: Records, store: Store) -> Iterator[Finding]:
    """Compare each object that is on record with what lies in the store."""
    there = set(store.names())
    named = set(records.backlog.exports())
    for photo in records.catalogue.all_photos():
        objects = objects_of(photo)
        named.update(objects)
        for name in objects:
            if name in there:
                yield from _content(name, store.read(name), photo.key, photo.version)
    for name in sorted(named - there):
        yield Finding(kind="missing", name=name, reason="on record, but not in the store")
    for name in sorted(there - named - _shown_of_others(records)):
        if store.holds(name):
            yield Finding(kind="left over", name=name, reason="in the store, but nothing names it")
        else:
            yield Finding(kind="foreign", name=name, reason="not ours; it is left alone")


def _content(name: str, content: bytes, key: str, version: str) -> Iterator[Finding]:
    is_display = not name.startswith("thumbs/")
    if not is_webp(content) or (is_display and version_of(content) != version):
        yield Finding(kind="broken", name=name, reason=f"not the picture made from {key}")
    elif held := surplus(content):
        reason = f"holds {', '.join(held)}, which may tell what is private; remove the object"
        yield Finding(kind="private", name=name, reason=reason)


def _shown_of_others(records: Records) -> set[str]:
    """Return the objects of albums that we show though they are not ours."""
    albums = {album.yaml for album in records.mirror.albums().values() if album.yaml}
    for photo in records.mirror.photos():
        albums.add(display_object(photo.album_id, photo.name))
        albums |= {thumb_object(e, photo.album_id, photo.name) for e in photo.thumb_edges_px}
    return albums


def _json(exporter: Exporter, data_dir: Path) -> Iterator[Finding]:
    wanted = exporter.compute()
    for name in index_files(()):
        try:
            content = (data_dir / name).read_bytes()
            json.loads(content)
        except FileNotFoundError:
            yield Finding(kind="json", name=name, reason="not written yet")
        except ValueError as error:
            yield Finding(kind="json", name=name, reason=f"not valid JSON ({error})")
        else:
            if content != wanted[name]:
                yield Finding(kind="json", name=name, reason="does not say what the catalogue says")
