"""Troubles on demand: which requests they meet, and what they do to an answer."""

import threading
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from tests.oss import refusals as no
from tests.oss.refusals import Refusal, Refused
from tests.oss.service import Place
from tests.oss.wire import Answer, Request

Kind = Literal[
    "500",  # not done
    "503",  # not done, Retry-After
    "429",  # not done, Retry-After
    "quota",  # not done, 403 QuotaExceeded
    "no_bucket",  # not done, 404 NoSuchBucket
    "reset",  # not done, RST
    "hang",  # not done, RST after delay_s
    "done_but_500",
    "done_but_reset",
    "reset_midway",  # done, half of the answer, RST
    "truncate",  # done, half of the answer, an orderly end
    "delay",  # done, answered after delay_s
    "drip",  # done, the answer's body in ten pieces with delay_s between
    "wrong_crc",  # done, with another CRC in the header
    "flip",  # done, with one bit of the body turned over
    "broken_xml",  # done, with half of the XML and a Content-Length that fits
    "clock",  # the server's clock is offset_s ahead
]
KINDS: tuple[str, ...] = get_args(Kind)
INSTEAD: dict[str, Refusal] = {
    "500": no.INTERNAL,
    "503": no.UNAVAILABLE,
    "429": no.TOO_MANY,
    "quota": no.QUOTA,
    "no_bucket": no.NO_SUCH_BUCKET,
}
NEVER_DONE = frozenset({*INSTEAD, "reset", "hang"})
PIECES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule; it meets the ``nth`` matching request and those after, ``count`` of them."""

    kind: str
    method: str = "*"
    key: str = "*"  # shell pattern
    operation: str = "*"  # as OSS names them: PutObject, ListObjectsV2 …; shell pattern
    later_pages: bool = False  # only listings that go on from a marker or token
    nth: int = 1
    count: int | None = None  # None: until cleared
    delay_s: float = 0.0
    retry_after_s: int = 1
    offset_s: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind}: no such fault; one of {', '.join(KINDS)}")

    def matches(self, request: Request, place: Place) -> bool:
        goes_on = {"marker", "continuation-token"} & {n for n, v in request.query.items() if v}
        return (
            self.method in ("*", request.method)
            and fnmatchcase(place.key.decode(errors="replace"), self.key)
            and fnmatchcase(place.operation, self.operation)
            and (bool(goes_on) or not self.later_pages)
        )


@dataclass(slots=True)
class Rule:
    """A fault with its counters."""

    fault: Fault
    seen: int = 0
    applied: int = 0

    def take(self) -> bool:
        """Count one matching request; tell whether the fault meets it."""
        self.seen += 1
        is_used_up = self.fault.count is not None and self.applied >= self.fault.count
        if self.seen < self.fault.nth or is_used_up:
            return False
        self.applied += 1
        return True


class FaultBook:
    """All rules, in the order they were given; of several the first is done, and all clocks."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._rules.append(Rule(fault))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def told(self) -> list[dict[str, Any]]:
        """Return all rules with their counters, ready for JSON."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def take(self, request: Request, place: Place) -> tuple[Fault | None, float]:
        """Return the fault that meets this request, if any, and how far the clock is ahead."""
        chosen = None
        offset_s = 0.0
        with self._lock:
            for rule in self._rules:
                is_clock = rule.fault.kind == "clock"
                if (chosen and not is_clock) or not rule.fault.matches(request, place):
                    continue
                if not rule.take():
                    continue
                if is_clock:
                    offset_s += rule.fault.offset_s
                else:
                    chosen = rule.fault
        return chosen, offset_s


def refusal_instead(fault: Fault) -> Refused:
    """Return what is answered without anything being done."""
    wait = (("Retry-After", str(fault.retry_after_s)),) if fault.kind in ("503", "429") else ()
    return Refused(INSTEAD[fault.kind], wait)


def spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """Return the answer with other contents, as far as the fault is about them."""
    body = answer.body
    match fault.kind if fault else None:
        case "wrong_crc":
            headers = tuple(
                (name, str(int(value) ^ 1) if name == "x-oss-hash-crc64ecma" else value)
                for name, value in answer.headers
            )
            return replace(answer, headers=headers)
        case "flip" if body:
            middle = len(body) // 2
            turned = bytes([body[middle] ^ 1])
            return replace(answer, body=body[:middle] + turned + body[middle + 1 :])
        case "broken_xml":
            return replace(answer, body=body[: len(body) // 2])
        case _:
            return answer
