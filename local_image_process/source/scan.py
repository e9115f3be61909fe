"""Walk the library's folders. Only looks: nothing is opened for writing, ever."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from ..errors import LibraryError
from ..model import Failure, Look
from .ignore import CLOSING_FILES, IGNORE_BYTES_MAX, IGNORE_FILE, Rules, is_ignored
from .listing import Listing, Same, SidecarFile, join, leads_inside, list_folder, nfc, why

__all__ = ["Gone", "Listing", "Same", "SidecarFile", "Unlisted", "check_root", "look"]

_VANISHED = (FileNotFoundError, NotADirectoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """A folder that could not be listed: it and all below it are unknown, not empty."""

    folder: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A folder that does not exist or is not to be shown, nor anything below it."""

    folder: str


Seen: TypeAlias = Listing | Same | Unlisted | Gone
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    real_root: str
    identity: tuple[int, int]
    stable_inodes: bool
    known: Mapping[str, str]  # states of folders


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A folder that was entered."""

    key: str
    path: str  # as the file system spells it
    real: str  # without symbolic links
    chain: frozenset[str]  # real paths of this folder and of all that led to it
    rules: Rules
    problems: tuple[Failure, ...]  # of its .galleryignore


@dataclass(frozen=True, slots=True)
class _Door:
    """A folder that was seen in another one."""

    place: _Place
    key: str
    path: str
    is_link: bool


def check_root(root: Path) -> None:
    """Raise LibraryError, which says what to do, unless the library can be listed."""
    try:
        with os.scandir(root) as entries:
            next(entries, None)
    except FileNotFoundError as error:
        raise LibraryError(f"{root} does not exist. Mount it, or correct WATCH_DIR.") from error
    except NotADirectoryError as error:
        raise LibraryError(f"{root} is not a folder. Set WATCH_DIR to a folder.") from error
    except OSError as error:
        raise LibraryError(f"{root} cannot be read: {why(error)}") from error


def look(
    root: Path, looks: Iterable[Look], *, stable_inodes: bool, known: Mapping[str, str] = NOTHING
) -> Iterator[Seen]:
    """Yield what lies in each folder, once, even where several looks cover it.

    A folder in the state that is ``known`` of it is only said to be the same.

    Below a deep look, a known folder that was not yielded is gone, unless an ``Unlisted`` is
    above it.
    Raises LibraryError if the root goes away meanwhile: then nothing that was yielded is certain.
    """
    check_root(root)
    library = _Library(
        real_root=os.path.realpath(root),
        identity=_identity(root),
        stable_inodes=stable_inodes,
        known=known,
    )
    seen: set[str] = set()
    for hint in sorted(set(looks), key=lambda hint: (not hint.deep, hint.folder)):
        if hint.folder not in seen:  # Order: deep and outer ones first
            yield from _visit(library, hint, seen)
    if _identity(root) != library.identity:
        raise LibraryError(f"{root} went away while it was looked at. Mount it again.")


def _identity(root: Path) -> tuple[int, int]:
    try:
        status = root.stat()
    except OSError as error:
        raise LibraryError(f"{root} went away: {why(error)}") from error
    return status.st_dev, status.st_ino


def _visit(library: _Library, hint: Look, seen: set[str]) -> Iterator[Seen]:
    try:
        door = _find(library, hint.folder)
    except OSError as error:
        seen.add(hint.folder)
        yield _not_listed(hint.folder, error)
        return
    if door is None:
        seen.add(hint.folder)
        yield Gone(folder=hint.folder)
        return
    waiting = [door]
    while waiting:
        door = waiting.pop()
        if door.key in seen:
            continue
        seen.add(door.key)
        result, below = _listed(library, door)
        yield result
        if hint.deep:
            waiting.extend(reversed(below))


def _listed(library: _Library, door: _Door) -> tuple[Seen, list[_Door]]:
    try:
        place = _enter(library, door)
        if place is None:
            return Gone(folder=door.key), []
        listing, folders = list_folder(
            place.path,
            place.key,
            rules=place.rules,
            real_root=library.real_root,
            stable_inodes=library.stable_inodes,
            known_state=None if place.problems else library.known.get(door.key),
        )
    except OSError as error:
        return _not_listed(door.key, error), []
    if isinstance(listing, Listing) and place.problems:
        listing = replace(listing, problems=place.problems + listing.problems, state="")
    below = [_Door(place, key, entry.path, entry.is_symlink()) for key, entry in folders.items()]
    return listing, below


def _not_listed(folder: str, error: OSError) -> Unlisted | Gone:
    if folder and isinstance(error, _VANISHED):
        return Gone(folder=folder)
    return Unlisted(folder=folder, reason=f"{folder or '/'}: cannot be listed: {why(error)}")


def _root_door(library: _Library) -> _Door:
    outside = _Place(
        key="", path="", real="", chain=frozenset(), rules=Rules(), problems=()
    )  # what the root lies in: nothing of it applies
    return _Door(outside, "", library.real_root, is_link=True)


def _find(library: _Library, folder: str) -> _Door | None:
    """Go down from the root to a folder; ``None`` if it, or one above it, is not to be shown."""
    door = _root_door(library)
    for name in folder.split("/") if folder else ():
        place = _enter(library, door)
        if place is None or nfc(name) != name or not name or is_ignored(name):
            return None
        path = _spelled(place.path, name)
        key = join(place.key, name)
        is_link = stat.S_ISLNK(os.lstat(path).st_mode)
        if place.rules.excludes(key, is_folder=True) or (
            is_link and not leads_inside(path, library.real_root)
        ):
            return None
        door = _Door(place, key, path, is_link)
    return door


def _spelled(parent: str, name: str) -> str:
    """Return the path of the folder that has this NFC name, however the file system spells it."""
    path = join(parent, name)
    if name.isascii() or os.path.lexists(path):
        return path
    with os.scandir(parent) as entries:
        return next((entry.path for entry in entries if nfc(entry.name) == name), path)


def _enter(library: _Library, door: _Door) -> _Place | None:
    """Read a folder's rules; ``None`` if a link leads in a circle or the folder is closed."""
    above = door.place
    real = (
        os.path.realpath(door.path)
        if door.is_link
        else join(above.real, door.path.rpartition("/")[2])
    )
    if real in above.chain:
        return None
    if any(os.path.lexists(join(real, name)) for name in CLOSING_FILES):
        return None
    rules, problems = _rules(above.rules, door)
    chain = above.chain | {real}
    return _Place(
        key=door.key, path=door.path, real=real, chain=chain, rules=rules, problems=problems
    )


def _rules(above: Rules, door: _Door) -> tuple[Rules, tuple[Failure, ...]]:
    """Add the folder's own .galleryignore. Unreadable, it makes the folder unknown: an OSError."""
    try:
        with Path(door.path, IGNORE_FILE).open("rb") as file:
            content = file.read(IGNORE_BYTES_MAX)
    except (FileNotFoundError, IsADirectoryError):
        return above, ()
    rules, wrong = above.with_file(door.key, content)
    key = join(door.key, IGNORE_FILE)
    return rules, tuple(Failure(key=key, stamp=None, reason=reason) for reason in wrong)
