"""Switch faults of disk and clock in running programs, by a library that is loaded before libc."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
FAULTS = struct.Struct("iiiq")  # struct faults in shim.c
COMPILER = shutil.which("cc")


class Shim:
    """Faults of two trees, the library and the data folder, and of the clock."""

    def __init__(self, folder: Path, *, library: Path, data: Path) -> None:
        self._switch = folder / "switch"
        self._code = folder / "shim.so"
        self._trees = {"SHIM_LIBRARY": str(library), "SHIM_DATA": str(data)}
        self._switch.write_bytes(bytes(FAULTS.size))

    def compile(self) -> dict[str, str]:
        """Return the variables with which a program has it."""
        assert COMPILER, "ask for it only where there is a compiler"
        flags = ("-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o")
        subprocess.run([COMPILER, *flags, self._code, SOURCE, "-ldl"], check=True, timeout=60)
        return self._trees | {"LD_PRELOAD": str(self._code), "SHIM_SWITCH": str(self._switch)}

    def set(
        self, *, listing: int = 0, reading: int = 0, writing: int = 0, clock_ahead_s: int = 0
    ) -> None:
        """Let this happen in all of them from now on, and nothing else; see struct faults."""
        with self._switch.open("r+b") as file:  # in place, for they have it mapped
            os.pwrite(file.fileno(), FAULTS.pack(listing, reading, writing, clock_ahead_s), 0)
