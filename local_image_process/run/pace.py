"""How fast photos are published, and how long the rest will take."""

import json
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

LONG_S, SHORT_S = 300.0, 30.0  # how far back is measured
LEAST_S, LEAST_PHOTOS = 3.0, 3  # below that, what was measured before is the better guess
MARGIN = 0.1  # by which any guess is wrong at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Photos and bytes of originals a second."""

    photos: float
    bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The speed over the last minutes, and the one of the last moments."""

    long: Speed
    short: Speed

    def left_s(self, photos: int, size: int) -> tuple[int, int]:
        """Return between how many seconds so many photos of ``size`` bytes together will take.

        Small photos take long by the byte, large ones by the piece, and nobody knows what comes:
        the guesses by either, at both speeds, are the ends of the range.
        """
        guesses = [photos / speed.photos for speed in (self.long, self.short)]
        guesses += [size / speed.bytes for speed in (self.long, self.short) if speed.bytes]
        return math.floor(min(guesses) * (1 - MARGIN)), math.ceil(max(guesses) * (1 + MARGIN))

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> "Pace | None":
        """Return what ``to_text`` gave; ``None`` for what it never gave."""
        try:
            kept = json.loads(text or "null")
            pace = cls(long=Speed(**kept["long"]), short=Speed(**kept["short"]))
            pace.left_s(1, 1)
        except (TypeError, ValueError, LookupError, ArithmeticError):
            return None
        return pace


@dataclass(frozen=True, slots=True)
class _Mark:
    at_s: float
    photos: int
    bytes: int


class Pacing:
    """Measures while there is work, and remembers while there is none."""

    def __init__(
        self, *, before: Pace | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.pace = before
        self._clock = clock
        self._marks: deque[_Mark] = deque()

    def note(self, *, photos: int, size: int, is_working: bool) -> None:
        """Note how many photos are done in all, and how many bytes they had."""
        now = _Mark(self._clock(), photos, size)
        if not is_working:
            self._marks.clear()
            return
        self._marks.append(now)
        while self._marks[0].at_s < now.at_s - LONG_S:
            self._marks.popleft()
        long = _speed(self._marks[0], now)
        if long is not None:
            recent = next(mark for mark in self._marks if mark.at_s >= now.at_s - SHORT_S)
            self.pace = Pace(long=long, short=_speed(recent, now) or long)


def _speed(before: _Mark, now: _Mark) -> Speed | None:
    """Return the speed between two marks; ``None`` where they are too close to tell."""
    took_s, photos = now.at_s - before.at_s, now.photos - before.photos
    if took_s < LEAST_S or photos < LEAST_PHOTOS:
        return None
    return Speed(photos=photos / took_s, bytes=(now.bytes - before.bytes) / took_s)
