"""What commands and webhooks asked of the leader, from the asking to the answer."""

from collections.abc import Callable, Mapping
from typing import Any

from ..calling import command
from ..record.mailbox import Mailbox, Request
from ..record.wakes import Wakes
from .pipeline import Pipeline
from .syncing import Syncing


class Requests:
    """The requests that are being carried out."""

    def __init__(self, mailbox: Mailbox, wakes: Wakes) -> None:
        self._mailbox = mailbox
        self._wakes = wakes
        self._wakes_seen = wakes.numbers()  # before the first sweep, which serves them all
        self._open: list[Request] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def is_confirming(self) -> bool:
        """Tell whether one of them says that what is gone really is."""
        return any(request.confirm_withdraw for request in self._open)

    def is_woken(self) -> bool:
        """Tell whether a webhook asked for a look since the last time."""
        before, self._wakes_seen = self._wakes_seen, self._wakes.numbers()
        return self._wakes_seen != before

    def take(self) -> list[Request]:
        """Take what was asked since, and return it."""
        known = {request.id for request in self._open}
        fresh = [request for request in self._mailbox.open_requests() if request.id not in known]
        self._open += fresh
        return fresh

    def tell(self, progress: Mapping[str, Any]) -> None:
        """Say how far the work is."""
        for request in self._open:
            self._mailbox.tell(request.id, progress)

    def answer(self, report: Callable[[Request], Mapping[str, Any]]) -> None:
        """Say of all of them that they are done."""
        for request in self._open:
            self._mailbox.answer(request.id, report(request))
        self._open = []


def report_of(
    kind: str, *, pipeline: Pipeline | None, syncing: Syncing | None, error: str | None = None
) -> dict[str, Any]:
    """Return what was done; of a mirror, and of a mere sync, what the bucket brought."""
    report: dict[str, Any]
    if syncing and (kind == "sync" or pipeline is None):
        error = error or (str(syncing.trouble) if syncing.trouble else None)
        report = {**syncing.report.counts(), "problems": syncing.report.problems}
    else:
        report = pipeline.report.summary() | {"problems": _problems(pipeline)} if pipeline else {}
    return report | ({"error": error} if error else {})


def _problems(pipeline: Pipeline) -> list[str]:
    """Return what keeps the gallery from being the library's image, but for failed photos."""
    held = len(pipeline.held)
    word = f"{held} photos are gone from the library, so many that they are still shown:"
    do = f"if they really are gone, {command('once --confirm-withdraw')}"
    return [*pipeline.unknown.reasons, *([f"{word} {do}"] if held else [])]
