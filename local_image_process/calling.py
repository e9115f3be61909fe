"""How this program is called on this machine, for sentences that say what to do."""

import shlex
import sys
from pathlib import Path


def command(words: str) -> str:
    """Return the line to type for a command: ".venv/bin/python -m local_image_process check"."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return f"{shlex.quote(str(python))} -m local_image_process {words}"
