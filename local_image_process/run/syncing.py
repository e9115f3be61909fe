"""A thread of the leader that reads the bucket: when asked, and every so often."""

import logging
import threading
import time
from collections.abc import Callable

from ..calling import command
from ..errors import GalleryError
from ..logs import kv
from .sync import SyncReport

log = logging.getLogger(__name__)

AGAIN_S = 5.0  # how soon a reading in vain is tried again, later and later
LONGEST_S = 300.0
REST_S = 1.0  # from one reading to the next, so that a burst of requests is one or two
MOST_TOLD = 20  # problems at a time


class Syncing:
    """Requests that come while a reading is under way are served by one more after it."""

    def __init__(
        self,
        *,
        sync: Callable[[bool], SyncReport],
        interval_s: float,
        on_done: Callable[[], None],
    ) -> None:
        self._sync = sync
        self._interval_s = interval_s
        self._on_done = on_done
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._asked = 0
        self._served = 0
        self._confirmed = 0  # the last request that says that what is gone really is
        self._told: frozenset[str] = frozenset()  # what was left out at the last reading
        self._held_told = 0
        self._thread = threading.Thread(target=self._run, name="gallery-sync", daemon=True)
        self.trouble: GalleryError | None = None  # as long as it lasts
        self.report = SyncReport()  # of the last reading that went well
        self.has_synced = False  # at least once

    @property
    def is_started(self) -> bool:
        """Tell whether the thread was started."""
        return self._thread.ident is not None

    def start(self) -> None:
        """Begin with a first reading."""
        self.ask()
        self._thread.start()

    def stop(self) -> None:
        """End; the store's own waiting is to be ended by whoever owns the store."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def ask(self, *, confirmed: bool = False) -> int:
        """Ask for a reading that begins after this; ``is_served`` tells by the number given."""
        if confirmed:
            self._confirmed = self._asked + 1
        self._asked += 1
        self._wake.set()
        return self._asked

    def is_served(self, number: int) -> bool:
        """Tell whether a reading that began after this request has ended, well or in vain."""
        return self._served >= number

    def run_once(self) -> None:
        """Read the bucket now; what goes wrong with it is in ``trouble``."""
        asked = self._asked
        try:
            self.report = self._sync(self._confirmed > self._served)
        except GalleryError as error:
            self.trouble = error
        except Exception:  # a fault of ours: shown to people, too, before it is raised
            self.trouble = GalleryError("it stumbled; the log tells over what")
            raise
        else:
            self.trouble = None
            self.has_synced = True
            self._tell(self.report)
        finally:
            self._served = asked  # Order: last, for then the others are asked for

    def _run(self) -> None:
        pause_s = AGAIN_S
        next_s = 0.0
        while not self._stop.is_set():
            self._wake.wait(max(0.0, next_s - time.monotonic()))
            self._wake.clear()  # Order: before the work, so that a request during it is kept
            if self._stop.is_set():
                return
            try:
                self.run_once()
            except Exception:  # the thread must outlive whatever happens, to try again
                log.exception("reading the bucket stumbled; it goes on in a while")
            rest_s = min(pause_s, self._interval_s) if self.trouble else self._interval_s
            next_s = time.monotonic() + rest_s
            pause_s = min(2 * pause_s, LONGEST_S) if self.trouble else AGAIN_S
            self._on_done()
            self._stop.wait(REST_S)

    def _tell(self, report: SyncReport) -> None:
        """Say what is new among what was left out, and how many pictures are held."""
        new = [problem for problem in report.problems if problem not in self._told]
        for problem in new[:MOST_TOLD]:
            log.warning("left out of the bucket: %s", problem)
        if len(new) > MOST_TOLD:
            log.warning("left out of the bucket: %d more", len(new) - MOST_TOLD)
        self._told = frozenset(report.problems)
        if report.held and report.held != self._held_told:
            log.error(
                "pictures are gone from the bucket %s",
                kv(held=report.held, do=f"if that is right: {command('sync --confirm-withdraw')}"),
            )
        self._held_told = report.held
