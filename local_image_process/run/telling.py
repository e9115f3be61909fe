"""The leader's part in the status: see how things are, and write it down when it changed."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ..errors import StoreError
from ..logs import kv
from ..record.overview import Overview
from .pace import Pace, Pacing
from .report import Tally
from .status import Board, Status

if TYPE_CHECKING:
    from .pipeline import Pipeline
    from .syncing import Syncing
    from .troubles import Troubles

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
SHARE = 20  # telling may take one twentieth of the time
KEEP_S = 60.0  # how often the pace is kept while there is work
HELD_TOLD = 50  # keys
FOLDERS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """The parts of a leader that there is something to tell of."""

    pipeline: "Pipeline | None"
    syncing: "Syncing | None"
    troubles: "Troubles"
    tally: Tally


class Telling:
    """Writes at most about once a second, and nothing at all while nothing changes."""

    def __init__(
        self,
        seen: Seen,
        *,
        board: Board,
        overview: Overview,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seen = seen
        self._board = board
        self._overview = overview
        self._clock = clock
        self._kept = Pace.from_text(overview.pace())
        self._pacing = Pacing(before=self._kept, clock=clock)
        self._told: Status | None = None
        self._next_s = 0.0
        self._keep_s = clock() + KEEP_S
        self.is_behind = True  # something may have changed

    def tell(self, *, has_looked: bool) -> None:
        """Write down what changed, if it is time."""
        now_s = self._clock()
        if not self.is_behind or now_s < self._next_s:
            return
        try:
            self._write(has_looked)
            self.is_behind = False
        except (StoreError, OSError) as error:  # a full disk must not end the work, too
            log.debug("status not written %s", kv(reason=error))
        self._next_s = self._clock() + max(INTERVAL_S, SHARE * (self._clock() - now_s))

    def _write(self, has_looked: bool) -> None:
        waiting = self._seen.pipeline.waiting if self._seen.pipeline else {}
        self._measure(is_working=bool(waiting))
        status = self._status(waiting, has_looked)
        if status != self._told:
            self._board.write(status)
            self._told = status

    def _measure(self, *, is_working: bool) -> None:
        """Note how far the work is; keep the pace when it is done, and now and then before."""
        done = self._seen.tally
        self._pacing.note(photos=done.photos, size=done.bytes, is_working=is_working)
        is_time = not is_working or self._clock() >= self._keep_s
        if is_time and self._pacing.pace and self._pacing.pace != self._kept:
            self._kept, self._keep_s = self._pacing.pace, self._clock() + KEEP_S
            self._overview.keep_pace(self._kept.to_text())

    def _status(self, waiting: dict[str, int], has_looked: bool) -> Status:
        seen, pipeline = self._seen, self._seen.pipeline
        census = self._overview.census(waiting.keys())
        pace, size = self._pacing.pace if waiting else None, sum(waiting.values())
        troubles = _troubles(seen)
        is_held_up = not troubles.keys().isdisjoint({"store", "library"})
        held = sorted(pipeline.held) if pipeline else []
        return Status(
            published=census.published,
            waiting=census.waiting,
            failed=census.failed,
            has_looked=has_looked,
            left_s=None if is_held_up or not pace else pace.left_s(census.waiting, size),
            photos_per_s=round(pace.long.photos, 2) if pace else None,
            bytes_per_s=round(pace.long.bytes) if pace else None,
            watching=seen.troubles.watching,
            why_sweeps=seen.troubles.told("watching"),
            held=len(held),
            held_keys=tuple(held[:HELD_TOLD]),
            held_in_bucket=seen.syncing.report.held if seen.syncing else 0,
            troubles=troubles,
            tally=asdict(seen.tally),
        )


def _troubles(seen: Seen) -> dict[str, str]:
    """Return what is wrong, in the words of the log."""
    told = {name: seen.troubles.told(name) for name in ("library", "bucket", "export")}
    if seen.pipeline and seen.pipeline.trouble:
        told["store"] = str(seen.pipeline.trouble)
    if seen.pipeline and seen.pipeline.unknown.reasons:
        told.setdefault("library", "; ".join(seen.pipeline.unknown.reasons[:FOLDERS_TOLD]))
    return {name: words for name, words in told.items() if words}
