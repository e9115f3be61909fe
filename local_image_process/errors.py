"""Everything this package raises on purpose.

GalleryError             ``str(error)`` says what happened, where, and what to do
├── SettingsError        a setting is missing or wrong           → stop, tell the operator
├── LibraryError         the photo folder is away or not ours    → change nothing, tell
├── PhotoError           this photo cannot be published          → report it, go on with the next
│   ├── UnreadablePhoto  the bytes are not an image we can open
│   ├── NeedsMemory      more than it may take beside others     → develop it alone, or refuse it
│   ├── PhotoAway        the file cannot be read for now         → look again later
│   └── StillChanging    the file is still being written         → look again soon
├── SidecarError         an album's YAML cannot be understood    → report it, keep the last good one
│   │                    a photo's XMP cannot be understood      → report it, publish without it
│   └── SidecarAway      the file cannot be read for now         → look again later
├── PlaceError           nobody told the name of a place         → show the album's title meanwhile
│   ├── PlaceUnavailable worth another attempt                   → back off, retry
│   │   └── PlaceTooFast the geocoder is asked too often         → slow down for good
│   └── PlaceRefused     wrong key, right or contact             → stop asking, tell the operator
└── StoreError           the store refused or was away
    ├── StoreUnavailable worth another attempt                   → back off, retry
    ├── StoreRefused     wrong key, bucket or permission         → stop, tell the operator
    └── ForeignObject    the name we need is another's object    → this one fails, go on
"""


class GalleryError(Exception):
    """Base class of all that follows."""


class SettingsError(GalleryError):
    """A setting is missing or wrong."""


class LibraryError(GalleryError):
    """The photo folder is away, unreadable, or holds none of the photos we know."""


class PhotoError(GalleryError):
    """One photo cannot be published."""


class UnreadablePhoto(PhotoError):
    """The bytes are not an image we can open."""


class PhotoAway(PhotoError):
    """The disk or the network share did not give the file; worth another attempt."""


class NeedsMemory(PhotoError):
    """Developing it would take more memory than it may."""

    def __init__(self, needed_bytes: int, allowed_bytes: int) -> None:
        super().__init__(needed_bytes, allowed_bytes)  # as a process hands it over
        self.needed_bytes = needed_bytes
        self.allowed_bytes = allowed_bytes

    def __str__(self) -> str:
        return (
            f"the picture needs about {_gb(self.needed_bytes)} GB of memory to be developed, more"
            f" than the {_gb(self.allowed_bytes)} GB allowed; save a smaller copy of it, or raise"
            " MEMORY_BUDGET_MB"
        )


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f}"


class StillChanging(PhotoError):
    """The file changed while it was read."""


class SidecarError(GalleryError):
    """An album's YAML or a photo's XMP cannot be understood."""


class SidecarAway(SidecarError):
    """The disk or the network share did not give the file; worth another attempt."""


class PlaceError(GalleryError):
    """A geocoder did not tell the name of a place."""


class PlaceUnavailable(PlaceError):
    """A geocoder is away for now, at least for ``rest_s`` seconds; worth another attempt."""

    def __init__(self, text: str, *, rest_s: float = 0.0) -> None:
        super().__init__(text)
        self.rest_s = rest_s


class PlaceTooFast(PlaceUnavailable):
    """A geocoder is asked more often than it likes."""


class PlaceRefused(PlaceError):
    """A geocoder will go on refusing until the operator mends something."""


class StoreError(GalleryError):
    """The store did not do what was asked."""


class StoreUnavailable(StoreError):
    """The store is away for now; worth another attempt."""


class StoreRefused(StoreError):
    """The store will go on refusing until the operator mends something."""


class ForeignObject(StoreError):
    """An object that is not ours has the name we need; it is left as it is."""


class NoticeError(GalleryError):
    """An address of WEBHOOK_URL did not take a notice."""
