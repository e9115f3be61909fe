"""Put the parts together; the only place that knows both the settings and the parts."""

import hashlib
import importlib.util
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..image import recipe as recipes
from ..image.workers import Workers
from ..model import Recipe, Watermark
from ..publish.privacy import Privacy
from ..publish.store import FolderStore, Store, interactions_object
from ..record.compared import Compared
from ..record.notices import Notices
from ..record.tombstones import DAY_S, Tombstones
from ..settings import Settings
from ..source import mounts
from .exporter import Exporter
from .indexing import Indexing
from .looking import Looking
from .notifying import Notifying
from .outgoing import Outgoing
from .pipeline import Pipeline
from .placing import make_placing
from .publisher import Publisher
from .records import Records, site_id
from .settling import Settling
from .storing import Storing
from .sync import Sync, SyncReport
from .sync import Terms as SyncTerms
from .syncing import Syncing
from .tidying import Tidying
from .withdrawal import Missing
from .work import Terms

if TYPE_CHECKING:
    from ..publish.oss import OssStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a leader works with."""

    pipeline: Pipeline | None  # a mirror has none
    syncing: Syncing | None  # only with a bucket
    outgoing: Outgoing


def make_store(settings: Settings, stop: threading.Event, records: Records | None = None) -> Store:
    """Return where renditions go; ``stop`` ends its waiting for another attempt."""
    if settings.has_bucket:
        return make_bucket(settings, stop, records)
    return FolderStore(
        media=settings.data_dir / "media",
        marks=settings.data_dir / "marks",
        base_url=settings.public_base_url,
    )


def make_bucket(
    settings: Settings, stop: threading.Event, records: Records | None = None
) -> "OssStore":
    """Return the bucket; imported only where there is one, for it costs half a second.

    Without ``records`` nothing of others is overwritten, whatever somebody said.
    """
    from ..publish.oss import BucketAddress, OssStore

    scheme, host = _endpoint(settings)
    public_url = bucket_url(settings)
    if settings.oss_signed_urls:
        public_url = f"{settings.public_base_url or ''}/media"
    return OssStore(
        BucketAddress(
            endpoint=f"{scheme}://{host}",
            bucket=settings.oss_bucket or "",
            region=settings.region or "",
            access_key=settings.oss_access_key or "",
            secret_key=settings.oss_secret_key or "",
            public_url=public_url,
            site=site_id(settings.data_dir),
        ),
        connections=settings.upload_workers + 2,
        stop=stop,
        **({"may_replace": records.take_overs.permits} if records else {}),
    )


def bucket_url(settings: Settings) -> str:
    """Return the address at which visitors find the bucket's root."""
    return settings.oss_public_url or own_bucket_url(settings) or ""


def own_bucket_url(settings: Settings) -> str | None:
    """Return the address that the bucket itself has; ``None`` without a bucket."""
    scheme, host = _endpoint(settings)
    return f"{scheme}://{settings.oss_bucket}.{host}" if settings.has_bucket else None


def _endpoint(settings: Settings) -> tuple[str, str]:
    """Return scheme and host: https unless something else is said."""
    scheme, _, host = (settings.oss_endpoint or "").rpartition("://")
    return scheme or "https", host


def make_parts(
    settings: Settings, records: Records, stop: threading.Event, *, on_done: Callable[[], None]
) -> Parts:
    """Join all that a leader works with; ``on_done`` is called when a part of it has ended."""
    store = make_store(settings, stop, records)
    exporter = make_exporter(settings, records, store)
    pipeline = None
    if not settings.is_mirror:
        pipeline = make_pipeline(settings, records, store, on_done=on_done)
    return Parts(
        pipeline=pipeline,
        syncing=_syncing(settings, records, pipeline, stop, on_done)
        if settings.has_bucket
        else None,
        outgoing=Outgoing(
            exporter=exporter,
            indexing=Indexing(
                store=store,
                backlog=records.backlog,
                interval_s=settings.index_interval_s if settings.has_bucket else 0.0,
                on_done=on_done,
            ),
            tidying=Tidying(
                catalogue=records.catalogue,
                mirror=records.mirror,
                backlog=records.backlog,
                store=store,
            )
            if pipeline
            else None,
            notifying=Notifying(
                notices=Notices(records.database),
                urls=settings.webhook_url,
                secret=settings.webhook_secret,
            ),
            placing=make_placing(settings, records.places, on_done=on_done),
            tombstones=Tombstones(records.database, kept_s=settings.tombstone_days * DAY_S),
        ),
    )


def _syncing(
    settings: Settings,
    records: Records,
    pipeline: Pipeline | None,
    stop: threading.Event,
    on_done: Callable[[], None],
) -> Syncing:
    sync = Sync(
        store=make_bucket(settings, stop),
        mirror=records.mirror,
        interactions=records.interactions,
    )
    own_file = interactions_object(records.site)

    def read(is_confirmed: bool) -> SyncReport:
        own: set[str] | None = None
        if pipeline is not None:
            own = pipeline.album_ids | set(records.catalogue.folders().values())
        return sync.run(
            SyncTerms(
                site=records.site,
                knows_own_file=own_file in records.backlog.exports(),
                own_albums=own,
                is_confirmed=is_confirmed,
            )
        )

    return Syncing(sync=read, interval_s=settings.sync_interval_s, on_done=on_done)


def make_pipeline(
    settings: Settings, records: Records, store: Store, *, on_done: Callable[[], None]
) -> Pipeline:
    """Join the parts of one photo's way; ``on_done`` is called when a part of it has ended."""
    recipe = _recipe(settings)
    memory_bytes = settings.memory_budget_mb << 20
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
        looking=_looking(settings, records, recipe, settle_s=settings.settle_s),
        publisher=publisher,
        missing=Missing(catalogue=catalogue, root=settings.library, grace_s=settings.settle_s),
        catalogue=catalogue,
        workers=Workers(
            count=settings.render_workers,
            timeout_s=settings.render_timeout_s,
            memory_bytes=memory_bytes,
            on_done=on_done,
        ),
        storing=Storing(publisher=publisher, threads=settings.upload_workers, on_done=on_done),
        recipe=recipe,
        conditions=_conditions(settings, recipe),
        max_megapixels=settings.max_megapixels,
        render_workers=settings.render_workers,
        memory_bytes=memory_bytes,
    )


def make_looking(settings: Settings, records: Records, *, settle_s: float) -> Looking:
    """Join what it takes to compare library and catalogue."""
    return _looking(settings, records, _recipe(settings), settle_s=settle_s)


def _looking(settings: Settings, records: Records, recipe: Recipe, *, settle_s: float) -> Looking:
    terms = Terms(
        recipe=recipes.digest(recipe),
        conditions=_conditions(settings, recipe),
        root_album=settings.root_album,
        stable_inodes=has_events(settings.library),
    )
    return Looking(
        root=settings.library,
        catalogue=records.catalogue,
        compared=Compared(records.database, terms=f"{__version__} {terms}"),
        settling=Settling(settle_s=settle_s),
        terms=terms,
    )


def make_exporter(settings: Settings, records: Records, store: Store) -> Exporter:
    """Join what it takes to write the JSON."""
    return Exporter(
        catalogue=records.catalogue,
        mirror=records.mirror,
        backlog=records.backlog,
        interactions=records.interactions,
        corrections=records.corrections,
        places=records.places,
        database=records.database,
        privacy=privacy(settings),
        store=store,
        data_dir=settings.data_dir,
        root_album=settings.root_album,
        site=records.site if settings.has_bucket else None,
        has_library=not settings.is_mirror,
    )


def privacy(settings: Settings) -> Privacy:
    """Return what may be told of where photos were taken."""
    return Privacy(precision=settings.gps_privacy, hidden=settings.gps_hide)


def has_events(library: Path) -> bool:
    """Tell whether changes in the library are reported, and its inode numbers last."""
    return mounts.events_reach_us(mounts.filesystem_of(library, mounts.read_mountinfo()))


def _recipe(settings: Settings) -> Recipe:
    return Recipe(
        display_edge_px=settings.display_edge_px,
        display_quality=settings.display_quality,
        thumb_edges_px=() if settings.oss_image_process else settings.thumb_edges_px,
        thumb_quality=settings.thumb_quality,
        watermark=_watermark(settings),
        embeds_exif=settings.embed_exif,
    )


def _watermark(settings: Settings) -> Watermark | None:
    """Read the mark; Pillow is imported only where there is one."""
    if settings.watermark_file is None:
        return None
    from ..image import watermark

    return watermark.read(
        settings.watermark_file,
        opacity=settings.watermark_opacity,
        position=settings.watermark_position,
        scale=settings.watermark_scale,
    )


def _conditions(settings: Settings, recipe: Recipe) -> str:
    """Return what decides whether a photo fails: when it changes, failures are tried again."""
    has_raw = importlib.util.find_spec("rawpy") is not None
    limits = (
        f"{recipes.digest(recipe)} {settings.max_megapixels} {settings.render_timeout_s} {has_raw}"
        f" {settings.memory_budget_mb}"
    )
    return hashlib.sha256(limits.encode()).hexdigest()[:16]
