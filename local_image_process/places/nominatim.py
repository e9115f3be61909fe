"""Nominatim (OpenStreetMap): names of places all over the world, within its usage policy.

Documentation: https://nominatim.org/release-docs/latest/api/Reverse/. The policy
(https://operations.osmfoundation.org/policies/nominatim/) wants at most one request a second from
all of us together, a User-Agent that names program and operator, answers that are kept and not
asked for again, and "© OpenStreetMap contributors" shown to visitors.
"""

from collections.abc import Callable
from typing import Any

from ..errors import PlaceRefused, PlaceTooFast, PlaceUnavailable
from .asking import AGENT, TIMEOUT_S, ask
from .words import place_text

URL = "https://nominatim.openstreetmap.org"
WHO = "Nominatim"
PACE_S = 1.0  # from an answer to the next question: never more than one a second
BLOCKED_S = 600.0  # after it said that it was asked too often
LANGUAGES = "zh-Hans,zh-CN,zh"  # where there is no Chinese name it answers the local one
SUBURB = "14"  # as fine as its answers need be; no house leaves their side
IN_CHINA = {"cn", "hk", "mo"}


def geocoder(
    *, contact: str, url: str = URL, timeout_s: tuple[float, float] = TIMEOUT_S
) -> Callable[[float, float], str | None]:
    """Return what tells the place at a latitude and longitude (WGS-84, degrees).

    ``contact``: the operator's e-mail address or web page. It answers ``None`` where there is
    nothing on the map; raises PlaceUnavailable and PlaceRefused.
    """

    def place_at(latitude_deg: float, longitude_deg: float) -> str | None:
        question = {
            "format": "geocodejson",  # the one with a stable classification, says its manual
            "lat": f"{latitude_deg:.3f}",
            "lon": f"{longitude_deg:.3f}",
            "zoom": SUBURB,
            "layer": "address",
            "addressdetails": "1",
            "accept-language": LANGUAGES,
        }
        agent = f"{AGENT} ({contact})"
        reply = ask(f"{url}/reverse", question, who=WHO, agent=agent, timeout_s=timeout_s)
        if reply.status == 200 and "features" in reply.content:
            return _place(_address(reply.content))
        if reply.status in {200, 404} and isinstance(reply.content.get("error"), str):
            return None  # "Unable to geocode": nothing there
        raise _trouble(reply.status, reply.wait_s)

    return place_at


def _address(content: dict[str, Any]) -> dict[str, Any]:
    """Return the answer's ``geocoding``: a list of one feature, or the feature itself."""
    found: Any = content["features"]
    if isinstance(found, list):
        found = found[0] if found else None
    for name in ("properties", "geocoding"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _place(address: dict[str, Any]) -> str | None:
    admin = address.get("admin")
    level: dict[str, Any] = admin if isinstance(admin, dict) else {}  # of OpenStreetMap
    state = level.get("level4") or address.get("state")
    city = address.get("city") or address.get("county") or address.get("district")
    if address.get("country_code") in IN_CHINA:  # 3 special region, 4 province, 5 city, 6 district
        district = level.get("level6") or level.get("level5") or city
        return place_text(level.get("level3") or state, district, level.get("level8"))
    return place_text(address.get("country"), state, city or address.get("name"))


def _trouble(status: int, wait_s: float) -> Exception:
    if status == 429:
        return PlaceTooFast(f"{WHO} is asked too often (429)", rest_s=max(wait_s, BLOCKED_S))
    if status == 403:
        return PlaceRefused(
            f"{WHO} refuses us (403): it may have blocked this address for asking too much; see"
            " its usage policy, set GEOCODER_CONTACT right, or use another GEOCODER, then restart"
        )
    return PlaceUnavailable(f"{WHO} answered status {status}, and no place", rest_s=wait_s)
