"""A watch on the library where events tell of changes; where they do not, which and why."""

import contextlib
import logging
from collections.abc import Iterator
from queue import SimpleQueue

from ..logs import kv
from ..model import Look
from ..settings import Settings
from ..source import mounts
from ..source.watcher import Watch, WatchUnavailable, watch
from .troubles import Troubles

log = logging.getLogger(__name__)

SWEEP_WITH_EVENTS_S = 3600.0
SWEEP_ALONE_S = 60.0


@contextlib.contextmanager
def watching(
    settings: Settings, inbox: SimpleQueue[Look | None], troubles: Troubles
) -> Iterator[Watch | None]:
    """Give a watch, or ``None`` where sweeps are the only way, or where there is no library."""
    with contextlib.ExitStack() as stack:
        watched = None
        why = None if settings.is_mirror else _why_sweep(settings)
        if why is None and not settings.is_mirror:
            try:
                watched = stack.enter_context(watch(settings.library, inbox))
            except (WatchUnavailable, OSError) as error:
                why = str(error)
        if watched:
            troubles.unsay("watching")
            troubles.watching = "events"
            log.info("watching by events %s", kv(library=settings.library))
        elif why is not None:
            troubles.watching = "sweeps"
            troubles.say("watching", f"watching by sweeps: {why}", level=logging.INFO)
        yield watched


def sweep_interval_s(settings: Settings, *, has_events: bool) -> float:
    """Return how long after a full sweep the next one is due."""
    return settings.sweep_interval_s or (SWEEP_WITH_EVENTS_S if has_events else SWEEP_ALONE_S)


def _why_sweep(settings: Settings) -> str | None:
    if settings.watch_mode == "sweep":
        return "WATCH_MODE is sweep"
    if settings.watch_mode == "events":
        return None
    kind = mounts.filesystem_of(settings.library, mounts.read_mountinfo())
    return None if mounts.events_reach_us(kind) else f"{settings.library} is on {kind}"
