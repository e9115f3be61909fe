"""Which word was meant by one that means nothing here."""

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.8  # as difflib counts: "hiden" and "hide" are "hidden", "tags" is nothing of ours


def misspelt(words: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return the known word that is meant, by what was written instead.

    A word whose right spelling is given as well is not a slip, and belongs to somebody else.
    """
    written = set(words)
    absent = sorted(set(known) - written)
    meant = {word: get_close_matches(word, absent, 1, ALIKE) for word in sorted(written - {*known})}
    return {word: found[0] for word, found in meant.items() if found}
