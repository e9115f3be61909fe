"""Exactly one leader among all processes on a data folder, and its sign of life."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import StoreUnavailable
from .volatile import volatile_folder


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """Who leads, and how long ago it was last seen."""

    pid: int
    seen_s: float


class Lease:
    """A lock on ``data/leader.lock``; the kernel lets go of it when its holder ends, however."""

    def __init__(self, data_dir: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._data_dir = data_dir
        self._path = data_dir / "leader.lock"
        self._clock = clock  # Linux's monotonic one is the same for all processes
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Try once to become leader. Raises StoreUnavailable where the disk allows no lock."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnavailable(
                f"{self._path} cannot be opened ({error.strerror}); see whether the disk of the"
                " data folder is full or read-only"
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        self.beat()
        return True

    def beat(self) -> None:
        """Leave a sign of life."""
        content = f"{os.getpid()} {self._clock():.3f}".encode()
        fd = os.open(self._sign, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            os.pwrite(fd, content.ljust(64), 0)  # one write of one length: never seen half
        finally:
            os.close(fd)

    def release(self) -> None:
        """Let another lead."""
        if self._fd is not None:
            self._sign.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # others may have something there
                self._sign.parent.rmdir()
            os.close(self._fd)
            self._fd = None

    def leader(self) -> SignOfLife | None:
        """Return the leader's last sign of life; ``None`` when there was none yet."""
        try:
            pid, at_s = self._sign.read_text(encoding="ascii").split()
            return SignOfLife(int(pid), round(max(0.0, self._clock() - float(at_s)), 1))
        except (OSError, ValueError):
            return None

    @property
    def _sign(self) -> Path:
        return volatile_folder(self._data_dir) / "leader"
