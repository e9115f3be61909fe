"""Gaode (AMap): names of places in China by its web service, asked with a key.

Documentation: https://lbs.amap.com/api/webservice/guide/api/georegeo and …/tools/info.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ..errors import PlaceRefused, PlaceTooFast, PlaceUnavailable
from .asking import TIMEOUT_S, ask
from .coordinates import is_in_gaode_area, to_gcj02
from .words import place_text

URL = "https://restapi.amap.com"
WHO = "Gaode"
BEIJING = timezone(timedelta(hours=8))
NOWHERE = "100000"  # adcode of the whole country: somewhere at sea
MINUTE_S = 60.0

CONSOLE = "https://console.amap.com/dev/key/app"
OK = "10000"
USED_UP = {"10003", "10044"}  # per day, by key or by account; begins anew at midnight in Beijing
TOO_FAST = {"10004": MINUTE_S} | dict.fromkeys(
    ("10014", "10015", "10019", "10020", "10021", "10029"), 1.0
)
NOT_THERE = {"10045", "20011", "20800", "40003"}  # abroad, which this key may not ask about
REFUSED = {  # infocode → what to do
    "10001": "the key is wrong or has expired; correct GAODE_KEY",
    "10002": "the key may not use this service; make one for “Web服务”",
    "10005": "this machine's address is not on the key's list; add it",
    "10006": "the key is bound to a domain; make one for “Web服务”",
    "10007": "the key wants signatures; switch 数字签名 off for it",
    "10008": "the key is bound to an app; make one for “Web服务”",
    "10009": "the key is of another platform; make one for “Web服务”",
    "10010": "this machine's address is blocked; ask Gaode's support, or limit the key to it",
    "10011": "the key may not be used over HTTPS; ask Gaode's support",
    "10012": "the key may not use this service; ask for it",
    "10013": "the key was deleted; make another one",
    "10026": "the account is blocked; ask Gaode's support",
    "10041": "the right to this service has run out; renew it",
    "40000": "the prepaid quota is used up; buy more",
    "40002": "the prepaid service has run out; renew it",
}


def geocoder(
    *,
    key: str,
    url: str = URL,
    clock: Callable[[], float] = time.time,
    timeout_s: tuple[float, float] = TIMEOUT_S,
) -> Callable[[float, float], str | None]:
    """Return what tells the place at a latitude and longitude (WGS-84, degrees).

    It answers ``None`` where nobody lives, and outside Gaode's area without asking; raises
    PlaceUnavailable and PlaceRefused. Never shows the key.
    """

    def place_at(latitude_deg: float, longitude_deg: float) -> str | None:
        if not is_in_gaode_area(latitude_deg, longitude_deg):
            return None
        latitude, longitude = to_gcj02(latitude_deg, longitude_deg)
        reply = ask(
            f"{url}/v3/geocode/regeo",
            {"key": key, "location": f"{longitude:.6f},{latitude:.6f}", "output": "JSON"},
            who=WHO,
            timeout_s=timeout_s,
        )
        infocode = str(reply.content.get("infocode", ""))
        if reply.content.get("status") == "1" and infocode == OK:
            return _place(reply.content)
        _complain(infocode, status=reply.status, wait_s=reply.wait_s, now_s=clock())
        return None

    return place_at


def _place(content: dict[str, Any]) -> str | None:
    """Return the place of an answer; what Gaode does not know it writes as ``[]``."""
    code = content.get("regeocode")
    address = code.get("addressComponent") if isinstance(code, dict) else None
    if not isinstance(address, dict) or address.get("adcode") == NOWHERE:
        return None
    district = address.get("district") or address.get("city")
    return place_text(address.get("province"), district, address.get("township"))


def _complain(infocode: str, *, status: int, wait_s: float, now_s: float) -> None:
    """Raise what an answer without a place means; return for a place that it has no right to."""
    if infocode in NOT_THERE:
        return
    if infocode in USED_UP:
        raise PlaceUnavailable(
            f"{WHO}'s quota of today is used up ({infocode}); it goes on tomorrow",
            rest_s=_to_midnight_s(now_s),
        )
    if infocode in TOO_FAST:
        rest_s = max(wait_s, TOO_FAST[infocode])
        raise PlaceTooFast(f"{WHO} is asked too often ({infocode})", rest_s=rest_s)
    if infocode in REFUSED:
        raise PlaceRefused(
            f"{WHO} refuses GAODE_KEY ({infocode}): {REFUSED[infocode]} ({CONSOLE}), then restart"
        )
    told = f"infocode {infocode}" if infocode.isdigit() else f"status {status}, and no place"
    raise PlaceUnavailable(f"{WHO} answered {told}", rest_s=wait_s)


def _to_midnight_s(now_s: float) -> float:
    now = datetime.fromtimestamp(now_s, UTC).astimezone(BEIJING)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - now).total_seconds()
