"""What is kept in the data folder: the database and what stands on it."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from ..errors import SettingsError
from ..files import create_once, write_atomically
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.corrections import Corrections
from ..record.database import Database, copy_tables
from ..record.interactions import Interactions
from ..record.mailbox import Mailbox
from ..record.mirror import Mirror
from ..record.overview import Overview
from ..record.places import Places
from ..record.take_overs import TakeOvers
from ..settings import Settings
from .exporter import INTERACTIONS

PREDECESSOR = "predecessor"  # folder for what another program left in the data folder
PREDECESSORS_FILES = ("albums.json", "exif_data.json", "likes.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What any process may open."""

    database: Database
    site: str  # who we are to others
    catalogue: Catalogue
    mirror: Mirror
    backlog: Backlog
    interactions: Interactions
    corrections: Corrections
    places: Places
    mailbox: Mailbox
    overview: Overview
    take_overs: TakeOvers


def make_folders(settings: Settings) -> None:
    """Make the data folder, and our own library where none is configured.

    Raises SettingsError when that is not allowed.
    """
    is_own = settings.watch_dir is None and not settings.is_mirror
    own = settings.library if is_own else settings.data_dir
    for folder in (settings.data_dir, settings.data_dir / "media", own):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"DATA_DIR: {folder} cannot be made ({error.strerror}). Point DATA_DIR to a folder"
                " that this account may write."
            ) from error


def open_records(settings: Settings) -> Records:
    """Open the database."""
    return _records(Database(settings.database), site_id(settings.data_dir))


def open_copy(settings: Settings, folder: Path) -> Records:
    """Open a copy of the catalogue, made in ``folder``, to try things on."""
    database = Database(settings.database)
    copy = Database(f"sqlite:///{folder / 'catalogue.db'}")
    if database.is_there:
        copy_tables(database, copy)
        database.close()
    return _records(copy, site="")


def _records(database: Database, site: str) -> Records:
    return Records(
        database=database,
        site=site,
        catalogue=Catalogue(database),
        mirror=Mirror(database),
        backlog=Backlog(database),
        interactions=Interactions(database, site=site),
        corrections=Corrections(database),
        places=Places(database),
        mailbox=Mailbox(database),
        overview=Overview(database),
        take_overs=TakeOvers(database),
    )


def site_id(data_dir: Path) -> str:
    """Return the name of this installation, made once."""
    return create_once(data_dir / "site_id", secrets.token_hex(8).encode()).decode("ascii")


def take_back_interactions(settings: Settings, records: Records) -> int:
    """Give a new catalogue the likes and stars that our own file tells, or an ``exif_data.json``.

    Once in a catalogue's life, whether there are such files or not: later they say what the
    catalogue says. Files of another program are kept in a folder of their own.
    """

    def content(name: str) -> bytes:
        path = settings.data_dir / name
        return path.read_bytes() if path.exists() else b""

    def exif_data() -> bytes:
        if not (settings.data_dir / INTERACTIONS).exists():  # else we wrote it
            _keep_predecessors(settings.data_dir)
        return content("exif_data.json")

    return records.interactions.take_back(own=lambda: content(INTERACTIONS), exif_data=exif_data)


def _keep_predecessors(data_dir: Path) -> None:
    """Copy what another program left, before our files take its place; the first copy stays."""
    for name in PREDECESSORS_FILES:
        source, copy = data_dir / name, data_dir / PREDECESSOR / name
        if source.exists() and not copy.exists():
            copy.parent.mkdir(exist_ok=True)
            write_atomically(copy, source.read_bytes())
