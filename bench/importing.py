"""Import photos: the whole program against its peers, at equal looks, and against the limit."""

import json
import os
import shutil
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import measure
from bare import Calls
from looks import Looks, looks, size_bytes
from measure import CannotRun, Cost
from peers import CORES, EDGES_PX, PEERS, Peer
from PIL import Image
from rows import Row, missing

ALBUMS = 3
SAMPLE = 6  # photos, by which a peer's quality is found
QUALITIES = (74, 90)  # lowest and highest of a peer
LEAST_SSIM_GAIN = -0.003  # ours less theirs
MOST_BYTES = 1.05  # ours over theirs
SMALLEST_PX = EDGES_PX[0]  # of a photo in BENCH_PHOTOS: some peers would enlarge it
BARS = {"sigal": 1.6, "vipsthumbnail, effort 2": 1.0}
LIMIT_BAR = 0.93
CPU_BAR = 0.6
OURS, LIMIT = "ours", "the limit"


@dataclass(slots=True, kw_only=True)
class Case:
    """Photos in a library of their own, and what each program took for them, round by round."""

    work: Path
    library: Path
    photos: int
    suffix: str
    qualities: dict[str, float] = field(default_factory=dict)
    costs: dict[str, list[Cost]] = field(default_factory=dict)


def compare(
    made: Sequence[Path], work: Path, *, rounds: int, quality: float | None = None
) -> list[Row]:
    """Compare over the made photos and, if BENCH_PHOTOS names a folder, over those in it.

    A ``quality`` spares the time to find each peer's.
    """
    given = {peer.name: quality for peer in PEERS} if quality else {}
    rows = _compared(made, work / "made", given, rounds=rounds, suffix="")
    folder = os.environ.get("BENCH_PHOTOS")
    if folder:
        real = _real(Path(folder))
        if not real:
            raise CannotRun(f"BENCH_PHOTOS: {folder} holds no whole JPEG of {SMALLEST_PX} px")
        rows += _compared(real, work / "real", given, rounds=rounds, suffix=" (BENCH_PHOTOS)")
    return rows


def _real(folder: Path) -> list[Path]:
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".jpg", ".jpeg"))
    return [path for path in paths if _is_whole(path)]


def _is_whole(path: Path) -> bool:
    """Tell whether every peer shows it: libvips is strict where Pillow makes the best of it."""
    try:
        with Image.open(path) as photo:
            photo.load()
            is_fit = photo.mode == "RGB" and max(photo.size) >= SMALLEST_PX
    except (OSError, SyntaxError, ValueError):
        return False
    if not (is_fit and shutil.which("vips")):
        return is_fit
    read = subprocess.run(["vips", "avg", path], capture_output=True, timeout=60, check=False)
    return read.returncode == 0


def _compared(
    photos: Sequence[Path], work: Path, qualities: dict[str, float], *, rounds: int, suffix: str
) -> list[Row]:
    library = _library(photos, work / "library")
    case = Case(work=work, library=library, photos=len(photos), suffix=suffix)
    case.qualities |= qualities
    peers = [peer for peer in PEERS if not peer.lacks]
    rows = _at_equal_looks(case, photos[:SAMPLE], peers)
    for number in range(rounds):
        for name in _turned([OURS, LIMIT, *(peer.name for peer in peers)], number):
            case.costs.setdefault(name, []).append(_run(case, name))
        print(f"round {number + 1} of {rounds}: {_speeds(case)}", flush=True)
    return _ratios(case, peers) + rows


def _library(photos: Iterable[Path], library: Path) -> Path:
    """Copy photos into albums, and by that have them in the system's cache."""
    for number, path in enumerate(photos):
        folder = library / f"2024-05-0{1 + number % ALBUMS}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / f"DSC{number:05}.jpg")
    return library


def _turned(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]


def _speeds(case: Case) -> str:
    return ", ".join(f"{name} {_per_s(case, name)[-1]:.2f}/s" for name in case.costs)


def _per_s(case: Case, name: str) -> list[float]:
    share = next((peer.share for peer in PEERS if peer.name == name), 1)
    photos = max(1, case.photos // share)
    return [photos / cost.wall_s for cost in case.costs[name]]


def _cpu_s(case: Case, name: str) -> list[float]:
    return [cost.cpu_s / case.photos for cost in case.costs[name]]


def _run(case: Case, name: str) -> Cost:
    out = _fresh(case.work / "out")
    if name == OURS:
        return _ours(case.library, out)
    if name == LIMIT:
        return _limit(case.library, out)
    peer = next(peer for peer in PEERS if peer.name == name)
    library = case.library
    if peer.share > 1:
        some = sorted(case.library.rglob("*.jpg"))[: max(1, case.photos // peer.share)]
        library = _library(some, _fresh(case.work / "some"))
    return _theirs(peer, library, out, case.qualities[name])


def _ours(library: Path, out: Path) -> Cost:
    environ = measure.environment(
        WATCH_DIR=library, DATA_DIR=out / "data", RENDER_WORKERS=CORES, SETTLE_S=0
    )
    cost, report = measure.once(environ=environ, folder=out, sample=False)
    if report["failed"] or not report["published"]:
        raise CannotRun(f"not all photos were published: {report}")
    return cost


def _limit(library: Path, out: Path) -> Cost:
    script = Path(__file__).with_name("bare.py")
    command = [sys.executable, str(script), str(library), str(out), f"--workers={CORES}"]
    calls = json.dumps(asdict(_calls()))
    cost, _ = measure.run(
        [*command, f"--calls={calls}"], environ=measure.environment(), folder=out, sample=False
    )
    return cost


def _theirs(peer: Peer, library: Path, out: Path, quality: float) -> Cost:
    command = peer.command(library, out, quality)
    cost, _ = measure.run(command, environ=measure.environment(), folder=out, sample=False)
    return cost


def _calls() -> Calls:
    """Ask the program with what it calls the libraries."""
    from local_image_process.image import render, workers
    from local_image_process.settings import Settings

    settings = Settings.from_env({})
    return Calls(
        display_edge_px=settings.display_edge_px,
        draft_gap=render.DRAFT_GAP,
        display_quality=settings.display_quality,
        thumb_edges_px=settings.thumb_edges_px,
        thumb_quality=settings.thumb_quality,
        webp_method=render.WEBP_METHOD,
        niceness=workers.NICENESS,
    )


def _at_equal_looks(case: Case, photos: Sequence[Path], peers: Iterable[Peer]) -> list[Row]:
    """Find the quality at which each peer's files are as large as allowed; compare the looks."""
    sample = _library(photos, case.work / "sample")
    out = _fresh(case.work / "out")
    _ours(sample, out)
    ours, rows = looks(sample, out), []
    for peer in peers:
        quality = case.qualities.get(peer.name) or _quality(peer, sample, out, ours.size_bytes)
        case.qualities[peer.name] = quality
        _theirs(peer, sample, _fresh(out), quality)
        print(f"{peer.name}: quality {quality}", flush=True)
        rows += _compared_looks(peer, ours, looks(sample, out), quality, case.suffix)
    return rows


def _compared_looks(
    peer: Peer, ours: Looks, theirs: Looks, quality: float, suffix: str
) -> list[Row]:
    name, note = f"{peer.name}{suffix}", f"at its quality {quality}"
    is_fixed = peer.quality is not None  # then nothing makes the looks equal: no bar
    rows = [
        Row(
            measured=f"SSIM of ours less that of {name}, {edge_px} px",
            values=(ssim - theirs.ssim[edge_px],),
            at_least=None if is_fixed else LEAST_SSIM_GAIN,
            note=f"{note}; ours {ssim:.4f}",
        )
        for edge_px, ssim in ours.ssim.items()
    ]
    bytes_of_ours = Row(
        measured=f"bytes of ours over those of {name}",
        values=(ours.size_bytes / theirs.size_bytes,),
        at_most=None if is_fixed else MOST_BYTES,
        note=note,
    )
    return [*rows, bytes_of_ours]


def _quality(peer: Peer, library: Path, out: Path, our_bytes: int) -> float:
    """Return the lowest quality, at which it is fastest, that makes ours at most MOST_BYTES."""
    if peer.quality is not None:
        return peer.quality

    def suffices(step: int) -> bool:
        _theirs(peer, library, _fresh(out), step / peer.quality_steps)
        return our_bytes <= MOST_BYTES * size_bytes(out)

    lowest, highest = (quality * peer.quality_steps for quality in QUALITIES)
    steps = range(lowest, highest)
    return (lowest + bisect_left(steps, True, key=suffices)) / peer.quality_steps


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _ratios(case: Case, peers: Sequence[Peer]) -> list[Row]:
    """Compare neighbours in time: what else runs on the machine slows both."""
    ours, cpu_s = _per_s(case, OURS), _cpu_s(case, OURS)
    rows = []
    for name in (LIMIT, *(peer.name for peer in peers)):
        theirs = _per_s(case, name)
        rows.append(
            Row(
                measured=f"photos/s over {name}{case.suffix}",
                values=tuple(one / other for one, other in zip(ours, theirs, strict=True)),
                at_least=LIMIT_BAR if name == LIMIT else BARS.get(name),
                note=f"{ours[0]:.2f} and {theirs[0]:.2f} photos/s",
            )
        )
        if name == "sigal":
            other_s = _cpu_s(case, name)
            rows.append(
                Row(
                    measured=f"CPU seconds per photo over {name}{case.suffix}",
                    values=tuple(one / other for one, other in zip(cpu_s, other_s, strict=True)),
                    at_most=CPU_BAR,
                    note=f"{cpu_s[0]:.3f} and {other_s[0]:.3f} s",
                )
            )
    for peer in PEERS:
        if peer.lacks:
            rows += missing([f"photos/s over {peer.name}{case.suffix}"], peer.lacks)
    return rows
