"""What lies in one folder: photos and sidecars with their stamps, and the folders below."""

import errno
import marshal
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeAlias
from unicodedata import normalize

from ..model import PHOTO_SUFFIXES, Companion, Failure, Original, Stamp
from . import companions
from .ignore import Rules, is_ignored
from .sidecar import SIDECAR_SUFFIXES

Entries: TypeAlias = dict[str, os.DirEntry[str]]  # by key
File: TypeAlias = tuple[str, os.DirEntry[str], os.stat_result]  # key first
Stamped: TypeAlias = tuple[str, str, Stamp, int]  # key, path, stamp, ctime in ns

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
    state: str  # digest of all files; "" where some of them are problems

    @property
    def keys(self) -> frozenset[str]:
        """Every key that is there; only a known key that is not among these may be withdrawn."""
        found = {original.key for original in self.originals}
        return frozenset(found | {problem.key for problem in self.problems})


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """A folder in which all files are as they were in a state that is known."""

    folder: str


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
    path: str,
    folder: str,
    *,
    rules: Rules,
    real_root: str,
    stable_inodes: bool,
    known_state: str | None,
) -> tuple[Listing | Same, Entries]:
    """Return what lies in a folder, and the folders below by key.

    Raises OSError if any part of it stays unknown; one file that cannot be looked at is a problem.
    """
    survey = _survey(path, folder, real_root)
    photos, folders = survey.photos, survey.folders
    if rules.layers:
        photos = {k: one for k, one in photos.items() if not rules.excludes(k, is_folder=False)}
        folders = {k: one for k, one in folders.items() if not rules.excludes(k, is_folder=True)}
    kinds = (photos, survey.sidecars, survey.xmp)
    files = [_files(found, survey.problems) for found in kinds]
    state = "" if survey.problems else _state(files, stable_inodes=stable_inodes)
    below = dict(sorted(folders.items()))
    if state and state == known_state:
        return Same(folder=folder), below
    stamped = [list(_stamped(found, stable_inodes=stable_inodes)) for found in files]
    listing = Listing(
        folder=folder,
        originals=_originals(stamped[0], stamped[2]),
        sidecars=tuple(
            SidecarFile(name=key.rpartition("/")[2], path=path, stamp=stamp)
            for key, path, stamp, _ in stamped[1]
        ),
        subfolders=tuple(below),
        problems=tuple(survey.problems),
        state=state,
    )
    return listing, below


def _originals(photos: Iterable[Stamped], xmp: Iterable[Stamped]) -> tuple[Original, ...]:
    return companions.joined(
        [Original(key=k, path=p, stamp=stamp, ctime_ns=ctime) for k, p, stamp, ctime in photos],
        [Companion(key=key, path=path, stamp=stamp) for key, path, stamp, _ in xmp],
    )


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


def _files(found: Entries, problems: list[Failure]) -> list[File]:
    """Return files by key; report those that cannot be looked at."""
    files: list[File] = []
    for key in sorted(found):
        entry = found[key]
        try:
            files.append((key, entry, entry.stat()))
        except FileNotFoundError:  # Race: deleted since the folder was read
            continue
        except PermissionError:  # of all its files: the folder may be read, but not entered
            raise
        except OSError as error:
            problems.append(Failure(key=key, stamp=None, reason=why(error)))
    return files


def _state(kinds: Sequence[Sequence[File]], *, stable_inodes: bool) -> str:
    """Return a digest of all that tells one state of these files from another."""
    digest = blake2b(digest_size=16)
    for files in kinds:
        told = [
            (key, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino if stable_inodes else 0)
            for key, _, s in files
        ]
        digest.update(marshal.dumps(told, 0))  # later versions write the same in several ways
    return digest.hexdigest()


def _stamped(files: Iterable[File], *, stable_inodes: bool) -> Iterator[Stamped]:
    for key, entry, status in files:
        inode = status.st_ino if stable_inodes else 0
        stamp = Stamp(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=inode)
        yield key, entry.path, stamp, status.st_ctime_ns


def _survey(path: str, folder: str, real_root: str) -> _Survey:
    survey = _Survey(folder)
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            suffix = name[name.rfind(".") :].lower()
            if is_ignored(name):
                continue
            if entry.is_symlink() and not leads_inside(entry.path, real_root):
                continue
            if entry.is_dir():
                _claim(survey.folders, entry, survey)
                continue
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
