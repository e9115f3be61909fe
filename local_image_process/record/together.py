"""What several threads ask for at one time, carried out in one transaction."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection

from .database import Database

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


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
        self._waiting: list[tuple[Asked, Future[Answer]]] = []

    def __call__(self, asked: Asked) -> Answer:
        """Have it carried out; return the answer once it is on the disk."""
        answer: Future[Answer] = Future()
        with self._lock:
            self._waiting.append((asked, answer))
        with self._turn:
            if not answer.done():  # else who had the turn before did it
                self._do_all()
        return answer.result()

    def _do_all(self) -> None:
        taken: list[tuple[Asked, Future[Answer]]] = []
        try:
            with self._database.write(durable=True) as db:
                taken = self._take()  # Order: only now, for more came while others wrote
                found = self._carry_out(db, [asked for asked, _ in taken])
        except BaseException as error:  # noqa: BLE001 # each thread raises it for itself
            for _, answer in taken or self._take():
                answer.set_exception(error)
        else:
            for (_, answer), one in zip(taken, found, strict=True):
                answer.set_result(one)

    def _take(self) -> list[tuple[Asked, Future[Answer]]]:
        with self._lock:
            taken, self._waiting = self._waiting, []
            return taken
