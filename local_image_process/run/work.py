"""What a look at the library found to do, and under which settings it was judged."""

from dataclasses import dataclass, field

from ..model import Original
from ..record.compared import Settled
from ..record.rows import Known
from .publisher import Place


@dataclass(slots=True)
class Work:
    """What a look found to do."""

    publish: list[tuple[Original, Place]] = field(default_factory=list)
    rename: list[tuple[Original, Known, Place]] = field(default_factory=list)
    present: set[str] = field(default_factory=set)  # keys that are there
    missing: dict[str, int] = field(default_factory=dict)  # keys that are not; bytes they had
    hidden: list[str] = field(default_factory=list)  # keys the photographer hid
    stacked: list[str] = field(default_factory=list)  # keys that others stand for by now
    settled: dict[str, Settled] = field(default_factory=dict)  # folders with nothing to do
    unsettled: set[str] = field(default_factory=set)  # all others that were compared
    hidden_folders: set[str] = field(default_factory=set)
    shown_folders: set[str] = field(default_factory=set)
    unchanged: int = 0
    failing: int = 0  # failed before, unchanged since
    waiting: int = 0  # not at rest yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which settings originals are judged."""

    recipe: str  # digest
    conditions: str  # settings that decide whether a photo fails
    root_album: str
    stable_inodes: bool
