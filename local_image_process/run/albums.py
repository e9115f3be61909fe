"""One album from its photos and the user's YAML: what is missing is derived. Pure."""

from collections.abc import Callable, Sequence
from statistics import median

from ..model import Album, Photo, Sidecar
from ..source import naming

UNDATED = "~"  # sorts behind every date


def make_album(
    folder: str, photos: Sequence[Photo], sidecar: Sidecar, *, root_album: str
) -> Album | None:
    """Return the album of a folder's photos; ``None`` if there are none to show."""
    if not photos or sidecar.hidden:
        return None
    return Album(
        id=photos[0].album_id,
        title=sidecar.title or folder.rpartition("/")[2] or root_album,
        date=sidecar.date or _date(photos),
        location=sidecar.location or _middle(photos),
        desc=sidecar.desc or "",
        photos=_ordered(photos, sidecar),
    )


def _ordered(photos: Sequence[Photo], sidecar: Sidecar) -> tuple[Photo, ...]:
    """Sort by the user's wish, cover first, then as the front-end's substring matching needs."""
    by_name = {photo.name: photo for photo in sorted(photos, key=_wish(sidecar))}
    return tuple(by_name[name] for name in naming.front_order(list(by_name)))


def _wish(sidecar: Sidecar) -> Callable[[Photo], tuple[bool, int, str, str]]:
    listed = {} if isinstance(sidecar.order, str) else {n: i for i, n in enumerate(sidecar.order)}

    def wish(photo: Photo) -> tuple[bool, int, str, str]:
        file_name = photo.key.rpartition("/")[2]
        taken = photo.exif.capture_time.isoformat() if photo.exif.capture_time else UNDATED
        by_time = "" if sidecar.order == "name" else taken
        return file_name != sidecar.cover, listed.get(file_name, len(listed)), by_time, photo.name

    return wish


def _date(photos: Sequence[Photo]) -> str | None:
    times = [photo.exif.capture_time for photo in photos if photo.exif.capture_time]
    return min(times).date().isoformat() if times else None


def _middle(photos: Sequence[Photo]) -> str | None:
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
