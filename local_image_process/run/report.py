"""What was done, counted."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """Counts of photos, but for ``uploaded``, which counts objects put into the store."""

    published: int = 0
    moved: int = 0
    refreshed: int = 0
    withdrawn: int = 0
    failed: int = 0
    unchanged: int = 0
    rendered: int = 0
    uploaded: int = 0
    began_s: float = field(default_factory=time.monotonic)

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        names = ("published", "moved", "refreshed", "withdrawn", "failed", "unchanged")
        return {name: getattr(self, name) for name in (*names, "rendered", "uploaded")}

    def summary(self) -> dict[str, float]:
        """Return the counts and how many seconds it took."""
        return {**self.counts(), "seconds": round(time.monotonic() - self.began_s, 3)}
