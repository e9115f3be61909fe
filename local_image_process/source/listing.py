"""What lies in one folder: photos and sidecars with their stamps, and the folders below."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias
from unicodedata import normalize

from ..model import PHOTO_SUFFIXES, Companion, Failure, Original, Stamp
from . import companions
from .ignore import Rules, is_ignored
from .sidecar import SIDECAR_SUFFIXES

Entries: TypeAlias = dict[str, os.DirEntry[str]]  # by key

_LEADS_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarFile:
    """A YAML file in a photo folder."""

    name: str  # NFC
    path: str  # as the file system spells it
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that was found in one folder. A key named in ``problems`` is there, not gone."""

    folder: str
    originals: tuple[Original, ...]
    sidecars: tuple[SidecarFile, ...]
    subfolders: tuple[str, ...]  # keys; a known folder that is not among them is gone
    problems: tuple[Failure, ...]

    @property
    def keys(self) -> frozenset[str]:
        """Every key that is there; only a known key that is not among these may be withdrawn."""
        found = {original.key for original in self.originals}
        return frozenset(found | {problem.key for problem in self.problems})


@dataclass(slots=True)
class _Survey:
    """The entries of one folder that may concern us, by key."""

    folder: str
    photos: Entries = field(default_factory=dict)
    sidecars: Entries = field(default_factory=dict)
    xmp: Entries = field(default_factory=dict)
    folders: Entries = field(default_factory=dict)
    problems: list[Failure] = field(default_factory=list)


def list_folder(
    path: str, folder: str, *, rules: Rules, real_root: str, stable_inodes: bool
) -> tuple[Listing, Entries]:
    """Return what lies in a folder, and the folders below by key.

    Raises OSError if any part of it stays unknown; one file that cannot be looked at is a problem.
    """
    survey = _survey(path, folder, real_root)
    photos, folders = survey.photos, survey.folders
    if rules.layers:
        photos = {k: one for k, one in photos.items() if not rules.excludes(k, is_folder=False)}
        folders = {k: one for k, one in folders.items() if not rules.excludes(k, is_folder=True)}
    stamped = partial(_stamped, problems=survey.problems, stable_inodes=stable_inodes)
    originals = [
        Original(key=key, path=entry.path, stamp=stamp, ctime_ns=ctime_ns)
        for key, entry, stamp, ctime_ns in stamped(photos)
    ]
    sidecars = [
        SidecarFile(name=key.rpartition("/")[2], path=entry.path, stamp=stamp)
        for key, entry, stamp, _ in stamped(survey.sidecars)
    ]
    xmp = [
        Companion(key=key, path=entry.path, stamp=stamp)
        for key, entry, stamp, _ in stamped(survey.xmp)
    ]
    listing = Listing(
        folder=folder,
        originals=companions.joined(originals, xmp),
        sidecars=tuple(sidecars),
        subfolders=tuple(sorted(folders)),
        problems=tuple(survey.problems),
    )
    return listing, dict(sorted(folders.items()))


def leads_inside(path: str, real_root: str) -> bool:
    """Tell whether a symbolic link leads to something that lies in the library."""
    try:
        target = os.path.realpath(path, strict=True)
    except OSError as error:
        if error.errno in _LEADS_NOWHERE:
            return False
        raise
    return target == real_root or target.startswith(real_root.rstrip("/") + "/")


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def nfc(name: str) -> str | None:
    """Return a name as it is spelled in keys; ``None`` if it is not valid UTF-8."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:  # os puts a surrogate for each byte that is not UTF-8
        return None
    return normalize("NFC", name)


def why(error: OSError) -> str:
    """Say in words what the system refused, and what to do."""
    if isinstance(error, PermissionError):
        return f"{error.strerror}; give this program's user the right to read it."
    return f"{error.strerror or error}; check the disk, or the connection to the NAS."


def _stamped(
    found: Entries, *, problems: list[Failure], stable_inodes: bool
) -> Iterator[tuple[str, os.DirEntry[str], Stamp, int]]:
    """Yield the files by key, with stamp and ctime; report those that cannot be looked at."""
    for key in sorted(found):
        entry = found[key]
        try:
            status = entry.stat()
        except FileNotFoundError:  # Race: deleted since the folder was read
            continue
        except PermissionError:  # of all its files: the folder may be read, but not entered
            raise
        except OSError as error:
            problems.append(Failure(key=key, stamp=None, reason=why(error)))
            continue
        inode = status.st_ino if stable_inodes else 0
        stamp = Stamp(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=inode)
        yield key, entry, stamp, status.st_ctime_ns


def _survey(path: str, folder: str, real_root: str) -> _Survey:
    survey = _Survey(folder)
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            if is_ignored(name):
                continue
            if entry.is_symlink() and not leads_inside(entry.path, real_root):
                continue
            if entry.is_dir():
                _claim(survey.folders, entry, survey)
                continue
            suffix = name[name.rfind(".") :].lower()
            if suffix in PHOTO_SUFFIXES and entry.is_file():
                _claim(survey.photos, entry, survey)
            elif suffix in SIDECAR_SUFFIXES and entry.is_file():
                _claim(survey.sidecars, entry, survey)
            elif suffix == companions.XMP_SUFFIX and entry.is_file():
                _claim(survey.xmp, entry, survey)
    return survey


def _claim(found: Entries, entry: os.DirEntry[str], survey: _Survey) -> None:
    """Enter it under its NFC key. Of two with the same key, the one that is spelled so has it."""
    name = nfc(entry.name)
    if name is None:
        survey.problems.append(_misnamed(survey, entry, "its name is not valid UTF-8; rename it."))
        return
    key = join(survey.folder, name)
    other = found.setdefault(key, entry)
    if other is entry:
        return
    winner, loser = sorted((entry, other), key=lambda one: (one.name != name, one.name))
    found[key] = winner
    reason = f"another {name} differs from it only in how its accents are stored; rename one."
    survey.problems.append(_misnamed(survey, loser, reason))


def _misnamed(survey: _Survey, entry: os.DirEntry[str], reason: str) -> Failure:
    """Report an entry under a key that can be printed and is no other's."""
    if nfc(entry.name) is None:
        printable = os.fsencode(entry.name).decode("utf-8", "backslashreplace")
    else:
        printable = entry.name.encode("ascii", "backslashreplace").decode("ascii")
    return Failure(key=join(survey.folder, printable), stamp=None, reason=reason)
