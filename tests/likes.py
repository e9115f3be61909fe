"""Likes without a visitor, where it does not matter who clicked."""

from local_image_process.record.database import Database
from local_image_process.record.schema import mark_stale
from local_image_process.record.tallies import add_likes


def like(database: Database, photo_id: str, *, site: str) -> None:
    """Count one like of a photo; on the disk when this returns."""
    with database.write(durable=True) as db:
        add_likes(db, photo_id, 1, site)
        mark_stale(db, [photo_id])
