"""Where photos were taken, as far as it may be told to everybody. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..model import Circle, Exif, Shown

PRECISIONS = ("none", "coarse", "exact")  # of coordinates, the most private first
EARTH_RADIUS_M = 6_371_008.8  # mean radius of GRS 80 (Moritz, Geodetic Reference System 1980)
COARSE_DEG = 0.01  # of latitude: 1.1 km
COARSE_DECIMALS = 4  # of a multiple of it
NARROWEST = 0.01  # share of the equator: meridians meet at the poles


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What the settings say; an album's own wish may only ask for more."""

    precision: str = "exact"
    hidden: tuple[Circle, ...] = ()

    @property
    def tells_all(self) -> bool:
        """Tell whether everything is told, unless an album wishes otherwise."""
        return self.precision == "exact" and not self.hidden

    def hides(self, latitude_deg: float, longitude_deg: float, *, margin_m: float = 0.0) -> bool:
        """Tell whether a point (WGS-84) lies in one of the hidden circles, or so near to one."""
        return any(
            distance_m(latitude_deg, longitude_deg, circle) <= circle.radius_m + margin_m
            for circle in self.hidden
        )

    def told(self, photo: Shown, wish: str | None) -> Shown:
        """Return a photo with no more than may be told of where it was taken.

        ``wish`` is the precision that the album asks for.
        """
        exif, place = photo.exif, photo.place
        if exif.latitude_deg is not None and exif.longitude_deg is not None:
            place = None if self.hides(exif.latitude_deg, exif.longitude_deg) else place
            exif = self.told_of(exif, wish)
        return replace(photo, exif=exif, place=place)

    def told_of(self, exif: Exif, wish: str | None = None) -> Exif:
        """Return facts with no more of their coordinates than may be told."""
        latitude_deg, longitude_deg = exif.latitude_deg, exif.longitude_deg
        if latitude_deg is None or longitude_deg is None:
            return exif
        precision = most_private((self.precision, wish or self.precision))
        if precision == "none" or self.hides(latitude_deg, longitude_deg):
            return replace(exif, latitude_deg=None, longitude_deg=None)
        if precision == "exact":
            return exif
        latitude_deg, longitude_deg = coarse(latitude_deg, longitude_deg)
        return replace(exif, latitude_deg=latitude_deg, longitude_deg=longitude_deg)


def most_private(precisions: Iterable[str]) -> str:
    """Return the one that tells least."""
    return min(precisions, key=PRECISIONS.index)


def coarse(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return the nearest point of a grid of about 1 km: the same again if rounded twice."""
    latitude_deg = _nearest(latitude_deg, COARSE_DEG)
    breadth = max(math.cos(math.radians(latitude_deg)), NARROWEST)
    return latitude_deg, _nearest(longitude_deg, round(COARSE_DEG / breadth, COARSE_DECIMALS))


def distance_m(latitude_deg: float, longitude_deg: float, circle: Circle) -> float:
    """Return the way over the ground from a point to a circle's middle (haversine formula)."""
    north = math.radians(circle.latitude_deg - latitude_deg)
    east = math.radians(circle.longitude_deg - longitude_deg)
    narrowing = math.cos(math.radians(latitude_deg)) * math.cos(math.radians(circle.latitude_deg))
    square = math.sin(north / 2) ** 2 + narrowing * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(square)))


def _nearest(degrees: float, step_deg: float) -> float:
    return round(round(degrees / step_deg) * step_deg, COARSE_DECIMALS) + 0.0  # no "-0.0"
