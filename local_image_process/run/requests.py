"""What commands asked of the leader, from the asking to the answer."""

from collections.abc import Callable, Mapping
from typing import Any

from ..record.mailbox import Mailbox, Request


class Requests:
    """The requests that are being carried out."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._open: list[Request] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def is_confirming(self) -> bool:
        """Tell whether one of them says that what is gone really is."""
        return any(request.confirm_withdraw for request in self._open)

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
