"""Everything this package raises on purpose.

GalleryError             ``str(error)`` says what happened, where, and what to do
├── SettingsError        a setting is missing or wrong           → stop, tell the operator
├── LibraryError         the photo folder is away or not ours    → change nothing, tell
├── PhotoError           this photo cannot be published          → report it, go on with the next
│   ├── UnreadablePhoto  the bytes are not an image we can open
│   └── StillChanging    the file is still being written         → look again soon
├── SidecarError         an album's YAML cannot be understood    → report it, keep the last good one
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


class StillChanging(PhotoError):
    """The file changed while it was read."""


class SidecarError(GalleryError):
    """An album's YAML cannot be understood."""


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
