"""Public names as a pure function of the listing: album ids, photo names, and a safe order of them.

The front-end takes a photo's name up to its first dot and looks for the first URL that contains it.
So a name has no dot, is not short, is not part of anything else in its URL, and comes before every
name that contains it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import sha256

from ..model import JPEG_SUFFIXES

NAME_BYTES_MAX = 180  # of UTF-8; leaves room for ".webp" within a file system's 255
NAME_CHARACTERS_MIN = 5  # shorter ones occur in too many other names
URL_WORDS = ("gallery", "thumbs", "media", "webp", "https", "aliyuncs")

_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_UNFIT_FOR_ID = re.compile(rf"[#?%\\{_CONTROL}]")
_UNFIT_FOR_NAME = re.compile(rf"[.#?%/\\{_CONTROL}]")


def album_ids(folders: Iterable[str], *, root_album: str) -> dict[str, str]:
    """Return the album id of each folder: one path segment, no two the same.

    ``root_album`` is the id of the library's root, the folder "".
    """
    ids: dict[str, str] = {}
    taken: set[str] = set()
    others: list[tuple[str, str]] = []
    for folder in sorted(set(folders)):
        wanted = _UNFIT_FOR_ID.sub("_", folder.replace("/", "-") or root_album.replace("/", "-"))
        if wanted in taken or _bytes(wanted) > NAME_BYTES_MAX:
            others.append((folder, wanted))
            continue
        ids[folder] = wanted
        taken.add(wanted)
    for folder, wanted in others:  # Order: after all that keep their own
        ids[folder] = _with_digits(wanted, folder, mark="~", digits=4, is_taken=taken.__contains__)
        taken.add(ids[folder])
    return ids


def photo_names(keys: Iterable[str], *, album_id: str) -> dict[str, str]:
    """Return the name of each photo of one folder; no two the same, none with an ending."""
    wanted = _wanted_names(sorted(set(keys)))
    ranked = sorted(wanted, key=lambda key: (wanted[key] != _split(key)[0], key))
    names: dict[str, str] = {}
    taken: set[str] = set()
    others: list[str] = []
    for key in ranked:  # Order: where two want one name, who is spelled exactly so has it
        name = wanted[key]
        if name in taken or not _stands_alone(name, album_id):
            others.append(key)
            continue
        names[key] = name
        taken.add(name)
    for key in others:
        names[key] = _with_digits(
            wanted[key], key, mark="_", digits=6, is_taken=lambda name: name in taken
        )
        taken.add(names[key])
    return names


def front_order(names: Sequence[str]) -> list[str]:
    """Keep the order, but put before each name those that it contains. Names occur once."""
    contained_in = _contained(names)
    place = {name: number for number, name in enumerate(names)}
    placed: dict[str, None] = {}
    for name in names:
        if name not in placed:  # what it contains contains nothing that is not in the list too
            parts = sorted(contained_in(name), key=lambda part: (len(part), place[part]))
            placed.update(dict.fromkeys(parts))
            placed[name] = None
    return list(placed)


def _wanted_names(keys: Sequence[str]) -> dict[str, str]:
    """Where originals share a stem, one JPEG keeps it and the others add their ending."""
    stems = {key: _UNFIT_FOR_NAME.sub("_", _split(key)[0]) for key in keys}
    shared = Counter(stems.values())
    owners: dict[str, str] = {}
    for key in sorted(keys, key=lambda key: (stems[key] != _split(key)[0], key)):
        if _split(key)[1] in JPEG_SUFFIXES:
            owners.setdefault(stems[key], key)
    return {
        key: stem
        if shared[stem] == 1 or owners.get(stem) == key
        else f"{stem}_{_UNFIT_FOR_NAME.sub('_', _split(key)[1][1:])}"
        for key, stem in stems.items()
    }


def _split(key: str) -> tuple[str, str]:
    """Return stem and lower-case ending: "2024/a.b.JPG" → ("a.b", ".jpg")."""
    file_name = key.rpartition("/")[2]
    stem, dot, ending = file_name.rpartition(".")
    return (stem, dot + ending.lower()) if stem else (file_name, "")


def _stands_alone(name: str, album_id: str) -> bool:
    """Tell whether the name alone finds its photo and nothing else in a URL."""
    return (
        len(name) >= NAME_CHARACTERS_MIN
        and _bytes(name) <= NAME_BYTES_MAX
        and name not in album_id
        and not any(name in word for word in URL_WORDS)
    )


def _with_digits(
    wanted: str, identity: str, *, mark: str, digits: int, is_taken: Callable[[str], bool]
) -> str:
    """Add as many hex digits of the identity's sha256 as make the name unique."""
    digest = sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    for count in range(digits, len(digest) + 1):
        ending = mark + digest[:count]
        name = _cut(wanted, NAME_BYTES_MAX - len(ending)) + ending
        if not is_taken(name):
            return name
    raise AssertionError(f"no free name for {identity!r}")  # two of one sha256


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _cut(text: str, limit_bytes: int) -> str:
    """Cut at a character's boundary."""
    return text.encode("utf-8", "surrogateescape")[:limit_bytes].decode("utf-8", "ignore")


def _contained(names: Collection[str]) -> Callable[[str], list[str]]:
    """Return a function that lists which of the other names a name contains.

    Names are found by their first characters (as many as the shortest name has), so the cost is a
    look-up for each position in a name, whatever their number.
    """
    head_length = min(map(len, names), default=0)
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for name in names:
        lengths[name[:head_length]].add(len(name))
    known = frozenset(names)

    def contained_in(name: str) -> list[str]:
        parts = (
            name[start : start + length]
            for start in range(len(name) - head_length + 1)
            for length in lengths.get(name[start : start + head_length], ())
        )
        return [part for part in parts if part != name and part in known]

    return contained_in
