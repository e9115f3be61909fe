"""A library with awkward names, each photo of a colour and with facts of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from unicodedata import normalize

import pillow_heif
from PIL import Image

from tests.photos import FORMATS, make_exif

SMALL_PX, LARGE_PX = (320, 240), (1600, 1200)  # most are small, for speed
PALETTE = tuple(product((40, 128, 216), repeat=3))  # far enough apart for any compression
FIRST_TAKEN = datetime(2024, 6, 1, 12, 30, 15)  # noqa: DTZ001 - a camera's wall clock
UNKNOWN_TIME = "未知时间"

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One photo of the library, and what a visitor should see of it."""

    number: int
    path: str  # in the library
    album: str  # its id
    title: str  # of the album
    has_facts: bool

    @property
    def colour(self) -> Colour:
        red, green, blue = PALETTE[self.number]
        return red, green, blue

    @property
    def size_px(self) -> tuple[int, int]:
        return LARGE_PX if self.number % 9 == 5 else SMALL_PX

    @property
    def camera(self) -> str:
        return f"Camera {self.number:02}" if self.has_facts else ""

    @property
    def lens(self) -> str:
        return f"Lens {self.number:02}" if self.has_facts else ""

    @property
    def taken(self) -> datetime:
        return FIRST_TAKEN + timedelta(days=self.number, seconds=self.number)

    @property
    def degrees(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return 20 + self.number / 4, 100 + self.number / 4

    @property
    def said(self) -> dict[str, str]:
        """Return everything that a page may say of it, in the words of the pages."""
        latitude, longitude = self.degrees
        return {
            "album": self.album,
            "camera": self.camera,
            "lens": self.lens,
            "date": f"{self.taken:%Y-%m-%d %H:%M:%S}" if self.has_facts else UNKNOWN_TIME,
            "place": self.title,
            "aperture": "3.2" if self.has_facts else "",
            "exposure": "1/200" if self.has_facts else "",
            "iso": "400" if self.has_facts else "",
            "focal": "42.4" if self.has_facts else "",
            "settings": "ƒ/3.2 1/200s 42.4mm" if self.has_facts else "ƒ/ s mm",
            "position": f"{latitude:.4f}, {longitude:.4f}" if self.has_facts else "",
        }


def _shots() -> tuple[Shot, ...]:
    nfd = normalize("NFD", "Café"), normalize("NFD", "été à Orléans")
    table = (  # path, album id, album title; a title is the folder's name
        ("上海/IMG_1.jpg", "上海", "上海"),
        ("上海/IMG_10.jpg", "上海", "上海"),
        ("上海/IMG_100.JPG", "上海", "上海"),
        ("上海/上海.jpg", "上海", "上海"),
        ("2024/2024.jpg", "2024", "2024"),
        ("2024/20240101.jpg", "2024", "2024"),
        ("点.点/a.1.jpg", "点.点", "点.点"),
        ("点.点/a.2.jpg", "点.点", "点.点"),
        ("海 & 山/one + two.jpg", "海 & 山", "海 & 山"),
        ("海 & 山/it's.jpg", "海 & 山", "海 & 山"),
        ("A+B/x=y&z.jpg", "A+B", "A+B"),
        ('A+B/<i>"quoted".jpg', "A+B", "A+B"),
        ("爷爷's 相册/爷爷's 相册.jpg", "爷爷's 相册", "爷爷's 相册"),
        ("🌊 海边/🌊.jpg", "🌊 海边", "🌊 海边"),
        ("🌊 海边/🌊🌊 日落.jpg", "🌊 海边", "🌊 海边"),
        (f"{nfd[0]}/{nfd[1]}.jpg", "Café", "Café"),
        (f"{nfd[0]}/{nfd[1]} 2.jpg", "Café", "Café"),
        ("日本/京都/DSC04056.JPG", "日本-京都", "京都"),
        ("日本/京都/DSC04056.png", "日本-京都", "京都"),
        ("日本/京都/DSC04056.heic", "日本-京都", "京都"),
        ("日本/奈良/DSC04056.JPG", "日本-奈良", "奈良"),
        ("DSC09999.jpg", "未分类", "未分类"),
        ("100% #1?/50% off? #2.jpg", "100_ _1_", "100% #1?"),
        ("北京/IMG_3734.jpg", "北京", "北京"),  # the front-end's home asks for it by name
        ("北京/没有参数.png", "北京", "北京"),
        ("gallery/media.webp.jpg", "gallery", "gallery"),
        ("gallery/thumbs.jpg", "gallery", "gallery"),
    )
    return tuple(
        Shot(number=number, path=path, album=album, title=title, has_facts="没有参数" not in path)
        for number, (path, album, title) in enumerate(table)
    )


LIBRARY = _shots()
WITH_FACTS = tuple(shot for shot in LIBRARY if shot.has_facts)
ALBUMS = frozenset(shot.album for shot in LIBRARY)


def shot_at(path: str) -> Shot:
    """Return the photo that lies there in the library."""
    (found,) = [shot for shot in LIBRARY if shot.path == path]
    return found


def make_library(folder: Path) -> None:
    """Write all photos."""
    pillow_heif.register_heif_opener()
    for shot in LIBRARY:
        path = folder / shot.path
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.new("RGB", shot.size_px, shot.colour)
        facts = _facts(shot)
        file_format = FORMATS[path.suffix.lower()]
        picture.save(path, format=file_format, **({"exif": facts} if facts else {}))


def nearest(colour: Colour) -> Shot:
    """Return the photo that has this colour, but for what compression changed."""

    def distance(shot: Shot) -> int:
        return max(abs(a - b) for a, b in zip(shot.colour, colour, strict=True))

    found = min(LIBRARY, key=distance)
    assert distance(found) < 20, f"{colour} is no photo's colour"
    return found


def _facts(shot: Shot) -> bytes:
    if not shot.has_facts:
        return b""
    return make_exif(
        camera=shot.camera,
        lens=shot.lens,
        captured=shot.taken,
        gps=shot.degrees,
        exposed=True,
    )
