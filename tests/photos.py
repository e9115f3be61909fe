"""Photos made on the spot, so that no test needs a file from outside."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import piexif
import pillow_heif
from PIL import Image

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".mpo": "MPO",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
    ".hif": "HEIF",
    ".avif": "AVIF",
    **dict.fromkeys((".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"), "JPEG2000"),
}
CORNERS = ((220, 40, 40), (40, 200, 40), (40, 40, 220), (220, 200, 40))  # red green / blue yellow
_STORED = {  # how a picture lies in the file so that the orientation brings it upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def make_photo(
    path: Path,
    *,
    size: tuple[int, int] = (640, 427),
    seed: int = 0,
    orientation: int | None = None,
    gps: tuple[float, float] | None = None,
    captured: datetime | None = None,
    camera: str | None = None,
    lens: str | None = None,
    serial: str | None = None,
    exposed: bool = False,
    mode: str = "RGB",
    **save: Any,
) -> Path:
    """Write a photo in the format of the path's suffix, and its folders, and return the path.

    ``size`` is that of the upright picture; with an orientation it is stored
    turned. ``gps`` is (latitude, longitude) in degrees; ``exposed`` adds 1/200 s,
    f/3.2, ISO 400 and 42.4 mm. ``save`` goes to Pillow.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = make_picture(size, seed=seed).convert(mode)
    if orientation in _STORED:
        picture = picture.transpose(_STORED[orientation])
    facts = make_exif(
        orientation=orientation,
        gps=gps,
        captured=captured,
        camera=camera,
        lens=lens,
        serial=serial,
        exposed=exposed,
    )
    if facts:
        save = {"exif": facts, **save}
    file_format = FORMATS[path.suffix.lower()]
    if file_format == "HEIF":
        pillow_heif.register_heif_opener()
    picture.save(path, format=file_format, **save)
    return path


def make_picture(size: tuple[int, int], *, seed: int = 0) -> Image.Image:
    """Return noise, other for each seed, in four quarters of the CORNERS' colours."""
    width, height = size
    noise = np.random.default_rng(seed).integers(-24, 25, (height, width, 1), dtype=np.int16)
    pixels = np.empty((height, width, 3), dtype=np.int16)
    top, left = height // 2, width // 2
    pixels[:top, :left], pixels[:top, left:] = CORNERS[0], CORNERS[1]
    pixels[top:, :left], pixels[top:, left:] = CORNERS[2], CORNERS[3]
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))


def make_exif(
    *,
    orientation: int | None = None,
    gps: tuple[float, float] | None = None,
    captured: datetime | None = None,
    camera: str | None = None,
    lens: str | None = None,
    serial: str | None = None,
    exposed: bool = False,
) -> bytes:
    """Return an EXIF block with what is given, or nothing when nothing is."""
    main: dict[int, Any] = {}
    shot: dict[int, Any] = {}
    if orientation is not None:
        main[piexif.ImageIFD.Orientation] = orientation
    if camera is not None:
        main[piexif.ImageIFD.Model] = camera.encode()
    if captured is not None:
        shot[piexif.ExifIFD.DateTimeOriginal] = captured.strftime("%Y:%m:%d %H:%M:%S").encode()
    if lens is not None:
        shot[piexif.ExifIFD.LensModel] = lens.encode()
    if serial is not None:
        shot[piexif.ExifIFD.BodySerialNumber] = serial.encode()
    if exposed:
        shot[piexif.ExifIFD.ExposureTime] = (1, 200)
        shot[piexif.ExifIFD.FNumber] = (32, 10)
        shot[piexif.ExifIFD.ISOSpeedRatings] = 400
        shot[piexif.ExifIFD.FocalLength] = (424, 10)
    if not (main or shot or gps):
        return b""
    content: bytes = piexif.dump({"0th": main, "Exif": shot, "GPS": _gps(gps) if gps else {}})
    return content


def _gps(position: tuple[float, float]) -> dict[int, Any]:
    latitude, longitude = position
    return {
        piexif.GPSIFD.GPSLatitudeRef: b"N" if latitude >= 0 else b"S",
        piexif.GPSIFD.GPSLatitude: _sexagesimal(abs(latitude)),
        piexif.GPSIFD.GPSLongitudeRef: b"E" if longitude >= 0 else b"W",
        piexif.GPSIFD.GPSLongitude: _sexagesimal(abs(longitude)),
    }


def _sexagesimal(degrees: float) -> tuple[tuple[int, int], ...]:
    whole, minutes = divmod(degrees * 60, 60)
    seconds = (minutes % 1) * 60
    return (int(whole), 1), (int(minutes), 1), (round(seconds * 10000), 10000)
