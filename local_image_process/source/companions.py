"""Which files of a folder go together: XMP sidecars and RAW files with the photo they belong to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..model import JPEG_SUFFIXES, RAW_SUFFIXES, Companion, Original

XMP_SUFFIX = ".xmp"
_HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})  # what some cameras write instead of JPEG


def joined(originals: Sequence[Original], xmp: Iterable[Companion]) -> tuple[Original, ...]:
    """Give every original the files that go with it, those that count most first.

    Sidecars are called ``IMG.JPG.xmp``, as darktable does, or ``IMG.xmp``, as Adobe does. The face
    of a RAW file, that is the finished picture of its stem, a JPEG before any other, has the RAW
    file and its sidecar as companions.
    """
    sidecars = {one.key.casefold(): one for one in xmp}
    raws: defaultdict[str, list[Original]] = defaultdict(list)
    for original in originals:
        if is_raw(original.key):
            raws[_stem(original.key)].append(original)
    faces = _faces(original for original in originals if not is_raw(original.key))
    with_raw = {faces[stem].key: found for stem, found in raws.items() if stem in faces}
    if not (sidecars or with_raw):
        return tuple(originals)
    return tuple(
        replace(original, companions=_companions(original, with_raw, sidecars))
        for original in originals
    )


def is_raw(key: str) -> bool:
    """Tell whether a file is called like a RAW file."""
    return _suffix(key) in RAW_SUFFIXES


def _faces(finished: Iterable[Original]) -> dict[str, Original]:
    ranked = sorted(finished, key=lambda one: (_rank(_suffix(one.key)), one.key), reverse=True)
    return {_stem(original.key): original for original in ranked}  # the last of a stem counts


def _rank(suffix: str) -> int:
    if suffix in JPEG_SUFFIXES:
        return 0
    return 1 if suffix in _HEIF_SUFFIXES else 2


def _companions(
    original: Original, with_raw: dict[str, list[Original]], sidecars: dict[str, Companion]
) -> tuple[Companion, ...]:
    raws = with_raw.get(original.key, [])
    keys = [original.key, _stem(original.key), *(raw.key for raw in raws)]
    named = dict.fromkeys(f"{key}{XMP_SUFFIX}".casefold() for key in keys)
    found = [sidecars[name] for name in named if name in sidecars]
    return (*found, *(Companion(key=raw.key, path=raw.path, stamp=raw.stamp) for raw in raws))


def _stem(key: str) -> str:
    return key[: len(key) - len(_suffix(key))]


def _suffix(key: str) -> str:
    name = key.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    return (dot + ending).lower() if stem else ""
