"""What the holder of the lease does: watch, sweep, publish, export, answer requests."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ..errors import LibraryError, StoreError, StoreRefused
from ..logs import kv
from ..model import Look
from ..record.mailbox import Mailbox, Request
from ..record.notices import Notices
from ..record.wakes import Wakes
from ..settings import Settings
from ..source import mounts
from ..source.watcher import Watch, WatchUnavailable, settled_looks, watch
from . import assembly
from .lease import Lease
from .notifying import Notifying
from .report import Report
from .tidying import Tidying

log = logging.getLogger(__name__)

EVERYTHING = Look("", deep=True)
TICK_S = 0.5
SWEEP_WITH_EVENTS_S = 3600.0
SWEEP_WITHOUT_EVENTS_S = 60.0
LIBRARY_AGAIN_S = 5.0  # how often an absent library is looked for
WATCH_CHECK_S = 30.0  # how often the watch is asked whether it still sees anything
PATIENCE_S = 60.0  # how long ``once`` waits for files that are still being written


class Leader:
    """One loop over hints, time and requests; make a new one for each term of office."""

    def __init__(
        self, *, settings: Settings, records: assembly.Records, lease: Lease, stop: threading.Event
    ) -> None:
        self._settings = settings
        self._mailbox: Mailbox = records.mailbox
        self._database = records.database
        self._losses = records.database.losses
        self._lease = lease
        self._stop = stop
        self._inbox: SimpleQueue[Look | None] = SimpleQueue()
        store = assembly.make_store(settings, stop)
        self._pipeline = assembly.make_pipeline(settings, records, store, on_done=self.nudge)
        self._exporter = assembly.make_exporter(settings, records, store)
        self._tidying = Tidying(catalogue=records.catalogue, backlog=records.backlog, store=store)
        self._notifying = Notifying(
            notices=Notices(records.database),
            urls=settings.webhook_url,
            secret=settings.webhook_secret,
        )
        self._wakes = Wakes(records.database)
        self._wakes_seen = self._wakes.numbers()  # before the first sweep, which serves them all
        self._announced: dict[str, int] = {}  # counts of photos that others were told of
        self._requests: list[Request] = []
        self._next_sweep_s = 0.0
        self._has_looked = False  # at the whole library, in this term
        self._has_exported = False  # all of the JSON, in this term, whoever wrote it before
        self._told: dict[str, str] = {}  # what was last said of each trouble

    def nudge(self) -> None:
        """Wake the loop: something is done, or it is to stop."""
        self._inbox.put(None)

    def lead(self) -> None:
        """Keep the gallery true to the library until told to stop, or the catalogue is lost."""
        self._notifying.start()
        try:
            while not (self._stop.is_set() or self._is_catalogue_lost()):
                with self._watching() as watched:
                    self._follow(watched)
        finally:
            self._notifying.stop()
            self._pipeline.stop()

    def once(self, *, confirm_withdraw: bool, tell: Callable[[dict[str, int]], None]) -> Report:
        """Do all there is to do, then return what was done.

        Raises LibraryError when the library is away, StoreError when the store stays away.
        """
        if confirm_withdraw:
            self._pipeline.confirm_withdraw(is_confirmed=True)
        began_s = time.monotonic()
        self._has_exported = True  # what is stale is on record; the rest is not read for nothing
        self._inbox.put(None)
        looks = frozenset({EVERYTHING})
        try:
            for _ in self._ticks(settle_s=0.0):
                self._work(looks)
                tell(self._pipeline.progress)
                self._export()
                if self._is_done(began_s):
                    break
                looks = self._pipeline.due_looks(time.monotonic())
        finally:
            self._pipeline.stop()
        self._export(patient=False)
        self._notifying.send_due()  # once; what is not taken now, the next leader sends
        return self._pipeline.report

    def _is_done(self, began_s: float) -> bool:
        trouble = self._pipeline.trouble
        is_late = time.monotonic() > began_s + PATIENCE_S
        if isinstance(trouble, StoreRefused) or (trouble and is_late):
            raise trouble
        if self._pipeline.is_developing:
            return False
        return not self._pipeline.is_busy or is_late

    # the loop

    def _follow(self, watched: Watch | None) -> None:
        """Work until told to stop, or until the watch has to be begun anew."""
        mounted = mounts.read_mountinfo()
        check_s = time.monotonic() + WATCH_CHECK_S
        for looks in self._ticks(settle_s=self._settings.settle_s):
            self._lease.beat()
            was_away = "library" in self._told
            self._step(looks, has_events=watched is not None)
            has_come_back = was_away and "library" not in self._told
            if self._is_catalogue_lost():
                return
            if has_come_back or mounts.read_mountinfo() != mounted:
                self._next_sweep_s = 0.0
                return
            if watched and (looks or time.monotonic() > check_s):
                check_s = time.monotonic() + WATCH_CHECK_S
                if watched.lost():
                    log.warning("watch begun anew %s", kv(library=self._settings.library))
                    self._next_sweep_s = 0.0
                    return

    def _is_catalogue_lost(self) -> bool:
        """Tell whether what we hold in memory is of a catalogue that is gone: end the term then."""
        return self._database.losses != self._losses

    def _ticks(self, *, settle_s: float) -> Iterator[frozenset[Look]]:
        return settled_looks(self._inbox, settle_s=settle_s, tick_s=self._tick_s, stop=self._stop)

    def _tick_s(self) -> float:
        due_s = self._pipeline.next_due_s()
        return TICK_S if due_s is None else min(TICK_S, max(0.01, due_s - time.monotonic()))

    def _step(self, looks: frozenset[Look], *, has_events: bool) -> None:
        now_s = time.monotonic()
        if self._take_requests() or self._is_woken() or now_s >= self._next_sweep_s:
            looks |= {EVERYTHING}
            self._next_sweep_s = now_s + self._sweep_interval_s(has_events)
        try:
            self._work(looks | self._pipeline.due_looks(now_s))
        except LibraryError as error:
            self._next_sweep_s = now_s + LIBRARY_AGAIN_S
            self._say_once("library", f"library is away: {error}")
            self._answer_requests(error=str(error))
        else:
            self._unsay("library")
        self._export()
        self._answer_requests()

    def _work(self, looks: frozenset[Look]) -> None:
        if looks:
            self._pipeline.look(looks)
            self._has_looked = self._has_looked or EVERYTHING in looks
        self._pipeline.advance()

    def _sweep_interval_s(self, has_events: bool) -> float:
        usual_s = SWEEP_WITH_EVENTS_S if has_events else SWEEP_WITHOUT_EVENTS_S
        return self._settings.sweep_interval_s or usual_s

    def _export(self, *, patient: bool = True) -> None:
        """Write the JSON if it is time; then remove what it does not name any more."""
        busy = self._pipeline.is_developing or not self._has_looked
        if not self._exporter.is_due(busy=busy):
            return
        try:
            self._exporter.export(force=not self._has_exported)
            self._has_exported = True
            if not self._exporter.is_store_behind:
                self._tidying.tidy(
                    is_idle=self._has_looked and not self._pipeline.is_busy,
                    under_way=self._pipeline.objects_under_way,
                )
            self._announce()
        except StoreError as error:
            if not patient:
                raise
            self._say_once("export", f"gallery not brought up to date: {error}")
        else:
            self._unsay("export")

    def _announce(self) -> None:
        """Have others told which albums changed, and by how many photos since the last time."""
        albums = self._exporter.take_changed()
        if not albums:
            return
        counts = self._pipeline.report.counts()
        since = {name: max(0, n - self._announced.get(name, 0)) for name, n in counts.items()}
        self._announced = counts
        told = ("published", "moved", "refreshed", "withdrawn")
        self._notifying.announce(albums, {name: since[name] for name in told})

    # requests of commands and webhooks

    def _is_woken(self) -> bool:
        """Tell whether a webhook asked for a look since the last one."""
        numbers = self._wakes.numbers()
        has_changed = numbers != self._wakes_seen
        self._wakes_seen = numbers
        return has_changed

    def _take_requests(self) -> bool:
        """Begin what was asked for since; tell whether there was anything."""
        known = {request.id for request in self._requests}
        fresh = [r for r in self._mailbox.open_requests() if r.id not in known]
        if not fresh:
            self._tell_requests()
            return False
        if not self._requests:
            self._pipeline.report = Report()
            self._announced = {}
        self._requests += fresh
        if any(request.confirm_withdraw for request in fresh):
            self._pipeline.confirm_withdraw(is_confirmed=True)
        return True

    def _tell_requests(self) -> None:
        for request in self._requests:
            self._mailbox.tell(request.id, self._pipeline.progress)

    def _answer_requests(self, *, error: str | None = None) -> None:
        if not self._requests or (error is None and self._pipeline.is_busy):
            return
        answer: dict[str, Any] = dict(self._pipeline.report.summary())
        if error is not None:
            answer["error"] = error
        for request in self._requests:
            self._mailbox.answer(request.id, answer)
        if any(request.confirm_withdraw for request in self._requests):
            self._pipeline.confirm_withdraw(is_confirmed=False)  # it was said of this once only
        self._requests = []

    # watching

    @contextlib.contextmanager
    def _watching(self) -> Iterator[Watch | None]:
        """Give a watch, or ``None`` where sweeps are the only way; say which and why."""
        library = self._settings.library
        with contextlib.ExitStack() as stack:
            watched = None
            why = self._why_sweep(library)
            if why is None:
                try:
                    watched = stack.enter_context(watch(library, self._inbox))
                except (WatchUnavailable, OSError) as error:
                    why = str(error)
            if watched:
                self._unsay("watching")
                log.info("watching by events %s", kv(library=library))
            else:
                self._say_once("watching", f"watching by sweeps: {why}", level=logging.INFO)
            yield watched

    def _why_sweep(self, library: Path) -> str | None:
        if self._settings.watch_mode == "sweep":
            return "WATCH_MODE is sweep"
        if self._settings.watch_mode == "events":
            return None
        kind = mounts.filesystem_of(library, mounts.read_mountinfo())
        return None if mounts.events_reach_us(kind) else f"{library} is on {kind}"

    # troubles are told once

    def _say_once(self, trouble: str, text: str, level: int = logging.ERROR) -> None:
        if self._told.get(trouble) != text:
            self._told[trouble] = text
            log.log(level, "%s", text)

    def _unsay(self, trouble: str) -> None:
        if self._told.pop(trouble, None) is not None:
            log.info("all well again %s", kv(concerning=trouble))
