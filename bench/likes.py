"""Likes a second, with and without an import beside them, and what a bare loop over SQLite does.

.venv/bin/python bench/likes.py [--likes 20000] [--clients 32] [--photos 50] [--import-photos 2000]

Every like is a visitor's of its own and is on the disk when it is acknowledged. The sum must be
exact, none may fail, and of a hundred ninety-nine must be answered within a second.
"""

import argparse
import http.client
import json
import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from measure import save, verdict

from tests.live import LiveGallery
from tests.photos import make_photo

PROCESSES = 2  # of clients; each of many threads
P99_BAR_S = 1.0
SHARE_BAR = 0.5  # of the bare loop's commits a second
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of likes came to."""

    likes_per_s: float
    p50_s: float
    p99_s: float
    failed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--likes", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--photos", type=int, default=50, help="that are liked")
    parser.add_argument("--import-photos", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gallery-likes-") as folder:
        live = LiveGallery(Path(folder), ADMIN_PASSWORD="for the bench only")
        ids = _make_album(live, "liked", options.photos)
        live.start()
        try:
            live.wait(lambda: len(live.exif()) == options.photos, what="the photos", timeout_s=300)
            alone = _round(live, ids, options.likes, options.clients, seed=0)
            _make_album(live, "imported", options.import_photos, size=(1600, 1200))
            beside = _round(live, ids, options.likes, options.clients, seed=1)
            waits = len(live.exif()) < options.photos + options.import_photos
            wanted = 2 * options.likes - alone.failed - beside.failed
            live.wait(lambda: _counted(live) == wanted, what=f"{wanted} likes", timeout_s=60)
        finally:
            live.stop()
        bare = _bare_commits_per_s(Path(folder))
    _print(alone, beside, bare, import_lasted=waits)
    rows = {"alone": _row(alone), "beside an import": _row(beside), "bare commits_per_s": bare}
    save("likes", {"likes": options.likes, "clients": options.clients, **rows})


def _print(alone: Round, beside: Round, bare: float, *, import_lasted: bool) -> None:
    for what, one in (("alone", alone), ("beside an import", beside)):
        print(
            f"{what:17} {one.likes_per_s:6.0f} likes/s   p50 {one.p50_s * 1000:4.0f} ms"
            f"   p99 {one.p99_s * 1000:4.0f} ms   failed {one.failed}"
        )
    share = alone.likes_per_s / bare
    print(f"a bare loop over SQLite commits {bare:.0f} rows/s on this disk")
    print(f"share of it {share:.2f}; bar {SHARE_BAR:g}: {verdict(share >= SHARE_BAR)}")
    is_fine = beside.p99_s <= P99_BAR_S and alone.failed + beside.failed == 0
    print(f"p99 within {P99_BAR_S:g} s and none failed: {verdict(is_fine)}; the sum is exact")
    if not import_lasted:
        print("the import was over before the likes were: give it more photos")


def _make_album(
    live: LiveGallery, album: str, number: int, size: tuple[int, int] = (64, 48)
) -> list[str]:
    first = make_photo(live.library.parent / f"{album}.jpg", size=size, seed=1).read_bytes()
    folder = live.library / album
    folder.mkdir()
    for n in range(number):  # a comment makes each another file, and the picture the same work
        comment = f"{n:08}".encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        (folder / f"photo{n:05}.jpg").write_bytes(first[:2] + segment + first[2:])
    return [f"{album}/photo{n:05}.webp" for n in range(number)]


def _counted(live: LiveGallery) -> int:
    return int(sum(live.get("/data/likes.json").json().values()))


def _round(live: LiveGallery, ids: list[str], likes: int, clients: int, *, seed: int) -> Round:
    """Like the photos in turn, from many clients at once."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        share = likes // PROCESSES
        jobs = [
            (live.port, ids, share, clients // PROCESSES, seed * PROCESSES + n)
            for n in range(PROCESSES)
        ]
        pool.starmap(_ready, [()] * PROCESSES)
        began_s = time.perf_counter()
        found = pool.starmap(_clients, jobs, chunksize=1)
        took_s = time.perf_counter() - began_s
    times_s = sorted(t for times, _ in found for t in times)
    failed = sum(failures for _, failures in found)
    return Round(
        likes_per_s=(len(times_s)) / took_s,
        p50_s=statistics.median(times_s),
        p99_s=times_s[int(0.99 * len(times_s))],
        failed=failed,
    )


def _ready() -> None:
    """Have a process of clients started before time is taken."""


def _clients(
    port: int, ids: list[str], likes: int, threads: int, seed: int
) -> tuple[list[float], int]:
    """Return the seconds of each like that was acknowledged, and how many were not."""
    times_s: list[float] = []
    failures: list[int] = []

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        for n in range(number, likes, threads):
            began_s = time.perf_counter()
            try:
                is_fine = _like(connection, ids[n % len(ids)], visitor=f"{seed} {n}")
            except (OSError, http.client.HTTPException):
                connection.close()
                is_fine = False
            if is_fine:
                times_s.append(time.perf_counter() - began_s)
            else:
                failures.append(n)
        connection.close()

    working = [threading.Thread(target=client, args=(n,)) for n in range(threads)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    return times_s, len(failures)


def _like(connection: http.client.HTTPConnection, photo_id: str, *, visitor: str) -> bool:
    body = json.dumps({"photoId": photo_id, "likes": 1})
    headers = {"Content-Type": "application/json", "User-Agent": visitor}
    connection.request("POST", "/api/like", body, headers)
    response = connection.getresponse()
    response.read()
    return response.status == 200


def _bare_commits_per_s(folder: Path, number: int = 2000) -> float:
    """Return how many single rows a loop commits with the same durability on the same disk."""
    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE likes (photo_id TEXT PRIMARY KEY, count INTEGER)")
    began_s = time.perf_counter()
    for n in range(number):
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "INSERT INTO likes VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            (f"liked/photo{n % 50:05}",),
        )
        database.execute("COMMIT")
    took_s = time.perf_counter() - began_s
    database.close()
    return number / took_s


def _row(one: Round) -> dict[str, float]:
    return {
        "likes_per_s": one.likes_per_s,
        "p50_s": one.p50_s,
        "p99_s": one.p99_s,
        "failed": one.failed,
    }


if __name__ == "__main__":
    main()
