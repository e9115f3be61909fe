"""Rounds of work and faults; after each, all must be as it should."""

import random
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from pathlib import Path

import psutil

from tests.chaos.agreement import Agreement
from tests.chaos.asking import Asking
from tests.chaos.faults import LIBRARY_AWAY, LOSES_THE_LATEST, Faults
from tests.chaos.shim import COMPILER, Shim
from tests.chaos.visitors import PASSWORD, Visitors
from tests.chaos.world import World
from tests.live import LiveGallery
from tests.oss_server import OssServer

SETTLE_S = "0.1"
CALM_S = 30.0  # within so many seconds of the last fault all must agree
LASTS_S = (0.0, 0.1, 0.5, 0.5, 1.5)
ASKED = 0.15  # of the rounds somebody asks for a sweep in
CRASH = "Traceback (most recent call last)"
NOT_YET = (OSError, urllib.error.URLError, HTTPException, ValueError, psutil.NoSuchProcess)


class Chaos:
    """One gallery, one library, one seed."""

    def __init__(self, folder: Path, *, seed: int, with_bucket: bool) -> None:
        self.seed = seed
        self.story: list[str] = []
        self._rng = random.Random(seed)
        self._stack = ExitStack()
        self._bucket = self._stack.enter_context(OssServer()) if with_bucket else None
        workers = self._rng.choice([2, 2, 4])
        self.live = LiveGallery(
            folder,
            SETTLE_S=SETTLE_S,
            RENDER_WORKERS="1",
            RENDER_TIMEOUT_S="3",  # and four times as long for one killed with the pool's lock
            ADMIN_PASSWORD=PASSWORD,
            GUNICORN_CMD_ARGS=f"--workers {workers}",
            **self._settings(),
        )
        shim = Shim(folder, library=self.live.library, data=self.live.data) if COMPILER else None
        self.live.env |= shim.compile() if shim else {}
        self.world = World(self.live.library, self._rng)
        self._asking = Asking(self.live)
        self._faults = Faults(
            self.live, self._asking, bucket=self._bucket, shim=shim, rng=self._rng
        )
        self._visitors = Visitors(self.live, name=f"visitor {seed}")
        self._agreement = Agreement(self.live, self._bucket, self.world)

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
                self._until_all_is_right()
                yield self
            finally:
                self._faults.end()
                self._asking.kill()
                self.live.stop()

    def round(self) -> None:
        """Work while a fault strikes, then compare everything with what it should be."""
        self.world.begin_round()
        fault = self._faults.choose()
        self.story.append(f"fault: {fault}")
        self._give()
        if fault in LOSES_THE_LATEST:
            self._until(self._agreement.of_json, "what was given to be in the JSON")
        self._act(self._rng.randint(1, 3))
        self._perhaps_ask()
        before = self.world.files()
        self._faults.strike(fault)
        if not any(words in fault for words in LIBRARY_AWAY):
            self._act(self._rng.randint(0, 2))
            before = self.world.files()
        if fault not in LOSES_THE_LATEST:
            self._give()
        time.sleep(self._rng.choice(LASTS_S))  # a pace, not a wait
        self._faults.end()
        self._until_all_is_right()
        assert self.world.files() == before, "the library was written"

    def _act(self, number: int) -> None:
        for _ in range(number):
            self.story.append(self.world.act())

    def _give(self) -> None:
        """Give likes and stars to photos that are shown."""
        ids = self.world.ids()
        untouched = sorted(key for key in ids if not self.world.photos[key].is_touched)
        for key in self._rng.sample(untouched, min(3, len(untouched))):
            given = self.world.photos[key].given
            if given is None:
                continue
            told = self._visitors.like(ids[key], given)
            if self._rng.random() < 0.3:
                stars = self._rng.randrange(11) / 2
                told += f", {stars} stars: {self._visitors.give_stars(ids[key], stars, given)}"
            self.story.append(f"like {ids[key]}: {told}")

    def _perhaps_ask(self) -> None:
        """Ask for a sweep, or for a reading of the bucket, and let it go on beside the rest."""
        if self._rng.random() < ASKED:
            command = self._rng.choice(["once", "sync"] if self._bucket else ["once"])
            self._asking.begin(command)
            self.story.append(f"asked: {command}")

    def _until_all_is_right(self) -> None:
        self._until(self._agreement.problem, "all to be right")
        self._until(lambda: "" if self._asking.has_ended else "none", "an answer")
        self._agreement.settle()
        log = self.live.log_text()
        assert CRASH not in log, self._situation(log[max(0, log.find(CRASH) - 500) :][:6000])

    def _until(self, problem: Callable[[], str], what: str) -> None:
        """Wait until there is no problem."""
        last = ""

        def is_right() -> bool:
            nonlocal last
            try:
                last = problem()
            except NOT_YET as error:
                last = repr(error)
            return not last

        try:
            self.live.wait(is_right, what=what, timeout_s=CALM_S)
        except AssertionError as error:
            raise AssertionError(self._situation(f"{last}\n{error}")) from error

    def _situation(self, problem: str) -> str:
        return "\n".join([f"seed {self.seed}, the last of it:", *self.story[-25:], problem])
