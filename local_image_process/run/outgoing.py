"""What follows once the catalogue has changed: JSON, the store's index, tidying, notices."""

from collections.abc import Mapping

from ..record.tombstones import Tombstones
from .exporter import Exporter
from .indexing import Indexing
from .notifying import Notifying
from .placing import Placing
from .tidying import Tidying

PLACES_S = 60.0  # the longest that ``finish`` waits for places
TOLD = ("published", "moved", "refreshed", "withdrawn")


class Outgoing:
    """One step at a time; nothing here waits for the store."""

    def __init__(
        self,
        *,
        exporter: Exporter,
        indexing: Indexing,
        tidying: Tidying | None,
        notifying: Notifying,
        placing: Placing,
        tombstones: Tombstones,
    ) -> None:
        self._exporter = exporter
        self._indexing = indexing
        self._tidying = tidying  # none where the objects are another's
        self._notifying = notifying
        self._placing = placing
        self._placed: Mapping[str, int] = {}  # counts of photos when places were last asked for
        self._tombstones = tombstones
        self._may_be_back = True  # some picture that was withdrawn
        self._announced: Mapping[str, int] = {}  # counts of photos that others were told of
        self.has_exported = False  # all of the JSON, in this term, whoever wrote it before

    @property
    def is_at_work(self) -> bool:
        """Tell whether anything is on its way into the store."""
        return self._indexing.is_at_work or self._exporter.is_waiting

    @property
    def is_behind(self) -> bool:
        """Tell whether the store's JSON does not say yet what the one here says."""
        return self._indexing.is_behind or self._exporter.is_waiting

    def start(self) -> None:
        """Begin to send what an earlier leader still owed."""
        self._notifying.start()
        self._placing.start()

    def stop(self) -> None:
        """End all threads."""
        self._placing.stop()
        self._notifying.stop()
        self._indexing.stop()

    def count_anew(self) -> None:
        """Note that the counts of photos begin at nothing again."""
        self._announced = {}

    def step(
        self, *, is_busy: bool, is_idle: bool, under_way: set[str], counts: Mapping[str, int]
    ) -> None:
        """Write the JSON if it is time; remove what it does not name any more, and tell others.

        ``is_busy``: there is more to come soon; ``is_idle``: nothing at all is under way.
        Raises StoreError when disk or store does not take it; it is tried again later.
        """
        if counts != self._placed:
            self._placed = dict(counts)
            self._placing.nudge()
            self._may_be_back = True
        if is_idle and self._may_be_back:  # Order: what moved is shown with what it was given
            self._may_be_back = self._tombstones.rehome() > 0
        is_due = self._exporter.is_due(busy=is_busy)
        if is_due:
            files = self._exporter.export(force=not self.has_exported)
            self.has_exported = True
            if files is not None:
                self._indexing.offer(files)
                self._may_be_back = True
        self._indexing.step()
        if is_due and not self._indexing.is_behind:
            if self._tidying is not None:
                self._tidying.tidy(is_idle=is_idle, under_way=under_way)
            self._announce(counts)

    def finish(self, counts: Mapping[str, int]) -> None:
        """Bring all that follows to its end now. Raises StoreError."""
        self._placing.catch_up(PLACES_S)
        everything = {"is_busy": False, "is_idle": True, "under_way": set[str](), "counts": counts}
        for _ in range(2):  # what came back is known after the first
            self._exporter.hurry()
            self.step(**everything)  # type: ignore[arg-type] # each is what step wants
            self._indexing.finish()
        self._exporter.hurry()
        self.step(**everything)  # type: ignore[arg-type]
        self._notifying.send_due()  # once; what is not taken now, the next leader sends

    def _announce(self, counts: Mapping[str, int]) -> None:
        """Have others told which albums changed, and by how many photos since the last time."""
        albums = self._exporter.take_changed()
        if not albums:
            return
        since = {name: max(0, counts.get(name, 0) - self._announced.get(name, 0)) for name in TOLD}
        self._announced = dict(counts)
        self._notifying.announce(albums, since)
