"""Look for changes where there are none: ``once`` over 20,000 photos against a bare walk.

``python bench/sweep.py``; both run as processes of their own, in turn. The library and the data
folder are made by the program itself, once, and kept in the cache for the next time.
That no picture is opened and nothing written is told by inotify, in a run that is not timed, and
by the sizes and times of all files of ours before and after.
"""

import argparse
import io
import statistics
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import measure
import numpy as np
from measure import CannotRun, Cost
from PIL import Image
from watchdog.events import (
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.inotify import InotifyObserver

WALKS = 3
EXTRA_S = 1.5
FOLDER_PHOTOS = 200
WORKERS = 2
PATIENCE_S = 20.0
LOCKED = ("catalogue.db-wal", "catalogue.db-shm")  # SQLite's own; they come and go with it
WRITES = (FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent)
WALK = """
import os, sys
waiting = [sys.argv[1]]
while waiting:
    with os.scandir(waiting.pop()) as entries:
        for entry in entries:
            if entry.is_dir():
                waiting.append(entry.path)
            else:
                entry.stat()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What one run of ``once`` opened of the library, and wrote into the data folder."""

    opened: tuple[str, ...]
    written: tuple[str, ...]
    differing: tuple[str, ...]  # size or time of change is another than before


@dataclass(slots=True, eq=False)
class Seen(FileSystemEventHandler):
    """Collects the files of two folders that are opened, and those that are written."""

    library: Path
    data: Path
    sentinel: Path
    opened: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    saw_sentinel: threading.Event = field(default_factory=threading.Event)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note one event; called in the observer's thread."""
        path = Path(str(event.src_path))
        if path == self.sentinel:
            self.saw_sentinel.set()
        elif isinstance(event, FileOpenedEvent) and path.is_relative_to(self.library):
            self.opened.add(str(path.relative_to(self.library)))
        elif isinstance(event, WRITES) and path.is_relative_to(self.data):
            self.written.add(str(path.relative_to(self.data)))


def main() -> int:
    """Measure, print a table, keep the numbers; non-zero only when it cannot run."""
    options = _options()
    folder = options.cache / f"sweep-{options.photos}"
    try:
        _make_library(folder / "library", options.photos)
        _bring_on_record(folder, options.photos)
        onces, walks = _rounds(folder, options.photos, options.rounds)
        _show(options.photos, onces, walks, _proof(folder))
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=measure.CACHE, help="keeps what was made")
    return parser.parse_args()


def _make_library(library: Path, photos: int) -> None:
    """Write tiny JPEGs, each another picture, in folders of FOLDER_PHOTOS."""
    if (library / "complete").exists():
        return
    rng = np.random.default_rng(photos)
    for number in range(photos):
        folder = library / f"{2000 + number // FOLDER_PHOTOS:04} 上海"
        if number % FOLDER_PHOTOS == 0:
            folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
        (folder / f"DSC{number:05}.JPG").write_bytes(buffer.getvalue())
    (library / "complete").touch()


def _bring_on_record(folder: Path, photos: int) -> None:
    """Import what is not on record yet, until nothing is left to do."""
    print(f"{photos} photos in {folder}", flush=True)
    for _ in range(2):
        cost, report = _once(folder)
        if report["unchanged"] == photos and not report["rendered"]:
            return
        print(
            f"imported {report['published']} tiny photos in {cost.wall_s:.0f} s"
            f" ({report['published'] / cost.wall_s:.0f} a second)",
            flush=True,
        )
    raise CannotRun(f"there is always something to do: {report}")


def _rounds(folder: Path, photos: int, rounds: int) -> tuple[list[Cost], list[Cost]]:
    onces, walks = [], []
    for _ in range(rounds):
        walks.append(_walk(folder))
        cost, report = _once(folder)
        onces.append(cost)
        if report["unchanged"] != photos:
            raise CannotRun(f"the library changed meanwhile: {report}")
    return onces, walks


def _walk(folder: Path) -> Cost:
    command = [sys.executable, "-c", WALK, str(folder / "library")]
    cost, _ = measure.run(command, environ=measure.environment(), folder=folder, sample=False)
    return cost


def _once(folder: Path) -> tuple[Cost, dict[str, Any]]:
    environ = measure.environment(
        WATCH_DIR=folder / "library",
        DATA_DIR=folder / "data",
        RENDER_WORKERS=WORKERS,
        SETTLE_S=0,
        LOG_LEVEL="warning",
    )
    return measure.once(environ=environ, folder=folder, sample=False)


def _proof(folder: Path) -> Proof:
    """Run ``once`` under the eyes of inotify; an open of our own proves that they are open."""
    data = folder / "data"
    before = _states(data)
    with _watched(folder) as seen:
        _once(folder)
        seen.sentinel.read_bytes()
        if not seen.saw_sentinel.wait(PATIENCE_S):
            raise CannotRun("inotify did not tell of a file that was opened")
    after = _states(data)
    differing = {name for name in before.keys() | after if before.get(name) != after.get(name)}
    return Proof(
        opened=tuple(sorted(seen.opened)),
        written=tuple(sorted(seen.written)),
        differing=tuple(sorted(differing)),
    )


@contextmanager
def _watched(folder: Path) -> Iterator[Seen]:
    library, data = folder / "library", folder / "data"
    seen = Seen(library=library, data=data, sentinel=library / "complete")
    observer = InotifyObserver()
    for top in (library, data):
        observer.schedule(seen, str(top), recursive=True)
    observer.start()
    try:
        yield seen
    finally:
        observer.stop()
        observer.join()


def _states(data: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of every file."""
    return {
        path.relative_to(data).as_posix(): (status.st_size, status.st_mtime_ns)
        for path in data.rglob("*")
        if path.is_file() and (status := path.stat())
    }


def _show(photos: int, onces: Sequence[Cost], walks: Sequence[Cost], proof: Proof) -> None:
    once, walk = measure.median_cost(onces), measure.median_cost(walks)
    bar_s = WALKS * walk.wall_s + EXTRA_S
    print(f"\n{'':10} {'wall s':>8} {'CPU s':>8} {'slowest s':>10}")
    for name, costs in (("once", onces), ("bare walk", walks)):
        cost = measure.median_cost(costs)
        slowest_s = max(one.wall_s for one in costs)
        print(f"{name:10} {cost.wall_s:8.3f} {cost.cpu_s:8.3f} {slowest_s:10.3f}")
    print(
        f"\nonce over {photos} unchanged photos {once.wall_s:.3f} s,"
        f" bar {WALKS} x the walk + {EXTRA_S} s = {bar_s:.3f} s:"
        f" {measure.verdict(once.wall_s <= bar_s)}"
    )
    ours = [name for name in proof.differing if name not in LOCKED]
    pictures = [name for name in proof.opened if name.lower().endswith(".jpg")]
    print(f"opens no picture (inotify): {measure.verdict(not pictures)}{_some(pictures)}")
    print(f"writes nothing (size, mtime): {measure.verdict(not ours)}{_some(ours)}")
    print(f"changed on the way (inotify): {len(proof.written)} files{_some(proof.written)}")
    results = {
        "photos": photos,
        "once": measure.as_json(onces),
        "walk": measure.as_json(walks),
        "bar_s": bar_s,
        "median_over_walk": statistics.median(
            one.wall_s / two.wall_s for one, two in zip(onces, walks, strict=True)
        ),
        "opened": pictures,
        "written": proof.written,
        "differing": proof.differing,
    }
    print(f"kept in {measure.save('sweep', results)}")


def _some(names: Sequence[str]) -> str:
    return f" ({', '.join(names[:5])}{' …' if len(names) > 5 else ''})" if names else ""


if __name__ == "__main__":
    sys.exit(main())
