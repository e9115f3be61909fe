"""Where renditions go: the protocol, and the store that is a folder of ours."""

import contextlib
import errno
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from ..errors import StoreError, StoreRefused, StoreUnavailable
from ..files import link_atomically, temporary_for, write_atomically

AWAY = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENOTCONN}
PREFIX = "gallery"
THUMBS = "thumbs"
INTERACTIONS = "interactions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a display rendition says of its own origin, so that a lost catalogue takes it back."""

    fingerprint: str
    image_digest: str
    recipe: str
    width_px: int
    height_px: int
    version: str
    thumb_hash: str | None = None  # older marks have neither
    dominant_colour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object as a listing tells of it."""

    name: str
    version: str  # as version_of its content
    size_bytes: int


class Store(Protocol):
    """Objects by name ("gallery/上海/DSC04056.webp"), each whole or not there.

    Every method raises StoreUnavailable when another attempt may work, StoreRefused when the
    operator must mend something first.
    """

    def put(self, name: str, content: bytes, *, mark: Mark | None = None) -> None:
        """Make or replace an object."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Make or replace an object by the content and mark of another."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; none of that name is fine."""
        ...

    def mark(self, name: str) -> Mark | None:
        """Return the mark of an object; ``None`` when it is not there or carries none."""
        ...

    def holds(self, name: str) -> bool:
        """Tell whether there is an object of that name."""
        ...

    def read(self, name: str) -> bytes:
        """Return the content of an object."""
        ...

    def names(self) -> Iterator[str]:
        """Return the names of all objects of ours."""
        ...

    def url(self, name: str, version: str | None = None) -> str:
        """Return where visitors find an object: raw, not percent-encoded."""
        ...


def display_object(album_id: str, name: str) -> str:
    """Return the name of a display rendition."""
    return f"{PREFIX}/{album_id}/{name}.webp"


def thumb_object(edge_px: int, album_id: str, name: str) -> str:
    """Return the name of a thumbnail."""
    return f"{THUMBS}/{edge_px}/{album_id}/{name}.webp"


def album_object(album_id: str) -> str:
    """Return the name of an album's YAML."""
    return f"{PREFIX}/{album_id}/info.yaml"


def interactions_object(site: str) -> str:
    """Return the name of the likes and stars that were given at one site."""
    return f"{INTERACTIONS}/{site}.json"


def version_of(content: bytes) -> str:
    """Return the eight hex digits that tell one content of an object from another.

    Of its MD5, for that is its ETag in a bucket: a listing tells the versions of all objects.
    """
    return hashlib.md5(content, usedforsecurity=False).hexdigest()[:8]


class FolderStore:
    """Objects as files below ``media``; their marks lie beside them in ``marks``.

    Everything below ``media`` is ours. A mark is removed before its object changes and written
    after it, so that a mark never speaks of other bytes than those that lie there.
    """

    def __init__(self, *, media: Path, marks: Path, base_url: str | None) -> None:
        self._media = media
        self._marks = marks
        self._base_url = f"{base_url or ''}/media/"

    def put(self, name: str, content: bytes, *, mark: Mark | None = None) -> None:
        """Write a file and its mark."""
        with _told(name):
            self._mark_path(name).unlink(missing_ok=True)
            _write(self._path(name), content)
            self._write_mark(name, mark)

    def copy(self, source: str, target: str) -> None:
        """Copy a file and its mark; the bytes are shared where the file system can."""
        mark = self.mark(source)
        try:
            with _told(target):
                self._mark_path(target).unlink(missing_ok=True)
                self._path(target).parent.mkdir(parents=True, exist_ok=True)
                link_atomically(self._path(source), self._path(target))
                self._write_mark(target, mark)
        except StoreError:  # no hard links here, or too many
            self.put(target, self.read(source), mark=mark)

    def delete(self, name: str) -> None:
        """Remove a file, its mark, and folders that are empty then."""
        with _told(name):
            for path, top in (
                (self._mark_path(name), self._marks),
                (self._path(name), self._media),
            ):
                path.unlink(missing_ok=True)
                temporary_for(path).unlink(missing_ok=True)
                _prune(path.parent, top)

    def mark(self, name: str) -> Mark | None:
        """Read the mark of a file."""
        try:
            values = json.loads(self._mark_path(name).read_bytes())
            return Mark(**values) if self.holds(name) else None
        except (OSError, ValueError, TypeError):
            return None

    def holds(self, name: str) -> bool:
        """Tell whether the file is there."""
        return self._path(name).is_file()

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with _told(name):
            return self._path(name).read_bytes()

    def names(self) -> Iterator[str]:
        """Return the names of all files, hidden ones left out."""
        for path in self._media.rglob("*"):
            if not path.name.startswith(".") and path.is_file():
                yield path.relative_to(self._media).as_posix()

    def url(self, name: str, version: str | None = None) -> str:
        """Return the address under /media/, with the version where pictures have one."""
        return f"{self._base_url}{name}" + (f"?v={version}" if version else "")

    def _path(self, name: str) -> Path:
        return self._media / name

    def _write_mark(self, name: str, mark: Mark | None) -> None:
        if mark is not None:
            _write(self._mark_path(name), json.dumps(asdict(mark)).encode())

    def _mark_path(self, name: str) -> Path:
        return self._marks / f"{name}.json"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)


def _prune(folder: Path, top: Path) -> None:
    with suppress(OSError):  # not empty, or gone already
        while folder != top:
            folder.rmdir()
            folder = folder.parent


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        raise _store_error(name, error) from error


def _store_error(name: str, error: OSError) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StoreUnavailable(f"{name}: the disk of the data folder is full; make space")
    if error.errno in AWAY:
        return StoreUnavailable(f"{name}: the data folder cannot be written ({error.strerror})")
    return StoreRefused(
        f"{name}: the data folder refuses ({error.strerror});"
        " give the account that runs this the right to write there"
    )
