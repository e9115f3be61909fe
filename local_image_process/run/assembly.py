"""Put the parts together; the only place that knows both the settings and the parts."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import SettingsError
from ..files import create_once
from ..image import recipe as recipes
from ..image.workers import Workers
from ..machine import allowed_memory_bytes
from ..model import Recipe
from ..publish.store import FolderStore, Store
from ..record.backlog import Backlog
from ..record.catalogue import Catalogue
from ..record.interactions import Interactions
from ..record.mailbox import Mailbox
from ..record.schema import Database, copy_tables
from ..settings import Settings
from ..source import mounts
from .exporter import Exporter
from .looking import Looking, Terms
from .pipeline import Pipeline
from .publisher import Publisher
from .settling import Settling
from .storing import Storing
from .withdrawal import Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What any process may open."""

    database: Database
    catalogue: Catalogue
    backlog: Backlog
    interactions: Interactions
    mailbox: Mailbox


def make_folders(settings: Settings) -> None:
    """Make the data folder, and our own library where none is configured.

    Raises SettingsError when that is not allowed.
    """
    own = settings.library if settings.watch_dir is None else settings.data_dir
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
    return _records(settings, Database(settings.database))


def open_copy(settings: Settings, folder: Path) -> Records:
    """Open a copy of the catalogue, made in ``folder``, to try things on."""
    database = Database(settings.database)
    copy = Database(f"sqlite:///{folder / 'catalogue.db'}")
    if database.is_there:
        copy_tables(database, copy)
        database.close()
    return _records(settings, copy)


def _records(settings: Settings, database: Database) -> Records:
    return Records(
        database=database,
        catalogue=Catalogue(database),
        backlog=Backlog(database),
        interactions=Interactions(database),
        mailbox=Mailbox(database),
    )


def make_store(settings: Settings, stop: threading.Event) -> Store:
    """Return where renditions go; ``stop`` ends its waiting for another attempt."""
    if settings.has_bucket:
        return _bucket(settings, stop)
    return FolderStore(
        media=settings.data_dir / "media",
        marks=settings.data_dir / "marks",
        base_url=settings.public_base_url,
    )


def _bucket(settings: Settings, stop: threading.Event) -> Store:
    from ..publish.oss import BucketAddress, OssStore

    endpoint = settings.oss_endpoint or ""
    scheme, _, host = endpoint.rpartition("://")
    return OssStore(
        BucketAddress(
            endpoint=f"{scheme or 'https'}://{host}",
            bucket=settings.oss_bucket or "",
            region=settings.region or "",
            access_key=settings.oss_access_key or "",
            secret_key=settings.oss_secret_key or "",
            public_url=settings.oss_public_url
            or f"{scheme or 'https'}://{settings.oss_bucket}.{host}",
            site=site_id(settings.data_dir),
        ),
        connections=settings.upload_workers + 1,
        stop=stop,
    )


def site_id(data_dir: Path) -> str:
    """Return the name of this installation, made once."""
    return create_once(data_dir / "site_id", secrets.token_hex(8).encode()).decode("ascii")


def take_back_interactions(settings: Settings, records: Records) -> int:
    """Give a new catalogue the likes and stars of ``exif_data.json``, ours or a predecessor's.

    Once in a catalogue's life, whether there is such a file or not: later the file says what
    the catalogue says.
    """
    path = settings.data_dir / "exif_data.json"
    return records.interactions.take_back(lambda: path.read_bytes() if path.exists() else b"")


def make_pipeline(
    settings: Settings, records: Records, store: Store, *, on_done: Callable[[], None]
) -> Pipeline:
    """Join the parts of one photo's way; ``on_done`` is called when a part of it has ended."""
    recipe = _recipe(settings)
    catalogue = records.catalogue
    publisher = Publisher(
        catalogue=catalogue,
        backlog=records.backlog,
        store=store,
        recipe=recipe,
        recipe_digest=recipes.digest(recipe),
        root=settings.library,
        takes_back=not settings.has_bucket or catalogue.count() == 0,  # it costs a request each
    )
    return Pipeline(
        looking=make_looking(settings, catalogue, settle_s=settings.settle_s),
        publisher=publisher,
        missing=Missing(catalogue=catalogue, root=settings.library, grace_s=settings.settle_s),
        catalogue=catalogue,
        workers=Workers(
            count=settings.render_workers,
            timeout_s=settings.render_timeout_s,
            memory_bytes=allowed_memory_bytes() // 2,
            on_done=on_done,
        ),
        storing=Storing(publisher=publisher, threads=settings.upload_workers, on_done=on_done),
        recipe=recipe,
        conditions=_conditions(settings),
        max_megapixels=settings.max_megapixels,
        render_workers=settings.render_workers,
    )


def make_looking(settings: Settings, catalogue: Catalogue, *, settle_s: float) -> Looking:
    """Join what it takes to compare library and catalogue."""
    return Looking(
        root=settings.library,
        catalogue=catalogue,
        settling=Settling(settle_s=settle_s),
        terms=Terms(
            recipe=recipes.digest(_recipe(settings)),
            conditions=_conditions(settings),
            root_album=settings.root_album,
            stable_inodes=has_events(settings.library),
        ),
    )


def make_exporter(settings: Settings, records: Records, store: Store) -> Exporter:
    """Join what it takes to write the JSON."""
    return Exporter(
        catalogue=records.catalogue,
        backlog=records.backlog,
        interactions=records.interactions,
        store=store,
        data_dir=settings.data_dir,
        root_album=settings.root_album,
        index_interval_s=settings.index_interval_s if settings.has_bucket else 0.0,
    )


def has_events(library: Path) -> bool:
    """Tell whether changes in the library are reported, and its inode numbers last."""
    return mounts.events_reach_us(mounts.filesystem_of(library, mounts.read_mountinfo()))


def _recipe(settings: Settings) -> Recipe:
    return Recipe(
        display_edge_px=settings.display_edge_px,
        display_quality=settings.display_quality,
        thumb_edges_px=settings.thumb_edges_px,
        thumb_quality=settings.thumb_quality,
    )


def _conditions(settings: Settings) -> str:
    """Return what decides whether a photo fails: when it changes, failures are tried again."""
    recipe = recipes.digest(_recipe(settings))
    limits = f"{recipe} {settings.max_megapixels} {settings.render_timeout_s}"
    return hashlib.sha256(limits.encode()).hexdigest()[:16]
