"""Folders to look at again, later and later, while something is wrong there that may pass."""

from .pause import Pause


class Later:
    """One pause for each folder; forgotten once nobody complains of it any more."""

    def __init__(self) -> None:
        self._pauses: dict[str, Pause] = {}
        self._complaints: set[str] = set()

    def note(self, folder: str, now_s: float) -> None:
        """Note that something is wrong there (monotonic seconds)."""
        self._complaints.add(folder)
        if folder not in self._pauses:
            self._pauses[folder] = Pause()
            self._pauses[folder].begin(now_s)

    def due(self, now_s: float) -> frozenset[str]:
        """Take the folders that it is time to look at again."""
        over = [folder for folder, pause in self._pauses.items() if now_s >= pause.until_s]
        for folder in over:
            if folder in self._complaints:
                self._pauses[folder].begin(now_s)
            else:
                del self._pauses[folder]
        due = self._complaints.intersection(over)
        self._complaints -= due
        return frozenset(due)
