"""Folders that cannot be listed, and files that cannot be read: unknown, and looked at again."""

import logging
import time
from collections.abc import Sequence

from ..logs import kv
from ..model import Look
from ..source import scan
from .later import Later

log = logging.getLogger(__name__)


class Unknown:
    """What the last looks left unknown."""

    def __init__(self) -> None:
        self._why: dict[str, str] = {}  # by folder
        self._later = Later()
        self._is_watch_incomplete = False

    @property
    def reasons(self) -> list[str]:
        """Which folders could not be listed when last looked at, and why."""
        return [self._why[folder] for folder in sorted(self._why)]

    def note(self, seen: Sequence[scan.Seen]) -> None:
        """Keep in mind which folders are unknown, to look again later and later."""
        found = [one for one in seen if isinstance(one, scan.Unlisted)]
        for one in found:
            if one.folder not in self._why:
                log.warning("folder left as it was %s", kv(folder=one.folder, why=one.reason))
            self._later.note(one.folder, time.monotonic())
        tried = {one.folder for one in seen}
        still = {one.folder: one.reason for one in found}
        self._is_watch_incomplete |= bool(self._why.keys() & tried - still.keys())
        self._why = {f: why for f, why in self._why.items() if f not in tried} | still

    def again_later(self, folder: str) -> None:
        """Have a folder looked at again, later and later: a file in it could not be read."""
        self._later.note(folder, time.monotonic())

    def due(self, now_s: float) -> frozenset[Look]:
        """Take the folders that are to be looked at again by now (monotonic)."""
        return frozenset(
            Look(folder, deep=folder in self._why) for folder in self._later.due(now_s)
        )

    def take_recovered(self) -> bool:
        """Tell, once, that a folder can be listed again; none made in it meanwhile is watched."""
        is_incomplete, self._is_watch_incomplete = self._is_watch_incomplete, False
        return is_incomplete
