"""Sort out what lies in a bucket: albums, pictures, thumbnails, what sites tell. Pure."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from unicodedata import normalize

from ..model import PHOTO_SUFFIXES, Exif, Mirrored, Sidecar
from ..publish import facts
from ..publish.store import INTERACTIONS, PREFIX, THUMBS, Entry
from ..record.mirror import MirroredAlbum
from ..record.tallies import PREDECESSOR
from ..source.sidecar import SIDECAR_SUFFIXES
from .withdrawal import exceeds_fuse

EXIF_DATA = f"{PREFIX}/exif_data.json"
UNFIT = re.compile(r"[#?%\\\x00-\x1f\x7f]")  # would end, or change, an address
SITE = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(slots=True)
class AlbumFiles:
    """What lies in the folder of one album."""

    pictures: dict[str, str] = field(default_factory=dict)  # name without ending → version
    yaml: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Bucket:
    """All that lies below our prefixes, sorted out."""

    albums: dict[str, AlbumFiles] = field(default_factory=dict)
    thumb_edges_px: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    interactions: dict[str, Entry] = field(default_factory=dict)  # by site
    exif_data: Entry | None = None
    left_out: list[str] = field(default_factory=list)  # sentences

    def pictures(self, *, without: Collection[str] = ()) -> dict[str, Mirrored]:
        """Return the pictures by photo id, without facts and without some albums."""
        return {
            photo.id: photo
            for album_id, files in self.albums.items()
            if album_id not in without
            for photo in self._bare(album_id, files)
        }

    def _bare(self, album_id: str, files: AlbumFiles) -> Iterable[Mirrored]:
        for name, version in files.pictures.items():
            edges_px = tuple(sorted(self.thumb_edges_px.get((album_id, name), ())))
            yield Mirrored(
                album_id=album_id,
                name=name,
                suffix=".webp",
                version=version,
                thumb_edges_px=edges_px,
                exif=Exif(),
                place=None,
            )


def sort_out(entries: Iterable[Entry]) -> Bucket:
    """Sort out a whole listing; what has a name that no address can have is left out, and told."""
    bucket = Bucket()
    for entry in entries:
        prefix, _, rest = entry.name.partition("/")
        if prefix == PREFIX:
            _sort_album_file(entry, rest, bucket)
        elif prefix == THUMBS:
            _sort_thumb(rest, bucket)
        elif prefix == INTERACTIONS and rest.endswith(".json"):
            _sort_interactions(entry, rest.removesuffix(".json"), bucket)
    return bucket


def _sort_album_file(entry: Entry, rest: str, bucket: Bucket) -> None:
    if entry.name == EXIF_DATA:
        bucket.exif_data = entry
    name, _, ending = rest.rpartition("/")[2].rpartition(".")
    if ending.lower() not in {"webp", "yaml", "yml"}:
        return  # an index file, what stands for a folder, or none of ours
    album_id, _, file_name = rest.partition("/")
    if why := _unfit(album_id, file_name):
        bucket.left_out.append(f"{entry.name}: {why}")
    elif ending == "webp":
        bucket.albums.setdefault(album_id, AlbumFiles()).pictures[name] = entry.version
    elif file_name.lower().endswith(SIDECAR_SUFFIXES):
        bucket.albums.setdefault(album_id, AlbumFiles()).yaml.append(entry)
    else:
        bucket.left_out.append(f"{entry.name}: only .webp in small letters is a picture; rename it")


def _unfit(album_id: str, file_name: str) -> str | None:
    if not file_name:
        return f"it lies in no album; move it to {PREFIX}/album/picture"
    if "/" in file_name:
        return f"it lies deeper than {PREFIX}/album/picture; move it"
    if not album_id.strip() or album_id in {".", ".."}:
        return "its album has no name; move it to an album that has one"
    if file_name.startswith("."):
        return "a name that begins with a dot is hidden; rename it, or remove it"
    if UNFIT.search(album_id) or UNFIT.search(file_name):
        return "the front-end cannot address a name with # ? % or \\; rename it"
    return None


def _sort_thumb(rest: str, bucket: Bucket) -> None:
    edge, _, place = rest.partition("/")
    album_id, _, file_name = place.partition("/")
    if edge.isascii() and edge.isdigit() and len(edge) <= 5 and file_name.endswith(".webp"):
        there = bucket.thumb_edges_px.setdefault((album_id, file_name.removesuffix(".webp")), [])
        there.append(int(edge))


def _sort_interactions(entry: Entry, site: str, bucket: Bucket) -> None:
    if SITE.fullmatch(site) and site != PREDECESSOR:
        bucket.interactions[site] = entry
    else:
        bucket.left_out.append(f"{entry.name}: no site has this name; remove it")


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry of exif_data.json."""

    suffix: str  # of the original
    facts: Mapping[str, Any]


NOT_ENTERED = Entered(".webp", {})


def entries_of(exif_data: bytes) -> dict[str, Entered]:
    """Return the entries by photo id, NFC. Raises ValueError when it is not such a file."""
    try:
        found: Any = json.loads(exif_data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not valid JSON ({error}); was it uploaded only in part?") from error
    if not isinstance(found, Mapping):
        raise ValueError('not an object of the form {"album/photo.JPG": {…}}; upload it anew')
    entries = {}
    for key, told in found.items():
        photo_id, _, ending = key.rpartition(".")
        if "/" in photo_id and isinstance(told, Mapping):
            suffix = f".{ending}" if f".{ending.lower()}" in PHOTO_SUFFIXES else ".webp"
            entries[normalize("NFC", photo_id)] = Entered(suffix, told)
    return entries


def titles_of(*albums: Mapping[str, MirroredAlbum]) -> dict[str, set[str]]:
    """Return the titles that albums have or had, by album id.

    They stand in exif_data.json for a place that is not known: a library reads what it has
    written itself, perhaps under a former title.
    """
    titles: dict[str, set[str]] = {}
    for album_id, album in (each for some in albums for each in some.items()):
        titles.setdefault(album_id, set()).add(album.words.title or album_id)
    return titles


def described(
    bare: Mirrored,
    known: Mirrored | None,
    entries: Mapping[str, Entered] | None,
    titles: Mapping[str, Collection[str]],
) -> Mirrored:
    """Add the facts: those of exif_data.json, or those on record where it tells nothing new."""
    if entries is None:
        kept = known or bare
        return replace(
            bare,
            suffix=kept.suffix,
            exif=kept.exif,
            place=kept.place,
            placeholder=kept.placeholder,
            width_px=kept.width_px,
            height_px=kept.height_px,
        )
    entered = entries.get(normalize("NFC", bare.id), NOT_ENTERED)
    place = facts.text_in(entered.facts.get("Location"))
    if place in map(facts.text_in, titles.get(bare.album_id, ())):
        place = None
    width_px, height_px = facts.read_size(entered.facts)
    return replace(
        bare,
        suffix=entered.suffix,
        exif=facts.read(entered.facts),
        place=place,
        placeholder=facts.read_placeholder(entered.facts),
        width_px=width_px,
        height_px=height_px,
    )


def spelt_as_there(words: Sidecar, names: Iterable[str]) -> Sidecar:
    """Spell the files that an album's words name as the bucket does: é may be two characters."""
    there = {normalize("NFC", name): name for name in (f"{name}.webp" for name in names)}

    def spelt(name: str) -> str:
        return there.get(normalize("NFC", name), name)

    cover = spelt(words.cover) if words.cover else None
    order = words.order if isinstance(words.order, str) else tuple(map(spelt, words.order))
    return replace(words, cover=cover, order=order)


def moves_of(
    gone: Mapping[str, Mirrored], found: Mapping[str, Mirrored], known: Collection[str]
) -> dict[str, str]:
    """Pair pictures that vanished with equal ones: old id → new id.

    An equal one may have been there before: while photos move, the old objects go last.
    """
    equal: dict[str, list[str]] = {}
    for photo_id in sorted(found, key=lambda photo_id: (photo_id in known, photo_id)):
        equal.setdefault(found[photo_id].version, []).append(photo_id)
    moves = {}
    for photo_id in sorted(gone):
        if others := equal.get(gone[photo_id].version):
            moves[photo_id] = others[0]
            if len(others) > 1 and others[1] not in known:  # the next one gets the next
                others.pop(0)
    return moves


def held_back(
    gone: Mapping[str, Mirrored], entries: Mapping[str, Entered] | None, *, of: int
) -> dict[str, Mirrored]:
    """Return what is gone and yet kept: very many, and no word of the library without them."""
    silent = {i: p for i, p in gone.items() if not entries or normalize("NFC", i) in entries}
    return silent if exceeds_fuse(len(silent), of) else {}
