"""Statements that are put into words once: those by which visitors' clicks are counted.

SQLAlchemy takes ten times as long to hand over a statement for a single row as SQLite takes to
carry it out, and all visitors wait for the one who writes.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql import ClauseElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A statement in the words of one database."""

    text: str
    order: tuple[str, ...] | None  # of the values, where the driver wants no names
    fixed: dict[str, object]  # values that stand in the statement itself


class Prepared:
    """A statement of SQLAlchemy Core whose parameters are plain numbers and texts."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._words: dict[str, Words] = {}  # by name of the database

    def __call__(self, db: Connection, **values: object) -> Any:
        """Carry it out within the caller's transaction; return the driver's cursor."""
        words = self._words.get(db.dialect.name) or self._worded(db.dialect)
        given = words.fixed | values
        cursor = db.connection.cursor()
        try:
            cursor.execute(words.text, [given[n] for n in words.order] if words.order else given)
        except db.dialect.loaded_dbapi.Error as error:
            base = db.dialect.loaded_dbapi.Error
            raise sa.exc.DBAPIError.instance(words.text, None, error, base) from error
        return cursor

    def _worded(self, dialect: Dialect) -> Words:
        compiled = self._statement.compile(dialect=dialect)
        order = getattr(compiled, "positiontup", None)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        words = Words(text=str(compiled), order=tuple(order) if order else None, fixed=fixed)
        return self._words.setdefault(dialect.name, words)
