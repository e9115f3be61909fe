"""A real gallery for the tests: gunicorn with four workers on a library of its own."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from tests.support import wait_for

ROOT = Path(__file__).parent.parent
SETTLE_S = 0.3
FIRST_PORT, PORTS, SHARES = 10_000, 2_000, 10
_numbers = itertools.count(random.randrange(PORTS))  # another run may be under way
# root may read and write whatever the modes say; without these rights it is like anybody else
LIKE_ANYBODY = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
)


def base_environ() -> dict[str, str]:
    """Return what every process needs of our own environment."""
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    return {n: value for n, value in os.environ.items() if n in kept or n.startswith("COV")}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class LiveGallery:
    """Library, data folder, and the processes on them."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.library = folder / "library"
        self.data = folder / "data"
        self.library.mkdir(parents=True, exist_ok=True)
        self.log = folder / "log"
        self.port = free_port()
        self.env = base_environ() | {
            "WATCH_DIR": str(self.library),
            "DATA_DIR": str(self.data),
            "PORT": str(self.port),
            "SETTLE_S": str(SETTLE_S),
            "ADMIN_PASSWORD": "for tests only",
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    # processes

    def start(self, *, cgroup: Path | None = None) -> "LiveGallery":
        """Start gunicorn, in a cgroup if wanted, and wait until it answers and somebody leads."""
        enter = ("/bin/sh", "-c", 'echo 0 > "$0"/cgroup.procs && exec "$@"', str(cgroup))
        server = [*LIKE_ANYBODY, sys.executable, str(ROOT / "server.py")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*(enter if cgroup else ()), *server],
                cwd=self._folder,
                env=self.env,
                stdout=log,
                stderr=log,
            )
        self.wait(lambda: self.leader_pid(), what="a leader")
        return self

    def stop(self) -> None:
        """End it as a system does, and see that nothing is left over."""
        if self._process is None:
            return
        if not self.is_alive():
            raise AssertionError(f"gunicorn had ended already\n{self.log_text()[-6000:]}")
        family = self.family()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=20)
        self._process = None
        wait_for(lambda: not [p for p in family if is_alive(p)], what="all processes to end")

    def kill_all(self) -> None:
        """Kill every process at once, as a power cut does."""
        family = self.family()
        for process in family:
            process.kill()
        if self._process is not None:
            self._process.wait(timeout=20)
            self._process = None
        wait_for(lambda: not [p for p in family if is_alive(p)], what="all processes to end")

    def family(self) -> list[psutil.Process]:
        """Return the master and all below it."""
        assert self._process is not None
        master = psutil.Process(self._process.pid)
        return [master, *master.children(recursive=True)]

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def command(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line on the same library and data."""
        return subprocess.run(
            [*LIKE_ANYBODY, sys.executable, "-m", "local_image_process", *arguments],
            cwd=self._folder,
            env=self.env | settings,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def once(self, *arguments: str, **settings: str) -> dict[str, Any]:
        """Run ``once --json`` and return its report."""
        done = self.command("once", "--json", *arguments, **settings)
        assert done.stdout, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    # what a visitor sees

    def get(self, path: str, **headers: str) -> Answer:
        """Ask over HTTP; the path may hold any characters."""
        url = f"http://127.0.0.1:{self.port}" + quote(path, safe="/?=&%")
        request = urllib.request.Request(
            url, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Send JSON, as a page or a script does."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}" + quote(path, safe="/?=&%"),
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}
            | {k.replace("_", "-"): v for k, v in headers.items()},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def albums(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.get("/data/albums.json").json()
        return answer

    def exif(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.get("/data/exif_data.json").json()
        return answer

    def urls(self) -> list[str]:
        """Return every picture that albums.json names."""
        return [url for album in self.albums().values() for url in album["images"]]

    def ids(self) -> set[str]:
        """Return the ids of all published photos, album and name."""
        return {url.removeprefix("/media/gallery/").partition(".webp")[0] for url in self.urls()}

    def wait_for_ids(self, *ids: str, timeout_s: float = 60.0) -> None:
        """Wait until exactly these photos are in both JSON files."""
        wanted = set(ids)
        self.wait(
            lambda: (
                self.ids() == wanted and {key.rpartition(".")[0] for key in self.exif()} == wanted
            ),
            what=f"exactly {sorted(wanted)}",
            timeout_s=timeout_s,
        )

    def leader_pid(self) -> int | None:
        """Return who leads by its own word; ``None`` while nobody does."""
        try:
            leader = self.get("/healthz").json()["leader"]
        except (OSError, urllib.error.URLError):
            return None
        return leader["pid"] if leader and leader["seen_s"] < 2 else None

    def wait(self, probe: Callable[[], Any], *, what: str, timeout_s: float = 60.0) -> Any:
        try:
            return wait_for(probe, what=what, timeout_s=timeout_s, alive=self.is_alive)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_text()[-6000:]}") from error

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def log_lines(self, words: str) -> list[str]:
        """Return the log's lines that contain some words."""
        return [line for line in self.log_text().splitlines() if words in line]


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs; a zombie does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    """Return a port that is free, and stays so: nobody else is given it before it is used.

    It lies below those of which the system gives any (ip_local_port_range), and each process
    of the tests has its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = FIRST_PORT + (worker % SHARES) * PORTS + next(_numbers) % PORTS
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
