"""Whether this process should be sent visitors: somebody leads, and the data folder takes files."""

import os
import shutil
from pathlib import Path

from .lease import Lease

LONGEST_UNSEEN_S = 30.0
LEAST_FREE_BYTES = 1 << 20
LOW_BYTES = 1 << 30


def why_not_ready(lease: Lease, data_dir: Path) -> str | None:
    """Return what keeps us from being ready and what to do, in words; ``None`` when all is well."""
    seen = lease.leader()
    if seen is None:
        return "no process leads yet; look again in a moment"
    if seen.seen_s > LONGEST_UNSEEN_S:
        return (
            f"the leader, process {seen.pid}, was last seen {seen.seen_s:.0f} s ago:"
            " see the log, and restart the service if it stays so"
        )
    return why_not_writable(data_dir)


def why_not_writable(data_dir: Path) -> str | None:
    """Return why the data folder takes no files; nothing is written, for a disk may sleep."""
    if not os.access(data_dir, os.W_OK | os.X_OK):
        return "DATA_DIR cannot be written: see its owner, its rights and how it is mounted"
    if shutil.disk_usage(data_dir).free < LEAST_FREE_BYTES:
        return "the disk of DATA_DIR is full: make room on it"
    return None
