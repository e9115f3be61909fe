"""What the account that runs us may read and write, and which port it may have.

Each refusal says what to do, for this is where most first starts fail: another owner, a mount that
is missing or read-only, a port that is taken.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from ..errors import LibraryError, SettingsError
from ..settings import Settings
from ..source.scan import check_root

WRITTEN = ("", "media", "media/gallery", "media/thumbs", "marks", "leader.lock", "catalogue.db*")
IN_A_CONTAINER = "in a container, do so on the host, to what is mounted there"


def account() -> str:
    """Return who runs us, as ``chown`` takes it: "1000:1000"."""
    return f"{os.geteuid()}:{os.getegid()}"


def check_data(data_dir: Path) -> None:
    """Raise SettingsError, which says what to do, unless all we write there can be written."""
    for path in _written(data_dir):
        if _is_allowed(path, os.W_OK):
            continue
        if os.statvfs(path).f_flag & os.ST_RDONLY:
            raise SettingsError(
                f"DATA_DIR: {path} is mounted read-only. Mount it so that it can be written"
                " (without :ro), or point DATA_DIR to another folder."
            )
        raise SettingsError(
            f"DATA_DIR: {path} ({_owner(path)}) cannot be written by this account, {account()}."
            f" Run: {_mend(path, data_dir)} ({IN_A_CONTAINER}),"
            " or point DATA_DIR to another folder."
        )


def told(settings: Settings) -> str:
    """Say who runs us, and what it may read and write, or what to do that it may."""
    writes = f"write {settings.data_dir.absolute()}"
    if settings.is_mirror:
        return f"{account()}, which may {writes}"
    return f"{account()}, which may {writes}, and {_reading(settings.library.absolute())}"


def check_port(host: str, port: int) -> None:
    """Raise SettingsError, which says what to do, unless we may listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = {
                errno.EADDRINUSE: "is taken: another program, or this one, runs there already."
                " End it, or choose another port",
                errno.EACCES: "is for root alone: choose one above 1023",
            }.get(error.errno or 0, f"cannot be had ({error.strerror}): choose another")
            raise SettingsError(
                f"Port {port} of {host} {why}, by PORT, or by -b of gunicorn."
            ) from error


def _reading(library: Path) -> str:
    try:
        check_root(library)
    except LibraryError as error:
        if not isinstance(error.__cause__, PermissionError):
            return f"there are no photos: {error}"
    else:
        if os.access(library, os.X_OK):
            return f"read {library}"
    return (
        f"may NOT read {_closed(library)}. Run it as that owner (in a container by"
        f" PUID and PGID), or run: chmod -R a+rX {library} ({IN_A_CONTAINER})"
    )


def _closed(folder: Path) -> str:
    """Return the folder that may not be entered: this one, or one above it."""
    for path in (*reversed(folder.parents), folder):
        if not os.access(path, os.X_OK):
            return f"{path} ({_owner(path)})"
    return f"{folder} ({_owner(folder)})"


def _written(data_dir: Path) -> Iterator[Path]:
    for name in WRITTEN:
        yield from sorted(data_dir.glob(name)) if name else (data_dir,)


def _is_allowed(path: Path, mode: int) -> bool:
    return os.access(path, mode | os.X_OK if path.is_dir() else mode)


def _owner(path: Path) -> str:
    status = path.stat()
    return f"{status.st_uid}:{status.st_gid}, {stat.filemode(status.st_mode)}"


def _mend(path: Path, data_dir: Path) -> str:
    is_ours = path.stat().st_uid == os.geteuid()
    return f"chmod -R u+rwX {data_dir}" if is_ours else f"chown -R {account()} {data_dir}"
