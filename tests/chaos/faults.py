"""What strikes a gallery at work, and how it is taken back."""

import os
import random
import shutil
import signal
from collections.abc import Callable

import psutil

from tests.live import LiveGallery
from tests.oss_server import OssServer


class Faults:
    """One fault at a time; ``end`` takes it back."""

    def __init__(self, live: LiveGallery, bucket: OssServer | None, rng: random.Random) -> None:
        self._live = live
        self._bucket = bucket
        self._rng = rng
        self._undo: Callable[[], object] = lambda: None

    def choose(self) -> str:
        """Return the name of a fault."""
        names = [
            *("nothing", "kill the leader", "kill a worker", "kill render processes", "kill all"),
            *("restart", "take the library away", "empty the library", "lock a folder"),
            *("delete the catalogue", "spoil the catalogue", "tear the JSON"),
        ]
        if self._bucket is not None:
            names += ["bucket is away", "bucket resets", "bucket is slow", "bucket lies"]
        return self._rng.choice(names)

    def strike(self, name: str) -> None:
        """Let it happen."""
        getattr(self, f"_{name.replace(' ', '_').lower()}")()

    def end(self) -> None:
        """Take it back, and see that the gallery runs."""
        undo, self._undo = self._undo, lambda: None
        undo()
        if not self._live.is_alive():
            self._live.start()

    def _nothing(self) -> None:
        pass

    def _kill(self, pid: int | None) -> None:
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def _kill_the_leader(self) -> None:
        self._kill(self._live.leader_pid())

    def _kill_a_worker(self) -> None:
        master, *others = self._live.family()
        workers = [p.pid for p in others if p.ppid() == master.pid]
        self._kill(self._rng.choice(workers) if workers else None)

    def _kill_render_processes(self) -> None:
        for process in self._live.family()[1:]:
            try:
                if any("--multiprocessing-fork" in word for word in process.cmdline()):
                    process.kill()
            except psutil.NoSuchProcess:
                continue

    def _kill_all(self) -> None:
        self._live.kill_all()

    def _restart(self) -> None:
        self._live.stop()

    def _take_the_library_away(self) -> None:
        library = self._live.library
        aside = library.with_name("aside")
        library.rename(aside)
        self._undo = lambda: aside.rename(library)

    def _empty_the_library(self) -> None:
        library = self._live.library
        aside = library.with_name("aside")
        library.rename(aside)
        library.mkdir()

        def undo() -> None:
            library.rmdir()
            aside.rename(library)

        self._undo = undo

    def _lock_a_folder(self) -> None:
        folders = [self._live.library, *(p for p in self._live.library.iterdir() if p.is_dir())]
        folder = self._rng.choice(sorted(folders))
        folder.chmod(0)
        self._undo = lambda: folder.chmod(0o755)

    def _delete_the_catalogue(self) -> None:
        for path in self._live.data.glob("catalogue.db*"):
            path.unlink(missing_ok=True)

    def _spoil_the_catalogue(self) -> None:
        """Let it be garbage after a power cut."""
        self._live.kill_all()
        for path in self._live.data.glob("catalogue.db-*"):
            path.unlink(missing_ok=True)
        path = self._live.data / "catalogue.db"
        path.write_bytes(self._rng.randbytes(max(4096, path.stat().st_size // 2)))

    def _tear_the_json(self) -> None:
        path = self._live.data / self._rng.choice(["albums.json", "exif_data.json", "likes.json"])
        self._live.kill_all()
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        shutil.copy(path, path.with_name(f".{path.name}.tmp"))

    def _bucket_is_away(self) -> None:
        self._in_bucket("503")

    def _bucket_resets(self) -> None:
        self._in_bucket("reset")

    def _bucket_is_slow(self) -> None:
        self._in_bucket("delay", delay_s=0.3)

    def _bucket_lies(self) -> None:
        self._in_bucket("done_but_500")

    def _in_bucket(self, kind: str, delay_s: float = 0.0) -> None:
        assert self._bucket is not None
        self._bucket.fault(kind, delay_s=delay_s)  # type: ignore[arg-type] # a name of Kind
        self._undo = self._bucket.clear_faults
