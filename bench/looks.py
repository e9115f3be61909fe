"""How like a rendition is to the best reduction of its original: SSIM of the luma."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from peers import EDGES_PX
from PIL import Image, ImageOps

Plane: TypeAlias = npt.NDArray[np.float64]

WINDOW_PX = 8
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # Wang et al. 2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How large the renditions of some photos are, together, and how like their originals."""

    size_bytes: int
    ssim: Mapping[int, float]  # by edge in px; the mean over the photos


def looks(library: Path, out: Path) -> Looks:
    """Look at what a program made of each photo, DSC00000.jpg and so on."""
    photos = sorted(library.rglob("*.jpg"))
    ssim = {
        edge_px: fmean(_likeness_of(photo, out, rank) for photo in photos)
        for rank, edge_px in enumerate(EDGES_PX)
    }
    return Looks(size_bytes=size_bytes(out), ssim=ssim)


def size_bytes(out: Path) -> int:
    """Return how large all renditions in a folder are."""
    return sum(path.stat().st_size for path in out.rglob("*.webp"))


def _likeness_of(photo: Path, out: Path, rank: int) -> float:
    """Look at one of a photo's renditions: the largest is the first."""
    made = list(out.rglob("*.webp"))
    named = sorted((one for one in made if photo.stem in one.name), key=_pixels, reverse=True)
    if rank < len(named):
        return likeness(photo, named[rank])
    return max(likeness(photo, one) for one in made if "DSC" not in one.name)  # third_size.py


def _pixels(rendition: Path) -> int:
    with Image.open(rendition) as image:
        return image.width * image.height


def likeness(original: Path, rendition: Path) -> float:
    """Return 1 for what equals a Lanczos reduction of the whole original in floating point.

    The original counts upright and as it is stored: some programs do not turn it.
    """
    with Image.open(rendition) as small, Image.open(original) as big:
        seen, upright = _luma(small), ImageOps.exif_transpose(big)
        return max(_ssim(seen, _reduced(_luma(one), small.size)) for one in (upright, big))


def _reduced(luma: Plane, size: tuple[int, int]) -> Plane:
    whole = Image.fromarray(luma.astype(np.float32))
    return np.asarray(whole.resize(size, Image.Resampling.LANCZOS), dtype=np.float64)


def _luma(picture: Image.Image) -> Plane:
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return (np.asarray(picture.convert("RGB"), dtype=np.float32) @ weights).astype(np.float64)


def _ssim(one: Plane, other: Plane) -> float:
    mean_1, mean_2 = _means(one), _means(other)
    variance_1 = _means(one * one) - mean_1**2
    variance_2 = _means(other * other) - mean_2**2
    covariance = _means(one * other) - mean_1 * mean_2
    above = (2 * mean_1 * mean_2 + C1) * (2 * covariance + C2)
    below = (mean_1**2 + mean_2**2 + C1) * (variance_1 + variance_2 + C2)
    return float((above / below).mean())


def _means(plane: Plane) -> Plane:
    """Return the mean of every window of WINDOW_PX by WINDOW_PX."""
    n = WINDOW_PX
    sums = np.pad(plane, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    means: Plane = (sums[n:, n:] - sums[:-n, n:] - sums[n:, :-n] + sums[:-n, :-n]) / n**2
    return means
