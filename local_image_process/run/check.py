"""Compare catalogue, store and JSON, and name what does not agree."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..publish.export import index_files
from ..publish.store import Store, version_of
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from .exporter import Exporter
from .publisher import objects_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be."""

    kind: str  # "failed", "album", "missing", "broken", "left over", "json"
    name: str
    reason: str


def check(
    *,
    catalogue: Catalogue,
    backlog: Backlog,
    store: Store | None,
    exporter: Exporter,
    data_dir: Path,
) -> list[Finding]:
    """Return all findings; an empty list means that everything agrees. Changes nothing.

    Without a ``store`` the objects are not looked at.
    """
    return [
        *_failures(catalogue),
        *(_objects(catalogue, backlog, store) if store else ()),
        *_json(exporter, data_dir),
    ]


def _failures(catalogue: Catalogue) -> Iterator[Finding]:
    for failure in catalogue.failures():
        yield Finding(kind="failed", name=failure.key, reason=failure.reason)
    for name, problem in catalogue.sidecar_problems():
        yield Finding(kind="album", name=name, reason=problem)


def _objects(catalogue: Catalogue, backlog: Backlog, store: Store) -> Iterator[Finding]:
    """Compare each object that is on record with what lies in the store."""
    there = set(store.names())
    named = set(backlog.exports())
    for photo in catalogue.all_photos():
        objects = objects_of(photo)
        named.update(objects)
        if objects[-1] in there and version_of(store.read(objects[-1])) != photo.version:
            yield Finding(
                kind="broken", name=objects[-1], reason=f"not the picture made from {photo.key}"
            )
    for name in sorted(named - there):
        yield Finding(kind="missing", name=name, reason="on record, but not in the store")
    for name in sorted(there - named):
        if store.holds(name):
            yield Finding(kind="left over", name=name, reason="in the store, but nothing names it")
        else:
            yield Finding(kind="foreign", name=name, reason="not ours; it is left alone")


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
