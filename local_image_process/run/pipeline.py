"""One photo's way: look, compare, develop, store, record, withdraw; one step at a time.

The leader calls ``look`` with hints and ``advance`` as often as it can; neither takes longer
than storing a few photos, so that events and requests are answered during the longest import.
"""

import logging
import os
import time
from collections.abc import Iterable
from pathlib import Path

from ..errors import ForeignObject, GalleryError, PhotoAway, StillChanging, StoreError
from ..image.workers import Task, Workers
from ..logs import kv
from ..model import Developed, Failure, Look, Original, Recipe
from ..record.catalogue import Catalogue
from ..record.rows import ANY_CONDITIONS
from .developing import Developing
from .looking import Looking
from .pause import Pause
from .plan import attempt_of
from .publisher import Outcome, Parcel, Publisher, SourceGone
from .queue import Job, Queue
from .report import Report
from .stages import DEVELOP, STORE
from .storing import Storing
from .unknown import Unknown
from .withdrawal import Missing
from .work import Work

log = logging.getLogger(__name__)


class Pipeline:
    """Carries out the difference between library and catalogue."""

    def __init__(
        self,
        *,
        looking: Looking,
        publisher: Publisher,
        missing: Missing,
        catalogue: Catalogue,
        workers: Workers,
        storing: Storing,
        recipe: Recipe,
        conditions: str,
        max_megapixels: int,
        render_workers: int,
        memory_bytes: int,
    ) -> None:
        self._looking = looking
        self._publisher = publisher
        self._missing = missing
        self._catalogue = catalogue
        self._storing = storing
        self._recipe = recipe
        self._conditions = conditions
        self._max_megapixels = max_megapixels
        self._hidden: set[str] = set()
        self._queue = Queue()
        self._developing = Developing(
            workers=workers,
            queue=self._queue,
            task_of=self._task_of,
            number=render_workers,
            memory_bytes=memory_bytes,
        )
        self._pause = Pause()
        self.report = Report()
        self.trouble: StoreError | None = None  # with the store, as long as it lasts

    @property
    def is_busy(self) -> bool:
        """Tell whether there is work that a look has found and that is not done."""
        waits = self._missing.waiting or self._looking.next_due_s() is not None
        return self.is_developing or bool(waits)

    @property
    def is_developing(self) -> bool:
        """Tell whether photos are on their way."""
        return len(self._queue) + len(self._storing) > 0

    @property
    def album_ids(self) -> set[str]:
        """The ids of all albums of the library, also of those still to be published."""
        return self._looking.album_ids

    @property
    def objects_under_way(self) -> set[str]:
        """The objects that are being put."""
        return self._storing.names

    @property
    def waiting(self) -> dict[str, int]:
        """The keys of all that is on its way or not at rest yet, each with its bytes."""
        jobs = [job.original for job in (*self._queue.jobs, *self._storing.jobs)]
        return self._looking.unrested | {original.key: original.stamp.size for original in jobs}

    @property
    def held(self) -> frozenset[str]:
        """The keys of what the fuse keeps from being withdrawn."""
        return self._missing.held

    @property
    def unknown(self) -> Unknown:
        """The folders that could not be listed."""
        return self._looking.unknown

    @property
    def progress(self) -> dict[str, int]:
        """Return counts for a person who watches."""
        return {"waiting": len(self._queue) + len(self._storing), **self.report.counts()}

    def stop(self) -> None:
        """End all processes and threads; what they had in hand is found again by the next look."""
        self._developing.stop()
        self._storing.stop()

    def confirm_withdraw(self, *, is_confirmed: bool) -> None:
        """Withdraw whatever the fuse would hold, from now on; or let it hold again."""
        self._missing.confirmed = is_confirmed
        self._missing.held = frozenset()

    def due_looks(self, now_s: float) -> frozenset[Look]:
        """Return folders that were not at rest when last looked at and should be by now."""
        return self._looking.due(now_s)

    def next_due_s(self) -> float | None:
        """Return when (monotonic) there is something to do even if nothing happens."""
        times = [self._looking.next_due_s(), self._missing.next_due_s()]
        first = min((t for t in times if t is not None), default=None)
        return max(first, self._pause.until_s) if first is not None else None

    def look(self, looks: Iterable[Look]) -> None:
        """Compare folders with the catalogue and queue the difference.

        Raises LibraryError when the library is away: then nothing is changed.
        """
        looks = frozenset(looks)
        with self._missing.only_while_library_is_there():
            work = self._looking.look(looks, confirmed=self._missing.confirmed)
        self._missing.found(work.present)
        self._missing.note(work.missing, time.monotonic())
        for key in work.missing:
            self._queue.drop(key)
        self._hide(work)
        self._rename(work)
        for original, place in work.publish:
            self._queue.add(Job(original=original, place=place))
        if Look("", deep=True) in looks:
            self.report.unchanged = work.unchanged
            self.report.failed += work.failing
        if work.publish or work.missing:
            counts = {"to_publish": len(work.publish), "missing": len(work.missing)}
            log.info("difference found %s", kv(**counts, renamed=len(work.rename)))

    def advance(self) -> None:
        """Take what the workers have finished, store it, and give them more.

        Raises LibraryError when photos seem to be gone because the library is away.
        """
        self._collect()
        now_s = time.monotonic()
        if now_s < self._pause.until_s:
            return
        try:
            self._record_stored()
            self._store_ready()
            self._developing.begin_more()
            self._withdraw(now_s)
        except StoreError as error:
            log.warning("store does not answer %s", kv(why=error, again_in_s=self._pause.length_s))
            self._pause.begin(now_s)
            self.trouble = error
        else:
            self._pause.end()
            self.trouble = None

    def _hide(self, work: Work) -> None:
        self._hidden = (self._hidden - work.shown_folders) | work.hidden_folders
        if superfluous := [*work.hidden, *work.stacked]:
            self.report.withdraw(len(self._missing.withdraw_now(superfluous)))

    def _rename(self, work: Work) -> None:
        """Give photos on record their new names: they count as developed, without renditions."""
        for original, known, place in work.rename:
            developed = self._publisher.as_developed(known)
            self._queue.ready.append(Job(original=original, place=place, developed=developed))

    def _collect(self) -> None:
        for job, error in self._developing.finished():
            self.report.tally.took(DEVELOP, job.began_s)
            if error is None:
                self._queue.ready.append(job)
            elif isinstance(error, StillChanging):
                self._looking.again(job.original.folder)
            else:
                self._fail(job, error)

    def _fail(self, job: Job, error: GalleryError) -> None:
        reason = str(error)
        failure = Failure(key=job.original.key, stamp=job.original.stamp, reason=reason)
        conditions = attempt_of(job.original, self._conditions)
        if isinstance(error, PhotoAway):
            conditions = ANY_CONDITIONS
            self._looking.unknown.again_later(job.original.folder)
        self._catalogue.fail(failure, conditions)
        self.report.fail(job.original.stamp.size)
        log.warning("photo failed %s", kv(key=job.original.key, reason=reason))
        if job.original.companions:  # a RAW file among them stands for itself now
            self._looking.again(job.original.folder)

    def _record_stored(self) -> None:
        """Record what is in the store; raise StoreError when it, or the catalogue, took not all."""
        trouble: StoreError | None = None
        for job, parcel, error in self._storing.finished():
            self.report.tally.took(STORE, job.began_s)
            try:
                self._take_stored(job, parcel, error)
            except StoreError as reason:
                self._queue.ready.append(job)  # it is developed; only this is to be tried again
                trouble = reason
        if trouble is not None:
            raise trouble

    def _take_stored(self, job: Job, parcel: Parcel, error: GalleryError | None) -> None:
        if isinstance(error, SourceGone):
            self._queue.add_again(job)
        elif isinstance(error, ForeignObject):
            self._fail(job, error)
        elif error is not None:
            raise error
        elif self._is_wanted(job.original):
            self._note(self._publisher.record(parcel, missing=self._missing.keys))

    def _store_ready(self) -> None:
        for _ in range(len(self._queue.ready)):
            if self._storing.is_full:
                return
            job = self._queue.ready[0]
            if job.developed is not None and self._is_wanted(job.original):
                self._store(job, job.developed)
            self._queue.ready.popleft()  # Order: only now, what fails before is tried again

    def _store(self, job: Job, developed: Developed) -> None:
        missing = self._missing.keys
        parcel = self._publisher.pack(job.original, job.place, developed, missing=missing)
        if parcel is None:
            self._queue.add_again(job)
        elif self._storing.touches(parcel.touched):
            self._queue.ready.append(job)  # another state of the same objects is under way
        else:
            self._storing.begin(job, parcel)

    def _is_wanted(self, original: Original) -> bool:
        """Tell whether a photo is still there and to be shown.

        Race: if it is deleted before this, no look finds it on record; after this, one does.
        """
        return original.folder not in self._hidden and os.path.lexists(original.path)

    def _note(self, outcome: Outcome) -> None:
        self.report.note(outcome)
        if outcome.former_key:
            self._missing.found([outcome.former_key])
        for folder in outcome.unsettled:
            self._looking.again(folder)
        log.info("photo %s %s", outcome.kind, kv(key=outcome.photo.key, id=outcome.photo.id))
        if outcome.rendered and outcome.photo.note:
            log.warning(
                "photo as near as can be %s", kv(key=outcome.photo.key, why=outcome.photo.note)
            )

    def _task_of(self, job: Job, memory_bytes: int) -> Task:
        original = job.original
        known: frozenset[str] = frozenset()
        if not job.anew:
            known = self._publisher.known_digests(original, job.place, missing=self._missing.keys)
        return Task(
            path=Path(original.path),
            stamp=original.stamp,
            companions=original.companions,
            recipe=self._recipe,
            known_digests=known,
            max_megapixels=self._max_megapixels,
            memory_bytes=memory_bytes,
        )

    def _withdraw(self, now_s: float) -> None:
        if self._missing.keys:
            sizes = self._queue.sizes(self._storing.jobs)
            gone = self._missing.withdraw(
                now_s, may_be_moved=sizes.__contains__, still_missing=self._looking.still_missing
            )
            self.report.withdraw(len(gone))
            while self._missing.came_back:
                self._looking.again(self._missing.came_back.pop())
