"""What several threads ask for at one time, carried out in one transaction."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection

from .database import Database

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Waiting(Generic[Asked, Answer]):
    """What one thread asked for, and what came of it."""

    __slots__ = ("answer", "asked", "error", "is_done")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.is_done = False


class Together(Generic[Asked, Answer]):
    """One thread at a time carries out all that wait; the others come back with their answers.

    So a transaction, and the wait for the disk, is shared by all who came while others wrote.
    What is raised is raised in each of them: nothing of it is on the disk then.
    """

    def __init__(
        self,
        database: Database,
        carry_out: Callable[[Connection, Sequence[Asked]], Sequence[Answer]],
    ) -> None:
        self._database = database
        self._carry_out = carry_out
        self._lock = Lock()
        self._turn = Lock()
        self._waiting: list[Waiting[Asked, Answer]] = []

    def __call__(self, asked: Asked) -> Answer:
        """Have it carried out; return the answer once it is on the disk."""
        own: Waiting[Asked, Answer] = Waiting(asked)
        with self._lock:
            self._waiting.append(own)
        with self._turn:
            if not own.is_done:  # else who had the turn before did it
                self._do_all()
        if own.error is not None:
            raise own.error
        return own.answer  # type: ignore[return-value] # it is done, and nothing was raised

    def _do_all(self) -> None:
        taken: list[Waiting[Asked, Answer]] = []
        try:
            with self._database.write(durable=True) as db:
                taken = self._take()  # Order: only now, for more came while others wrote
                found = self._carry_out(db, [one.asked for one in taken])
            for one, answer in zip(taken, found, strict=True):
                one.answer = answer
        except BaseException as error:  # noqa: BLE001 # each thread raises it for itself
            taken = taken or self._take()
            for one in taken:
                one.error = error
        for one in taken:
            one.is_done = True

    def _take(self) -> list[Waiting[Asked, Answer]]:
        with self._lock:
            taken, self._waiting = self._waiting, []
            return taken
