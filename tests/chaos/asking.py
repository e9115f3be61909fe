"""Commands that somebody gives beside the running gallery."""

import subprocess
import sys

from tests.live import LIKE_ANYBODY, LiveGallery


class Asking:
    """One command at a time, which goes on beside all else."""

    def __init__(self, live: LiveGallery) -> None:
        self._live = live
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, command: str) -> None:
        """Give a command, unless the last one still runs."""
        if self.has_ended:
            self._process = subprocess.Popen(
                [*LIKE_ANYBODY, sys.executable, "-m", "local_image_process", command],
                cwd=self._live.library.parent,
                env=self._live.env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
