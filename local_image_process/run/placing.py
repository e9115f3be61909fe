"""A thread of the leader that finds out what the places in photos are called."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import PlaceRefused, PlaceTooFast, PlaceUnavailable, StoreUnavailable
from ..logs import kv
from ..places import gaode, nominatim
from ..places.coordinates import is_in_gaode_area
from ..places.offline import NearestTown
from ..publish.privacy import Privacy
from ..record.places import Answer, Places
from ..record.rows import middle_of
from ..settings import Settings
from .troubles import Troubles

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 3600.0
DOUBLINGS = 12  # after which the pause is at its longest
PATIENCE_S = 300.0  # a geocoder that rests for longer is passed over meanwhile
SLOWEST_S = 8.0  # from an answer to the next question, however often it was too fast
GAODE_PACE_S = 0.5  # a personal key may ask three times a second
OFFLINE_PACE_S = 0.05  # it costs this machine's time only
AGAIN_S = 30 * 86_400.0  # where nobody knew, or somebody only roughly
HOLD_S = 20.0  # answers wait about as long to be recorded together: each time costs an export
BATCH = 60  # cells that are looked up together
LOOK_AGAIN_S = 60.0
LOOK_SOON_S = 2.0  # a nudge makes nobody look more often
SHORT_S = 5.0  # a command waits for no longer pause
STOP_S = 0.7  # a question that is under way is not waited for any longer


CELL_M = 110.0  # from the middle of a cell to its corners, at most


class Hides(Protocol):
    """Tells whether nobody is to be told of a point, not even a geocoder."""

    def __call__(self, latitude_deg: float, longitude_deg: float, *, margin_m: float) -> bool: ...


def _anywhere(_latitude_deg: float, _longitude_deg: float) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Geocoder:
    """Somebody who may be asked for the place at a latitude and longitude (WGS-84, degrees)."""

    name: str
    ask: Callable[[float, float], str | None]  # raises PlaceUnavailable, PlaceRefused
    pace_s: float  # from an answer to the next question
    is_rough: bool = False  # its answers stand in until somebody knows better
    covers: Callable[[float, float], bool] = _anywhere


@dataclass(slots=True)
class _Turn:
    """When a geocoder may be asked next."""

    pace_s: float
    next_s: float
    failures: int = 0  # in a row


class Placing:
    """Asks the geocoders in their order about every cell of the map that has a photo.

    Each cell is asked about once, by the coordinates of its middle: no photo's exact position
    leaves the house. The first name that is told is the place of all photos there.
    """

    def __init__(
        self,
        *,
        places: Places,
        geocoders: Sequence[Geocoder],
        hides: Hides,
        on_done: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._places = places
        self._geocoders = tuple(geocoders)
        self._hides = hides
        self._on_done = on_done
        self._clock = clock
        self._jitter = jitter
        self._turns = {one.name: _Turn(one.pace_s, clock() + one.pace_s) for one in geocoders}
        self._cells: deque[str] = deque()  # to be asked about
        self._look_s = 0.0  # before this there is nothing new
        self._held: dict[str, Answer] = {}
        self._held_since_s = 0.0
        self._troubles = Troubles()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gallery-places", daemon=True)

    def start(self) -> None:
        """Begin to ask, if there is anybody to be asked."""
        if self._geocoders:
            self._thread.start()

    def stop(self) -> None:
        """End within a second; what was not answered is asked the next time."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def nudge(self) -> None:
        """Have it look soon: photos were published."""
        self._wake.set()

    def catch_up(self, limit_s: float) -> None:
        """Ask about all that is unknown now, for so long at most; for commands, with no thread."""
        end_s = self._clock() + limit_s
        while not self._stop.is_set():
            rest_s = self._try_step()
            if rest_s > SHORT_S or self._clock() + rest_s >= end_s:
                break
            self._stop.wait(rest_s)
        self._record()

    def step(self) -> float:
        """Ask about one cell if it is time; return in how many seconds to come again."""
        if self._held and self._clock() >= self._held_since_s + HOLD_S and not self._record():
            return LOOK_AGAIN_S
        now_s = self._clock()
        ready = [one for one in self._geocoders if self._rest_s(one, now_s) <= PATIENCE_S]
        rest_s = max((self._rest_s(one, now_s) for one in ready), default=LOOK_AGAIN_S)
        if rest_s > 0:
            return min(rest_s, LOOK_AGAIN_S)
        cell = self._next_cell(ready)
        if cell is None:
            self._record()
            soon_s = self._look_s - now_s
            return LOOK_AGAIN_S if soon_s >= LOOK_SOON_S else soon_s
        answer = self._answer(cell, ready)
        if answer is not None:
            self._held_since_s = self._held_since_s if self._held else self._clock()
            self._held[cell] = answer
        return 0.0

    def _run(self) -> None:
        rest_s = 0.0
        while True:
            self._wake.wait(rest_s)
            self._wake.clear()
            if self._stop.is_set():  # Order: after the wake, which stop() sets last
                break
            rest_s = self._try_step()
        self._record()

    def _try_step(self) -> float:
        try:
            return self.step()
        except Exception:  # the thread must outlive whatever happens, to try again
            log.exception("place names stumbled; they go on in a minute")
            return LOOK_AGAIN_S

    def _next_cell(self, geocoders: Sequence[Geocoder]) -> str | None:
        now_s = self._clock()
        if not self._cells and now_s >= self._look_s:
            names = [one.name for one in geocoders]
            found = self._places.unknown(BATCH + len(self._held), of=names)
            self._cells.extend(cell for cell in found if cell not in self._held)
            self._look_s = now_s if self._cells else now_s + LOOK_SOON_S
        return self._cells.popleft() if self._cells else None

    # questions

    def _answer(self, cell: str, geocoders: Sequence[Geocoder]) -> Answer | None:
        """Ask one after the other; ``None`` if one could not answer now, and the cell waits."""
        middle = middle_of(cell)
        if self._hides(*middle, margin_m=CELL_M):
            names = [one.name for one in self._geocoders]
            return Answer(cell=cell, text=None, source=None, asked_of=names, again_in_s=AGAIN_S)
        asked_of = [one.name for one in self._geocoders if not one.covers(*middle)]
        for one in geocoders:
            if one.name in asked_of:
                continue
            try:
                text = one.ask(*middle)
            except PlaceUnavailable as error:
                self._pause(one, error)
                return None
            except PlaceRefused as error:
                self._turns[one.name].next_s = float("inf")
                self._troubles.say(one.name, f"places not asked for any more: {error}")
                return None
            self._went_well(one)
            asked_of.append(one.name)
            if text is not None:
                again_in_s = AGAIN_S if one.is_rough else None
                return Answer(
                    cell=cell, text=text, source=one.name, asked_of=asked_of, again_in_s=again_in_s
                )
        return Answer(cell=cell, text=None, source=None, asked_of=asked_of, again_in_s=AGAIN_S)

    def _rest_s(self, geocoder: Geocoder, now_s: float) -> float:
        return self._turns[geocoder.name].next_s - now_s

    def _went_well(self, geocoder: Geocoder) -> None:
        turn = self._turns[geocoder.name]
        turn.failures = 0
        turn.next_s = self._clock() + turn.pace_s
        self._troubles.unsay(geocoder.name)

    def _pause(self, geocoder: Geocoder, error: PlaceUnavailable) -> None:
        turn = self._turns[geocoder.name]
        longest_s = min(LONGEST_PAUSE_S, 2.0 ** min(turn.failures, DOUBLINGS))
        pause_s = self._jitter(longest_s / 2, longest_s)
        if error.rest_s:  # not all galleries at the very moment that it ends
            late_s = self._jitter(0.0, min(0.1 * error.rest_s, PATIENCE_S))
            pause_s = max(pause_s, error.rest_s + late_s)
        turn.failures += 1
        turn.next_s = self._clock() + max(pause_s, turn.pace_s)
        level = logging.WARNING
        if isinstance(error, PlaceTooFast):
            turn.pace_s = min(max(SLOWEST_S, geocoder.pace_s), 2 * turn.pace_s)
            level = logging.INFO
        self._troubles.say(geocoder.name, f"places wait: {error}", level)

    # answers

    def _record(self) -> bool:
        """Record the answers that are held; tell whether that went well."""
        answers = list(self._held.values())
        if not answers:
            return True
        try:
            is_news = self._places.record(answers)
        except StoreUnavailable as error:
            self._troubles.say("record", f"places not recorded: {error}")
            return False
        self._troubles.unsay("record")
        self._held.clear()
        found = sum(answer.text is not None for answer in answers)
        log.info("places asked for %s", kv(asked=len(answers), known=found))
        if is_news:
            self._on_done()
        return True


def make_placing(
    settings: Settings,
    places: Places,
    *,
    on_done: Callable[[], None],
    gaode_url: str = gaode.URL,
    nominatim_url: str = nominatim.URL,
) -> Placing:
    """Join what it takes to name places; ``on_done`` is called when some are known."""
    chain: list[Geocoder] = []
    if settings.gaode_key:
        ask = gaode.geocoder(key=settings.gaode_key, url=gaode_url)
        chain.append(Geocoder(name="gaode", ask=ask, pace_s=GAODE_PACE_S, covers=is_in_gaode_area))
    if settings.geocoder == "nominatim":
        ask = nominatim.geocoder(contact=settings.geocoder_contact or "", url=nominatim_url)
        chain.append(Geocoder(name="nominatim", ask=ask, pace_s=nominatim.PACE_S))
    if settings.geocoder == "offline":
        chain.append(
            Geocoder(name="offline", ask=NearestTown(), pace_s=OFFLINE_PACE_S, is_rough=True)
        )
    hides = Privacy(hidden=settings.gps_hide).hides
    return Placing(places=places, geocoders=chain, hides=hides, on_done=on_done)
