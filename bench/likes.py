"""Likes a second, each durable when it is acknowledged, and what a bare loop over SQLite does."""

import http.client
import json
import multiprocessing
import sqlite3
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import library
from measure import CannotRun
from rows import Row, yes
from service import service

PHOTOS = 50
PROCESSES = 2  # of clients; each of many threads
CLIENTS = 32
SHARE_BAR = 0.5  # of the bare loop's commits a second
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of likes came to."""

    likes_per_s: float
    p99_s: float
    failed: int


def like(work: Path, *, likes: int, rounds: int) -> list[Row]:
    """Like photos from many clients, in turn with a loop that commits single rows."""
    folder = work / "likes"
    library.make_library(folder / "library", PHOTOS)
    library.once(folder)
    ids = [f"{library.FIRST_ALBUM}/DSC{number:06}.webp" for number in range(PHOTOS)]
    found, bares = [], []
    with service(library.settings_for(folder), folder) as running:
        running.wait_until_well()
        for number in range(rounds):
            bares.append(_bare_commits_per_s(folder, likes // 4))
            found.append(_round(running.port, ids, likes, seed=number))
        wanted = rounds * likes - sum(one.failed for one in found)
        running.wait_until(lambda: _counted(folder) == wanted, what=f"{wanted} likes in the JSON")
    return [
        Row(
            measured="likes/s, 4 workers, durable, over a bare loop's commits/s",
            values=tuple(a.likes_per_s / b for a, b in zip(found, bares, strict=True)),
            at_least=SHARE_BAR,
            note=f"{found[-1].likes_per_s:.0f} and {bares[-1]:.0f} a second",
        ),
        yes(
            "every like was acknowledged and counted",
            is_so=not any(one.failed for one in found),
            note=f"99 of 100 within {statistics.median(one.p99_s for one in found) * 1000:.0f} ms",
        ),
    ]


def _counted(folder: Path) -> int:
    return int(sum(json.loads((folder / "data" / "likes.json").read_bytes()).values()))


def _round(port: int, ids: list[str], likes: int, *, seed: int) -> Round:
    """Like the photos in turn, from many clients at once."""
    context = multiprocessing.get_context("spawn")
    share = likes // PROCESSES
    with context.Pool(PROCESSES) as pool:
        jobs = [
            (port, ids, share, CLIENTS // PROCESSES, seed * PROCESSES + number)
            for number in range(PROCESSES)
        ]
        pool.starmap(_ready, [()] * PROCESSES)
        began_s = time.perf_counter()
        found = pool.starmap(_clients, jobs, chunksize=1)
        took_s = time.perf_counter() - began_s
    times_s = sorted(one_s for times, _ in found for one_s in times)
    if not times_s:
        raise CannotRun("no like was acknowledged")
    return Round(
        likes_per_s=len(times_s) / took_s,
        p99_s=times_s[int(0.99 * len(times_s))],
        failed=sum(failures for _, failures in found),
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


def _bare_commits_per_s(folder: Path, number: int) -> float:
    """Return how many single rows a loop commits with the same durability on the same disk."""
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        database = sqlite3.connect(Path(aside) / "bare.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE likes (photo_id TEXT PRIMARY KEY, count INTEGER)")
        began_s = time.perf_counter()
        for n in range(number):
            database.execute("BEGIN IMMEDIATE")
            database.execute(
                "INSERT INTO likes VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
                (f"liked/photo{n % PHOTOS:05}",),
            )
            database.execute("COMMIT")
        took_s = time.perf_counter() - began_s
        database.close()
    return number / took_s
