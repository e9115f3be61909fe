"""Made photos whose JPEG and WebP sizes are those of a camera's, so that decoder and encoder
have as much to do as with real ones.
"""

import math
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import piexif
from PIL import Image, ImageCms, ImageDraw, ImageFilter

Plane: TypeAlias = npt.NDArray[np.float32]

MODEL_VERSION = 3  # raise it when a seed makes another photo: the cache's names contain it
SIZES_MEGAPIXELS = (24, 12, 33, 20, 45, 24, 16)  # in turn
QUALITIES = (94, 92, 95, 93, 97)  # in turn
ASPECT = 3 / 2
COARSEST_PX = 6  # the largest forms have so many pixels of their own along the long edge
FALL_OFF = 1.05  # amplitude of an octave ~ its wavelength ** FALL_OFF: about 1/f, as in nature
SHAPES = 160
FIRST_SHOT = datetime(2024, 5, 1, 9, 30)  # noqa: DTZ001 # a camera's clock has no zone


def make_camera_jpeg(path: Path, *, seed: int, megapixels: float = 24.0, quality: int = 94) -> Path:
    """Write a JPEG (4:2:0) with EXIF and ICC profile, other for each seed, and return its path.

    At 24 megapixels and quality 92 to 95 it has about 8 to 14 MB.
    """
    size = _size(megapixels)
    rng = np.random.default_rng([MODEL_VERSION, seed])
    luma = _clouds(size, rng, deviation=38.0) + _things(size, rng) + 118.0
    _add_texture(luma, rng)
    _add_luma_noise(luma, rng)
    chroma = [_chroma(size, rng) for _ in ("Cb", "Cr")]
    planes = [Image.fromarray(_as_bytes(plane)) for plane in (luma, *chroma)]
    picture = Image.merge("YCbCr", planes)
    temporary = path.with_suffix(".part")
    facts: dict[str, Any] = {"exif": exif_block(seed), "icc_profile": _profile()}
    picture.save(temporary, "JPEG", quality=quality, subsampling=2, **facts)
    temporary.replace(path)
    return path


def make_photos(folder: Path, megapixels: Sequence[float]) -> list[Path]:
    """Return a photo of each size; those of an earlier run are not made again.

    A longer list begins with the photos of a shorter one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        folder / f"v{MODEL_VERSION}-{number:03}-{size:g}mp.jpg"
        for number, size in enumerate(megapixels)
    ]
    wanted = [
        (path, seed, megapixels[seed]) for seed, path in enumerate(paths) if not path.exists()
    ]
    if wanted:
        print(f"making {len(wanted)} photos in {folder} (only this time) ...", flush=True)
        processes = min(len(wanted), len(os.sched_getaffinity(0)))
        with get_context("spawn").Pool(processes) as pool:
            pool.starmap(_make_one, wanted, chunksize=1)
    return paths


def _make_one(path: Path, seed: int, megapixels: float) -> None:
    quality = QUALITIES[seed % len(QUALITIES)]
    make_camera_jpeg(path, seed=seed, megapixels=megapixels, quality=quality)


def _profile() -> bytes:
    """Return sRGB, the same for all photos, as of one camera: without the time of its making."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]  # ICC.1, 7.2.8: dateTimeNumber


def _size(megapixels: float) -> tuple[int, int]:
    height = round(math.sqrt(megapixels * 1e6 / ASPECT) / 16) * 16
    return round(height * ASPECT), height


def _clouds(size: tuple[int, int], rng: np.random.Generator, *, deviation: float) -> Plane:
    """Return smooth forms of all sizes, their spectrum about 1/f, around 0."""
    width, height = size
    total = np.zeros((height, width), np.float32)
    wavelength = 1.0
    edge_px = COARSEST_PX
    while edge_px <= width // 2:  # finer forms come from texture and noise
        grid = (max(2, round(edge_px / ASPECT)), edge_px)
        noise = rng.standard_normal(grid, dtype=np.float32)
        total += _enlarged(noise, size) * np.float32(wavelength)
        edge_px *= 2
        wavelength *= 0.5**FALL_OFF
    return total * np.float32(deviation / total.std())


def _enlarged(plane: Plane, size: tuple[int, int]) -> Plane:
    enlarged = Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(enlarged, dtype=np.float32)


def _things(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Return things with edges as sharp as a lens draws them, around 0."""
    width, height = size
    canvas = Image.new("L", size, 128)
    draw = ImageDraw.Draw(canvas)
    for number in range(SHAPES):
        radius = width * 0.22 * 0.975**number * rng.uniform(0.5, 1.5)
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        corners = np.sort(rng.uniform(0, 2 * math.pi, rng.integers(3, 9)))
        reach = radius * rng.uniform(0.4, 1.0, corners.size)
        outline = zip(x + reach * np.cos(corners), y + reach * np.sin(corners), strict=True)
        draw.polygon(list(outline), fill=round(np.clip(rng.normal(128, 30), 30, 226)))
    drawn = canvas.filter(ImageFilter.GaussianBlur(width / 5000))
    return np.asarray(drawn, dtype=np.float32) - np.float32(128)


def _add_texture(luma: Plane, rng: np.random.Generator) -> None:
    """Add leaves, gravel, cloth: fine contrast in some regions, none in others."""
    height, width = luma.shape
    size = (width, height)
    where = (_clouds(size, rng, deviation=1.0) + np.float32(0.2)).clip(0, 2)
    for grain_px, contrast in ((2, 6.0), (4, 9.0), (9, 9.0)):
        grid = (height // grain_px, width // grain_px)
        grain = rng.standard_normal(grid, dtype=np.float32)
        luma += _enlarged(grain, size) * where * np.float32(contrast)


def _add_luma_noise(luma: Plane, rng: np.random.Generator) -> None:
    """Add what the sensor adds, more in the light (photon noise), softened by demosaicing."""
    noise = rng.standard_normal(luma.shape, dtype=np.float32)
    noise[:, 1:] = noise[:, 1:] * np.float32(0.8) + noise[:, :-1] * np.float32(0.35)
    noise[1:] = noise[1:] * np.float32(0.8) + noise[:-1] * np.float32(0.35)
    strength = np.float32(rng.uniform(5.5, 9.5))  # middle ISO
    luma += noise * np.sqrt(luma.clip(10, 255) / np.float32(118)) * strength


def _chroma(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Return one colour difference: large soft patches and a little noise, coarse as cameras'."""
    width, height = size
    half = (width // 2, height // 2)
    plane = _clouds(half, rng, deviation=13.0) + np.float32(128)
    plane += rng.standard_normal(plane.shape, dtype=np.float32) * np.float32(2.5)
    return _enlarged(plane, size)


def _as_bytes(plane: Plane) -> npt.NDArray[np.uint8]:
    return plane.clip(0, 255).astype(np.uint8)


def exif_block(seed: int) -> bytes:
    """Return what a camera tells, and where it was."""
    taken = (FIRST_SHOT + timedelta(minutes=7 * seed)).strftime("%Y:%m:%d %H:%M:%S").encode()
    main: dict[int, Any] = {
        piexif.ImageIFD.Make: b"SONY",
        piexif.ImageIFD.Model: b"ILCE-7M3",
        piexif.ImageIFD.Orientation: 1,
        piexif.ImageIFD.DateTime: taken,
    }
    shot: dict[int, Any] = {
        piexif.ExifIFD.DateTimeOriginal: taken,
        piexif.ExifIFD.LensModel: b"FE 24-70mm F2.8 GM",
        piexif.ExifIFD.ExposureTime: (1, 200),
        piexif.ExifIFD.FNumber: (32, 10),
        piexif.ExifIFD.ISOSpeedRatings: 400,
        piexif.ExifIFD.FocalLength: (424, 10),
    }
    place: dict[int, Any] = {
        piexif.GPSIFD.GPSLatitudeRef: b"N",
        piexif.GPSIFD.GPSLatitude: ((31, 1), (13, 1), (49 + seed % 10, 1)),
        piexif.GPSIFD.GPSLongitudeRef: b"E",
        piexif.GPSIFD.GPSLongitude: ((121, 1), (28, 1), (25, 1)),
    }
    content: bytes = piexif.dump({"0th": main, "Exif": shot, "GPS": place})
    return content
