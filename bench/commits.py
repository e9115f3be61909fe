"""The least that counts a like durably: a transaction of one row."""

import sqlite3
from pathlib import Path


class Commits:
    """Commits single rows, with the durability of the program's likes."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS likes (photo_id TEXT PRIMARY KEY, count INTEGER)"
        )

    def commit(self, photo_id: str) -> None:
        """Count one; on the disk when this returns."""
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(
            "INSERT INTO likes VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            (photo_id,),
        )
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
