"""On what kind of file system a folder lies, and whether changes made elsewhere are told to us."""

import os
import re
from pathlib import Path

# Changed by other machines, or behind a process that does not pass every event on. fuseblk is NTFS
# by ntfs-3g: local changes are told, but its inode numbers and its timing are not to be relied on.
_REMOTE = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "coda", "davfs"),
        *("fuse", "fuseblk", "9p", "v9fs", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "drvfs"),
        *("grpcfuse", "osxfs", "fakeowner"),  # Docker Desktop
        *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "orangefs", "pvfs2", "ocfs2", "gfs2"),
    }
)
_OCTAL = re.compile(r"\\([0-7]{3})")


CHECK_S = 3.0  # how often the table is compared


class Mounts:
    """The table of mounts as it was when this was made."""

    def __init__(self) -> None:
        self._before = read_mountinfo()
        self._next_s = 0.0

    def have_changed(self, now_s: float) -> bool:
        """Tell whether anything was mounted or unmounted; looks every few seconds (monotonic)."""
        if now_s < self._next_s:
            return False
        self._next_s = now_s + CHECK_S
        return read_mountinfo() != self._before


def read_mountinfo() -> str:
    """Return the kernel's table of mounts; "" where there is none (not Linux)."""
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def filesystem_of(path: Path, mountinfo: str) -> str:
    """Return the type of the file system that holds the path; "" if the table does not tell.

    Format: proc(5), /proc/pid/mountinfo.
    """
    real = os.path.realpath(path)
    best, best_type = "", ""
    for line in mountinfo.splitlines():
        mount_point, fs_type = _mount(line)
        covers = real == mount_point or real.startswith(mount_point.rstrip("/") + "/")
        if fs_type and covers and len(mount_point) >= len(best):  # the later of two hides the first
            best, best_type = mount_point, fs_type
    return best_type


def events_reach_us(fs_type: str) -> bool:
    """Tell whether inotify reports every change on such a file system, whoever makes it."""
    return fs_type not in _REMOTE and not fs_type.startswith("fuse.")


def _mount(line: str) -> tuple[str, str]:
    """Return mount point and type; both "" for a line that is none."""
    head, separator, tail = line.partition(" - ")
    fields = head.split(" ")
    if not separator or len(fields) < 5:
        return "", ""
    return _unescaped(fields[4]), tail.split(" ")[0]


def _unescaped(text: str) -> str:
    """Decode the kernel's octal escapes of space, tab, newline and backslash."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
