"""Rounds of work and faults; after each, all must be as it should."""

import io
import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

from tests.chaos.faults import Faults
from tests.chaos.world import World
from tests.live import LiveGallery
from tests.oss_server import OssServer

SETTLE_S = "0.1"
CALM_S = 30.0  # within so many seconds of the last fault all must agree
NEAR = 14  # of 255: as far as WebP may be off in a plain colour
LOSES_THE_LATEST = ("delete the catalogue", "spoil the catalogue")  # likes not in the JSON yet


class Chaos:
    """One gallery, one library, one seed."""

    def __init__(self, folder: Path, *, seed: int, with_bucket: bool) -> None:
        self.seed = seed
        self._rng = random.Random(seed)
        self._stack = ExitStack()
        self._bucket = self._stack.enter_context(OssServer()) if with_bucket else None
        self.live = LiveGallery(folder, SETTLE_S=SETTLE_S, RENDER_WORKERS="1", **self._settings())
        self.world = World(self.live.library, self._rng)
        self._faults = Faults(self.live, self._bucket, self._rng)
        self._seen: dict[str, tuple[int, int, int]] = {}  # by URL with version
        self._visitors = 0
        self.story: list[str] = []

    def _settings(self) -> dict[str, str]:
        if self._bucket is None:
            return {}
        return {
            "OSS_ENDPOINT": self._bucket.endpoint,
            "OSS_BUCKET": self._bucket.bucket,
            "OSS_REGION": self._bucket.region,
            "OSS_ACCESS_KEY": self._bucket.access_key,
            "OSS_SECRET_KEY": self._bucket.secret_key,
            "OSS_SIGNED_URLS": "1",
            "INDEX_INTERVAL_S": "0",
        }

    @contextmanager
    def running(self) -> Iterator["Chaos"]:
        """Start, and in the end stop; then nothing may be left over."""
        with self._stack:
            self.live.start()
            try:
                yield self
            finally:
                self._faults.end()
                self.live.stop()
            left = [path for path in self.live.data.rglob("*.tmp") if path.is_file()]
            assert not left, f"left over: {left}"

    def round(self) -> None:
        """Work while a fault strikes, then compare everything with what it should be."""
        self.world.begin_round()
        fault = self._faults.choose()
        self.story.append(f"fault: {fault}")
        liked = self._like_some()
        if fault in LOSES_THE_LATEST:
            self._until(lambda: self._likes_are_right(), "likes in the JSON")
        for _ in range(self._rng.randint(1, 4)):
            self.story.append(self.world.act())
        before = self.world.files()
        self._faults.strike(fault)
        time.sleep(self._rng.choice([0.0, 0.1, 0.5]))  # a pace, not a wait
        self._faults.end()
        self.story.append(f"liked: {liked}")
        self._until(self._is_right, "all to be right")
        self._until(lambda: self._findings() == [], "check to find nothing")
        assert self.world.files() == before, "the library was written"

    def _like_some(self) -> list[str]:
        """Like photos that are shown; note what was acknowledged."""
        liked = []
        ids = self.world.ids()
        for key in self._rng.sample(sorted(ids), min(3, len(ids))):
            self._visitors += 1
            agent = f"visitor {self.seed} {self._visitors}"
            body = {"photoId": f"{ids[key]}.webp", "likes": 1}
            answer = self.live.post("/api/like", body, User_Agent=agent)
            assert answer.status == 200, answer
            picture = self.world.photos[key]
            if picture.likes is not None:
                picture.likes += 1
            liked.append(key)
        return liked

    def _is_right(self) -> bool:
        ids = self.world.ids()
        try:
            shown = {
                url.partition("gallery/")[2].rpartition(".webp")[0]: url for url in self.live.urls()
            }
            is_all = set(shown) == set(ids.values()) and len(shown) == len(self.live.urls())
            exif = {key.rpartition(".")[0] for key in self.live.exif()}
            if not is_all or exif != set(ids.values()) or not self._likes_are_right():
                return False
            return all(
                self._has_colour(shown[ids[key]], picture.colour)
                for key, picture in self.world.photos.items()
            )
        except (OSError, urllib.error.URLError, json.JSONDecodeError):
            return False

    def _likes_are_right(self) -> bool:
        told = {
            k.rpartition(".")[0]: n for k, n in self.live.get("/data/likes.json").json().items()
        }
        return all(
            picture.likes is None or told.get(photo_id) == picture.likes
            for key, photo_id in self.world.ids().items()
            for picture in [self.world.photos[key]]
        )

    def _has_colour(self, url: str, wanted: tuple[int, int, int]) -> bool:
        if url not in self._seen:
            answer = self.live.get(url)
            assert answer.status == 200, f"the JSON names {url}: {answer.status}"
            with Image.open(io.BytesIO(answer.body)) as image:
                middle = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
            assert isinstance(middle, tuple)
            self._seen[url] = (int(middle[0]), int(middle[1]), int(middle[2]))
        return all(abs(a - b) <= NEAR for a, b in zip(self._seen[url], wanted, strict=True))

    def _findings(self) -> list[object]:
        done = self.live.command("check", "--json", "--remote")
        found: list[object] = json.loads(done.stdout)["findings"] if done.stdout else [done.stderr]
        return found

    def _until(self, probe: Callable[[], bool], what: str) -> None:
        try:
            self.live.wait(probe, what=what, timeout_s=CALM_S)
        except AssertionError as error:
            raise AssertionError(f"{self._situation()}\n{error}") from error

    def _situation(self) -> str:
        ids = self.world.ids()
        shown = self.live.ids() if self._bucket is None else self.live.exif().keys()
        likes = {ids[key]: picture.likes for key, picture in self.world.photos.items()}
        return "\n".join(
            [
                f"seed {self.seed}, round by round:",
                *self.story[-12:],
                f"wanted {sorted(ids.values())}",
                f"shown  {sorted(shown)}",
                f"likes wanted {likes}",
                f"likes told {self.live.get('/data/likes.json').body.decode()}",
                f"check: {self._findings()}",
            ]
        )
