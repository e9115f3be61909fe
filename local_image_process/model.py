"""The nouns: immutable, no input or output, nothing imported but the standard library."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

JPEG_SUFFIXES = frozenset({".jpg", ".jpeg"})  # what the front-end maps to ".webp"
RAW_SUFFIXES = frozenset(
    {
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq"),
        *(".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl"),
        *(".sr2", ".srf", ".srw", ".x3f"),
    }
)
PHOTO_SUFFIXES = (
    JPEG_SUFFIXES
    | RAW_SUFFIXES
    | {
        *(".jpe", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"),
        *(".heic", ".heif", ".hif", ".avif"),
        *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    }
)


def folder_of(key: str) -> str:
    """Return the folder a key lies in: "2024/上海/a.jpg" → "2024/上海"; "" is the root."""
    return key.rpartition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What tells, without reading it, that a file is still the one we know. Compare by ``!=``."""

    size: int  # bytes
    mtime_ns: int
    inode: int  # 0 where the file system does not keep inode numbers stable


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A file that goes with an original: its XMP sidecar, or the RAW file of its stem."""

    key: str
    path: str
    stamp: Stamp

    @property
    def is_xmp(self) -> bool:
        return self.key.lower().endswith(".xmp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A photo file found in the library. It is read, never written."""

    key: str  # POSIX path inside the library, NFC: "2024/上海/DSC04056.JPG"; the identity
    path: str  # the same path as the file system spells it (NFD on some), for opening
    stamp: Stamp
    ctime_ns: int  # when the file system last saw any change of it; nobody can set it back
    companions: tuple[Companion, ...] = ()  # those that count most first

    @property
    def folder(self) -> str:
        return folder_of(self.key)

    @property
    def accompanied(self) -> str:
        """What tells that its companions are still those we know; "" without any."""
        lines = (
            f"{one.key.rpartition('/')[2]}/{one.stamp.size}/{one.stamp.mtime_ns}/{one.stamp.inode}"
            for one in self.companions
        )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exif:
    """Facts that camera and photographer wrote. Absent is ``None``; names of tags: Exif 2.32."""

    make: str | None = None  # Make
    camera: str | None = None  # Model
    lens: str | None = None  # LensModel; else aux:Lens, the maker's note, LensSpecification
    exposure_time_s: float | None = None  # ExposureTime
    aperture: float | None = None  # FNumber, else from ApertureValue
    iso: int | None = None  # ISOSpeedRatings / PhotographicSensitivity
    focal_length_mm: float | None = None  # FocalLength
    equivalent_focal_length_mm: int | None = None  # FocalLengthIn35mmFilm
    exposure_bias_ev: float | None = None  # ExposureBiasValue; 0.0 says that there was none
    exposure_program: str | None = None  # ExposureProgram: "Aperture priority"
    metering_mode: str | None = None  # MeteringMode: "Pattern"
    white_balance: str | None = None  # WhiteBalance: "Auto" or "Manual"
    flash_fired: bool | None = None  # Flash, its lowest bit
    software: str | None = None  # Software
    capture_time: datetime | None = None  # the camera's wall clock, without a zone
    utc_offset_min: int | None = None  # how far that clock is ahead of UTC; never guessed
    utc_offset_source: str | None = None  # "OffsetTimeOriginal", "GPS time" …: who says so
    latitude_deg: float | None = None  # WGS-84, north positive
    longitude_deg: float | None = None  # WGS-84, east positive
    width_px: int | None = None  # of the original, upright
    height_px: int | None = None
    title: str | None = None  # dc:title, IPTC 2:05, XPTitle
    description: str | None = None  # dc:description, IPTC 2:120, ImageDescription, XPComment
    keywords: tuple[str, ...] = ()  # dc:subject, IPTC 2:25, XPKeywords
    rating: int | None = None  # xmp:Rating, Windows' Rating: 1…5, or −1 for rejected
    artist: str | None = None  # dc:creator, IPTC 2:80, Artist
    copyright: str | None = None  # dc:rights, IPTC 2:116, Copyright


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """A mark on the display rendition; held as bytes, for its file may change meanwhile."""

    content: bytes = field(repr=False)  # of a PNG
    opacity: float  # 0…1, on top of its own alpha
    position: str  # "bottom-right", "top", "center" …
    scale: float  # its width as a share of the picture's


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that shapes a rendition beside the photo itself."""

    display_edge_px: int  # longest edge; 0 keeps the full size
    display_quality: int  # WebP quality, 1…100
    thumb_edges_px: tuple[int, ...]
    thumb_quality: int
    watermark: Watermark | None = None
    embeds_exif: bool = False  # camera facts too, beside artist and copyright


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """An image made from an original by a recipe."""

    edge_px: int | None  # longest edge of a thumbnail's class; None is the display rendition
    width_px: int
    height_px: int
    content: bytes  # WebP


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """What a page may show while the picture itself is on its way."""

    thumb_hash: str | None = None  # ThumbHash, base64
    dominant_colour: str | None = None  # "#rrggbb", sRGB


NO_PLACEHOLDER = Placeholder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Developed:
    """All that is taken from one original in one reading."""

    fingerprint: str  # sha256 of all its bytes, hex
    image_digest: str  # sha256 of what shapes the picture and of nothing else, hex
    exif: Exif
    renditions: tuple[Rendition, ...]  # display last; empty where the image digest was known
    stacked: tuple[str, ...] = ()  # keys of RAW files of the same shot
    note: str | None = None  # what cannot be shown as it is meant
    placeholder: Placeholder = NO_PLACEHOLDER  # made with the renditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """What the catalogue knows of one published photo."""

    key: str
    path: str  # where the original lay when it was read, as the file system spells it
    stamp: Stamp
    fingerprint: str
    image_digest: str
    recipe: str  # digest of the recipe that made its renditions
    album_id: str
    name: str  # without ending, unique within the album
    width_px: int  # of the display rendition
    height_px: int
    version: str  # first 8 hex digits of the display rendition's MD5, its ETag in a bucket
    thumb_edges_px: tuple[int, ...]
    exif: Exif
    placeholder: Placeholder = NO_PLACEHOLDER
    place: str | None = None  # "省 · 市 · 街道"
    accompanied: str = ""  # of the original, when it was read
    stacked: tuple[str, ...] = ()  # keys of RAW files of the same shot, not shown themselves
    note: str | None = None  # what about it cannot be shown as it is meant

    @property
    def folder(self) -> str:
        return folder_of(self.key)

    @property
    def file_name(self) -> str:
        """What the user's YAML calls it."""
        return self.key.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.key).suffix

    @property
    def id(self) -> str:
        """Album id and name without ending: what likes and stars hang on."""
        return f"{self.album_id}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """A picture that lies in the bucket and was made from no original of ours."""

    album_id: str
    name: str  # without ending, unique within the album
    suffix: str  # of the original, as far as anybody knows; else ".webp"
    version: str  # first 8 hex digits of the object's ETag
    thumb_edges_px: tuple[int, ...]
    exif: Exif
    place: str | None
    width_px: int | None = None  # of the display rendition, as far as anybody tells
    height_px: int | None = None
    placeholder: Placeholder = NO_PLACEHOLDER

    @property
    def id(self) -> str:
        """Album id and name without ending: what likes and stars hang on."""
        return f"{self.album_id}/{self.name}"

    @property
    def file_name(self) -> str:
        """What the album's YAML in the bucket calls it."""
        return f"{self.name}.webp"


Shown = Photo | Mirrored  # what visitors see


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an original is not published."""

    key: str
    stamp: Stamp | None  # None: the file could not even be looked at
    reason: str  # what is wrong and what to do, in a photographer's words
    attempts: int = 1  # at this state of the file
    is_passing: bool = False  # it is tried again soon, else when file or settings change


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What the user's own YAML in a photo folder says of the album; ``None`` where it is silent."""

    title: str | None = None
    date: str | None = None
    location: str | None = None  # "lon, lat", or any words
    desc: str | None = None
    cover: str | None = None  # a file name in the folder
    order: str | tuple[str, ...] = "time"  # "time", "name", or file names that come first
    hidden: bool = False
    gps: str | None = None  # how precise coordinates may be: "exact", "coarse" or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A part of the map that nobody is to be told of."""

    latitude_deg: float  # of its middle, WGS-84, north positive
    longitude_deg: float  # east positive
    radius_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """What visitors and the photographer gave to a photo."""

    likes: int = 0
    stars: float | None = None  # 0…5 in halves


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Photos of one folder as visitors see them."""

    id: str
    title: str
    date: str | None  # "YYYY-MM-DD", or the user's words
    location: str | None  # "lon, lat", or the user's words
    desc: str
    photos: tuple[Shown, ...]  # cover first
    is_mirrored: bool = False  # it comes from the bucket, among albums that come from folders


@dataclass(frozen=True, slots=True)
class Look:
    """A hint that something may have changed in a folder ("" is the root) of the library."""

    folder: str
    deep: bool = False  # also in all folders below it
