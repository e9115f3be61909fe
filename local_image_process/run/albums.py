"""One album from its photos and the user's YAML: what is missing is derived. Pure."""

from collections.abc import Callable, Sequence
from statistics import median

from ..model import Album, Shown, Sidecar
from ..source import naming

UNDATED = "~"  # sorts behind every date


def make_album(
    photos: Sequence[Shown], sidecar: Sidecar, *, title: str, is_mirrored: bool = False
) -> Album | None:
    """Return the album of photos of one album id; ``None`` if there are none to show.

    ``title`` is its title where the YAML gives none.
    """
    if not photos or sidecar.hidden:
        return None
    return Album(
        id=photos[0].album_id,
        title=sidecar.title or title,
        date=sidecar.date or _date(photos),
        location=sidecar.location or _middle(photos),
        desc=sidecar.desc or "",
        photos=_ordered(photos, sidecar),
        is_mirrored=is_mirrored,
    )


def _ordered(photos: Sequence[Shown], sidecar: Sidecar) -> tuple[Shown, ...]:
    """Sort by the user's wish, cover first, then as the front-end's substring matching needs."""
    by_name = {photo.name: photo for photo in sorted(photos, key=_wish(sidecar))}
    return tuple(by_name[name] for name in naming.front_order(list(by_name)))


def _wish(sidecar: Sidecar) -> Callable[[Shown], tuple[bool, int, str, str]]:
    listed = {} if isinstance(sidecar.order, str) else {n: i for i, n in enumerate(sidecar.order)}

    def wish(photo: Shown) -> tuple[bool, int, str, str]:
        taken = photo.exif.capture_time.isoformat() if photo.exif.capture_time else UNDATED
        by_time = "" if sidecar.order == "name" else taken
        place = listed.get(photo.file_name, len(listed))
        return photo.file_name != sidecar.cover, place, by_time, photo.name

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
