"""What ``adopt`` says, in lines for a terminal: what was found, what changes, what to do next."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..record.given import Given
from . import old_data
from .adopting import Adoption, words_path
from .records import PREDECESSORS_FILES

MOST = 20  # lines of one kind
UNITS = {"albums.json": "albums", "exif_data.json": "photos", "likes.json": "photos"}


def lines_of(adoption: Adoption) -> list[str]:
    """Return what was found and what would change."""
    parts = (
        _found(adoption),
        _given(adoption),
        _words(adoption),
        _settings(adoption),
        _bucket(adoption),
        _copies(adoption),
        _some("Problems", adoption.problems),
    )
    return [line for part in parts for line in part]


def next_steps(adoption: Adoption) -> list[str]:
    """Return what is left to the user, one step a line."""
    steps = [*_copy_words(adoption)]
    if adoption.dotenv.to_copy:
        steps.append(
            f"Copy into your .env, from {adoption.old.dotenv}: {', '.join(adoption.dotenv.to_copy)}"
        )
    if adoption.settings.has_bucket and adoption.bucket is None:
        steps.append("The bucket was not looked at; to take it over as well, add --bucket.")
    steps.append(
        "Start the service, if none is running; it takes up everything within seconds. A new .env"
        " counts from its next start."
        if adoption.dotenv.new_file
        else "Start the service; one that is running takes up everything within seconds."
    )
    return steps


def as_json(adoption: Adoption, *, is_done: bool) -> dict[str, Any]:
    """Return the same for programs, all lists whole."""
    bucket = adoption.bucket
    return {
        "done": is_done,
        "nothing_to_do": not adoption.has_work,
        "folder": str(adoption.old.folder),
        "given": {
            photo_id: {
                "likes": one.before,
                "stars": one.stars,
                "is_new": photo_id in adoption.news,
                "is_known_photo": photo_id not in adoption.unknown,
            }
            for photo_id, one in sorted(adoption.given.items())
        },
        "words": [words.album_id for words in adoption.words],
        "settings": {line.name: line.says for line in adoption.dotenv.lines},
        "writes_dotenv": adoption.dotenv.new_file is not None,
        "bucket": {
            "replaced": sorted(bucket.permits),
            "waiting": bucket.waiting,
            "only_in_bucket": bucket.elsewhere,
            "without_original": bucket.orphans,
        }
        if bucket
        else None,
        "copies": sorted(map(str, adoption.copies)),
        "problems": adoption.problems,
    }


def _found(adoption: Adoption) -> Iterator[str]:
    old = adoption.old
    yield f"Found in {old.folder}:"
    for name in PREDECESSORS_FILES:
        there = f"{len(old.values[name]):,} {UNITS[name]}" if name in old.values else "not there"
        if name in old.contents and name not in old.values:
            there = "not understood, see below"
        yield f"  {name:<15} {there}"
    yield f"  {'.env':<15} {old.dotenv or 'not there'}"


def _given(adoption: Adoption) -> Iterator[str]:
    new = {i: Given(photo_id=i, before=n.likes, stars=n.stars) for i, n in adoption.news.items()}
    known = len(adoption.given) - len(new)
    if not adoption.given:
        return
    if not new:
        yield f"Likes and stars: those of {known:,} photos are here already; nothing is new."
        return
    likes = sum(one.before for one in new.values())
    stars = sum(one.stars is not None for one in new.values())
    yield f"Likes and stars: {likes:,} likes and {stars:,} ratings of {len(new):,} photos come in:"
    here = [i for i in sorted(new) if i not in adoption.unknown]
    yield from _first(f"  {i}  {_amount(new[i])}" for i in here)
    if later := [i for i in sorted(new) if i in adoption.unknown]:
        yield f"  No photo here is called so; kept until it appears: {len(later):,}"
        yield from _first(f"    {i}  {_amount(new[i])}" for i in later)
    if known:
        yield f"  Those of {known:,} more photos are here already."


def _words(adoption: Adoption) -> Iterator[str]:
    if adoption.words:
        yield (
            "Titles, dates and texts of these albums are in no info.yaml of the library. The"
            " library is never written, so a file is laid ready for each:"
        )
        yield from _first(f"  {words.album_id}" for words in adoption.words)
    known = adoption.library.album_ids
    elsewhere = len(adoption.old.value(old_data.ALBUMS).keys() - known)
    if elsewhere:
        yield f"Albums of albums.json that have no folder in the library: {elsewhere:,}."


def _settings(adoption: Adoption) -> Iterator[str]:
    if not adoption.dotenv.lines:
        return
    yield f"Settings in {adoption.old.dotenv} (values are not shown):"
    width = max(len(line.name) for line in adoption.dotenv.lines)
    for line in adoption.dotenv.lines:
        yield f"  {line.name:<{width}}  {line.says}"
    if adoption.dotenv.new_file:
        yield "  A new .env is written in this folder, readable by you alone."
    if adoption.dotenv.problem:
        yield f"  {adoption.dotenv.problem}"


def _bucket(adoption: Adoption) -> Iterator[str]:
    bucket = adoption.bucket
    if bucket is None:
        return
    yield f"Bucket {adoption.settings.oss_bucket}, in which nothing is ever deleted:"
    if adoption.settings.is_mirror:
        yield "  WATCH_DIR is not set: this site only reads the bucket, and replaces nothing in it."
        return
    yield from _part("Replaced by your pictures, rendered anew, same addresses", bucket.pictures)
    yield from _part("Written anew, with a copy kept here", bucket.index)
    if bucket.waiting:
        yield f"  To be replaced as an earlier run said, by the service: {bucket.waiting:,}"
    yield from _part(
        "Untouched, without an original in the library; not shown, though they can be fetched",
        bucket.orphans,
    )
    if bucket.elsewhere:
        number = len(bucket.elsewhere)
        yield f"  Untouched, in albums that only the bucket has; they are shown: {number:,}"


def _part(title: str, names: Iterable[str]) -> Iterator[str]:
    listed = sorted(names)
    if listed:
        yield f"  {title}: {len(listed):,}"
        yield from _first(f"    {name}" for name in listed)


def _copies(adoption: Adoption) -> Iterator[str]:
    yield from _some("Copies that are kept", sorted(map(str, adoption.copies)))


def _copy_words(adoption: Adoption) -> Iterator[str]:
    for words in adoption.words:
        folder = adoption.settings.library / words.folder
        source = words_path(adoption.settings, words.album_id)
        yield f"cp {shlex.quote(str(source))} {shlex.quote(str(folder))}/"


def _amount(one: Given) -> str:
    stars = None if one.stars is None else f"{one.stars:g} stars"
    likes = f"{one.before:,} likes" if one.before else None
    return ", ".join(part for part in (likes, stars) if part)


def _some(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from _first(f"  {line}" for line in lines)


def _first(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:MOST]
    if len(every) > MOST:
        indent = every[0][: len(every[0]) - len(every[0].lstrip())]
        yield f"{indent}… and {len(every) - MOST:,} more; --json lists them all"
