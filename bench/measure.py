"""Run commands as processes of their own and measure what they and all their children take."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(tempfile.gettempdir()) / "photo-gallery-bench"
SAMPLE_S = 0.08  # how often memory is looked at
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


class CannotRun(Exception):
    """The bench has no result; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run of a command took, its children included."""

    wall_s: float
    cpu_s: float
    peak_pss_bytes: int  # 0 where it was not sampled

    @property
    def peak_pss_mb(self) -> float:
        return self.peak_pss_bytes / 1e6


class Running:
    """A command at work, in a session of its own, so that nothing of it is left behind."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        output: IO[bytes],
        errors: IO[bytes],
    ) -> None:
        self._output = output
        self._errors = errors
        self._began_s = time.perf_counter()
        self._process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        self.pid = self._process.pid

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self._began_s

    def has_ended(self) -> bool:
        """Tell whether the first process has ended; what it took is still to be had."""
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return self._process.returncode is not None or bool(os.waitid(os.P_PID, self.pid, how))

    def ask_to_end(self) -> None:
        """Send SIGTERM to the first process."""
        if not self.has_ended():
            os.kill(self.pid, signal.SIGTERM)

    def wait(self, *, peak_pss_bytes: int = 0) -> Cost:
        """Wait for its end; raise CannotRun when it failed."""
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        wall_s = self.elapsed_s
        usage = self._reap()
        if self._process.returncode != 0:
            raise CannotRun(
                f"{self._process.args!r} ended with {self._process.returncode}:\n{self.errors()}"
            )
        cpu_s = usage.ru_utime + usage.ru_stime
        return Cost(wall_s=wall_s, cpu_s=cpu_s, peak_pss_bytes=peak_pss_bytes)

    def output(self) -> str:
        """Return what it wrote to its standard output."""
        return _text(self._output)

    def errors(self) -> str:
        """Return the end of what it wrote to its standard error."""
        return _text(self._errors)[-4000:]

    def end(self) -> None:
        """End whatever still runs of it."""
        if self._process.returncode is None:
            self._reap()

    def _reap(self) -> Any:
        # Order: the number of its session stays ours as long as it is not waited for
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage


class PssSampler:
    """Looks every SAMPLE_S at the proportional set size (PSS) of a process and all below it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.peak_bytes = 0
        self.processes_at_peak = 0

    def __enter__(self) -> "PssSampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            sizes = [pss_bytes(pid) for pid in tree(self._pid)]
            if sum(sizes) > self.peak_bytes:
                self.peak_bytes, self.processes_at_peak = sum(sizes), len(sizes)


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for process in found:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # Race: it ended meanwhile
                found.extend(map(int, children.read_text(encoding="ascii").split()))
    return found


def pss_bytes(pid: int) -> int:
    """Return a process's share of memory: its own, and its part of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # Race: it ended meanwhile
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


@contextlib.contextmanager
def running(
    command: Sequence[str], *, environ: Mapping[str, str], folder: Path
) -> Iterator[Running]:
    """Start a command; nothing of it runs any more afterwards."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = Running(command, environ=environ, folder=folder, output=output, errors=errors)
        try:
            yield process
        finally:
            process.end()


def run(
    command: Sequence[str], *, environ: Mapping[str, str], folder: Path, sample: bool = True
) -> tuple[Cost, str]:
    """Run a command to its end; return what it took and what it wrote."""
    with running(command, environ=environ, folder=folder) as process:
        if not sample:
            return process.wait(), process.output()
        with PssSampler(process.pid) as sampler:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return process.wait(peak_pss_bytes=sampler.peak_bytes), process.output()


def environment(**settings: object) -> dict[str, str]:
    """Return an environment with these settings of the program and no others."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)} | {k: str(value) for k, value in settings.items()}


def once(
    *, environ: Mapping[str, str], folder: Path, sample: bool = True
) -> tuple[Cost, dict[str, Any]]:
    """Run the program's ``once`` as a user does; return what it took and its report."""
    command = [sys.executable, "-m", "local_image_process", "once", "--json"]
    cost, output = run(command, environ=environ, folder=folder, sample=sample)
    report: dict[str, Any] = json.loads(output.splitlines()[-1])
    return cost, report


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
