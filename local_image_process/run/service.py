"""A thread in each worker process that tries for the lease; whoever holds it leads."""

import atexit
import logging
import threading

from ..errors import GalleryError
from ..settings import Settings
from .leader import Leader
from .lease import Lease
from .records import Records, take_back_interactions
from .troubles import Troubles

log = logging.getLogger(__name__)

TRY_AGAIN_S = 1.0
REST_AFTER_ERROR_S = 5.0


class Service:
    """Daemon thread; ``stop`` ends it within a second or two, whatever it is doing."""

    def __init__(self, settings: Settings, records: Records) -> None:
        self._settings = settings
        self._records = records
        self._stop = threading.Event()
        self._leader: Leader | None = None
        self._troubles = Troubles()
        self._thread = threading.Thread(target=self._run, name="gallery-service", daemon=True)
        self.lease = Lease(settings.data_dir)

    def start(self) -> None:
        """Begin to try for the lease; stops by itself when the process ends."""
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Give the lease back and end the thread."""
        self._stop.set()
        leader = self._leader
        if leader is not None:
            leader.nudge()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            rest_s = TRY_AGAIN_S
            try:
                if self.lease.acquire():
                    self._lead()
                self._troubles.unsay("service")
            except GalleryError as error:
                self._troubles.are("service", "service waits", error)
                rest_s = REST_AFTER_ERROR_S
            except Exception:  # the thread must outlive whatever happens, to try again
                log.exception("service stumbled; it goes on in a moment")
                rest_s = REST_AFTER_ERROR_S
            finally:
                self.lease.release()
            self._stop.wait(rest_s)

    def _lead(self) -> None:
        log.info("leading")
        take_back_interactions(self._settings, self._records)
        self._leader = Leader(
            settings=self._settings, records=self._records, lease=self.lease, stop=self._stop
        )
        try:
            self._leader.lead()
        finally:
            self._leader = None
