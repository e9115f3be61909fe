"""What to do: compare a folder with the catalogue. Pure; no input or output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model import Original, Stamp
from ..record.rows import Known, Tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The difference between one folder and its record."""

    publish: tuple[Original, ...]  # new, changed, or made by another recipe
    rename: tuple[tuple[Original, Known], ...]  # the same photo is to bear another name
    missing: tuple[Known, ...]  # on record, not in the folder
    stacked: tuple[str, ...]  # keys on record that another file of the same shot stands for by now
    forgive: tuple[str, ...]  # keys of failures whose originals are gone
    unchanged: int
    failed: int  # failed before and did not change since: not tried again

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do, and nothing failed before."""
        ahead = (self.publish, self.rename, self.missing, self.stacked, self.forgive)
        return not (any(ahead) or self.failed)


def attempt_of(original: Original, conditions: str) -> str:
    """Name one attempt at a file: its state, its last change of any kind, today's settings.

    The time of any change counts too, for it tells that somebody gave the right to read it.
    """
    stamp = original.stamp
    return f"{conditions} {stamp.size} {stamp.mtime_ns} {stamp.inode} {original.ctime_ns}"


def make_plan(
    originals: Sequence[Original],
    *,
    present: frozenset[str],
    stacked: frozenset[str],
    known: Mapping[str, Known],
    tried: Mapping[str, Tried],
    names: Mapping[str, str],
    album_id: str,
    recipe: str,
    conditions: str,
) -> Plan:
    """Compare ``originals`` and all keys ``present`` in a folder with what is on record of it.

    ``stacked`` are the keys that other files of the same shot stand for.
    ``names`` are the names the originals should bear; ``recipe`` and ``conditions`` are today's.
    """
    publish, rename = [], []
    unchanged = failed = 0
    for original in originals:
        photo, attempt = known.get(original.key), tried.get(original.key)
        if attempt and attempt.conditions == attempt_of(original, conditions):
            failed += 1
        elif photo is None or _state(photo) != (original.stamp, original.accompanied, recipe):
            publish.append(original)
        elif (photo.album_id, photo.name) != (album_id, names[original.key]):
            rename.append((original, photo))
        else:
            unchanged += 1
    return Plan(
        publish=tuple(publish),
        rename=tuple(rename),
        missing=tuple(photo for key, photo in known.items() if key not in present),
        stacked=tuple(key for key in known if key in stacked),
        forgive=tuple(key for key in tried if key not in present or key in stacked),
        unchanged=unchanged,
        failed=failed,
    )


def _state(photo: Known) -> tuple[Stamp, str, str]:
    return photo.stamp, photo.accompanied, photo.recipe
