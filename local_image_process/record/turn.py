"""Whose turn it is to write."""

import fcntl
import os
from pathlib import Path
from threading import Lock


class Turn:
    """A lock among threads and, with a file, among processes: the kernel wakes whoever is next.

    SQLite itself lets writers sleep and try again, so that some wait for seconds while others
    pass them.
    """

    def __init__(self, path: Path | None) -> None:
        self.lock = Lock()  # among the threads alone
        self._path = path
        self._file: int | None = None  # open, once somebody had the turn

    def __enter__(self) -> None:
        self.lock.acquire()
        try:
            if self._path is not None:
                if self._file is None:
                    self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:  # whoever did not get the turn holds nothing
            self.lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self.lock.release()

    def close(self) -> None:
        """Let go of the file; the next turn opens it again."""
        with self.lock:
            if self._file is not None:
                os.close(self._file)
            self._file = None
