"""Files that are either the old version or the new one, never half of each."""

import os
import threading
from pathlib import Path

PUBLIC = 0o644  # a web server in another account may read
PRIVATE = 0o600


def write_atomically(path: Path, content: bytes, *, mode: int = PUBLIC) -> None:
    """Replace ``path`` so that a reader, or a power cut, sees all of it or none.

    The temporary file lies in the same folder, because ``os.replace`` is atomic only within
    one file system, and has a fixed name, so that what a killed process left is overwritten
    by the next try. So two processes must not write one path at a time; only the leader writes.
    """
    temporary = temporary_for(path)
    try:
        _write_and_sync(temporary, content, mode)
        temporary.replace(path)
    except BaseException:  # also when the process is told to end: no remains
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write atomically unless the file holds these bytes already; tell whether it was written."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    write_atomically(path, content)
    return True


def state_of(path: Path) -> tuple[int, int, int] | None:
    """Return what differs once a file is another one, or was written; ``None``: there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def link_atomically(source: Path, path: Path) -> None:
    """Make ``path`` the same file as ``source``: for files that are replaced, never changed.

    Raises OSError where a file system knows no hard links.
    """
    temporary = temporary_for(path)
    temporary.unlink(missing_ok=True)
    os.link(source, temporary)
    temporary.replace(path)
    temporary.unlink(missing_ok=True)  # it stays where both were the same file already: rename(2)
    _sync_folder(path.parent)


def temporary_for(path: Path) -> Path:
    """Return the name under which ``path`` is written before it takes its place."""
    return path.with_name(f".{path.name}.tmp")


def create_once(path: Path, content: bytes) -> bytes:
    """Make a private file unless it is there; return what it holds, whoever of us made it."""
    temporary = path.with_name(f".{path.name}.{threading.get_native_id()}.tmp")
    try:
        _write_and_sync(temporary, content, PRIVATE)
        os.link(temporary, path)  # Race: of several processes one wins, the others read
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_bytes()


def _write_and_sync(path: Path, content: bytes, mode: int) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as file:
        os.fchmod(fd, mode)  # whatever the umask says
        file.write(content)
        file.flush()
        os.fsync(fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
