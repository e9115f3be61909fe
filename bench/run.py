"""Measure the program against its peers and its limits: a table, bench/results/*.json and a plot.

Figures are ratios of what ran in turn on the same machine: medians of several rounds. The photos
are made, and kept in the cache; BENCH_PHOTOS=folder compares over photos of your own, too.
A bar that is missed is told; the exit status is other than 0 only when something cannot run.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import appearing
import importing
import likes
import measure
import plot
import rows
import serving
import sweeping
from measure import CannotRun
from photos import SIZES_MEGAPIXELS, make_photos
from rows import Row

PACKAGES = ("pillow", "flask", "gunicorn", "sqlalchemy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    rounds: int
    megapixels: tuple[float, ...]  # of the made photos
    library: int  # photos in the large library
    few: int  # in the small one
    listed: int
    first: int
    growth: tuple[int, ...]
    likes: int
    seconds: float  # of requests, each time
    settle_s: float = 2.0
    quality: int | None = None  # of the peers; else it is searched


FULL = Scale(
    rounds=5,
    megapixels=tuple(SIZES_MEGAPIXELS[n % len(SIZES_MEGAPIXELS)] for n in range(60)),
    library=100_000,
    few=1_000,
    listed=20_000,
    first=5_000,
    growth=(1_000, 4_000, 16_000),
    likes=8_000,
    seconds=2.0,
)
QUICK = Scale(
    rounds=1,
    megapixels=(12, 12),
    library=600,
    few=100,
    listed=200,
    first=100,
    growth=(20, 40, 80),
    likes=400,
    seconds=0.3,
    settle_s=0.3,
    quality=80,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and how much is measured."""

    scale: Scale
    cache: Path
    work: Path

    def made(self) -> list[Path]:
        return make_photos(self.cache / "photos", self.scale.megapixels)

    def peers(self) -> list[Row]:
        scale = self.scale
        return importing.compare(
            self.made(), self.work / "peers", rounds=scale.rounds, quality=scale.quality
        )

    def first(self) -> list[Row]:
        scale = self.scale
        return appearing.first(self.made(), self.work, photos=scale.first, rounds=scale.rounds)

    def memory(self) -> list[Row]:
        return appearing.memory(self.made(), self.work, photos=min(8, len(self.scale.megapixels)))

    def sweep(self) -> list[Row]:
        return sweeping.sweep(self.cache, photos=self.scale.library, rounds=self.scale.rounds)

    def new(self) -> list[Row]:
        scale = self.scale
        return appearing.new(
            self.cache,
            self.made(),
            photos=scale.library,
            few=scale.few,
            rounds=scale.rounds,
            settle_s=scale.settle_s,
        )

    def serving(self) -> list[Row]:
        scale = self.scale
        return serving.serve(
            self.cache,
            photos=scale.library,
            listed=scale.listed,
            rounds=scale.rounds,
            seconds=scale.seconds,
        )

    def likes(self) -> list[Row]:
        return likes.like(self.work, likes=self.scale.likes, rounds=self.scale.rounds)

    def start(self) -> list[Row]:
        scale = self.scale
        return serving.start(self.cache, self.work, photos=scale.library, rounds=scale.rounds)

    def growth(self) -> list[Row]:
        scale = self.scale
        return sweeping.grow(self.work, scale.growth, rounds=scale.rounds)


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "peers": Bench.peers,
    "first": Bench.first,
    "memory": Bench.memory,
    "sweep": Bench.sweep,
    "new": Bench.new,
    "serving": Bench.serving,
    "likes": Bench.likes,
    "start": Bench.start,
    "growth": Bench.growth,
}


def main() -> int:
    """Measure, print a table, keep the numbers; other than 0 only when something cannot run."""
    options = _options()
    for folder in (options.cache, options.results):
        folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="work-", dir=options.cache))  # links need one file system
    bench = Bench(scale=options.scale, cache=options.cache, work=work)
    found: list[Row] = []
    status = 0
    for name in options.parts:
        try:
            found += _measured(name, bench, options.results, is_quick=options.quick)
        except CannotRun as error:  # the other parts may
            print(f"{name}: {error}", file=sys.stderr)
            status = 2
        finally:
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
    work.rmdir()
    if found:
        kept = [options.results / f"{name}.json" for name in PARTS]  # of other runs, too
        drawn = [row for path in kept if path.exists() for row in rows.load(path)]
        plot.draw(drawn, options.results / "bench.svg")
        print(f"\n{rows.table(found)}")
    return status


def _measured(name: str, bench: Bench, results: Path, *, is_quick: bool) -> list[Row]:
    print(f"\n{name}", flush=True)
    began_s = time.monotonic()
    found = PARTS[name](bench)
    path = results / f"{name}.json"
    versions = {one: version(one) for one in PACKAGES}
    rows.save(path, found, is_quick=is_quick, versions=versions)
    print(f"{time.monotonic() - began_s:.0f} s; kept in {path}\n{rows.table(found)}", flush=True)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="little of everything: does it run?")
    parser.add_argument("--rounds", type=int, help="instead of 5, or of 1 with --quick")
    parser.add_argument("--photos", type=int, help="made photos, instead of 60")
    parser.add_argument("--library", type=int, help="photos of the large library")
    parser.add_argument("--cache", type=Path, default=measure.CACHE, help="keeps what was made")
    parser.add_argument("--results", type=Path, default=rows.RESULTS, help="folder for the figures")
    options = parser.parse_args()
    unknown = set(options.parts) - PARTS.keys()
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    options.parts = options.parts or list(PARTS)
    options.scale = _scale(options)
    return options


def _scale(options: argparse.Namespace) -> Scale:
    scale = QUICK if options.quick else FULL
    given = {"rounds": options.rounds, "library": options.library}
    if options.photos:
        given["megapixels"] = scale.megapixels[: options.photos]
    return replace(scale, **{name: value for name, value in given.items() if value})


if __name__ == "__main__":
    sys.exit(main())
