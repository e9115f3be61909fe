"""What was asked of the server and what came of it."""

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log, written when the work is done and before it is answered."""

    method: str = ""
    operation: str = ""  # as OSS names them
    key: str = ""
    query: str = ""  # as sent
    status: int = 0  # 0: the connection was cut
    code: str = ""
    ec: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    fault: str = ""
    agent: str = ""
    started_s: float = 0.0  # since the server started
    in_flight: int = 0  # requests under way when this one began, itself included


class Log:
    """All entries since the start or the last ``clear``."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._in_flight = 0
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def begin(self) -> tuple[float, int]:
        """Return when a request began, in seconds, and how many are under way now."""
        with self._lock:
            self._in_flight += 1
            return time.monotonic() - self._started, self._in_flight

    def end(self) -> None:
        with self._lock:
            self._in_flight -= 1

    def note(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def told(self) -> list[dict[str, Any]]:
        """Return all entries, ready for JSON."""
        with self._lock:
            return [asdict(entry) for entry in self._entries]
