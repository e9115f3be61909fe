"""Log lines that a person can read and grep can cut."""

import atexit
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

QUIET = ("PIL", "watchdog", "oss2", "sqlalchemy", "urllib3")  # they tell secrets or trifles
FIRST = 10  # lines of a kind that are always told
WINDOW_S = 600.0


def configure(level: str) -> None:
    """Send our log to standard error; called by entry points only."""
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)-7s %(message)s", force=True
    )
    for handler in logging.getLogger().handlers:
        folding = Folding(handler.handle)
        handler.addFilter(folding)
        atexit.register(folding.tell)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


@dataclass(slots=True)
class _Kind:
    """Warnings that say the same of different things."""

    began_s: float  # monotonic
    level: int
    passed: int = 0
    folded: int = 0
    timer: threading.Timer | None = field(default=None)


class Folding(logging.Filter):
    """Lets the first warnings of a kind pass, and of the others within ten minutes tells how many.

    Warnings are of one kind when their constant words are the same. ``emit`` is given the lines
    that tell of the others, when the ten minutes are over or at the next ``tell``.
    """

    def __init__(
        self,
        emit: Callable[[logging.LogRecord], object],
        *,
        first: int = FIRST,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._emit = emit
        self._first = first
        self._window_s = window_s
        self._clock = clock
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._alone = threading.RLock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is to be written."""
        if record.levelno < logging.WARNING or hasattr(record, "of_folded"):
            return True
        with self._alone:
            self._end_over()
            name = (record.name, str(record.msg))
            kind = self._kinds.setdefault(name, _Kind(self._clock(), record.levelno))
            if kind.passed < self._first:
                kind.passed += 1
                return True
            kind.folded += 1
            if kind.timer is None:  # perhaps nothing is logged any more that would end it
                kind.timer = threading.Timer(self._window_s, self._end_over)
                kind.timer.daemon = True
                kind.timer.start()
            return False

    def tell(self) -> None:
        """Tell now how many were folded."""
        with self._alone:
            for name in list(self._kinds):
                self._end(name)

    def _end_over(self) -> None:
        """Begin anew with what is ten minutes old."""
        with self._alone:
            latest_s = self._clock() - self._window_s
            for name in [name for name, kind in self._kinds.items() if kind.began_s <= latest_s]:
                self._end(name)

    def _end(self, name: tuple[str, str]) -> None:
        kind = self._kinds.pop(name)
        if kind.timer is not None:
            kind.timer.cancel()
        if not kind.folded:
            return
        minutes = max(1.0, (self._clock() - kind.began_s) / 60)
        words = name[1].replace("%s", "").strip()
        text = f"{words} … {kind.folded} more like this in the last {minutes:.0f} min"
        line = logging.LogRecord(name[0], kind.level, __file__, 0, text, None, None)
        line.of_folded = kind.folded
        self._emit(line)


def kv(**fields: object) -> str:
    """Return ``key=value`` pairs, quoted only where a value has a space, quote or ``=``."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())


def _quoted(value: object) -> str:
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    if printable and not any(c in ' "=' for c in printable):
        return printable
    return '"' + printable.replace('"', '\\"') + '"'
