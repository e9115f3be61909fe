"""How soon a photo is seen, what it costs, and how much memory large photos take."""

import json
import os
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path

import library
import measure
from rows import Row, yes
from service import Service, service

FIRST_BAR_S = 3
NEW_BAR_S = 2
GROWTH_BAR = 1.5
BYTES_BAR = 3
MEMORY_BAR_MB = 900
FOLDERS = 25
DAY_S = 86400
QUIET_LOOKS = 60  # ASK_S apart


def first(made: Sequence[Path], work: Path, *, photos: int, rounds: int) -> list[Row]:
    """Start on a library that nobody knows yet; the newest folder comes first."""
    folders = _linked(made, work / "first" / "library", photos)
    times_s, newest = [], []
    for _ in range(rounds):
        shutil.rmtree(work / "first" / "data", ignore_errors=True)
        folder = work / "first"
        with service(library.settings_for(folder), folder) as running:
            times_s.append(running.wait_until(lambda: _albums(running), what="a first photo"))
            newest.append(_albums(running) == [folders[-1]])
    return [
        Row(
            measured=f"first photo of {photos} in the JSON, s from the service's start",
            values=tuple(times_s),
            at_most=FIRST_BAR_S,
        ),
        yes("it is of the newest folder", is_so=all(newest)),
    ]


def _linked(made: Sequence[Path], root: Path, photos: int) -> list[str]:
    """Fill folders with photos, the later ones by name the newer ones; return their names.

    Each folder has one file, of its own age, under many names.
    """
    names = [f"{2000 + number}-05" for number in range(FOLDERS)]
    small = [path for path in made if path.stat().st_size < 16e6] or made
    for number, name in enumerate(names):
        (root / name).mkdir(parents=True)
        first = root / name / f"DSC{number:05}.jpg"
        shutil.copyfile(small[number % len(small)], first)
        os.utime(first, (first.stat().st_mtime - (FOLDERS - number) * DAY_S,) * 2)
        for other in range(number + FOLDERS, photos, FOLDERS):
            os.link(first, root / name / f"DSC{other:05}.jpg")
    return names


def _albums(running: Service) -> list[str]:
    status, _, body = running.get("/data/albums.json")
    albums = json.loads(body) if status == 200 else {}
    return [name for name, album in albums.items() if album["images"]]


def new(
    cache: Path, made: Sequence[Path], *, photos: int, few: int, rounds: int, settle_s: float
) -> list[Row]:
    """Copy a photo into a large gallery and into a small one, in turn."""
    large, small = library.make_gallery(cache, photos), library.make_gallery(cache, few)
    times: dict[Path, list[float]] = {large: [], small: []}
    shares: list[float] = []
    settings = {"SETTLE_S": settle_s}
    with (
        service(library.settings_for(large, **settings), large) as one,
        service(library.settings_for(small, **settings), small) as other,
    ):
        for running in (one, other):
            running.wait_until_well()
            _wait_until_quiet(running)
        for number in range(rounds + 1):
            for running, folder in ((one, large), (other, small)):
                took_s, share = _appear(running, folder, made[0], number)
                if number:  # the first has to start processes
                    times[folder].append(took_s - settle_s)
                    shares += [share] if folder == large else []
    for folder in (large, small):
        library.once(folder)
    ratios = [a / b for a, b in zip(times[large], times[small], strict=True)]
    return [
        Row(
            measured=f"one new photo among {photos}, s beyond SETTLE_S until in the JSON",
            values=tuple(times[large]),
            at_most=NEW_BAR_S,
        ),
        Row(
            measured=f"the same over that among {few}",
            values=tuple(ratios),
            at_most=GROWTH_BAR,
            note=f"{statistics.median(times[small]):.2f} s among {few}",
        ),
        Row(
            measured="bytes written for that photo over those of the JSON files",
            values=tuple(shares),
            at_most=BYTES_BAR,
        ),
    ]


def _appear(running: Service, folder: Path, photo: Path, number: int) -> tuple[float, float]:
    """Copy a photo in; return the seconds until it is seen, and bytes over the JSON's bytes."""
    before_bytes = _written_bytes(running)
    target = folder / "library" / library.FIRST_ALBUM / f"NEW{number:06}.JPG"
    content = photo.read_bytes()
    target.write_bytes(content[:2] + _comment(number) + content[2:])
    key = f"/{target.stem}.webp".encode()
    path = folder / "data" / "albums.json"  # its facts are in exif_data.json before
    names = _Names(path)
    took_s = running.wait_until(lambda: names.have(key), what=target.name)
    _wait_until_quiet(running)
    written_bytes = _written_bytes(running) - before_bytes
    target.unlink()
    running.wait_until(lambda: not names.have(key), what="its withdrawal")
    _wait_until_quiet(running)
    json_bytes = sum(one.stat().st_size for one in (folder / "data").glob("*.json"))
    return took_s, written_bytes / json_bytes


class _Names:
    """What a large JSON file names, read again only when the file is another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state = (0, 0)
        self._has = False

    def have(self, key: bytes) -> bool:
        """Tell whether the file names it."""
        status = self._path.stat()
        if (status.st_ino, status.st_mtime_ns) != self._state:
            self._state = (status.st_ino, status.st_mtime_ns)
            self._has = key in self._path.read_bytes()
        return self._has


def _comment(number: int) -> bytes:
    """Return a JPEG segment that makes each copy another file."""
    words = f"{number:08} {os.getpid()}".encode()
    return b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words


def _wait_until_quiet(running: Service) -> None:
    """Wait until many looks in a row find that nothing was written."""
    seen: list[int] = []

    def is_quiet() -> bool:
        seen.append(_written_bytes(running))
        return len(seen) > QUIET_LOOKS and len({*seen[-QUIET_LOOKS:]}) == 1

    running.wait_until(is_quiet, what="quiet")


def _written_bytes(running: Service) -> int:
    """Return the bytes that the processes at work have sent to the disk."""
    total = 0
    for pid in measure.tree(running.process.pid):
        try:
            lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
        except OSError:  # Race: it ended meanwhile
            continue
        told = dict(line.split(": ") for line in lines)
        total += int(told["write_bytes"]) - int(told["cancelled_write_bytes"])
    return total


def memory(made: Sequence[Path], work: Path, *, photos: int) -> list[Row]:
    """Let the service import the largest photos with two workers; all its processes count."""
    folder = work / "memory"
    largest = max(made, key=lambda path: path.stat().st_size)
    (folder / "library" / "album").mkdir(parents=True)
    content = largest.read_bytes()
    for number in range(photos):
        target = folder / "library" / "album" / f"DSC{number:05}.jpg"
        target.write_bytes(content[:-2] + bytes([number]) * 8 + content[-2:])
    environ = library.settings_for(folder)
    with service(environ, folder) as running, measure.PssSampler(running.process.pid) as sampler:
        running.wait_until(lambda: _images(running) == photos, what=f"{photos} photos")
    return [
        Row(
            measured="peak memory, 2 workers, all processes of the service, MB",
            values=(sampler.peak_bytes / 1e6,),
            at_most=MEMORY_BAR_MB,
            note=f"{sampler.processes_at_peak} processes, {largest.stem.rpartition('-')[2]}",
        )
    ]


def _images(running: Service) -> int:
    status, _, body = running.get("/data/albums.json")
    albums = json.loads(body) if status == 200 else {}
    return sum(len(album["images"]) for album in albums.values())
