"""A folder for what may be lost: in memory where there is such a place, for that wakes no disk."""

import hashlib
import os
import shutil
import stat
from pathlib import Path

MEMORY = Path("/dev/shm")


def volatile_folder(data_dir: Path) -> Path:
    """Return the folder that goes with a data folder, made if need be; it is private."""
    name = hashlib.sha256(os.fsencode(data_dir.absolute().resolve())).hexdigest()[:16]
    memory = MEMORY / f"gallery-{os.getuid()}-{name}"
    if _is_ours(memory):
        return memory
    folder = data_dir / "volatile"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def remove_volatile(data_dir: Path) -> None:
    """Remove all of it; nobody may be at work on the data folder."""
    shutil.rmtree(volatile_folder(data_dir), ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Make a folder where anybody may; tell whether it is ours and not a trap of somebody else."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
