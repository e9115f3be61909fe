"""What the leader is doing, written down for all others: a small file, replaced as a whole."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .report import Tally
from .volatile import volatile_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One moment of a leader's term; nothing in it changes while nothing happens."""

    published: int
    waiting: int
    failed: int
    has_looked: bool  # at the whole library, so that what waits is known
    left_s: tuple[int, int] | None = None  # from, to; None while nobody can tell
    photos_per_s: float | None = None
    bytes_per_s: float | None = None
    watching: str = ""  # "events" or "sweeps"; nothing where there is no library
    why_sweeps: str | None = None
    held: int = 0  # of those published: gone from the library, not withdrawn without a word
    held_keys: tuple[str, ...] = ()  # the first of them
    held_in_bucket: int = 0  # pictures gone from the bucket, shown still
    troubles: Mapping[str, str] = field(default_factory=dict)  # by what they are with
    tally: Mapping[str, float] = field(default_factory=lambda: asdict(Tally()))

    @property
    def total(self) -> int:
        return self.published + self.waiting + self.failed


class Board:
    """Where the status hangs. A leader that is killed leaves it for the next one."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def write(self, status: Status) -> None:
        """Put it up in place of the last one; readers see all of either."""
        path = self._path
        temporary = path.with_suffix(".tmp")
        content = json.dumps(asdict(status), ensure_ascii=False)
        temporary.write_text(content, encoding="utf-8")  # Order: no sync, it may be lost
        temporary.replace(path)

    def read(self) -> Status | None:
        """Return the last one; ``None`` when there is none, or one of another version."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            told["held_keys"] = tuple(told["held_keys"])
            told["left_s"] = told["left_s"] and tuple(told["left_s"])
            return Status(**told)
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def state(self) -> object:
        """Return something that differs once another one was put up."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def tally(self) -> Tally:
        """Return what was counted so far, for the next leader to go on from."""
        status = self.read()
        try:
            return Tally(**status.tally) if status else Tally()  # type: ignore[arg-type] # as written
        except TypeError:
            return Tally()

    def wipe(self) -> None:
        """Take it down."""
        self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        return volatile_folder(self._data_dir) / "status.json"
