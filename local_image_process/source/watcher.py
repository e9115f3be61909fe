"""Hints from the file system: which folders to look into, and when.

What watchdog 7.1 tells of its own troubles, and what this module adds:

- Limit of watches or instances at the start: an OSError for the root only; folders below that could
  not be watched are passed over in silence, at the start and later. So after each growth one more
  watch is tried: if that is refused, the limit is reached.
- Queue overflow: events are dropped; all that can be seen from outside is a line in its log.
- Root deleted: its thread ends. Root moved, unmounted, mounted over: nothing; the root is compared.
- One of its threads dies: nothing; so the threads are asked.
- No right to read a folder, the root even: it notes watch -1 and stays blind there, even
  when the right comes back; so those folders are tried.
- A new folder that it finds twice, in a walk and by an event, is harmless but makes it warn; where
  warnings are errors, that ends its thread: so that warning is turned off.
"""

import errno
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.utils import BaseThread

from ..errors import GalleryError
from ..model import Look, folder_of
from .ignore import CLOSING_FILES, IGNORE_FILE, is_ignored
from .listing import nfc

_RULE_FILES = CLOSING_FILES | {IGNORE_FILE}  # they decide on all that lies below
_WAKING: list[type[events.FileSystemEvent]] = [  # not: opened, closed without writing. We do that
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileAttribEvent,
    events.FileClosedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.DirCreatedEvent,
    events.DirAttribEvent,
    events.DirMovedEvent,
    events.DirDeletedEvent,
]  # not: folder modified. Each change inside has its own event
_GROWING = (events.DirCreatedEvent, events.DirMovedEvent)
NOT_WATCHED = -1
_OVERFLOW_LOG = "watchdog.observers.inotify_c"


class WatchUnavailable(GalleryError):
    """The file system's events cannot be had; look by sweeps alone."""


class Watch:
    """A running watch; ``watch`` makes it."""

    def __init__(self, root: Path, inbox: SimpleQueue[Look | None]) -> None:
        self._root = root
        self._inbox = _Inbox(root, inbox)
        self._overflow = _OverflowAlarm()
        self._identity = _identity(root)
        self._threads: list[BaseThread] = []
        self._observer: BaseObserver | None = None
        self._is_at_limit = False

    def lost(self) -> bool:
        """Tell whether events may have been missed: then watch again, and sweep.

        Asks the system, so call it once a tick, not more.
        """
        if self._overflow.has_rung or not all(thread.is_alive() for thread in self._threads):
            return True
        if self._identity is None or self._identity != _identity(self._root):
            return True
        if any(os.access(folder, os.R_OK) for folder in self._blind_folders()):
            return True
        if self._inbox.grew_since_asked() and not _can_watch_more(self._root):
            self._is_at_limit = True
        return self._is_at_limit

    def _start(self) -> None:
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        logging.getLogger(_OVERFLOW_LOG).addHandler(self._overflow)
        before = set(threading.enumerate())
        try:
            self._observer = _observer(self._inbox, self._root, recursive=True)
        except OSError as error:
            raise _unavailable(self._root, error) from error
        # All of watchdog's threads: the one that reads from the kernel has no public name.
        self._threads = [
            thread
            for thread in threading.enumerate()
            if isinstance(thread, BaseThread) and thread not in before
        ]
        if not _can_watch_more(self._root):
            raise _unavailable(self._root, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def _blind_folders(self) -> Iterator[bytes]:
        """Yield the folders that could not be watched for want of the right to read them."""
        for emitter in self._observer.emitters if self._observer else ():
            group = getattr(emitter, "_inotify", None)
            watches: dict[bytes, int] = getattr(group, "_active_callbacks_by_path", {})
            yield from (folder for folder, wd in watches.copy().items() if wd == NOT_WATCHED)

    def _stop(self) -> None:
        logging.getLogger(_OVERFLOW_LOG).removeHandler(self._overflow)
        if self._observer:
            _end(self._observer)


@contextmanager
def watch(root: Path, inbox: SimpleQueue[Look | None]) -> Iterator[Watch]:
    """Put a Look into the inbox for each change below the root, as long as the context lasts.

    Changes behind a symbolic link are seen by the next sweep only. Raises WatchUnavailable, which
    says which limit to raise.
    """
    running = Watch(Path(os.path.realpath(root)), inbox)  # inotify would watch the link itself
    try:
        running._start()
        yield running
    finally:
        running._stop()


def settled_looks(
    inbox: SimpleQueue[Look | None],
    *,
    settle_s: float,
    tick_s: float | Callable[[], float],
    stop: threading.Event,
) -> Iterator[frozenset[Look]]:
    """Yield each folder's Look ``settle_s`` after the first of its hints.

    Yields at least every ``tick_s``, an empty set, if so; and at once when None comes in. Ends when
    ``stop`` is set, promptly if None is put in then. During a long import a folder comes up once
    every ``settle_s``: whether a file still changes is for the caller to see.
    """
    due: dict[str, float] = {}  # Order: first come, first due
    deep: set[str] = set()
    next_tick = time.monotonic() + _seconds(tick_s)
    while not stop.is_set():
        until = min(next_tick, next(iter(due.values()), next_tick))
        hints = _drained(inbox, max(0.0, until - time.monotonic()))
        now = time.monotonic()
        for hint in filter(None, hints):
            due.setdefault(hint.folder, now + settle_s)
            if hint.deep:
                deep.add(hint.folder)
        settled = _taken(due, deep, now)
        if not stop.is_set() and (settled or None in hints or now >= next_tick):
            yield settled
            next_tick = time.monotonic() + _seconds(tick_s)


def _seconds(tick_s: float | Callable[[], float]) -> float:
    return tick_s() if callable(tick_s) else tick_s


def _drained(inbox: SimpleQueue[Look | None], timeout_s: float) -> set[Look | None]:
    """Wait for a hint, then take all that are there by now, but not those that come meanwhile."""
    try:
        hints = {inbox.get(timeout=timeout_s)}
        for _ in range(inbox.qsize()):
            hints.add(inbox.get_nowait())
    except Empty:
        return set()  # nobody else takes from it: only the first wait can end so
    return hints


def _taken(due: dict[str, float], deep: set[str], now: float) -> frozenset[Look]:
    """Take out what is due."""
    settled: set[Look] = set()
    while due and (folder := next(iter(due))) is not None and due[folder] <= now:
        del due[folder]
        settled.add(Look(folder, deep=folder in deep))
        deep.discard(folder)
    return frozenset(settled)


class _Inbox(events.FileSystemEventHandler):
    """Turns events into Looks. Called in watchdog's thread."""

    def __init__(self, root: Path, inbox: SimpleQueue[Look | None]) -> None:
        self._root = os.fspath(root)
        self._prefix = self._root.rstrip("/") + "/"
        self._inbox = inbox
        self._has_grown = threading.Event()

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        if event.is_synthetic:  # one for each file of a moved folder; its deep Look covers them
            return
        if isinstance(event, _GROWING):
            self._has_grown.set()
        for path in (event.src_path, event.dest_path):
            hint = self._look(os.fsdecode(path), event) if path else None
            if hint:
                self._inbox.put(hint)

    def grew_since_asked(self) -> bool:
        has_grown = self._has_grown.is_set()
        self._has_grown.clear()
        return has_grown

    def _look(self, path: str, event: events.FileSystemEvent) -> Look | None:
        """Return where to look; ``None`` if the path is ignored or outside the root."""
        is_folder = event.is_directory
        deep = is_folder and not isinstance(event, events.DirAttribEvent)
        if path == self._root:
            return Look("", deep=deep)
        if not path.startswith(self._prefix):
            return None
        parts = path.removeprefix(self._prefix).split("/")
        rules_change = not is_folder and parts[-1] in _RULE_FILES
        if any(map(is_ignored, parts[:-1] if rules_change else parts)):
            return None
        return _hint(parts, deep=deep or rules_change, is_folder=is_folder)


def _hint(parts: list[str], *, deep: bool, is_folder: bool) -> Look:
    keys: list[str] = []
    for part in parts:
        name = nfc(part)
        if name is None:  # not valid UTF-8: what it lies in reports it
            return Look("/".join(keys))
        keys.append(name)
    key = "/".join(keys)
    return Look(key if is_folder else folder_of(key), deep=deep)


class _OverflowAlarm(logging.Handler):
    """Hears watchdog say that the kernel dropped events: it tells nobody else.

    Deaf if its logger is set above WARNING; then the sweep finds what was missed.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.has_rung = False

    def emit(self, record: logging.LogRecord) -> None:
        self.has_rung = self.has_rung or "overflow" in record.getMessage()


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _observer(
    handler: events.FileSystemEventHandler, root: Path, *, recursive: bool
) -> BaseObserver:
    """Start an observer. Raises OSError, leaving no thread, if the root cannot be watched."""
    observer = Observer()
    try:
        observer.schedule(handler, os.fspath(root), recursive=recursive, event_filter=_WAKING)
        observer.start()
    except BaseException:
        _end(observer)
        raise
    return observer


def _end(observer: BaseObserver) -> None:
    observer.stop()
    if observer.is_alive():
        observer.join()


def _can_watch_more(root: Path) -> bool:
    """Try one more watch: if it is refused, some folder's may have been, too."""
    try:
        _end(_observer(events.FileSystemEventHandler(), root, recursive=False))
    except OSError as error:  # EMFILE: no second instance to try with; it says nothing of the first
        return error.errno != errno.ENOSPC
    return True


def _unavailable(root: Path, error: OSError) -> WatchUnavailable:
    advice = {
        errno.ENOSPC: "the limit of watches is reached; on the host:"
        " sysctl fs.inotify.max_user_watches=524288",
        errno.EMFILE: "the limit of inotify instances is reached; on the host:"
        " sysctl fs.inotify.max_user_instances=1024",
    }.get(error.errno or 0, error.strerror or str(error))
    return WatchUnavailable(f"{root}: changes are not reported ({advice}). Sweeps go on.")
