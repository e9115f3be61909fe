"""Bring one developed original into store and catalogue: new, moved, copied or only retouched."""

import os
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import GalleryError
from ..image import recipe as recipes
from ..model import Developed, Original, Photo, Placeholder, Recipe, folder_of
from ..publish.store import Mark, Store, display_object, thumb_object, version_of
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.rows import Known

MOVES_LOOKED_FOR = 500  # of photos that vanish and whose words change at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a photo is to appear."""

    album_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A photo and where its objects come from: ``contents``, or other objects of the store."""

    photo: Photo
    contents: tuple[bytes, ...] = ()  # in the order of the objects' names
    sources: tuple[str, ...] = ()  # likewise; may be the photo's own objects
    kept: frozenset[str] = frozenset()  # objects that lie there already, byte for byte

    @property
    def names(self) -> list[str]:
        """The photo's objects."""
        return objects_of(self.photo)

    @property
    def touched(self) -> set[str]:
        """Every object that is written or read."""
        return {*self.names, *self.sources}


class SourceGone(GalleryError):
    """The objects that were to be copied are not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one original."""

    photo: Photo
    kind: str  # "published", "moved" or "refreshed"
    rendered: int  # photos whose pixels were made anew: 0 or 1
    uploaded: int  # objects put into the store
    former_key: str | None  # where a moved photo was before
    unsettled: frozenset[str]  # folders to look at again: what this photo was taken from, or shows


def objects_of(photo: Photo) -> list[str]:
    """Return the names of a photo's objects, the display rendition last."""
    return objects_at(Place(album_id=photo.album_id, name=photo.name), photo.thumb_edges_px)


def objects_at(place: Place, thumb_edges_px: Iterable[int]) -> list[str]:
    """Return the names of the objects of a photo that appears at a place."""
    thumbs = [thumb_object(edge, place.album_id, place.name) for edge in thumb_edges_px]
    return [*thumbs, display_object(place.album_id, place.name)]


class Publisher:
    """Puts objects before it records them; what a crash leaves is on the backlog."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        backlog: Backlog,
        store: Store,
        recipe: Recipe,
        recipe_digest: str,
        root: Path,
        takes_back: bool,
    ) -> None:
        self._catalogue = catalogue
        self._backlog = backlog
        self._store = store
        self._recipe = recipe
        self._recipe_digest = recipe_digest
        self._root = os.path.realpath(root)
        self._takes_back = takes_back  # look for objects of ours that the catalogue lost

    def known_digests(
        self, original: Original, place: Place, *, missing: Collection[str]
    ) -> frozenset[str]:
        """Return the image digests that need no rendering if the original turns out to have one.

        They are: its own, those of photos that vanished or have a file of the same size, and
        that of an object which already lies where this one shall.
        """
        keys = [original.key, *islice(missing, MOVES_LOOKED_FOR)]
        digests = self._catalogue.digests(
            recipe=self._recipe_digest, keys=keys, size=original.stamp.size
        )
        if self._takes_back:
            mark = self._store.mark(display_object(place.album_id, place.name))
            if mark is not None and mark.recipe == self._recipe_digest:
                digests |= {mark.image_digest}
        return digests

    def pack(
        self, original: Original, place: Place, developed: Developed, *, missing: Collection[str]
    ) -> Parcel | None:
        """Return what is to be stored for an original: its renditions, or those of its equal.

        Its objects are noted first, so that a crash leaves none that nobody knows of. ``None``
        when it came without renditions and nobody has them any more.
        """
        parcel = (
            self._of_renditions(original, place, developed)
            if developed.renditions
            else self._of_equal(original, place, developed, missing)
        )
        if parcel is not None and parcel.sources != tuple(parcel.names):
            self._backlog.intend(parcel.names)
        return parcel

    def put(self, parcel: Parcel) -> None:
        """Put a photo's objects, and nothing else: may run in any thread.

        Raises StoreError, and SourceGone when there is nothing to copy.
        Order: the display rendition last, for its mark vouches for the others.
        """
        if not all(self._store.holds(name) for name in parcel.sources):
            raise SourceGone(f"{parcel.photo.key}: its equal's objects are gone")
        for source, name in zip(parcel.sources, parcel.names, strict=False):
            if source != name:
                self._store.copy(source, name)
        for name, content in zip(parcel.names, parcel.contents, strict=False):
            if name in parcel.kept and self._store.holds(name):
                continue
            is_display = name == parcel.names[-1]
            self._store.put(name, content, mark=_mark(parcel.photo) if is_display else None)

    def as_developed(self, known: Known) -> Developed | None:
        """Return what developing a photo on record would give again, without renditions."""
        photo = self._catalogue.photo(known.key)
        if photo is None:
            return None
        return Developed(
            fingerprint=photo.fingerprint,
            image_digest=photo.image_digest,
            exif=photo.exif,
            renditions=(),
            stacked=photo.stacked,
            note=photo.note,
        )

    def _of_renditions(self, original: Original, place: Place, developed: Developed) -> Parcel:
        *thumbs, display = developed.renditions
        photo = Photo(
            **_identity(original, self._root, developed),
            recipe=self._recipe_digest,
            album_id=place.album_id,
            name=place.name,
            width_px=display.width_px,
            height_px=display.height_px,
            version=version_of(display.content),
            thumb_edges_px=tuple(thumb.edge_px for thumb in thumbs if thumb.edge_px),
            placeholder=developed.placeholder,
        )
        contents = tuple(rendition.content for rendition in developed.renditions)
        return Parcel(photo=photo, contents=contents, kept=self._kept(photo))

    def _kept(self, photo: Photo) -> frozenset[str]:
        """Return the thumbnails that a change of the display rendition leaves as they are."""
        before = self._catalogue.photo(photo.key)
        if (
            before is None
            or (before.id, before.image_digest) != (photo.id, photo.image_digest)
            or not recipes.shares_thumbs(before.recipe, photo.recipe)
        ):
            return frozenset()
        return frozenset(objects_of(photo)[:-1])

    def _of_equal(
        self, original: Original, place: Place, developed: Developed, missing: Collection[str]
    ) -> Parcel | None:
        """Take the objects of who has the same picture: itself, a vanished one, any other."""
        same = self._catalogue.by_image_digest(developed.image_digest)
        made = [photo for photo in same if photo.recipe == self._recipe_digest]
        made.sort(key=lambda photo: (photo.key != original.key, photo.key not in missing))
        equal = made[0] if made else self._lying_there(original, place, developed)
        if equal is None:
            return None
        photo = replace(
            equal,
            **_identity(original, self._root, developed),
            album_id=place.album_id,
            name=place.name,
        )
        return Parcel(photo=photo, sources=tuple(objects_of(equal)))

    def _lying_there(self, original: Original, place: Place, developed: Developed) -> Photo | None:
        """Return what the object at ``place`` says it is: a lost catalogue takes it back."""
        mark = self._store.mark(display_object(place.album_id, place.name))
        wanted = (developed.image_digest, self._recipe_digest)
        if mark is None or (mark.image_digest, mark.recipe) != wanted:
            return None
        return Photo(
            **_identity(original, self._root, developed),
            recipe=mark.recipe,
            album_id=place.album_id,
            name=place.name,
            width_px=mark.width_px,
            height_px=mark.height_px,
            version=mark.version,
            thumb_edges_px=self._recipe.thumb_edges_px,
            placeholder=Placeholder(
                thumb_hash=mark.thumb_hash, dominant_colour=mark.dominant_colour
            ),
        )

    def record(self, parcel: Parcel, *, missing: Collection[str]) -> Outcome:
        """Record a photo whose objects are in the store; ``missing`` are keys that are gone."""
        photo, uploaded = parcel.photo, len(parcel.contents) - len(parcel.kept)
        rendered = 1 if parcel.contents else 0
        before = self._catalogue.photo(photo.key)
        former = before or self._former(photo, missing)
        freed = {name for p in (before, former) if p is not None for name in objects_of(p)}
        displaced = self._catalogue.record(
            photo, objects=objects_of(photo), moved_from=former, freed=freed
        )
        has_moved = former is not None and former.id != photo.id
        is_retouched = before is not None and not rendered
        return Outcome(
            photo=photo,
            kind="moved" if has_moved else "refreshed" if is_retouched else "published",
            rendered=rendered,
            uploaded=uploaded,
            former_key=former.key if former is not None and former.key != photo.key else None,
            unsettled=_unsettled(photo, before, displaced),
        )

    def _former(self, photo: Photo, missing: Collection[str]) -> Photo | None:
        """Return the vanished photo that shows the same picture, whatever recipe made it."""
        same = self._catalogue.by_image_digest(photo.image_digest)
        return next((p for p in same if p.key in missing and p.key != photo.key), None)


def _unsettled(photo: Photo, before: Photo | None, displaced: Iterable[str]) -> frozenset[str]:
    """Return folders where photos gave up their names, or RAW files are known for what they are."""
    folders = {folder_of(key) for key in displaced}
    known = (before.accompanied, before.stacked) if before else ("", ())
    if (photo.accompanied, photo.stacked) != known:
        folders.add(photo.folder)
    return frozenset(folders)


def _identity(original: Original, real_root: str, developed: Developed) -> dict[str, Any]:
    return {
        "key": original.key,
        "path": os.path.relpath(original.path, real_root),
        "stamp": original.stamp,
        "fingerprint": developed.fingerprint,
        "image_digest": developed.image_digest,
        "exif": developed.exif,
        "accompanied": original.accompanied,
        "stacked": developed.stacked,
        "note": developed.note,
    }


def _mark(photo: Photo) -> Mark:
    return Mark(
        fingerprint=photo.fingerprint,
        image_digest=photo.image_digest,
        recipe=photo.recipe,
        width_px=photo.width_px,
        height_px=photo.height_px,
        version=photo.version,
        **asdict(photo.placeholder),
    )
