"""Serve the JSON of a large gallery, and start with it."""

import statistics
from pathlib import Path

import library
from measure import CannotRun
from rows import Row, yes
from service import Service, requests_per_s, service

EXIF = "/data/exif_data.json"
LIST = "/api/photos/list?withExif=true"
SHARE_BAR = 0.7
START_BAR = 1.5
WARM_UP_S = 0.5


def serve(cache: Path, *, photos: int, listed: int, rounds: int, seconds: float) -> list[Row]:
    """Ask for the JSON, in turn with a view that does nothing."""
    rows = _asked(cache, photos, EXIF, "exif_data.json.gz", rounds=rounds, seconds=seconds)
    return rows + _asked(cache, listed, LIST, "api_photos.json.gz", rounds=rounds, seconds=seconds)


def start(cache: Path, work: Path, *, photos: int, rounds: int) -> list[Row]:
    """Start with many photos and with none, in turn, each until it says that it is well."""
    full, none = library.make_gallery(cache, photos), work / "none"
    (none / "library").mkdir(parents=True)
    times: dict[Path, list[float]] = {full: [], none: []}
    for number in range(rounds + 1):
        for folder, found in times.items():
            with service(library.settings_for(folder), folder) as running:
                took_s = running.wait_until_well()
            if number:  # the first fills the system's cache
                found.append(took_s)
    ratios = [one / other for one, other in zip(times[full], times[none], strict=True)]
    return [
        Row(
            measured=f"start with {photos} photos to /healthz 200, over that with none",
            values=tuple(ratios),
            at_most=START_BAR,
            note=f"{statistics.median(times[full]):.2f} and {statistics.median(times[none]):.2f} s",
        )
    ]


def _asked(
    cache: Path, photos: int, path: str, packed: str, *, rounds: int, seconds: float
) -> list[Row]:
    folder = library.make_gallery(cache, photos)
    with service(library.settings_for(folder), folder, app="empty:app") as running:
        running.wait_until_well()
        status, headers, body = running.get(path, Accept_Encoding="gzip")
        if status != 200:
            raise CannotRun(f"{path}: {status} {body[:200]!r}")
        is_file = body == (folder / "data" / packed).read_bytes()
        name = f"GET {path.partition('?')[0]} of {photos} photos"
        return [
            _share(running, path, headers["ETag"], name, rounds=rounds, seconds=seconds),
            yes(
                f"{name}, 200: the bytes of a compressed file made once",
                is_so=is_file and headers.get("Content-Encoding") == "gzip",
                note=f"{len(body) / 1e6:.2f} MB, {_per_s(running, path, seconds):.0f} requests/s",
            ),
        ]


def _per_s(running: Service, path: str, seconds: float) -> float:
    return requests_per_s(running.port, path, seconds=seconds, expected=200, Accept_Encoding="gzip")


def _share(
    running: Service, path: str, etag: str, name: str, *, rounds: int, seconds: float
) -> Row:
    def asked(seconds: float) -> float:
        return requests_per_s(
            running.port,
            path,
            seconds=seconds,
            expected=304,
            If_None_Match=etag,
            Accept_Encoding="gzip",
        )

    def nothing(seconds: float) -> float:
        return requests_per_s(running.port, "/empty", seconds=seconds, expected=200)

    asked(WARM_UP_S)
    nothing(WARM_UP_S)
    pairs = [(asked(seconds), nothing(seconds)) for _ in range(rounds)]
    return Row(
        measured=f"{name}, 304: requests/s over those of an empty view",
        values=tuple(one / other for one, other in pairs),
        at_least=SHARE_BAR,
        note=f"{pairs[-1][0]:.0f} and {pairs[-1][1]:.0f} requests/s",
    )
