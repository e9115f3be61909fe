"""What the holder of the lease does: watch, sweep, publish, read the bucket, export, answer."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

from ..errors import LibraryError, StoreError, StoreRefused
from ..logs import kv
from ..model import Look
from ..record.wakes import Wakes
from ..settings import Settings
from ..source import mounts
from ..source.watcher import Watch, settled_looks
from . import assembly
from .lease import Lease
from .pipeline import Pipeline
from .records import Records
from .report import Report
from .requests import Requests, report_of
from .stages import EXPORT, LOOK
from .status import Board
from .syncing import Syncing
from .telling import Seen, Telling
from .troubles import Troubles
from .watching import sweep_interval_s, watching

log = logging.getLogger(__name__)

EVERYTHING = Look("", deep=True)
TICK_S = 0.5
REST_S = 5.0  # the longest time without a step, however quiet
LIBRARY_AGAIN_S = 5.0  # how often an absent library is looked for
WATCH_CHECK_S = 30.0  # how often the watch is asked whether it still sees anything
SHARE = 20  # sweeps that webhooks ask for may take one twentieth of the time
PATIENCE_S = 60.0  # how long ``once`` waits for files that are still being written


class Leader:
    """One loop over hints, time and requests; make a new one for each term of office.

    A mirror has no pipeline, and a gallery without a bucket reads none.
    """

    def __init__(
        self, *, settings: Settings, records: Records, lease: Lease, stop: threading.Event
    ) -> None:
        self._settings = settings
        self._database = records.database
        self._losses = records.database.losses
        self._lease = lease
        self._stop = stop
        self._inbox: SimpleQueue[Look | None] = SimpleQueue()
        parts = assembly.make_parts(settings, records, stop, on_done=self.nudge)
        self._pipeline: Pipeline | None = parts.pipeline
        self._syncing: Syncing | None = parts.syncing
        self._outgoing = parts.outgoing
        self._overview = records.overview
        self._requests = Requests(records.mailbox, Wakes(records.database))
        self._served_by = 0  # the reading of the bucket that serves the requests
        self._seen_state: object = None  # of the database
        self._next_step_s = 0.0
        self._next_sweep_s = 0.0
        self._rested_s = 0.0  # before this, no webhook makes us sweep again
        self._has_looked = self._pipeline is None  # at the whole library, in this term
        self._troubles = Troubles()
        board = Board(settings.data_dir)
        self._tally = board.tally()  # Order: read before the first status of ours is written
        if self._pipeline is not None:
            self._pipeline.report.tally = self._tally
        seen = Seen(self._pipeline, self._syncing, self._troubles, self._tally)
        self._telling = Telling(seen, board=board, overview=records.overview)

    def nudge(self) -> None:
        """Wake the loop: something is done, or it is to stop."""
        self._inbox.put(None)

    def lead(self) -> None:
        """Keep the gallery true to library and bucket until told to stop, or all is lost."""
        self._outgoing.start()
        try:
            while not (self._stop.is_set() or self._is_catalogue_lost()):
                with watching(self._settings, self._inbox, self._troubles) as watched:
                    self._follow(watched)
        finally:
            self._end()

    def once(
        self, kind: str, *, confirm_withdraw: bool, tell: Callable[[dict[str, int]], None]
    ) -> dict[str, Any]:
        """Do all there is to do, then return what was done.

        ``kind``: "once", or "sync" for the bucket alone. Raises LibraryError when the library
        is away, StoreError when the store stays away.
        """
        try:
            self._outgoing.has_exported = True  # what is stale is on record; no reading for nothing
            if self._pipeline and kind == "once":
                self._publish_all(self._pipeline, confirm_withdraw=confirm_withdraw, tell=tell)
            if self._syncing:  # Order: now all albums of the library are known
                self._syncing.ask(confirmed=confirm_withdraw)
                self._syncing.run_once()
                if self._syncing.trouble:
                    raise self._syncing.trouble
            self._outgoing.finish(self._counts())
            return self._report(kind)
        finally:
            self._end()

    def _publish_all(
        self, pipeline: Pipeline, *, confirm_withdraw: bool, tell: Callable[[dict[str, int]], None]
    ) -> None:
        if confirm_withdraw:
            pipeline.confirm_withdraw(is_confirmed=True)
        began_s = time.monotonic()
        self._inbox.put(None)
        looks = frozenset({EVERYTHING})
        for _ in self._ticks(settle_s=0.0):
            self._work(looks)
            tell(pipeline.progress)
            self._send_out()
            if _is_done(pipeline, began_s):
                return
            self._telling.is_behind = True
            self._telling.tell(has_looked=self._has_looked)
            looks = pipeline.due_looks(time.monotonic())

    def _end(self) -> None:
        if self._syncing:
            self._syncing.stop()
        if self._pipeline:
            self._pipeline.stop()
        self._outgoing.stop()

    # the loop

    def _follow(self, watched: Watch | None) -> None:
        """Work until told to stop, or until the watch has to be begun anew."""
        self.nudge()  # the first look waits for no tick
        mounted = mounts.Mounts()
        check_s = time.monotonic() + WATCH_CHECK_S
        for looks in self._ticks(settle_s=self._settings.settle_s):
            self._lease.beat()
            was_away = "library" in self._troubles
            if not self._is_quiet(looks):
                self._step(looks, has_events=watched is not None)
                self._telling.is_behind = True
            self._telling.tell(has_looked=self._has_looked)
            has_come_back = was_away and "library" not in self._troubles
            if self._is_catalogue_lost():
                return
            if has_come_back or mounted.have_changed(time.monotonic()):
                self._next_sweep_s = 0.0
                return
            has_gaps = self._pipeline is not None and self._pipeline.unknown.take_recovered()
            if watched and (looks or time.monotonic() > check_s):
                check_s = time.monotonic() + WATCH_CHECK_S
                has_gaps = has_gaps or watched.lost()
            if has_gaps:
                log.warning("watch begun anew %s", kv(library=self._settings.library))
                self._next_sweep_s = 0.0
                return

    def _is_quiet(self, looks: frozenset[Look]) -> bool:
        """Tell whether nobody has written since the last step, and nothing is due or under way."""
        before, self._seen_state = self._seen_state, self._database.state()
        now_s = time.monotonic()
        is_due = now_s >= min(self._next_sweep_s, self._next_step_s)
        is_busy = self._outgoing.is_behind or (self._pipeline and self._pipeline.is_busy)
        if looks or is_due or is_busy or self._requests or before != self._seen_state:
            self._next_step_s = now_s + REST_S
            return False
        return True

    def _is_catalogue_lost(self) -> bool:
        """Tell whether what we hold in memory is of a catalogue that is gone: end the term then."""
        return self._database.losses != self._losses

    def _ticks(self, *, settle_s: float) -> Iterator[frozenset[Look]]:
        return settled_looks(self._inbox, settle_s=settle_s, tick_s=self._tick_s, stop=self._stop)

    def _tick_s(self) -> float:
        due_s = self._pipeline.next_due_s() if self._pipeline else None
        return TICK_S if due_s is None else min(TICK_S, max(0.01, due_s - time.monotonic()))

    def _step(self, looks: frozenset[Look], *, has_events: bool) -> None:
        now_s = time.monotonic()
        asked = self._take_requests()
        is_woken = self._requests.is_woken()
        if self._syncing and (asked - {"retry"} or is_woken):
            self._served_by = self._syncing.ask(confirmed=self._requests.is_confirming)
        if is_woken:
            self._next_sweep_s = min(self._next_sweep_s, self._rested_s)
        if "once" in asked or now_s >= self._next_sweep_s:
            looks |= {EVERYTHING}
            self._next_sweep_s = now_s + sweep_interval_s(self._settings, has_events=has_events)
        self._try_work(looks)
        if self._syncing and not self._syncing.is_started:
            self._syncing.start()  # Order: the first look tells which albums are the library's
        self._send_out()
        if self._syncing:
            self._troubles.are("bucket", "bucket not read", self._syncing.trouble)
        self._answer_requests()

    def _try_work(self, looks: frozenset[Look]) -> None:
        try:
            has_looked = self._work(looks)
        except LibraryError as error:
            self._next_sweep_s = time.monotonic() + LIBRARY_AGAIN_S
            self._troubles.are("library", "library is away", error)
            self._answer_requests(error=str(error))
        else:
            if has_looked:  # else nobody knows
                self._troubles.unsay("library")

    def _work(self, looks: frozenset[Look]) -> bool:
        """Look and go on; tell whether the library was looked at."""
        if self._pipeline is None:
            return False
        looks |= self._pipeline.due_looks(time.monotonic())
        if looks:
            began_s = time.monotonic()
            self._pipeline.look(looks)
            self._tally.took(LOOK, began_s)
            if EVERYTHING in looks:
                self._has_looked = True
                now_s = time.monotonic()
                self._rested_s = now_s + SHARE * (now_s - began_s)
        self._pipeline.advance()
        return bool(looks)

    def _send_out(self) -> None:
        """Write the JSON if it is time, and what follows from it."""
        pipeline, began_s = self._pipeline, time.monotonic()
        is_developing = pipeline is not None and pipeline.is_developing
        has_read = self._syncing is None or self._syncing.has_synced
        try:
            self._outgoing.step(
                is_busy=is_developing or not self._has_looked or not has_read,
                is_idle=self._has_looked and has_read and not (pipeline and pipeline.is_busy),
                under_way=pipeline.objects_under_way if pipeline else set(),
                counts=self._counts(),
            )
        except StoreError as error:
            self._troubles.are("export", "gallery not brought up to date", error)
        else:
            if not self._outgoing.is_behind:
                self._troubles.unsay("export")
        self._tally.took(EXPORT, began_s)

    def _counts(self) -> dict[str, int]:
        return self._pipeline.report.counts() if self._pipeline else {}

    # requests of commands and webhooks

    def _take_requests(self) -> set[str]:
        """Begin what was asked for since; return the kinds of it."""
        are_first = not self._requests
        kinds = {request.kind for request in self._requests.take()}
        if self._pipeline is not None:
            if kinds and are_first:
                self._pipeline.report = Report(tally=self._tally)
                self._outgoing.count_anew()
            if "retry" in kinds:
                for folder in self._overview.folders_to_try_again():
                    self._inbox.put(Look(folder))
            if kinds and self._requests.is_confirming:
                self._pipeline.confirm_withdraw(is_confirmed=True)
            if not kinds:
                self._requests.tell(self._pipeline.progress)
        return kinds

    def _answer_requests(self, *, error: str | None = None) -> None:
        if not self._requests or not (error or self._is_all_done()):
            return
        if self._pipeline and self._requests.is_confirming:
            self._pipeline.confirm_withdraw(is_confirmed=False)  # it was said of this once only
        self._requests.answer(lambda request: self._report(request.kind, error))

    def _is_all_done(self) -> bool:
        is_served = self._syncing is None or self._syncing.is_served(self._served_by)
        is_busy = self._pipeline is not None and self._pipeline.is_busy
        return is_served and not is_busy and not self._outgoing.is_at_work

    def _report(self, kind: str, error: str | None = None) -> dict[str, Any]:
        return report_of(kind, pipeline=self._pipeline, syncing=self._syncing, error=error)


def _is_done(pipeline: Pipeline, began_s: float) -> bool:
    """Tell whether all is published; raise what keeps it from being."""
    is_late = time.monotonic() > began_s + PATIENCE_S
    if isinstance(pipeline.trouble, StoreRefused) or (pipeline.trouble and is_late):
        raise pipeline.trouble
    if pipeline.is_developing:
        return False
    return not pipeline.is_busy or is_late
