"""Move in from a predecessor: say what its files and its bucket would change, then do it.

Whatever a crash interrupts, the next run does the rest: copies first, then likes and stars, and
only then, as one, the word that objects in the bucket may be overwritten.
"""

import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import GalleryError, SettingsError
from ..record.given import Given
from ..record.inherited import by_id, inherited
from ..record.tallies import News
from ..settings import Settings
from . import assembly, old_bucket, old_data, old_library, old_settings
from .bucket import EXIF_DATA
from .old_bucket import OldBucket
from .old_data import OldData
from .old_library import Ids, OldLibrary
from .old_settings import OldSettings
from .old_words import FIELDS, Words, words_of
from .records import PREDECESSOR, Records, make_folders, open_copy, open_records


@dataclass(slots=True, kw_only=True)
class Adoption:
    """What would change."""

    settings: Settings  # as they will be
    old: OldData
    dotenv: OldSettings
    library: OldLibrary
    given: dict[str, Given] = field(default_factory=dict)  # likes and stars by photo id
    news: dict[str, News] = field(default_factory=dict)  # what of it is not known yet
    unknown: set[str] = field(default_factory=set)  # ids of no photo here; kept for later
    words: list[Words] = field(default_factory=list)
    bucket: OldBucket | None = None
    copies: dict[Path, bytes] = field(default_factory=dict)  # to be made
    problems: list[str] = field(default_factory=list)

    @property
    def has_work(self) -> bool:
        """Tell whether anything is to be done at all."""
        permits = self.bucket.permits if self.bucket else {}
        return bool(self.news or permits or self.copies or self.dotenv.new_file)


def plan(
    settings: Settings, given: Path, *, with_bucket: bool, environ: Mapping[str, str]
) -> Adoption:
    """Look at everything; nothing is changed, neither here nor in the bucket.

    Raises GalleryError when there is nothing to adopt, StoreError when the bucket is away.
    """
    old = old_data.find(given, settings.data_dir)
    dotenv, settings = old_settings.compare(old, settings, environ)
    if with_bucket and not settings.has_bucket:
        raise SettingsError(
            "--bucket: OSS_BUCKET is not set, so there is no bucket to look at. "
            + (dotenv.problem or "Set OSS_* first, see env_example.")
        )
    make_folders(settings)
    with tempfile.TemporaryDirectory(prefix="gallery-adopt-") as folder:
        records = open_copy(settings, Path(folder))
        try:
            library = old_library.look(settings, records)
            adoption = Adoption(settings=settings, old=old, dotenv=dotenv, library=library)
            adoption.problems += old.problems
            if with_bucket:
                _plan_bucket(adoption, records)
            elif library.trouble:
                adoption.problems.append(str(library.trouble))
            _plan_given(adoption, records)
        finally:
            records.database.close()
    _plan_words(adoption)
    wanted = dict(_copies(adoption))
    adoption.copies = {p: c for p, c in wanted.items() if not old_data.is_kept(p, c)}
    return adoption


def carry_out(adoption: Adoption) -> None:
    """Do what was planned; also beside a running service, which takes it up within seconds.

    Raises GalleryError; what was done until then stays, and the next run does the rest.
    """
    for path, content in adoption.copies.items():
        try:
            old_data.keep(path, content)
        except OSError as error:
            raise GalleryError(
                f"{path} cannot be written ({error.strerror}); nothing else was changed"
            ) from error
    records = open_records(adoption.settings)
    try:
        if adoption.news:
            records.interactions.inherit(adoption.given)
        if adoption.bucket and adoption.bucket.permits:  # Order: what they held is kept by now
            records.take_overs.permit(adoption.bucket.permits, keys=adoption.bucket.keys)
    finally:
        records.database.close()
    if adoption.dotenv.new_file and (problem := old_settings.write(adoption.dotenv.new_file)):
        adoption.problems.append(problem)


def _plan_bucket(adoption: Adoption, records: Records) -> None:
    """Raises LibraryError: without the library nobody knows what is to be replaced."""
    if adoption.library.trouble:
        raise adoption.library.trouble
    settings = adoption.settings
    store = assembly.make_bucket(settings, threading.Event())
    adoption.bucket = old_bucket.look(
        store,
        adoption.library,
        thumb_edges_px=() if settings.oss_image_process else settings.thumb_edges_px,
        permitted=records.take_overs.all(),
    )
    adoption.problems += adoption.bucket.problems


def _plan_given(adoption: Adoption, records: Records) -> None:
    """Find out whom likes and stars belong to; what a bucket's file tells counts, too."""
    told = [(adoption.old.value(old_data.EXIF_DATA), adoption.old.value(old_data.LIKES))]
    told += [(entries, {}) for entries in _told_in_bucket(adoption)]
    ids = Ids(adoption.library)
    known = ids.known | set(adoption.bucket.elsewhere if adoption.bucket else ())
    for entries, likes in told:
        for photo_id, one in by_id(inherited(entries, likes, adoption.problems), ids.id_of).items():
            before = adoption.given.get(photo_id, one)
            adoption.given[photo_id] = Given(
                photo_id=photo_id,
                before=max(one.before, before.before),
                stars=max((s for s in (one.stars, before.stars) if s is not None), default=None),
            )
    adoption.news = records.interactions.news(adoption.given)
    adoption.unknown = adoption.given.keys() - known


def _told_in_bucket(adoption: Adoption) -> Iterator[Mapping[str, Any]]:
    content = adoption.bucket.contents.get(EXIF_DATA) if adoption.bucket else None
    if content is not None:
        try:
            yield old_data.understood(old_data.EXIF_DATA, content)
        except ValueError as error:
            adoption.problems.append(f"{EXIF_DATA} in the bucket {error}")


def _plan_words(adoption: Adoption) -> None:
    """Make an info.yaml for albums of the library whose words only the predecessor knows."""
    library = adoption.library
    albums = adoption.old.value(old_data.ALBUMS)
    for album_id, folder in sorted(library.folders().items()):
        if folder in library.worded:
            continue
        told = albums.get(album_id)
        if not isinstance(told, Mapping) and adoption.bucket:
            in_bucket = adoption.bucket.words(album_id)
            told = in_bucket and {n: getattr(in_bucket, n) for n in FIELDS}
        words = None
        if isinstance(told, Mapping):
            words = words_of(album_id, folder, told, library.file_names(album_id))
        laid = words_path(adoption.settings, album_id)
        if words is None and laid.is_file():  # by an earlier run, from the bucket
            words = Words(album_id=album_id, folder=folder, content=laid.read_bytes())
        if words is not None:
            adoption.words.append(words)


def _copies(adoption: Adoption) -> Iterator[tuple[Path, bytes]]:
    top = adoption.settings.data_dir / PREDECESSOR
    for name, content in adoption.old.contents.items():
        yield top / name, content
    for name, content in (adoption.bucket.contents if adoption.bucket else {}).items():
        yield top / "bucket" / name, content
    for words in adoption.words:
        yield words_path(adoption.settings, words.album_id), words.content


def words_path(settings: Settings, album_id: str) -> Path:
    """Return where an info.yaml is laid ready."""
    return settings.data_dir / PREDECESSOR / "albums" / album_id / "info.yaml"
