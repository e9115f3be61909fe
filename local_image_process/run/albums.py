"""One album from its photos and the user's YAML: what is missing is derived. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from ..model import Album, Mirrored, Shown, Sidecar
from ..publish import facts
from ..source import naming, sidecar

UNDATED = "~"  # sorts behind every date


def make_album(
    photos: Sequence[Shown], words: Sidecar, *, title: str, is_mirrored: bool = False
) -> Album | None:
    """Return the album of photos of one album id; ``None`` if there are none to show.

    ``title`` is its title where the YAML gives none.
    """
    if not photos or words.hidden:
        return None
    return Album(
        id=photos[0].album_id,
        title=words.title or title,
        date=words.date or _date(photos),
        location=words.location or _middle(photos),
        desc=words.desc or "",
        photos=_ordered(photos, words),
        is_mirrored=is_mirrored,
    )


def placed(photo: Shown, words: Sidecar) -> Shown:
    """Return a photo with the place that its album's YAML names, if it names one.

    What the bucket tells of a picture there is told by who has its album's YAML, too.
    """
    place = facts.text_in(sidecar.place_in(words))
    if place is None or (isinstance(photo, Mirrored) and photo.place):
        return photo
    return replace(photo, place=place)


def _ordered(photos: Sequence[Shown], words: Sidecar) -> tuple[Shown, ...]:
    """Sort by the user's wish, cover first, then as the front-end's substring matching needs."""
    by_name = {photo.name: photo for photo in sorted(photos, key=_wish(words))}
    return tuple(by_name[name] for name in naming.front_order(list(by_name)))


def _wish(words: Sidecar) -> Callable[[Shown], tuple[bool, int, str, str]]:
    listed = {} if isinstance(words.order, str) else {n: i for i, n in enumerate(words.order)}

    def wish(photo: Shown) -> tuple[bool, int, str, str]:
        taken = photo.exif.capture_time.isoformat() if photo.exif.capture_time else UNDATED
        by_time = "" if words.order == "name" else taken
        place = listed.get(photo.file_name, len(listed))
        return photo.file_name != words.cover, place, by_time, photo.name

    return wish


def _date(photos: Sequence[Shown]) -> str | None:
    times = [photo.exif.capture_time for photo in photos if photo.exif.capture_time]
    return min(times).date().isoformat() if times else None


def _middle(photos: Sequence[Shown]) -> str | None:
    """Return "lon, lat": the median of each, which one stray photo does not move."""
    places = [
        (photo.exif.longitude_deg, photo.exif.latitude_deg)
        for photo in photos
        if photo.exif.longitude_deg is not None and photo.exif.latitude_deg is not None
    ]
    if not places:
        return None
    longitude, latitude = (median(axis) for axis in zip(*places, strict=True))
    return f"{longitude:.4f}, {latitude:.4f}"
