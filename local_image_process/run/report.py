"""What was done, counted."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .stages import Stage

if TYPE_CHECKING:
    from .publisher import Outcome


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was done since the service was started, by whichever leader; it only grows."""

    published: int = 0
    moved: int = 0
    refreshed: int = 0
    withdrawn: int = 0
    failed: int = 0
    rendered: int = 0
    uploaded: int = 0
    bytes: int = 0  # of originals that were published or failed
    look_s: float = 0.0  # how long each stage took, all photos together
    develop_s: float = 0.0
    store_s: float = 0.0
    export_s: float = 0.0

    @property
    def photos(self) -> int:
        """How many photos came to an end."""
        return self.published + self.moved + self.refreshed + self.failed

    def took(self, stage: Stage, began_s: float) -> None:
        """Note that a stage, which began then (monotonic), has ended."""
        name = f"{stage.name}_s"
        setattr(self, name, getattr(self, name) + time.monotonic() - began_s)


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
    tally: Tally = field(default_factory=Tally)

    def note(self, outcome: "Outcome") -> None:
        """Count a photo that is on record now."""
        for counts in (self, self.tally):
            setattr(counts, outcome.kind, getattr(counts, outcome.kind) + 1)
            counts.rendered += outcome.rendered
            counts.uploaded += outcome.uploaded
        self.tally.bytes += outcome.photo.stamp.size

    def fail(self, size: int) -> None:
        """Count a photo that failed, of so many bytes."""
        self.failed += 1
        self.tally.failed += 1
        self.tally.bytes += size

    def withdraw(self, number: int) -> None:
        """Count photos that were withdrawn."""
        self.withdrawn += number
        self.tally.withdrawn += number

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        names = ("published", "moved", "refreshed", "withdrawn", "failed", "unchanged")
        return {name: getattr(self, name) for name in (*names, "rendered", "uploaded")}

    def summary(self) -> dict[str, float]:
        """Return the counts and how many seconds it took."""
        return {**self.counts(), "seconds": round(time.monotonic() - self.began_s, 3)}
