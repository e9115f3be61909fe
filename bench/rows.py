"""What was measured, beside what must be reached."""

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; ``values`` has what each round gave, their median counts."""

    measured: str
    values: tuple[float, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""  # absolute figures, or why it was not measured

    @property
    def value(self) -> float | None:
        return statistics.median(self.values) if self.values else None

    @property
    def bar(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else ""

    @property
    def verdict(self) -> str:
        """Return "ok" or "misses"; nothing where there is no bar."""
        if self.value is None:
            return "not measured"
        if self.at_least is not None:
            return "ok" if self.value >= self.at_least else "misses"
        if self.at_most is not None:
            return "ok" if self.value <= self.at_most else "misses"
        return ""


def yes(measured: str, *, is_so: bool, note: str = "") -> Row:
    """Return a row for what is so or is not: 1 or 0."""
    return Row(measured=measured, values=(float(is_so),), at_least=1, note=note)


def missing(measured: Sequence[str], why: str) -> list[Row]:
    """Return rows for what could not be measured here."""
    return [Row(measured=one, note=why) for one in measured]


def table(rows: Sequence[Row]) -> str:
    """Return rows as lines of text."""
    width = max(len(row.measured) for row in rows)
    lines = [f"{'measured':{width}} {'value':>9} {'bar':>8}  {'':12} note"]
    for row in rows:
        value = "-" if row.value is None else f"{row.value:.3g}"
        spread = f" ({min(row.values):.3g} to {max(row.values):.3g})" if len(row.values) > 1 else ""
        lines.append(
            f"{row.measured:{width}} {value:>9} {row.bar:>8}  {row.verdict:12} {row.note}{spread}"
        )
    return "\n".join(line.rstrip() for line in lines)


def save(path: Path, rows: Sequence[Row], **about: Any) -> None:
    """Write rows, with the machine they were measured on."""
    content = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg(),  # the others' part is noise
        "python": platform.python_version(),
        **about,
        "rows": [asdict(row) | {"value": row.value, "verdict": row.verdict} for row in rows],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> list[Row]:
    """Return the rows that were saved."""
    saved = json.loads(path.read_text(encoding="utf-8"))["rows"]
    names = [field.name for field in fields(Row)]
    plain = ({name: row[name] for name in names} for row in saved)
    return [Row(**row | {"values": tuple(row["values"])}) for row in plain]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
