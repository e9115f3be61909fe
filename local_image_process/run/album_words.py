"""What the user's YAML says of an album, read where it changed and kept on record."""

import logging
from pathlib import Path

from ..errors import SidecarAway, SidecarError
from ..logs import kv
from ..model import Sidecar, Stamp
from ..record.catalogue import Catalogue
from ..record.rows import SidecarRecord
from ..source import scan, sidecar

log = logging.getLogger(__name__)

NO_STAMP = Stamp(size=0, mtime_ns=0, inode=0)


class AlbumWords:
    """The words of albums, by what a look at their folders found."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.unread: set[str] = set()  # folders whose YAML the disk did not give

    def of(self, listing: scan.Listing, *, is_public: bool) -> Sidecar:
        """Return what the album's YAML says; the last good one where it cannot be understood.

        An album of which nothing is public yet is kept back then: it may want to be hidden.
        """
        self.unread.discard(listing.folder)
        record = self._catalogue.sidecar(listing.folder)
        last_good = record.content if record else Sidecar(hidden=not is_public)
        try:
            name = sidecar.choose([file.name for file in listing.sidecars])
        except SidecarError as error:
            fresh = SidecarRecord(name="", stamp=NO_STAMP, content=last_good, problem=str(error))
            return self._recorded(listing.folder, record, fresh)
        file = next((file for file in listing.sidecars if file.name == name), None)
        if file is None:
            return self._recorded(listing.folder, record, None)
        is_fine = record is not None and record.problem is None  # else it is worth another reading
        if record and is_fine and (record.name, record.stamp) == (file.name, file.stamp):
            return record.content
        try:
            content, problem = sidecar.read(Path(file.path)), None
        except SidecarAway as error:
            self.unread.add(listing.folder)
            content, problem = last_good, str(error)
        except SidecarError as error:
            content, problem = last_good, str(error)
        fresh = SidecarRecord(name=file.name, stamp=file.stamp, content=content, problem=problem)
        return self._recorded(listing.folder, record, fresh)

    def _recorded(
        self, folder: str, record: SidecarRecord | None, fresh: SidecarRecord | None
    ) -> Sidecar:
        """Record what changed of an album's YAML; return what it says."""
        if fresh != record:
            self._catalogue.record_sidecar(folder, fresh)
            if fresh is not None and fresh.problem is not None:
                log.warning("album YAML not understood %s", kv(folder=folder, why=fresh.problem))
        return fresh.content if fresh else Sidecar()
