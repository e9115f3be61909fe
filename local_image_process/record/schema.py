"""The tables of the catalogue."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .prepared import Prepared

SCHEMA_VERSION = 7

derived = sa.MetaData()  # made anew from the library whenever the schema changes
primary = sa.MetaData()  # given by people, or owed to others: never dropped

photos = sa.Table(
    "photos",
    derived,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, index=True),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.Text, nullable=False),  # up to 64 unsigned bits: too wide for an integer
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("image_digest", sa.Text, nullable=False, index=True),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("album_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("width_px", sa.Integer, nullable=False),
    sa.Column("height_px", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False, index=True),
    sa.Column("thumb_edges_px", sa.Text, nullable=False),  # "480,1280"
    sa.Column("exif", sa.Text, nullable=False),  # JSON of model.Exif, without what is absent
    sa.Column("thumb_hash", sa.Text),
    sa.Column("dominant_colour", sa.Text),
    sa.Column("place", sa.Text),
    sa.Column("accompanied", sa.Text, nullable=False),  # names and states of its companions
    sa.Column("note", sa.Text),  # what about it cannot be shown as it is meant
    sa.Column("stacked", sa.Text, nullable=False),  # JSON: keys of RAW files of the same shot
    sa.Column("cell", sa.Text, index=True),  # "31.240,121.491"; None without coordinates
    sa.Column("published_at_s", sa.Float, nullable=False, index=True),  # UTC; of these pixels
    sa.UniqueConstraint("album_id", "name"),
    sa.Index("ix_photos_folder", "folder", "album_id"),  # which folders are albums: by itself
)
places = sa.Table(  # what geocoders said of cells of the map
    "places",
    derived,
    sa.Column("cell", sa.Text, primary_key=True),  # "31.240,121.491": about 100 m
    sa.Column("text", sa.Text),  # "浙江 · 上城区 · 清波街道"; None: nobody knows
    sa.Column("source", sa.Text),  # who told it
    sa.Column("asked_of", sa.Text, nullable=False),  # all that were asked: "gaode,offline"
    sa.Column("again_at_s", sa.Float),  # UTC, when to ask again; None: it is known for good
)
mirrored_albums = sa.Table(  # that lie in the bucket and come from no folder of ours
    "mirrored_albums",
    derived,
    sa.Column("album_id", sa.Text, primary_key=True),
    sa.Column("yaml", sa.Text),  # the object its words were read from
    sa.Column("yaml_version", sa.Text),
    sa.Column("words", sa.Text, nullable=False),  # JSON of model.Sidecar: the last good one
    sa.Column("problem", sa.Text),
)
mirrored_photos = sa.Table(
    "mirrored_photos",
    derived,
    sa.Column("album_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("suffix", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False, index=True),
    sa.Column("thumb_edges_px", sa.Text, nullable=False),  # "480,1280"
    sa.Column("exif", sa.Text, nullable=False),  # JSON of model.Exif, without what is absent
    sa.Column("thumb_hash", sa.Text),
    sa.Column("dominant_colour", sa.Text),
    sa.Column("width_px", sa.Integer),
    sa.Column("height_px", sa.Integer),
    sa.Column("place", sa.Text),
    sa.Column("published_at_s", sa.Float, nullable=False, index=True),  # UTC; as it is now
)
read_objects = sa.Table(  # index files of the bucket, as last read
    "read_objects",
    derived,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
)
failures = sa.Table(
    "failures",
    derived,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, nullable=False, index=True),
    sa.Column("size", sa.BigInteger),
    sa.Column("mtime_ns", sa.BigInteger),
    sa.Column("inode", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("conditions", sa.Text, nullable=False),  # the settings it failed under; "": any
    sa.Column("attempts", sa.Integer, nullable=False),
)
sidecars = sa.Table(
    "sidecars",
    derived,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # JSON of model.Sidecar: the last good one
    sa.Column("problem", sa.Text),
)
compared_folders = sa.Table(  # in which there was nothing to do
    "compared_folders",
    derived,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("terms", sa.Text, nullable=False),  # settings and version of the program
    sa.Column("state", sa.Text, nullable=False),  # digest of its files' stamps
    sa.Column("album_id", sa.Text, nullable=False),
    sa.Column("photos", sa.Integer, nullable=False),
)
loose_objects = sa.Table(  # may lie in the store although no photo names them
    "loose_objects", derived, sa.Column("name", sa.Text, primary_key=True)
)
stale_albums = sa.Table(  # what the JSON says of these folders is out of date
    "stale_albums",
    derived,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("changes", sa.Integer, nullable=False),
)
shelved_albums = sa.Table(  # that have pieces
    "shelved_albums",
    derived,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("terms", sa.Text, nullable=False),  # settings and version of the program
    sa.Column("album_id", sa.Text, nullable=False),
    sa.Column("date", sa.Text, nullable=False),
    sa.Column("is_mirrored", sa.Boolean, nullable=False),
)
pieces = sa.Table(  # of the public files; not empty
    "pieces",
    derived,
    sa.Column("name", sa.Text, primary_key=True),  # of the file
    sa.Column("folder", sa.Text, primary_key=True, index=True),
    sa.Column("packed", sa.LargeBinary, nullable=False),
)
exports = sa.Table(  # index files and album YAML as they lie in the store
    "exports",
    derived,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
)
requests = sa.Table(
    "requests",
    derived,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),  # "once", "sync" or "retry"
    sa.Column("confirm_withdraw", sa.Boolean, nullable=False),
    sa.Column("progress", sa.Text),  # JSON
    sa.Column("report", sa.Text),  # JSON; set when the request is done
)
wakes = sa.Table(  # what was asked for from outside, counted
    "wakes",
    derived,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("counts_from_s", sa.Float, nullable=False),  # UTC; the last of them not earlier
)
seen_webhooks = sa.Table(
    "seen_webhooks",
    derived,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at_s", sa.Float, nullable=False, index=True),  # UTC, seconds since 1970
)
tries = sa.Table(  # what strangers did lately, to slow them down
    "tries",
    derived,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("who", sa.Text, primary_key=True),  # a salted digest, no address
    sa.Column("times_s", sa.Text, nullable=False),  # a JSON list, UTC, seconds since 1970
    sa.Column("last_s", sa.Float, nullable=False),
    sqlite_with_rowid=False,
)
clicks = sa.Table(  # who liked what lately; forgotten once it may be liked again
    "clicks",
    derived,
    sa.Column("visitor", sa.Text, primary_key=True),  # a salted digest, no address
    sa.Column("photo_id", sa.Text, primary_key=True),
    sa.Column("sent", sa.Integer, nullable=False),  # by the page; less than 0: taken back
    sa.Column("count_then", sa.Integer, nullable=False),  # of this site, with this like
    sa.Column("at_s", sa.Float, nullable=False),  # of the like; UTC, seconds since 1970
    sa.Column("tries_s", sa.Text, nullable=False),  # of late, a JSON list, UTC
    sa.Column("last_s", sa.Float, nullable=False),  # the latest of them
    sqlite_with_rowid=False,
)
salts = sa.Table(  # of a day each, so that nobody can tell later who a visitor was
    "salts",
    derived,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("salt", sa.Text, nullable=False),
)
notices = sa.Table(
    "notices",
    primary,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),  # UTC, seconds since 1970
    sa.Column("attempts", sa.Integer, nullable=False),  # in vain, at this address, in a row
    sa.Column("next_try_s", sa.Float, nullable=False),  # UTC
    sa.Column("last_error", sa.Text),
    sa.Column("gave_up_at_s", sa.Float),  # UTC; None while it is still to be sent
)
likes = sa.Table(
    "likes",
    primary,
    sa.Column("photo_id", sa.Text, primary_key=True),
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
stars = sa.Table(
    "stars",
    primary,
    sa.Column("photo_id", sa.Text, primary_key=True),
    sa.Column("stars", sa.Float, nullable=False),
    sa.Column("given_at_s", sa.Float, nullable=False),  # UTC, seconds since 1970
)
corrections = sa.Table(
    "corrections",
    primary,
    sa.Column("photo_id", sa.Text, primary_key=True),
    sa.Column("exif", sa.Text, nullable=False),  # JSON of model.Exif: only what is corrected
    sa.Column("place", sa.Text),
    sa.Column("given_at_s", sa.Float, nullable=False),  # UTC, seconds since 1970
)
tombstones = sa.Table(  # photos that are withdrawn, for when their picture comes back
    "tombstones",
    primary,
    sa.Column("photo_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("at_s", sa.Float, nullable=False),  # UTC, seconds since 1970
)
take_overs = sa.Table(  # others' objects in the bucket that somebody said we may overwrite
    "take_overs",
    primary,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),  # only as it was then
)
meta = sa.Table(
    "meta",
    primary,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


_STALE = Prepared(sa.insert(stale_albums).values(folder=sa.bindparam("here"), changes=1))
_STALER = Prepared(
    sa.update(stale_albums)
    .where(stale_albums.c.folder == sa.bindparam("here"))
    .values(changes=stale_albums.c.changes + 1)
)


def mirrored_folder(album_id: str) -> str:
    """Return what stands for the folder of an album that has none; no key begins like that."""
    return f"/{album_id}"


def make_stale(connection: Connection, folders: Iterable[str]) -> None:
    """Note, within the caller's transaction, that the JSON of these folders is out of date."""
    for folder in folders:
        if not _STALER(connection, here=folder).rowcount:
            _STALE(connection, here=folder)


def mark_stale(db: Connection, photo_ids: Iterable[str]) -> None:
    """Note, within the caller's transaction, that the JSON of these photos is out of date."""
    stale: set[str] = set()
    for photo_id in photo_ids:
        album_id, _, name = photo_id.rpartition("/")
        own = (photos.c.album_id == album_id) & (photos.c.name == name)
        stale.update(db.scalars(sa.select(photos.c.folder).where(own)))
        mirrored = (mirrored_photos.c.album_id == album_id) & (mirrored_photos.c.name == name)
        if db.scalar(sa.select(mirrored_photos.c.name).where(mirrored)) is not None:
            stale.add(mirrored_folder(album_id))
    make_stale(db, stale)
