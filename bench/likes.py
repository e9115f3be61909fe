"""Likes a second, each durable when it is acknowledged, and what a bare loop over SQLite does."""

import json
import statistics
import tempfile
import time
from pathlib import Path

import library
from commits import Commits
from rows import Row, yes
from service import Answers, ask, question, service

PHOTOS = 50
CONNECTIONS = 32
SHARE_BAR = 0.5  # of the bare loop's commits a second


def like(work: Path, *, likes: int, rounds: int) -> list[Row]:
    """Like photos from many clients, in turn with a loop that commits single rows."""
    folder = work / "likes"
    library.make_library(folder / "library", PHOTOS)
    library.once(folder)
    ids = [f"{library.FIRST_ALBUM}/DSC{number:06}.webp" for number in range(PHOTOS)]
    found, views, loops = [], [], []
    with service(library.settings_for(folder), folder, app="empty:app") as running:
        running.wait_until_well()
        for number in range(rounds):
            loops.append(_bare_commits_per_s(folder, likes // 4))
            views.append(_liked(running.port, "/commit", ids, likes, seed=number))
            found.append(_liked(running.port, "/api/like", ids, likes, seed=number))
        wanted = sum(one.statuses.get(200, 0) for one in found)
        running.wait_until(lambda: _counted(folder) == wanted, what=f"{wanted} likes in the JSON")
    return [
        Row(
            measured="likes/s, 4 workers, durable, over a bare loop's commits/s",
            values=tuple(a.per_s / b for a, b in zip(found, loops, strict=True)),
            at_least=SHARE_BAR,
            note=f"{found[-1].per_s:.0f} and {loops[-1]:.0f} a second",
        ),
        Row(
            measured="a bare Flask view that commits one row, over the same loop",
            values=tuple(a.per_s / b for a, b in zip(views, loops, strict=True)),
            note=f"{views[-1].per_s:.0f} a second: nothing is checked, nobody remembered",
        ),
        yes(
            "every like was acknowledged and counted",
            is_so=wanted == rounds * likes,
            note=f"99 of 100 within {statistics.median(map(_p99_s, found)) * 1000:.0f} ms",
        ),
    ]


def _p99_s(found: Answers) -> float:
    return found.times_s[int(0.99 * len(found.times_s))]


def _counted(folder: Path) -> int:
    return int(sum(json.loads((folder / "data" / "likes.json").read_bytes()).values()))


def _liked(port: int, path: str, ids: list[str], likes: int, *, seed: int) -> Answers:
    """Like the photos in turn, each time as another visitor, from many connections at once."""
    questions = [_like(path, ids[n % len(ids)], visitor=f"{seed} {n}") for n in range(likes)]
    return ask(port, iter(questions), connections=CONNECTIONS)


def _like(path: str, photo_id: str, *, visitor: str) -> bytes:
    body = json.dumps({"photoId": photo_id, "likes": 1}).encode()
    return question("POST", path, body, Content_Type="application/json", User_Agent=visitor)


def _bare_commits_per_s(folder: Path, number: int) -> float:
    """Return how many single rows a loop commits with the same durability on the same disk."""
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        commits = Commits(Path(aside) / "bare.db")
        began_s = time.perf_counter()
        for n in range(number):
            commits.commit(f"liked/photo{n % PHOTOS:05}")
        took_s = time.perf_counter() - began_s
        commits.close()
    return number / took_s
