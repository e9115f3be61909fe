"""Look for changes where there are none, and import libraries of several sizes."""

import statistics
import sys
from pathlib import Path

import library
import measure
from measure import CannotRun
from rows import Row

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
WALKS_BAR = 3
MEMORY_BAR_MB = 250
LINEAR_BAR = 1.1
GROWTH_EDGE_PX = 48


def sweep(cache: Path, *, photos: int, rounds: int) -> list[Row]:
    """Run ``once`` over unchanged photos, in turn with a walk that does nothing with them."""
    folder = library.make_gallery(cache, photos)
    walk = [sys.executable, "-c", WALK, str(folder / "library")]
    ratios, onces_s = [], []
    for _ in range(rounds):
        bare, _ = measure.run(walk, environ=measure.environment(), folder=folder, sample=False)
        cost, report = library.once(folder)
        if report["unchanged"] != photos:
            raise CannotRun(f"the library changed meanwhile: {report}")
        ratios.append(cost.wall_s / bare.wall_s)
        onces_s.append(cost.wall_s)
    watched, _ = library.once(folder, sample=True)
    name = f"once over {photos} unchanged photos"
    return [
        Row(
            measured=f"{name}, wall time over that of a bare walk",
            values=tuple(ratios),
            at_most=WALKS_BAR,
            note=f"{statistics.median(onces_s):.2f} s",
        ),
        Row(measured=f"{name}, MB", values=(watched.peak_pss_mb,), at_most=MEMORY_BAR_MB),
    ]


def grow(work: Path, sizes: tuple[int, ...], *, rounds: int) -> list[Row]:
    """Import libraries of several sizes; a photo in the largest costs what one in others does."""
    each_s: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(rounds):
        for size in sizes:
            folder = work / f"{size}-{number}"
            library.make_library(folder / "library", size, edge_px=GROWTH_EDGE_PX)
            cost, report = library.once(folder)
            if report["published"] != size:
                raise CannotRun(f"not all photos were published: {report}")
            each_s[size].append(cost.cpu_s / size)
    costs = [statistics.median(each_s[size]) for size in sizes]
    each_ms = (f"{size}: {cost * 1000:.1f} ms" for size, cost in zip(sizes, costs, strict=True))
    return [
        Row(
            measured=f"CPU of a photo among {max(sizes)} over that among fewer",
            values=(costs[-1] / min(costs[:-1]),),
            at_most=LINEAR_BAR,
            note=", ".join(each_ms),
        )
    ]
