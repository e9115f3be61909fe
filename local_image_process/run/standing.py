"""How things stand, for a page, a program or a terminal: the same numbers for all of them."""

import shutil
from dataclasses import dataclass
from typing import Any

from .. import __version__
from ..errors import LibraryError
from ..reasons import in_chinese
from ..settings import Settings
from ..source import scan
from .lease import Lease, SignOfLife
from .readiness import LONGEST_UNSEEN_S, LOW_BYTES, why_not_writable
from .records import Records
from .status import Board, Status

FAILURES_TOLD = 200
SYNC = "sync"  # what webhooks ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Joins the leader's own word with what the catalogue says."""

    settings: Settings
    records: Records
    lease: Lease
    board: Board

    def leader(self) -> SignOfLife | None:
        """Return who leads; ``None`` when nobody was seen for long."""
        seen = self.lease.leader()
        return seen if seen and seen.seen_s <= LONGEST_UNSEEN_S else None

    def state(self) -> object:
        """Return something that differs once there may be news, and costs next to nothing."""
        return self.board.state(), self.records.database.state(), self.leader() is None

    def status(self) -> Status:
        """Return what the leader says; without one, what is on record."""
        status = self.board.read() if self.leader() else None
        if status is not None:
            return status
        census = self.records.overview.census(frozenset())
        return Status(published=census.published, waiting=0, failed=census.failed, has_looked=False)

    def numbers(self, status: Status) -> dict[str, Any]:
        """Return what anybody may know."""
        return {
            "photos": {
                "total": status.total,
                "published": status.published,
                "waiting": status.waiting,
                "failed": status.failed,
                "held": status.held + status.held_in_bucket,
            },
            "has_leader": self.leader() is not None,
            "is_looking": not status.has_looked,
            "left_s": status.left_s and list(status.left_s),
            "photos_per_s": status.photos_per_s,
            "bytes_per_s": status.bytes_per_s,
        }

    def details(self, status: Status) -> dict[str, Any]:
        """Return what only the administrator may know."""
        settings, troubles = self.settings, status.troubles
        by = {"by": status.watching, "why": status.why_sweeps}
        return {
            "version": __version__,
            "library": None
            if settings.is_mirror
            else {"path": str(settings.library.absolute()), "error": self._library_error(status)},
            "watching": None if settings.is_mirror else by,
            "disk": self._disk(),
            "store": {
                "bucket": settings.oss_bucket,
                "error": troubles.get("store") or troubles.get("export"),
            },
            "bucket": {"error": troubles.get("bucket")} if settings.has_bucket else None,
            "notices": self._notices(),
            "webhook": self._webhook(),
            "held": {"keys": list(status.held_keys), "in_bucket": status.held_in_bucket},
            "failures": [
                {
                    "key": failure.key,
                    "reason": failure.reason,
                    "reason_zh": in_chinese(failure.reason),
                    "attempts": failure.attempts,
                    "is_passing": failure.is_passing,
                }
                for failure in self.records.overview.failures(FAILURES_TOLD)
            ],
        }

    def _library_error(self, status: Status) -> str | None:
        """Return what the leader says is wrong; without one, look whether it is there at all."""
        if self.leader():
            return status.troubles.get("library")
        try:
            scan.check_root(self.settings.library)
        except LibraryError as error:
            return str(error)
        return None

    def _disk(self) -> dict[str, Any]:
        usage = shutil.disk_usage(self.settings.data_dir)
        return {
            "path": str(self.settings.data_dir.absolute()),
            "free_bytes": usage.free,
            "total_bytes": usage.total,
            "is_low": usage.free < LOW_BYTES,
            "error": why_not_writable(self.settings.data_dir),
        }

    def _notices(self) -> dict[str, Any] | None:
        if not self.settings.webhook_url:
            return None
        owed = self.records.overview.owed(self.settings.webhook_url)
        error = owed.last_error
        return {"waiting": owed.waiting, "given_up": owed.given_up, "error": error}

    def _webhook(self) -> dict[str, Any]:
        woken = self.records.overview.woken(SYNC)
        return {"requests": woken.number, "last_at_s": woken.last_s}
