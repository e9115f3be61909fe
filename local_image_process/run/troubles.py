"""Troubles that last are told once, and so is their end."""

import logging

from ..logs import kv

log = logging.getLogger(__name__)


class Troubles:
    """What was last said of each trouble."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self.watching = ""  # by "events" or by "sweeps"; nothing where there is no library

    def __contains__(self, trouble: str) -> bool:
        return trouble in self._told

    def told(self, trouble: str) -> str | None:
        """Return what was last said of it; ``None`` while all is well."""
        return self._told.get(trouble)

    def say(self, trouble: str, text: str, level: int = logging.ERROR) -> None:
        """Say it, unless the same was said last."""
        if self._told.get(trouble) != text:
            self._told[trouble] = text
            log.log(level, text)  # its words make its kind, so that none is folded with another

    def are(self, trouble: str, what: str, error: Exception | None) -> None:
        """Say what is wrong now, or that nothing is any more."""
        if error is None:
            self.unsay(trouble)
        else:
            self.say(trouble, f"{what}: {error}")

    def unsay(self, trouble: str) -> None:
        """Say that it is over, if it was told."""
        if self._told.pop(trouble, None) is not None:
            log.info("all well again %s", kv(concerning=trouble))
