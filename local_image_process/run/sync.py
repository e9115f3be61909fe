"""One reading of the bucket: what lies there becomes our record of it, all of it or nothing."""

import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from ..errors import SidecarError
from ..logs import kv
from ..model import Mirrored, Sidecar
from ..publish.store import Entry, display_object
from ..record.interactions import Interactions
from ..record.mirror import Changes, Mirror, MirroredAlbum
from ..source import sidecar
from .bucket import (
    EXIF_DATA,
    AlbumFiles,
    Bucket,
    Entered,
    described,
    entries_of,
    held_back,
    moves_of,
    sort_out,
    spelt_as_there,
    titles_of,
)

T = TypeVar("T")

log = logging.getLogger(__name__)

YAML_BYTES_MAX = 8 * 1024 * 1024
JSON_BYTES_MAX = 256 * 1024 * 1024
THREADS = 4


class Listed(Protocol):
    """A store that others write to as well."""

    def entries(self) -> list[Entry]: ...

    def read(self, name: str) -> bytes: ...

    def holds(self, name: str) -> bool: ...


@dataclass(slots=True)
class SyncReport:
    """Counts of pictures, and sentences on what was left out."""

    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    held: int = 0  # gone from the bucket, but so many that somebody must say so
    problems: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        return {n: getattr(self, n) for n in ("added", "updated", "moved", "removed", "held")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a reading of the bucket is to bear in mind."""

    site: str  # who we are
    knows_own_file: bool = True  # our record is not newer than what this site once told
    own_albums: Collection[str] | None = None  # of the library; ``None`` where there is none
    is_confirmed: bool = False  # somebody said that what is gone really is


@dataclass(frozen=True, slots=True)
class Told:
    """What exif_data.json says, and who says it."""

    entries: Mapping[str, Entered]  # by photo id, NFC
    content: bytes
    is_ours: bool  # a library's of this program, which tells of all that it shows


class Sync:
    """Reads a bucket into our record of it."""

    def __init__(self, *, store: Listed, mirror: Mirror, interactions: Interactions) -> None:
        self._store = store
        self._mirror = mirror
        self._interactions = interactions
        self._unreadable: dict[str, tuple[str, str]] = {}  # index file → its version, what is wrong

    def run(self, terms: Terms) -> SyncReport:
        """Read what changed since the last time, and record it.

        Raises StoreError when the bucket cannot be listed or read whole: nothing changes then.
        """
        bucket = sort_out(self._store.entries())
        report = SyncReport(problems=bucket.left_out)
        known = {photo.id: photo for photo in self._mirror.photos()}
        there = self._pictures(bucket, known, terms.own_albums)
        told = self._told(bucket.exif_data, report, anew=there.keys() != known.keys())
        gone = {i: photo for i, photo in known.items() if i not in there}
        moves = moves_of(gone, there, known)
        kept = self._kept(gone, moves, told, terms, of=len(known))
        albums = self._albums(bucket, there, kept)
        former = {} if terms.own_albums is None else self._mirror.albums()
        entries, titles = told.entries if told else None, titles_of(albums, former)
        found = {i: described(p, known.get(i), entries, titles) for i, p in there.items()}
        changed = {i: photo for i, photo in found.items() if known.get(i) != photo}
        new = found.keys() - known.keys()
        report.held, report.moved = len(kept), len(moves)
        report.removed = len(gone.keys() - kept.keys() - moves.keys())
        report.added = len(new - set(moves.values()))
        report.updated = len(changed.keys() - new)
        report.problems += [one.problem for one in albums.values() if one.problem]
        self._record(
            albums,
            changed=[*changed.values()],
            gone=[photo for i, photo in gone.items() if i not in kept],
            moves=moves,
            unread=[e.name for site, e in bucket.interactions.items() if site != terms.site],
        )
        if bucket.exif_data is not None and told is not None:
            self._take_over(told, bucket.exif_data.version)
        self._take_interactions(bucket.interactions, terms, report)
        return report

    def _pictures(
        self, bucket: Bucket, known: Mapping[str, Mirrored], own_albums: Collection[str] | None
    ) -> dict[str, Mirrored]:
        """Return the pictures to show, without facts: with a library, only what is not ours."""
        found = bucket.pictures(without=own_albums or ())
        if own_albums is None:
            return found
        new = [i for i, p in found.items() if i not in known or known[i].version != p.version]
        with ThreadPoolExecutor(THREADS) as threads:
            names = {i: display_object(found[i].album_id, found[i].name) for i in new}
            ours = dict(zip(new, threads.map(self._store.holds, names.values()), strict=True))
        foreign = [i for i in new if not ours[i]]
        # Race: one of ours may have been deleted after the listing, and seems to be nobody's
        there = {entry.name for entry in self._store.entries()} if foreign else set()
        gone = {i for i in foreign if names[i] not in there}
        return {i: photo for i, photo in found.items() if not ours.get(i) and i not in gone}

    def _kept(
        self,
        gone: Mapping[str, Mirrored],
        moves: Mapping[str, str],
        told: Told | None,
        terms: Terms,
        *,
        of: int,
    ) -> dict[str, Mirrored]:
        """Return what is gone from the bucket and yet not from our record."""
        if terms.is_confirmed:
            return {}
        taken_over = terms.own_albums or ()  # by albums of the library
        unexplained = {
            i: p for i, p in gone.items() if i not in moves and p.album_id not in taken_over
        }
        word = told.entries if told and told.is_ours else None
        return held_back(unexplained, word, of=of)

    def _told(self, entry: Entry | None, report: SyncReport, *, anew: bool) -> Told | None:
        """Return what exif_data.json says; ``None`` where there is nothing new."""
        if entry is None:
            return None
        if not anew and self._mirror.read_versions().get(EXIF_DATA) == entry.version:
            return None
        return self._understood(
            entry,
            report,
            lambda content: Told(entries_of(content), content, self._store.holds(EXIF_DATA)),
        )

    def _understood(self, entry: Entry, report: SyncReport, read: Callable[[bytes], T]) -> T | None:
        """Return what ``read`` makes of an index file.

        What it cannot make anything of is told, and not fetched again before it changes.
        """
        version, problem = self._unreadable.get(entry.name, ("", ""))
        if version != entry.version:
            try:
                result = read(self._read(entry, JSON_BYTES_MAX))
            except ValueError as error:
                problem = f"{entry.name}: {error}; until then what it told before counts"
                self._unreadable[entry.name] = entry.version, problem
            else:
                self._unreadable.pop(entry.name, None)
                return result
        report.problems.append(problem)
        return None

    def _albums(
        self, bucket: Bucket, there: Mapping[str, Mirrored], kept: Mapping[str, Mirrored]
    ) -> dict[str, MirroredAlbum]:
        """Return the words of albums, read where their YAML changed."""
        known = self._mirror.albums()
        held = {photo.album_id for photo in kept.values()}

        def album(album_id: str) -> MirroredAlbum:
            files = bucket.albums.get(album_id, AlbumFiles())
            last = known.get(album_id)
            if last and album_id in held and not files.yaml:
                return last  # it is gone together with its pictures
            one = self._words(album_id, files.yaml, last)
            return replace(one, words=spelt_as_there(one.words, files.pictures))

        ids = held | {photo.album_id for photo in there.values()}
        with ThreadPoolExecutor(THREADS) as threads:
            return dict(zip(ids, threads.map(album, ids), strict=True))

    def _words(
        self, album_id: str, yaml: list[Entry], known: MirroredAlbum | None
    ) -> MirroredAlbum:
        words = known.words if known else Sidecar()
        by_name = {entry.name.rpartition("/")[2]: entry for entry in yaml}
        name, version, problem = None, None, None
        try:
            chosen = sidecar.choose(list(by_name))
            entry = by_name[chosen] if chosen is not None else None
            if entry is None:
                words = Sidecar()
            else:
                name, version = entry.name, entry.version
                if known and (known.yaml, known.yaml_version) == (name, version):
                    return known
                words = sidecar.read_in_bucket(self._read(entry, YAML_BYTES_MAX), name)
        except SidecarError as error:
            problem = str(error)
        except ValueError as error:
            problem = f"{name}: {error}"
        return MirroredAlbum(
            album_id=album_id, yaml=name, yaml_version=version, words=words, problem=problem
        )

    def _read(self, entry: Entry, most_bytes: int) -> bytes:
        if entry.size_bytes > most_bytes:
            raise ValueError(
                f"larger than {most_bytes // 1024**2} MB, so it is not read; shorten it"
            )
        return self._store.read(entry.name)

    def _record(
        self,
        albums: Mapping[str, MirroredAlbum],
        *,
        changed: list[Mirrored],
        gone: list[Mirrored],
        moves: Mapping[str, str],
        unread: list[str],
    ) -> None:
        known = self._mirror.albums()
        new_words = [album for i, album in albums.items() if known.get(i) != album]
        albums_gone = known.keys() - albums.keys()
        if not (new_words or albums_gone or changed or gone):
            return
        self._mirror.change(
            Changes(
                albums=new_words,
                albums_gone=albums_gone,
                photos=changed,
                photos_gone=gone,
                moves=moves,
                unread=unread if changed or gone else (),
            )
        )
        log.info("bucket read %s", kv(changed=len(changed), gone=len(gone), moved=len(moves)))

    def _take_over(self, told: Told, version: str) -> None:
        """Take a predecessor's likes, once the pictures are on record; note what was read."""
        if self._mirror.read_versions().get(EXIF_DATA) == version:
            return
        if not told.is_ours:
            self._interactions.take_over(told.content)
        self._mirror.note_read(EXIF_DATA, version)

    def _take_interactions(
        self, files: Mapping[str, Entry], terms: Terms, report: SyncReport
    ) -> None:
        read = self._mirror.read_versions()
        if terms.knows_own_file or terms.site not in files:
            self._interactions.know_own_file()
        for site, entry in sorted(files.items(), key=lambda file: file[0] != terms.site):
            is_own = site == terms.site
            if read.get(entry.name) == entry.version or (is_own and terms.knows_own_file):
                continue
            if self._understood(entry, report, self._reading(site, is_own=is_own)) is not None:
                self._mirror.note_read(entry.name, entry.version)
            elif is_own:
                self._interactions.know_own_file()  # nobody can make more of it

    def _reading(self, site: str, *, is_own: bool) -> Callable[[bytes], int]:
        if is_own:
            return self._interactions.restore
        return lambda content: self._interactions.merge(site, content)
