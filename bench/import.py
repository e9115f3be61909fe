"""Import made 24-megapixel photos: the whole program against a bare loop of the same Pillow calls.

``python bench/import.py [--service] [--quick]``; both run as processes of their own, in turn.
The library is read once before, so that both find it in the system's cache.
"""

import argparse
import json
import shutil
import socket
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import measure
from bare import Calls
from measure import CannotRun, Cost
from photos import make_photos

WALL_RATIO_BAR = 1.15
PSS_BAR_MB = 700
ALBUMS = 3
QUICK_PHOTOS = 6
GUNICORN_WORKERS = 4
ASK_S = 0.2
PATIENCE_S = 60.0  # for a first photo, and then again for each next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is imported, and where it may be done."""

    library: Path
    work: Path
    photos: int
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured, round by round."""

    programs: list[Cost]
    bares: list[Cost]
    others_s: float  # processor seconds that went elsewhere, and to the bench itself
    service: dict[str, float] | None


def main() -> int:
    """Measure, print a table, keep the numbers; non-zero only when it cannot run."""
    options = _options()
    work = Path(tempfile.mkdtemp(prefix="gallery-bench-"))
    try:
        case = _prepared(options, work)
        busy_s = measure.busy_s()
        programs, bares = _rounds(case, options.rounds)
        others_s = measure.busy_s() - busy_s - sum(cost.cpu_s for cost in programs + bares)
        service = _served(case) if options.service else None
        _show(case, Outcome(programs=programs, bares=bares, others_s=others_s, service=service))
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="processes that render")
    parser.add_argument("--service", action="store_true", help="measure gunicorn as well")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PHOTOS} photos, one round")
    parser.add_argument("--cache", type=Path, default=measure.CACHE, help="keeps the made photos")
    options = parser.parse_args()
    if options.quick:
        options.photos, options.rounds = min(options.photos, QUICK_PHOTOS), 1
    return options


def _prepared(options: argparse.Namespace, work: Path) -> Case:
    """Make the photos, copy them into albums, and by that read them once."""
    made = make_photos(options.cache, options.photos, megapixels=options.megapixels)
    library = work / "library"
    for number, path in enumerate(made):
        folder = library / f"2024-05-0{1 + number * ALBUMS // len(made)} 上海"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / f"DSC{number:05}.jpg")
    mean_mb = sum(path.stat().st_size for path in made) / len(made) / 1e6
    print(f"{len(made)} photos of {options.megapixels:g} megapixels, {mean_mb:.1f} MB each")
    return Case(library=library, work=work, photos=len(made), workers=options.workers)


def _rounds(case: Case, rounds: int) -> tuple[list[Cost], list[Cost]]:
    """Run both in turn, each round the other one first."""
    programs, bares = [], []
    for number in range(rounds):
        if number % 2:
            programs.append(_program(case))
        bares.append(_bare(case))
        if not number % 2:
            programs.append(_program(case))
        print(
            f"round {number + 1}: program {programs[-1].wall_s:.2f} s,"
            f" bare loop {bares[-1].wall_s:.2f} s",
            flush=True,
        )
    return programs, bares


def _program(case: Case) -> Cost:
    folder = _fresh(case, "program")
    cost, report = measure.once(environ=_environment(case, folder), folder=folder)
    if report["published"] != case.photos:
        raise CannotRun(f"not all of {case.photos} photos were published: {report}")
    return cost


def _bare(case: Case) -> Cost:
    folder = _fresh(case, "bare")
    script = Path(__file__).with_name("bare.py")
    command = [sys.executable, str(script), str(case.library), str(folder)]
    arguments = [f"--workers={case.workers}", f"--calls={json.dumps(asdict(_calls()))}"]
    environ = measure.environment()
    cost, _ = measure.run([*command, *arguments], environ=environ, folder=folder)
    return cost


def _calls() -> Calls:
    """Ask the program with what it calls Pillow."""
    if str(measure.ROOT) not in sys.path:
        sys.path.append(str(measure.ROOT))
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


def _served(case: Case) -> dict[str, float]:
    """Let gunicorn import the photos; return seconds until all are public, and peak memory."""
    folder = _fresh(case, "service")
    port = _free_port()
    configuration = str(measure.ROOT / "gunicorn.conf.py")
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", configuration]
    command = [*gunicorn, "-w", str(GUNICORN_WORKERS), "-b", f"127.0.0.1:{port}", "server:app"]
    environ = _environment(case, folder) | {"PORT": str(port)}
    with measure.running(command, environ=environ, folder=folder) as process:
        with measure.PssSampler(process.pid) as sampler:
            seconds = _wait_until_public(case, process, port)
        rest_bytes = sum(measure.pss_bytes(pid) for pid in measure.tree(process.pid))
        process.ask_to_end()
        cost = process.wait(peak_pss_bytes=sampler.peak_bytes)
    return {
        "seconds": seconds,
        "cpu_s": cost.cpu_s,
        "peak_pss_mb": cost.peak_pss_mb,
        "rest_pss_mb": rest_bytes / 1e6,
        "processes": sampler.processes_at_peak,
    }


def _wait_until_public(case: Case, process: measure.Running, port: int) -> float:
    public, deadline_s = 0, PATIENCE_S
    while public < case.photos:
        if process.has_ended() or process.elapsed_s > deadline_s:
            raise CannotRun(f"{public} of {case.photos} photos public:\n{process.errors()}")
        time.sleep(ASK_S)
        now = _public_photos(port)
        if now > public:
            public, deadline_s = now, process.elapsed_s + PATIENCE_S
    return process.elapsed_s


def _public_photos(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/data/albums.json") as response:
            albums: dict[str, Any] = json.load(response)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return 0  # not up yet
    return sum(len(album["images"]) for album in albums.values())


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def _environment(case: Case, folder: Path) -> dict[str, str]:
    return measure.environment(
        WATCH_DIR=case.library,
        DATA_DIR=folder / "data",
        RENDER_WORKERS=case.workers,
        SETTLE_S=0,
    )


def _fresh(case: Case, name: str) -> Path:
    """Return an empty folder; the one before is gone."""
    folder = case.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _show(case: Case, outcome: Outcome) -> None:
    programs, bares = outcome.programs, outcome.bares
    program, bare = measure.median_cost(programs), measure.median_cost(bares)
    ratios = [one.wall_s / other.wall_s for one, other in zip(programs, bares, strict=True)]
    ratio = statistics.median(ratios)  # of neighbours in time: what else runs slows both
    print(f"\n{'':10} {'wall s':>8} {'photos/s':>9} {'CPU s':>8} {'peak PSS MB':>12}")
    for name, cost in (("program", program), ("bare loop", bare)):
        print(
            f"{name:10} {cost.wall_s:8.2f} {case.photos / cost.wall_s:9.2f} {cost.cpu_s:8.2f}"
            f" {cost.peak_pss_mb:12.0f}"
        )
    print(f"{'ratio':10} {ratio:8.3f} {1 / ratio:9.3f} {program.cpu_s / bare.cpu_s:8.3f}")
    print(f"other programs took {outcome.others_s:.1f} CPU s meanwhile: the fewer, the surer")
    print(
        f"\nwall ratio {ratio:.3f} ({min(ratios):.3f} to {max(ratios):.3f}),"
        f" bar {WALL_RATIO_BAR}: {measure.verdict(ratio <= WALL_RATIO_BAR)}"
    )
    if outcome.service:
        _show_service(case, outcome.service)
    results = {
        "photos": case.photos,
        "workers": case.workers,
        "program": measure.as_json(programs),
        "bare": measure.as_json(bares),
        "wall_ratio": ratio,
        "wall_ratios": ratios,
        "others_cpu_s": outcome.others_s,
        "service": outcome.service,
    }
    print(f"kept in {measure.save('import', results)}")


def _show_service(case: Case, service: dict[str, float]) -> None:
    print(
        f"service: all {case.photos} photos public after {service['seconds']:.1f} s from its start,"
        f" {service['cpu_s']:.1f} CPU s, {service['rest_pss_mb']:.0f} MB PSS then"
    )
    print(
        f"service memory {service['peak_pss_mb']:.0f} MB PSS in {service['processes']:.0f}"
        f" processes at most, bar {PSS_BAR_MB}:"
        f" {measure.verdict(service['peak_pss_mb'] <= PSS_BAR_MB)}"
    )


if __name__ == "__main__":
    sys.exit(main())
