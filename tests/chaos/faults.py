"""What strikes a gallery at work, and how it is taken back."""

import errno
import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil

from tests.chaos.asking import Asking
from tests.chaos.shim import Shim
from tests.live import LiveGallery
from tests.oss_server import OssServer
from tests.photos import make_photo
from tests.support import wait_for

ALWAYS = (
    *("nothing", "kill the leader", "kill a worker", "kill render processes", "kill all"),
    *("restart", "take the library away", "empty the library", "lock a folder"),
    *("put a strange library in its place", "start with a strange library"),
    *("delete the catalogue", "spoil the catalogue", "truncate the catalogue", "age the catalogue"),
    *("tear the JSON", "lose the data folder's words"),
)
BY_SHIM = (
    *("half of the listings break off", "all listings break off", "photos cannot be read"),
    "the disk is full",
    *("the disk is read-only", "the disk is broken", "the clock is ahead", "the clock is behind"),
)
OF_BUCKET = (
    *("bucket is away", "bucket resets", "bucket is slow", "bucket lies"),
    *("bucket's listings break off", "bucket's answers are damaged"),
)
LIBRARY_AWAY = ("library", "lock a folder")  # nothing is done in it meanwhile
LOSES_THE_LATEST = (  # likes that are not in the JSON yet
    *("delete the catalogue", "spoil the catalogue", "truncate the catalogue"),
)
HOURS_S = 3 * 3600


class Faults:
    """One fault at a time; ``end`` takes it back."""

    def __init__(
        self,
        live: LiveGallery,
        asking: Asking,
        *,
        bucket: OssServer | None,
        shim: Shim | None,
        rng: random.Random,
    ) -> None:
        self._live = live
        self._asking = asking
        self._bucket = bucket
        self._shim = shim
        self._rng = rng
        self._undo: Callable[[], object] = lambda: None

    def choose(self) -> str:
        """Return the name of a fault."""
        of_shim = BY_SHIM if self._shim else ()
        of_bucket = OF_BUCKET if self._bucket else ()
        names: list[str] = [*ALWAYS, *of_shim, *of_bucket]
        return self._rng.choice(names)

    def strike(self, name: str) -> None:
        """Let it happen."""
        letters = name.replace("'", "").replace("-", "_").replace(" ", "_").lower()
        getattr(self, f"_{letters}")()

    def end(self) -> None:
        """Take it back, and see that the gallery runs."""
        undo, self._undo = self._undo, lambda: None
        undo()
        if not self._live.is_alive():
            self._live.start()

    def _nothing(self) -> None:
        pass

    # processes

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
        self._asking.kill()

    def _restart(self) -> None:
        self._live.stop()

    # the library

    def _take_the_library_away(self) -> Path:
        library = self._live.library
        aside = library.with_name("aside")
        library.rename(aside)

        def undo() -> None:
            if library.exists():
                shutil.rmtree(library)
            aside.rename(library)

        self._undo = undo
        return library

    def _empty_the_library(self) -> None:
        self._take_the_library_away().mkdir()

    def _put_a_strange_library_in_its_place(self) -> None:
        strange = self._live.library.with_name("strange")
        for number in range(self._rng.randint(1, 5)):
            make_photo(strange / f"上海/stranger {number}.jpg", size=(64, 48), seed=number)
        strange.rename(self._take_the_library_away())

    def _start_with_a_strange_library(self) -> None:
        self._kill_all()
        self._put_a_strange_library_in_its_place()
        self._live.start()

    def _lock_a_folder(self) -> None:
        folders = [self._live.library, *(p for p in self._live.library.iterdir() if p.is_dir())]
        folder = self._rng.choice(sorted(folders))
        folder.chmod(0)
        self._undo = lambda: folder.chmod(0o755)

    # the data folder

    def _delete_the_catalogue(self) -> None:
        for path in self._live.data.glob("catalogue.db*"):
            path.unlink(missing_ok=True)

    def _spoil_the_catalogue(self) -> None:
        """Let it be garbage after a power cut."""
        path = self._after_a_power_cut()
        path.write_bytes(self._rng.randbytes(max(4096, path.stat().st_size // 2)))

    def _truncate_the_catalogue(self) -> None:
        path = self._after_a_power_cut()
        os.truncate(path, path.stat().st_size // 8192 * 4096 + self._rng.choice([0, 1000]))

    def _after_a_power_cut(self) -> Path:
        self._kill_all()
        path = self._live.data / "catalogue.db"
        wait_for(lambda: _is_one_file(path), what="the last lock of those that were killed")
        return path

    def _age_the_catalogue(self) -> None:
        """Let it be of an older version of the program."""
        with closing(sqlite3.connect(self._after_a_power_cut())) as database, database:
            database.execute("UPDATE meta SET value = '1' WHERE name = 'schema_version'")
            database.execute("ALTER TABLE photos DROP COLUMN exif")

    def _tear_the_json(self) -> None:
        path = self._live.data / self._rng.choice(["albums.json", "exif_data.json", "likes.json"])
        self._kill_all()
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        shutil.copy(path, path.with_name(f".{path.name}.tmp"))

    def _lose_the_data_folders_words(self) -> None:
        for path in self._live.data.glob("*.json*"):
            path.unlink(missing_ok=True)  # Race: one that is being written gets its name meanwhile

    # disk and clock

    def _switch(
        self, *, listing: int = 0, reading: int = 0, writing: int = 0, clock_ahead_s: int = 0
    ) -> None:
        assert self._shim is not None
        self._shim.set(
            listing=listing, reading=reading, writing=writing, clock_ahead_s=clock_ahead_s
        )
        self._undo = self._shim.set

    def _half_of_the_listings_break_off(self) -> None:
        self._switch(listing=1)

    def _photos_cannot_be_read(self) -> None:
        self._switch(reading=errno.EIO)

    def _all_listings_break_off(self) -> None:
        self._switch(listing=2)

    def _the_disk_is_full(self) -> None:
        self._switch(writing=errno.ENOSPC)

    def _the_disk_is_read_only(self) -> None:
        self._switch(writing=errno.EROFS)

    def _the_disk_is_broken(self) -> None:
        self._switch(writing=errno.EIO)

    def _the_clock_is_ahead(self) -> None:
        self._switch(clock_ahead_s=self._rng.randrange(HOURS_S))

    def _the_clock_is_behind(self) -> None:
        self._switch(clock_ahead_s=-self._rng.randrange(HOURS_S))

    # the bucket

    def _bucket_is_away(self) -> None:
        self._in_bucket("503")

    def _bucket_resets(self) -> None:
        self._in_bucket("reset")

    def _bucket_is_slow(self) -> None:
        self._in_bucket("delay", delay_s=0.3)

    def _bucket_lies(self) -> None:
        self._in_bucket("done_but_500")

    def _buckets_listings_break_off(self) -> None:
        self._in_bucket("broken_xml", operation="List*")

    def _buckets_answers_are_damaged(self) -> None:
        self._in_bucket("flip", operation="GetObject")

    def _in_bucket(self, kind: str, *, operation: str = "*", delay_s: float = 0.0) -> None:
        assert self._bucket is not None
        self._bucket.fault(kind, operation=operation, delay_s=delay_s)  # type: ignore[arg-type] # a name of Kind
        self._undo = self._bucket.clear_faults


def _is_one_file(database: Path) -> bool:
    """Bring all of it into the one file, unless a killed process still holds it."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
            return bool(mode == ("delete",))
    except sqlite3.OperationalError:
        return False
