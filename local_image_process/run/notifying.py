"""A thread of the leader that tells others what changed, until they have taken it."""

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from ..errors import NoticeError
from ..logs import kv
from ..publish import notify
from ..record.notices import Notice, Notices

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 3600.0
DOUBLINGS = 12  # after which the pause is at its longest
GIVE_UP_AFTER_S = 86_400.0
LEAST_ATTEMPTS = 10  # though a day has passed: perhaps this machine was off for most of it
LOOK_AGAIN_S = 60.0
STOP_S = 0.7  # a request that is under way is not waited for any longer


class Send(Protocol):
    """Sends one notice; raises NoticeError."""

    def __call__(
        self, body: str, *, url: str, notice_id: str, secret: str | None, now_s: float
    ) -> None: ...


class Notifying:
    """Owes every announcement to every address, at least once, also across restarts.

    An address that fails is tried again after a random pause that grows up to an hour; the
    others do not wait for it. After a day a notice is given up.
    """

    def __init__(
        self,
        *,
        notices: Notices,
        urls: Collection[str],
        secret: str | None,
        send: Send = notify.send,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._notices = notices
        self._urls = tuple(dict.fromkeys(urls))
        self._secret = secret
        self._send = send
        self._clock = clock
        self._jitter = jitter
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gallery-notices", daemon=True)

    def start(self) -> None:
        """Begin to send, first what an earlier leader still owed."""
        if self._urls:
            self._thread.start()

    def stop(self) -> None:
        """End within a second; what was not taken stays owed."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def announce(self, albums: Iterable[str], counts: Mapping[str, int]) -> None:
        """Owe it to every address that these albums changed; returns before it is sent.

        Raises StoreUnavailable when that cannot be written down.
        """
        if not self._urls:
            return
        self._notices.add(self._urls, notify.body_of(albums, counts, at_s=self._clock()))
        self._wake.set()

    def send_due(self) -> float:
        """Try every address whose time has come; return in how many seconds the next one is."""
        while True:
            now_s = self._clock()
            tries = self._notices.next_tries(self._urls)
            due = [url for url, at_s in tries.items() if _is_due(at_s, now_s)]
            if not due or self._stop.is_set():
                break
            for url in due:
                self._try(url)
        return max(0.0, min([at_s - now_s for at_s in tries.values()] + [LOOK_AGAIN_S]))

    def _run(self) -> None:
        rest_s = 0.0
        while True:
            self._wake.wait(rest_s)
            self._wake.clear()
            if self._stop.is_set():  # Order: after the wake, which stop() sets last
                return
            rest_s = LOOK_AGAIN_S
            try:
                rest_s = self.send_due()
            except Exception:  # the thread must outlive whatever happens, to try again
                log.exception("notices stumbled; they go on in a minute")

    def _try(self, url: str) -> None:
        notice = self._notices.first(url)
        if notice is None or self._stop.is_set():
            return
        now_s = self._clock()
        try:
            self._send(notice.body, url=url, notice_id=notice.id, secret=self._secret, now_s=now_s)
        except NoticeError as error:
            self._failed(notice, str(error))
        else:
            self._notices.delivered(notice)
            log.info("notice taken %s", kv(by=notify.shown(url), attempts=notice.attempts + 1))

    def _failed(self, notice: Notice, error: str) -> None:
        now_s = self._clock()
        longest_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(notice.attempts, DOUBLINGS))
        pause_s = self._jitter(0.0, longest_s)
        self._notices.failed(notice, error, next_try_s=now_s + pause_s)
        is_old = now_s - notice.created_at_s >= GIVE_UP_AFTER_S
        if is_old and notice.attempts + 1 >= LEAST_ATTEMPTS:
            self._notices.give_up(notice)
            log.error("notice given up after a day %s", kv(reason=error, notice=notice.id))
        else:
            level = logging.DEBUG if notice.attempts else logging.WARNING
            log.log(level, "notice not taken, tried again later %s", kv(reason=error))


def _is_due(at_s: float, now_s: float) -> bool:
    """Tell whether it is time; a time further off than any pause was set by a wrong clock."""
    return at_s <= now_s or at_s > now_s + LONGEST_PAUSE_S
