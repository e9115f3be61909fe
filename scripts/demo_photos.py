"""Put a dozen made photos into the program's own library, for ``scripts/run --demo``."""

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import piexif
from PIL import Image

from local_image_process.errors import SettingsError
from local_image_process.settings import Settings

from . import scenes
from .paint import Size, grain

LONG_PX, SHORT_PX = 2400, 1600
QUALITY = 88
ALBUM_YAML = """\
title: 上海之夜
desc: 从外滩看对岸，从黄昏到深夜。示例照片由程序绘制。
cover: DSC04061.JPG
"""
STORED = {  # Exif 2.32, tag 274: how a picture lies in the file so that the tag brings it upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
SONY = ("SONY", "ILCE-7M4", "FE 24-70mm F2.8 GM II")
CANON = ("Canon", "Canon EOS R6", "RF24-105mm F4 L IS USM")
FUJI = ("FUJIFILM", "X-T5", "XF16-55mmF2.8 R LM WR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One photo: where it goes, what is on it, and what the camera says of it."""

    key: str
    scene: Callable[[Size, Random], Image.Image]
    orientation: int = 1
    upright: bool = False  # higher than wide
    captured: datetime
    position: tuple[float, float]  # latitude, longitude in degrees, north and east
    camera: tuple[str, str, str]  # maker, model, lens
    exposure_s: tuple[int, int]
    aperture: float
    iso: int
    focal_length_mm: float


def shot(
    key: str,
    scene: Callable[[Size, Random], Image.Image],
    captured: str,
    position: tuple[float, float],
    camera: tuple[str, str, str],
    exposed: tuple[tuple[int, int], float, int, float],
    **more: Any,
) -> Shot:
    """Write a Shot in one line; ``exposed`` is exposure time, aperture, ISO, focal length."""
    exposure_s, aperture, iso, focal_length_mm = exposed
    return Shot(
        key=key,
        scene=scene,
        captured=datetime.fromisoformat(captured),
        position=position,
        camera=camera,
        exposure_s=exposure_s,
        aperture=aperture,
        iso=iso,
        focal_length_mm=focal_length_mm,
        **more,
    )


# fmt: off
SHOTS = (
    shot("上海/DSC04056.JPG", scenes.city_at_dusk, "2024-04-04 18:03:45", (31.2397, 121.4906),
         SONY, ((1, 200), 3.2, 400, 42.4)),
    shot("上海/DSC04061.JPG", scenes.city_at_night, "2024-04-04 20:41:10", (31.2412, 121.4921),
         SONY, ((1, 15), 2.8, 1600, 35.0), orientation=2),
    shot("上海/DSC04076.JPG", scenes.city_at_dawn, "2024-04-05 05:52:31", (31.2331, 121.4919),
         SONY, ((1, 125), 5.6, 200, 70.0), orientation=8, upright=True),
    shot("青岛/海边/DSC01201.JPG", scenes.sea_at_sunset, "2024-07-20 18:58:02", (36.0541, 120.3668),
         FUJI, ((1, 320), 8.0, 160, 23.0), orientation=3),
    shot("青岛/海边/DSC01207.JPG", scenes.sails, "2024-07-21 10:12:47", (36.0490, 120.3573),
         FUJI, ((1, 1000), 5.6, 125, 55.0), orientation=4),
    shot("青岛/海边/DSC01215.JPG", scenes.lighthouse, "2024-07-21 19:20:33", (36.0518, 120.3125),
         FUJI, ((1, 60), 4.0, 640, 16.0), orientation=6, upright=True),
    shot("北京/IMG_2945.jpg", scenes.wall_on_hills, "2023-10-28 16:21:09", (40.4319, 116.5704),
         CANON, ((1, 250), 8.0, 200, 47.0)),
    shot("北京/IMG_3003.jpg", scenes.temple, "2023-10-29 06:38:55", (39.8822, 116.4066),
         CANON, ((1, 160), 4.0, 320, 58.0), orientation=5, upright=True),
    shot("北京/IMG_3208.jpg", scenes.hills_in_winter, "2023-12-15 08:05:14", (39.9925, 116.1880),
         CANON, ((1, 500), 7.1, 250, 92.0)),
    shot("黄山/IMG_5120.jpg", scenes.misty_peaks, "2022-05-02 05:40:27", (30.1320, 118.1661),
         CANON, ((1, 80), 9.0, 100, 35.0), orientation=7, upright=True),
    shot("黄山/IMG_5133.jpg", scenes.sea_of_clouds, "2022-05-02 06:02:11", (30.1403, 118.1690),
         CANON, ((1, 400), 8.0, 100, 24.0)),
    shot("黄山/IMG_5177.jpg", scenes.stars_over_peaks, "2022-05-02 23:15:40", (30.1282, 118.1590),
         CANON, ((15, 1), 4.0, 3200, 24.0)),
)
# fmt: on


def make_demo(library: Path) -> int:
    """Make the photos that are not in the library yet; return how many were made."""
    made = [_make(library, one, number) for number, one in enumerate(SHOTS)]
    _write_once(library / "上海" / "info.yaml", lambda: ALBUM_YAML.encode())
    return sum(made)


def _make(library: Path, one: Shot, seed: int) -> bool:
    return _write_once(library / one.key, lambda: _jpeg(one, seed))


def _write_once(path: Path, make: Callable[[], bytes]) -> bool:
    """Write a file that is not there yet, whole or not at all; tell whether it was written."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(make())
    temporary.replace(path)
    return True


def _jpeg(one: Shot, seed: int) -> bytes:
    size = (SHORT_PX, LONG_PX) if one.upright else (LONG_PX, SHORT_PX)
    picture = grain(one.scene(size, Random(seed)), Random(seed))
    if one.orientation in STORED:
        picture = picture.transpose(STORED[one.orientation])
    content = io.BytesIO()
    picture.save(content, format="JPEG", quality=QUALITY, exif=_exif(one))
    return content.getvalue()


def _exif(one: Shot) -> bytes:
    maker, model, lens = (text.encode() for text in one.camera)
    captured = one.captured.strftime("%Y:%m:%d %H:%M:%S").encode()
    latitude, longitude = one.position
    content: bytes = piexif.dump(
        {
            "0th": {
                piexif.ImageIFD.Make: maker,
                piexif.ImageIFD.Model: model,
                piexif.ImageIFD.Orientation: one.orientation,
                piexif.ImageIFD.DateTime: captured,
            },
            "Exif": {
                piexif.ExifIFD.LensModel: lens,
                piexif.ExifIFD.ExposureTime: one.exposure_s,
                piexif.ExifIFD.FNumber: (round(one.aperture * 10), 10),
                piexif.ExifIFD.ISOSpeedRatings: one.iso,
                piexif.ExifIFD.FocalLength: (round(one.focal_length_mm * 10), 10),
                piexif.ExifIFD.DateTimeOriginal: captured,
                piexif.ExifIFD.DateTimeDigitized: captured,
            },
            "GPS": {
                piexif.GPSIFD.GPSLatitudeRef: b"N",
                piexif.GPSIFD.GPSLatitude: _sexagesimal(latitude),
                piexif.GPSIFD.GPSLongitudeRef: b"E",
                piexif.GPSIFD.GPSLongitude: _sexagesimal(longitude),
            },
        }
    )
    return content


def _sexagesimal(degrees: float) -> tuple[tuple[int, int], ...]:
    hundredths = round(degrees * 360_000)  # of seconds
    minutes, rest = divmod(hundredths, 6000)
    return (minutes // 60, 1), (minutes % 60, 1), (rest, 100)


def main() -> None:
    """Make the photos where the settings say that our own library is."""
    try:
        settings = Settings.load(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    if settings.watch_dir is not None:
        sys.exit(
            f"WATCH_DIR is set to {settings.watch_dir}, and a photo library is never written:"
            " start --demo without WATCH_DIR."
        )
    made = make_demo(settings.library)
    sys.stderr.write(f"{made} photos made in {settings.library.absolute()}\n")


if __name__ == "__main__":
    main()
