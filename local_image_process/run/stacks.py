"""Which files of a folder are photos of their own: a RAW file beside its JPEG is not. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model import Original
from ..record.rows import Known, Tried
from .plan import attempt_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacks:
    """The files of a folder, sorted."""

    shown: tuple[Original, ...]  # to be photos of their own
    stacked: frozenset[str]  # keys of RAW files that another file of the same shot stands for
    waiting: frozenset[str]  # keys of RAW files of which nobody knows yet


def sort_out(
    originals: Sequence[Original],
    *,
    known: Mapping[str, Known],
    tried: Mapping[str, Tried],
    conditions: str,
) -> Stacks:
    """Tell what developing the finished pictures has shown of the RAW files beside them.

    A RAW file whose finished picture cannot be opened stands for itself.
    """
    stacked: set[str] = set()
    waiting: set[str] = set()
    for face in originals:
        raws = {companion.key for companion in face.companions if not companion.is_xmp}
        photo, attempt = known.get(face.key), tried.get(face.key)
        if attempt and attempt.conditions == attempt_of(face, conditions):
            continue
        if photo and (photo.stamp, photo.accompanied) == (face.stamp, face.accompanied):
            stacked |= raws & set(photo.stacked)
        else:
            waiting |= raws
    apart = stacked | waiting
    return Stacks(
        shown=tuple(one for one in originals if one.key not in apart),
        stacked=frozenset(stacked),
        waiting=frozenset(waiting),
    )
