"""What in a photo folder is no photo of the photographer's, by name or by a ``.galleryignore``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sidecar import text_of

if TYPE_CHECKING:  # loaded at the first file of patterns: most libraries have none
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".galleryignore"
CLOSING_FILES = frozenset({".nomedia", ".private"})  # a folder with one of them is not shown
IGNORE_BYTES_MAX = 256 * 1024

# All in lower case. Hidden names (.DS_Store, ._a.jpg, .Trash-1000, .@__thumb, .stversions, .zfs …)
# need no entry.
_NAMES = frozenset(
    {
        # Synology
        *("@eadir", "#recycle", "#snapshot", "@tmp", "@sharebin", "@sharesnap"),
        # QNAP
        *("@recycle", "@recently-snapshot", "@transcode"),
        # other servers
        *("lost+found", "~snapshot", "network trash folder", "temporary items"),
        # Windows, macOS
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin"),
        *("recycler", "system volume information", "__macosx"),
    }
)
_BEGINNINGS = (".", "~$")
_ENDINGS = (
    *(".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download"),  # not whole yet
    *(".lrdata", ".lrprev", ".lrcat-data"),  # Lightroom's previews
    *(".photoslibrary", ".aplibrary", ".cocatalog"),  # other programs' stores, with thumbnails
)


def is_ignored(name: str) -> bool:
    """Tell whether a file or folder of this name is never looked at, in upper or lower case."""
    lower = name.lower()
    return lower in _NAMES or lower.startswith(_BEGINNINGS) or lower.endswith(_ENDINGS)


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of all ``.galleryignore`` files that apply to a folder, outermost first."""

    layers: tuple[tuple[str, "GitIgnoreSpec"], ...] = ()  # (prefix of the keys below, patterns)

    def with_file(self, folder: str, content: bytes) -> tuple["Rules", tuple[str, ...]]:
        """Add a folder's own file; return also what is wrong with lines that are left out."""
        from pathspec import GitIgnoreSpec

        try:
            lines = text_of(content).splitlines()
        except UnicodeDecodeError:
            return self, (f"{IGNORE_FILE} is not a text file; save it as UTF-8.",)
        wrong = dict(_wrong_lines(lines))
        spec = GitIgnoreSpec.from_lines(
            line for number, line in enumerate(lines, 1) if number not in wrong
        )
        prefix = f"{folder}/" if folder else ""
        return Rules((*self.layers, (prefix, spec))), tuple(wrong.values())

    def excludes(self, key: str, *, is_folder: bool) -> bool:
        """Tell whether the innermost file that has a word on this key excludes it."""
        ending = "/" if is_folder else ""
        for prefix, spec in reversed(self.layers):
            verdict = spec.check_file(key.removeprefix(prefix) + ending).include
            if verdict is not None:
                return verdict
        return False


def _wrong_lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield number and fault of each line that is neither blank nor a comment nor a pattern."""
    from pathspec import GitIgnoreSpec

    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            is_pattern = GitIgnoreSpec.from_lines([line]).patterns[0].include is not None
        except (ValueError, re.error):
            is_pattern = False
        if not is_pattern:
            yield number, f"line {number}: {line!r} is no pattern; correct it or take it out."
