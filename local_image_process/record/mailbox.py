"""What commands ask of the leader, and what it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .database import Database
from .schema import requests

ANSWERS_KEPT = 100  # though nobody may come for them: who asks by a button does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody wants the library looked at, or only the bucket."""

    id: int
    kind: str  # "once", "sync" for the bucket alone, "retry" for what failed
    confirm_withdraw: bool  # withdraw even what the fuse holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How far a request is; ``report`` is there when it is done."""

    progress: dict[str, Any] | None
    report: dict[str, Any] | None


class Mailbox:
    """Requests wait here until a leader has carried them out, whichever leader that is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, kind: str, *, confirm_withdraw: bool = False) -> int:
        """Leave a request; return its number."""
        with self._database.write() as db:
            asked = {"kind": kind, "confirm_withdraw": confirm_withdraw}
            made = db.execute(sa.insert(requests).values(asked))
            key = made.inserted_primary_key
            number = int(key[0]) if key else 0
            unfetched = requests.c.report.is_not(None) & (requests.c.id <= number - ANSWERS_KEPT)
            db.execute(sa.delete(requests).where(unfetched))
            return number

    def open_requests(self) -> list[Request]:
        """Return what is not carried out yet, oldest first."""
        query = sa.select(requests).where(requests.c.report.is_(None)).order_by(requests.c.id)
        with self._database.read() as db:
            return [
                Request(id=row.id, kind=row.kind, confirm_withdraw=row.confirm_withdraw)
                for row in db.execute(query)
            ]

    def tell(self, request_id: int, progress: Mapping[str, Any]) -> None:
        """Say how far the work is."""
        self._update(request_id, progress=json.dumps(progress))

    def answer(self, request_id: int, report: Mapping[str, Any]) -> None:
        """Say that the work is done."""
        self._update(request_id, report=json.dumps(report))

    def answer_to(self, request_id: int) -> Answer | None:
        """Return how far a request is; ``None`` when nobody knows of it (any more)."""
        with self._database.read() as db:
            row = db.execute(sa.select(requests).where(requests.c.id == request_id)).first()
        if row is None:
            return None
        return Answer(
            progress=json.loads(row.progress) if row.progress else None,
            report=json.loads(row.report) if row.report else None,
        )

    def discard(self, request_id: int) -> None:
        """Throw a request away, with its answer."""
        with self._database.write() as db:
            db.execute(sa.delete(requests).where(requests.c.id == request_id))

    def _update(self, request_id: int, **values: str) -> None:
        with self._database.write() as db:
            db.execute(sa.update(requests).where(requests.c.id == request_id).values(**values))
