"""What several threads ask for at one time, carried out in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection

from .database import Database

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Waiting(Generic[Asked, Answer]):
    """What one thread asked for, and later the answer or what went wrong."""

    asked: Asked
    answers: Sequence[Answer] = ()  # one, when it is done
    error: BaseException | None = None


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
        self._waiting: list[_Waiting[Asked, Answer]] = []

    def __call__(self, asked: Asked) -> Answer:
        """Have it carried out; return the answer once it is on the disk."""
        mine: _Waiting[Asked, Answer] = _Waiting(asked)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            if not (mine.answers or mine.error):  # else who had the turn before did it
                self._do_all()
        if mine.error:
            raise mine.error
        return mine.answers[0]

    def _do_all(self) -> None:
        taken: list[_Waiting[Asked, Answer]] = []
        try:
            with self._database.write(durable=True) as db:
                taken = self._take()  # Order: only now, for more came while others wrote
                found = self._carry_out(db, [one.asked for one in taken])
        except BaseException as error:  # noqa: BLE001 # each thread raises it for itself
            for one in taken or self._take():
                one.error = error
        else:
            for one, answer in zip(taken, found, strict=True):
                one.answers = (answer,)

    def _take(self) -> list[_Waiting[Asked, Answer]]:
        with self._lock:
            taken, self._waiting = self._waiting, []
            return taken
