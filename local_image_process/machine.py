"""What this machine, or the container we are in, allows us."""

import math
import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

LEAST_BUDGET_MB = 128
USUAL_PHOTO_MB = 256  # of memory, with its process: a JPEG of 24 megapixels takes 230
CGROUP = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def allowed_processors(cgroup: Path = CGROUP, membership: Path = MEMBERSHIP) -> int:
    """Return the processors we may keep busy: affinity and cgroup quota (v2 and v1) counted."""
    quota = min(_cpu_quota(folder) for folder in _cgroups(cgroup, membership))
    free = len(os.sched_getaffinity(0))
    return max(1, min(free, math.ceil(quota) if quota < free else free))


def allowed_memory_bytes(cgroup: Path = CGROUP, membership: Path = MEMBERSHIP) -> int:
    """Return the memory we may fill: the machine's, or less where a cgroup says so."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [
        _number(folder / name)
        for folder in _cgroups(cgroup, membership)
        for name in ("memory.max", "memory/memory.limit_in_bytes")
    ]
    return min([machine, *(int(limit) for limit in limits if limit)])


def default_memory_budget_mb() -> int:
    """Return how much of the memory developing photos may take: half of it."""
    return max(LEAST_BUDGET_MB, allowed_memory_bytes() // 2 >> 20)


def default_render_workers(budget_mb: int) -> int:
    """Return how many photos to develop at a time: as processors and memory allow."""
    return max(1, min(allowed_processors(), budget_mb // USUAL_PHOTO_MB))


def _cgroups(cgroup: Path, membership: Path) -> list[Path]:
    """Return the folders whose limits hold for us: a service's own (v2), and all above it.

    In a container its own is the root.
    """
    folders = [cgroup]
    with suppress(OSError):
        for line in membership.read_text(encoding="utf-8").splitlines():
            if line.startswith("0::/"):
                below = PurePosixPath(line.removeprefix("0::/"))
                folders += [cgroup / path for path in (below, *below.parents)]
    return folders


def _cpu_quota(cgroup: Path) -> float:
    with suppress(OSError, ValueError):
        quota, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()
        return int(quota) / int(period)  # "max 100000" is a ValueError: no limit
    quota_us = _number(cgroup / "cpu/cpu.cfs_quota_us")
    period_us = _number(cgroup / "cpu/cpu.cfs_period_us")
    return quota_us / period_us if quota_us and period_us else math.inf


def _number(path: Path) -> float | None:
    """Return the positive number in a file; ``None`` for "max", -1 or no file."""
    try:
        number = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return number if number > 0 else None
