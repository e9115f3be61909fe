"""A public file's text joined from its pieces, of which most stand in the file already."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from ..files import state_of
from ..packed import unpack


class Unpacked:
    """One file; what was written into it last is read from there and not unpacked again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._spans: dict[bytes, slice] = {}  # of pieces, by their digests
        self._state: tuple[int, int, int] | None = None  # of the file for which that holds
        self._joined: dict[bytes, slice] = {}

    def join(self, pieces: Iterable[bytes]) -> bytes:
        """Return the text of the pieces."""
        before, spans = self._before(), self._spans
        texts: list[bytes | memoryview] = []
        at, self._joined = 0, {}
        for piece in pieces:
            digest = sha256(piece).digest()
            text = before[spans[digest]] if before and digest in spans else unpack(piece)
            self._joined[digest] = slice(at, at + len(text))
            texts.append(text)
            at += len(text)
        return b"".join(texts)

    def note_written(self) -> None:
        """Note that the file holds now what was joined last."""
        self._spans, self._state = self._joined, state_of(self.path)

    def _before(self) -> memoryview | None:
        """Return what the file holds, if it is the one that was noted."""
        if self._state is None or state_of(self.path) != self._state:
            return None
        return memoryview(self.path.read_bytes())
