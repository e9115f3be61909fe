"""What the command line can ask for, without its words and bars."""

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import GalleryError, SettingsError, StoreUnavailable
from ..record.catalogue import Catalogue
from ..record.mailbox import Mailbox
from ..settings import Settings
from . import assembly
from .check import Finding, check
from .leader import EVERYTHING, Leader
from .lease import Lease
from .records import make_folders, open_copy, open_records, take_back_interactions
from .standing import Standing
from .status import Board
from .withdrawal import exceeds_fuse
from .work import Work

POLL_S = 0.2

Tell = Callable[[dict[str, int]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What ``once`` would do."""

    work: Work
    moves: dict[str, str]  # key on record → key where the same file seems to lie now
    is_held: bool  # the fuse would hold the withdrawals


def once(settings: Settings, kind: str, *, confirm_withdraw: bool, tell: Tell) -> dict[str, Any]:
    """Bring the gallery up to date; return the report.

    ``kind``: "once" for all of it, "sync" to read the bucket only. While a service leads on
    the same data folder, it does the work, and this waits for it. Raises LibraryError,
    StoreError.
    """
    if kind == "sync" and not settings.has_bucket:
        raise SettingsError("OSS_BUCKET is not set: there is no bucket to read.")
    make_folders(settings)
    records = open_records(settings)
    lease = Lease(settings.data_dir)
    request: int | None = None
    try:
        while True:
            if lease.acquire():
                take_back_interactions(settings, records)
                leader = Leader(
                    settings=settings, records=records, lease=lease, stop=threading.Event()
                )
                try:
                    return leader.once(kind, confirm_withdraw=confirm_withdraw, tell=tell)
                finally:
                    Board(settings.data_dir).wipe()
            if request is None:
                request = records.mailbox.ask(kind, confirm_withdraw=confirm_withdraw)
            report = _answer(records.mailbox, request, tell)
            if report is not None:
                return report
            time.sleep(POLL_S)
    finally:
        if request is not None:
            records.mailbox.discard(request)
        lease.release()
        records.database.close()


def watch(settings: Settings, stop: threading.Event) -> None:
    """Keep the gallery up to date until told to stop; waits its turn behind another leader."""
    make_folders(settings)
    records = open_records(settings)
    lease = Lease(settings.data_dir)
    try:
        while not stop.is_set():
            if lease.acquire():
                take_back_interactions(settings, records)
                Leader(settings=settings, records=records, lease=lease, stop=stop).lead()
            stop.wait(POLL_S)
    finally:
        lease.release()
        records.database.close()


def status(settings: Settings) -> dict[str, Any]:
    """Return how things stand, as the status page tells it to the administrator."""
    make_folders(settings)
    records = open_records(settings)
    try:
        standing = Standing(
            settings=settings,
            records=records,
            lease=Lease(settings.data_dir),
            board=Board(settings.data_dir),
        )
        told = standing.status()
        return {**standing.numbers(told), "details": standing.details(told)}
    finally:
        records.database.close()


def plan(settings: Settings) -> Preview:
    """Return what ``once`` would do; works on a copy of the catalogue, so nothing changes.

    Raises LibraryError.
    """
    with tempfile.TemporaryDirectory(prefix="gallery-plan-") as folder:
        records = open_copy(settings, Path(folder))
        try:
            looking = assembly.make_looking(settings, records, settle_s=0.0)
            work = looking.look({EVERYTHING})
            moves = _moves(work, records.catalogue)
            gone, known = len(work.missing) - len(moves), records.catalogue.count()
            return Preview(work=work, moves=moves, is_held=exceeds_fuse(gone, known))
        finally:
            records.database.close()


def _moves(work: Work, catalogue: Catalogue) -> dict[str, str]:
    """Pair what is gone with what is new by size and time of change, as far as they tell."""
    new = {(o.stamp.size, o.stamp.mtime_ns): o.key for o, _ in work.publish}
    gone = [photo for key in work.missing if (photo := catalogue.photo(key))]
    pairs = {photo.key: new.get((photo.stamp.size, photo.stamp.mtime_ns)) for photo in gone}
    return {key: there for key, there in pairs.items() if there}


def _answer(mailbox: Mailbox, request: int, tell: Tell) -> dict[str, Any] | None:
    """Return the leader's report once it is done; pass on how far it is until then."""
    answer = mailbox.answer_to(request)
    if answer is None:
        raise StoreUnavailable("the request was lost, for the catalogue was deleted: ask again")
    if answer.report is None:
        tell(answer.progress or {})
        return None
    if error := answer.report.get("error"):
        raise GalleryError(error)
    return answer.report


def run_check(settings: Settings, *, remote: bool) -> list[Finding]:
    """Compare catalogue, store and JSON; a bucket's objects only if ``remote``."""
    make_folders(settings)
    records = open_records(settings)
    store = assembly.make_store(settings, threading.Event())
    try:
        return check(
            records=records,
            store=store if remote or not settings.has_bucket else None,
            exporter=assembly.make_exporter(settings, records, store),
            data_dir=settings.data_dir,
            library=None if settings.is_mirror else settings.library,
        )
    finally:
        records.database.close()
