"""Tell files at rest from files that are still being written."""

import time
from dataclasses import dataclass

from ..model import Look, Original, Stamp


@dataclass(frozen=True, slots=True)
class _Sight:
    stamp: Stamp
    ctime_ns: int
    since_s: float  # monotonic


class Settling:
    """A file is at rest when nothing about it changed for ``settle_s``.

    Its ctime tells, which nobody can set back; where the file system's clock differs from ours,
    it is at rest when we ourselves saw it the same for that long.
    """

    def __init__(self, *, settle_s: float) -> None:
        self.settle_s = settle_s
        self._sights: dict[str, _Sight] = {}
        self._due: dict[str, float] = {}  # folder → monotonic seconds

    def is_at_rest(self, original: Original) -> bool:
        """Tell whether to read a file now; if not, its folder will be due again."""
        now_s = time.monotonic()
        age_s = (time.time_ns() - original.ctime_ns) / 1e9
        seen = self._sights.get(original.key)
        if seen is None or (seen.stamp, seen.ctime_ns) != (original.stamp, original.ctime_ns):
            seen = _Sight(original.stamp, original.ctime_ns, now_s)
        rest_s = max(age_s, now_s - seen.since_s)
        if rest_s >= self.settle_s:
            self._sights.pop(original.key, None)
            return True
        self._sights[original.key] = seen
        self.again(original.folder, now_s + self.settle_s - max(0.0, rest_s))
        return False

    def again(self, folder: str, at_s: float) -> None:
        """Have a folder looked at again at a time (monotonic seconds)."""
        self._due[folder] = min(at_s, self._due.get(folder, at_s))

    def due(self, now_s: float) -> frozenset[Look]:
        """Take the folders that are due."""
        folders = [folder for folder, at_s in self._due.items() if at_s <= now_s]
        for folder in folders:
            del self._due[folder]
        return frozenset(Look(folder) for folder in folders)

    def next_due_s(self) -> float | None:
        """Return when (monotonic seconds) the next folder is due."""
        return min(self._due.values(), default=None)
