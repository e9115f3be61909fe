"""Look into folders of the library and tell how they differ from the catalogue."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..calling import command
from ..errors import LibraryError, StoreUnavailable
from ..logs import kv
from ..model import Look, folder_of
from ..record.catalogue import Catalogue
from ..record.compared import Compared, Settled
from ..record.rows import Tried
from ..source import naming, scan
from .album_words import AlbumWords
from .plan import Plan, make_plan
from .publisher import Place
from .settling import Settling
from .stacks import sort_out
from .unknown import Unknown
from .work import Terms, Work

log = logging.getLogger(__name__)

AS_FOUND = "found"  # conditions of a failure that scanning itself tells


class Looking:
    """Reads the library and the catalogue; changes only what the catalogue says of folders."""

    def __init__(
        self,
        *,
        root: Path,
        catalogue: Catalogue,
        compared: Compared,
        settling: Settling,
        terms: Terms,
    ) -> None:
        self._root = root
        self._catalogue = catalogue
        self._compared = compared
        self._words = AlbumWords(catalogue)
        self._settling = settling
        self._terms = terms
        self._root_inode: int | None = None  # when it was last looked at
        self.unknown = Unknown()
        self._ids: dict[str, str] = {}  # of folders with photos, on record or on their way
        self._unrested: dict[str, dict[str, int]] = {}  # by folder: keys and their bytes

    def look(self, looks: Iterable[Look], *, confirmed: bool = False) -> Work:
        """Compare folders with the record of them.

        Raises LibraryError when the library is away, or none of the published photos is in it
        (unless somebody ``confirmed`` that).
        """
        looks = frozenset(looks) | self._all_if_replaced()
        is_deep = any(look.deep for look in looks)
        settled = self._compared.settled(None if is_deep else {look.folder for look in looks})
        seen = self._scan(looks, settled)
        self.unknown.note(seen)
        if Look("", deep=True) in looks and not confirmed:
            self._require_our_library(seen, settled)
        work = Work()
        for listing, album_id in self._to_compare(seen, settled, work):
            self._compare(listing, album_id, work)
        for folder in self._gone(looks, seen):
            self._note_gone(folder, work)
        self._keep_settled(work, settled)
        return work

    def _to_compare(
        self, seen: Sequence[scan.Seen], settled: Mapping[str, Settled], work: Work
    ) -> Iterator[tuple[scan.Listing, str]]:
        """Yield folders with their album ids, but for those that are known to be as they were."""
        listings = [one for one in seen if isinstance(one, scan.Listing)]
        same = {one.folder: settled[one.folder] for one in seen if isinstance(one, scan.Same)}
        has_photos = {one.folder: bool(one.originals) for one in listings}
        ids = self._album_ids(has_photos | {f: bool(one.photos) for f, one in same.items()})
        renamed = [Look(folder) for folder, one in same.items() if one.album_id != ids[folder]]
        again = self._scan(frozenset(renamed), {}) if renamed else []
        for folder in same.keys() - {look.folder for look in renamed}:
            self._pass_over(folder, same[folder], work)
        for listing in (*listings, *(one for one in again if isinstance(one, scan.Listing))):
            yield listing, ids[listing.folder]

    def _scan(self, looks: frozenset[Look], settled: Mapping[str, Settled]) -> list[scan.Seen]:
        known = {folder: one.state for folder, one in settled.items()}
        inodes = self._terms.stable_inodes
        return list(scan.look(self._root, looks, stable_inodes=inodes, known=known))

    def _all_if_replaced(self) -> frozenset[Look]:
        """Return a look at everything if another folder took the library's place since the last.

        Race: the hints of what was done before may be used up on the other one.
        """
        before, self._root_inode = self._root_inode, _inode(self._root)
        is_same = before in {None, self._root_inode} or not self._terms.stable_inodes
        return frozenset() if is_same else frozenset({Look("", deep=True)})

    @property
    def album_ids(self) -> set[str]:
        """The ids of all albums of the library, as far as it was looked at."""
        return set(self._ids.copy().values())

    @property
    def unrested(self) -> dict[str, int]:
        """The keys of files that were not at rest when last looked at, each with its bytes."""
        return {key: size for folder in self._unrested.values() for key, size in folder.items()}

    def still_missing(self, keys: Iterable[str]) -> set[str]:
        """Look once more; return those of the keys that are not there, for certain.

        Raises LibraryError when the library is away.
        """
        looks = frozenset(Look(folder_of(key)) for key in keys)
        seen = self._scan(looks, {})
        there = {key for found in seen if isinstance(found, scan.Listing) for key in found.keys}
        unknown = {found.folder for found in seen if isinstance(found, scan.Unlisted)}
        return {k for k in keys if k not in there and not _lies_below(folder_of(k), unknown)}

    def due(self, now_s: float) -> frozenset[Look]:
        """Take the folders that are to be looked at again by now (monotonic)."""
        return self._settling.due(now_s) | self.unknown.due(now_s)

    def next_due_s(self) -> float | None:
        """Return when (monotonic) the next folder is to be looked at again.

        Those that cannot be listed do not count: nobody knows whether they ever can.
        """
        return self._settling.next_due_s()

    def again(self, folder: str) -> None:
        """Have a folder looked at again, as soon as its files may be at rest."""
        self._settling.again(folder, time.monotonic() + self._settling.settle_s)

    def _compare(self, listing: scan.Listing, album_id: str, work: Work) -> None:
        known = self._catalogue.known(listing.folder)
        work.unsettled.add(listing.folder)
        work.present |= known.keys() & listing.keys
        self._unrested.pop(listing.folder, None)
        words = self._words.of(listing, is_public=bool(known))
        if listing.folder in self._words.unread:
            self.unknown.again_later(listing.folder)
        if words.hidden:
            work.hidden += known
            work.hidden_folders.add(listing.folder)
            return
        work.shown_folders.add(listing.folder)
        tried = self._catalogue.tried(listing.folder)
        stacks = sort_out(
            listing.originals, known=known, tried=tried, conditions=self._terms.conditions
        )
        names = naming.photo_names([o.key for o in stacks.shown], album_id=album_id)
        plan = make_plan(
            stacks.shown,
            present=listing.keys,
            stacked=stacks.stacked,
            known=known,
            tried=tried,
            names=names,
            album_id=album_id,
            recipe=self._terms.recipe,
            conditions=self._terms.conditions,
        )
        self._take(plan, names, album_id, work)
        work.failing += len(listing.problems)
        self._note_problems(listing, tried, plan)
        is_read = listing.folder not in self._words.unread
        if plan.is_empty and listing.state and is_read and not tried:
            work.unsettled.discard(listing.folder)
            work.settled[listing.folder] = Settled(
                state=listing.state, album_id=album_id, photos=plan.unchanged
            )

    def _pass_over(self, folder: str, settled: Settled, work: Work) -> None:
        """Take a folder for what it was when there was nothing to do in it."""
        self._unrested.pop(folder, None)
        work.shown_folders.add(folder)
        work.unchanged += settled.photos
        work.settled[folder] = settled

    def _keep_settled(self, work: Work, before: Mapping[str, Settled]) -> None:
        """Put on record which folders need no comparing as long as their files stay the same."""
        fresh = {f: one for f, one in work.settled.items() if before.get(f) != one}
        try:
            self._compared.note(fresh, work.unsettled & before.keys())
        except StoreUnavailable as error:  # it only spares time
            log.debug("folders compared in vain %s", kv(why=error))

    def _take(self, plan: Plan, names: dict[str, str], album_id: str, work: Work) -> None:
        for original in plan.publish:
            if self._settling.is_at_rest(original):
                place = Place(album_id=album_id, name=names[original.key])
                work.publish.append((original, place))
            else:
                work.waiting += 1
                unrested = self._unrested.setdefault(original.folder, {})
                unrested[original.key] = original.stamp.size
        for original, photo in plan.rename:
            place = Place(album_id=album_id, name=names[original.key])
            work.rename.append((original, photo, place))
        work.stacked += plan.stacked
        work.missing |= {photo.key: photo.stamp.size for photo in plan.missing}
        work.unchanged += plan.unchanged
        work.failing += plan.failed

    def _note_problems(self, listing: scan.Listing, tried: dict[str, Tried], plan: Plan) -> None:
        """Keep the list of failures true: new ones in, those of files that are gone out."""
        if plan.forgive:
            self._catalogue.forgive(plan.forgive)
        for problem in listing.problems:
            told = tried.get(problem.key)
            if told is None or told.reason != problem.reason:
                self._catalogue.fail(problem, AS_FOUND)
                log.warning("photo failed %s", kv(key=problem.key, reason=problem.reason))

    def _album_ids(self, listed: Mapping[str, bool]) -> dict[str, str]:
        """Return the album id of each folder, with all others in mind; does it have photos?

        Others are those on record, and those seen in this term whose photos are still on their
        way. One of them whose id changes by what is listed now is noted to be looked at again.
        """
        before = self._ids | self._catalogue.folders()
        there = {folder for folder in before if listed.get(folder, True)}
        there |= {folder for folder, has_photos in listed.items() if has_photos}
        self._ids = naming.album_ids(there, root_album=self._terms.root_album)
        for folder in there & before.keys() - listed.keys():
            if self._ids[folder] != before[folder]:
                self._settling.again(folder, 0.0)
        empty = naming.album_ids(listed.keys() - there, root_album=self._terms.root_album)
        return empty | self._ids

    def _gone(
        self,
        looks: frozenset[Look],
        seen: Sequence[scan.Seen],
    ) -> set[str]:
        """Return the folders of record that were looked for and are not there."""
        visited = {found.folder for found in seen if isinstance(found, scan.Listing | scan.Same)}
        unlisted = {found.folder for found in seen if isinstance(found, scan.Unlisted)}
        gone = {found.folder for found in seen if isinstance(found, scan.Gone)}
        tops = gone | {look.folder for look in looks if look.deep}
        if not tops:
            return set()
        return {
            folder
            for folder in (self._catalogue.folders_of_record() | self._ids.keys()) - visited
            if _lies_below(folder, tops) and not _lies_below(folder, unlisted)
        }

    def _note_gone(self, folder: str, work: Work) -> None:
        self._ids.pop(folder, None)
        self._unrested.pop(folder, None)
        work.missing |= {k: p.stamp.size for k, p in self._catalogue.known(folder).items()}
        if tried := self._catalogue.tried(folder):
            self._catalogue.forgive(list(tried))
        if self._catalogue.sidecar(folder):
            self._catalogue.record_sidecar(folder, None)

    def _require_our_library(
        self, seen: Sequence[scan.Seen], settled: Mapping[str, Settled]
    ) -> None:
        """Raise LibraryError if nothing found looks like anything that is published.

        Size and time of change of a file survive a move, so a library whose folders were all
        renamed is still known.
        """
        if any(settled[one.folder].photos for one in seen if isinstance(one, scan.Same)):
            return
        listings = (one for one in seen if isinstance(one, scan.Listing))
        originals = [original for listing in listings for original in listing.originals]
        if self._catalogue.knows_any([original.key for original in originals]):
            return
        known = self._catalogue.size_and_time_of_all()
        found = {(original.stamp.size, original.stamp.mtime_ns) for original in originals}
        if known and not known & found:
            raise LibraryError(
                f"{self._root} holds none of the {len(known)} photos that are published:"
                " is it the right folder, and mounted? Nothing was changed. If they really"
                f" are gone: {command('once --confirm-withdraw')}"
            )


def _lies_below(folder: str, tops: set[str]) -> bool:
    """Tell whether a folder is one of ``tops`` or lies in one."""
    if folder in tops or "" in tops:
        return True
    return any(folder.startswith(f"{top}/") for top in tops)


def _inode(folder: Path) -> int:
    """Return what tells a folder from another one; 0 where there is none."""
    try:
        return folder.stat().st_ino
    except OSError:
        return 0
