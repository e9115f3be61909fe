"""The least that has to be done: decode, reduce, encode and write each photo, in processes.

No hashing, EXIF, database, fsync or anything else; only the libraries of pictures are imported.
"""

import argparse
import json
import os
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from PIL import Image

try:
    import cykooz_resizer as fast
except ImportError:  # as in the program
    fast = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """With what the program calls the libraries, and at which priority."""

    display_edge_px: int
    draft_gap: float
    display_quality: int
    thumb_edges_px: tuple[int, ...]
    thumb_quality: int
    webp_method: int
    niceness: int


def main() -> None:
    """Develop every JPEG below a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--calls", type=json.loads, required=True, help="fields of Calls as JSON")
    options = parser.parse_args()
    develop = partial(_develop, output=options.output, calls=Calls(**options.calls))
    photos = sorted(options.library.rglob("*.jpg"))
    pool = get_context("spawn").Pool(options.workers, os.nice, [options.calls["niceness"]])
    for _ in pool.imap_unordered(develop, photos):
        pass
    pool.close()
    pool.join()  # Order: only then are its processor seconds counted as ours


def _develop(path: Path, *, output: Path, calls: Calls) -> None:
    with Image.open(path) as image:
        image.draft(None, _fitted(image.size, calls.display_edge_px * calls.draft_gap))
        image.load()
        display = _reduced(image, calls.display_edge_px)
    smaller = display
    for edge_px in sorted(calls.thumb_edges_px, reverse=True):
        smaller = _reduced(smaller, edge_px)
        target = output / f"{path.stem}-{edge_px}.webp"
        smaller.save(target, "WEBP", quality=calls.thumb_quality, method=calls.webp_method)
    target = output / f"{path.stem}.webp"
    display.save(target, "WEBP", quality=calls.display_quality, method=calls.webp_method)


def _reduced(picture: Image.Image, edge_px: int) -> Image.Image:
    size = _fitted(picture.size, edge_px)
    if fast is None:
        return picture.resize(size, Image.Resampling.LANCZOS)
    smaller = Image.new(picture.mode, size)
    lanczos = fast.ResizeAlg.convolution(fast.FilterType.lanczos3)
    fast.Resizer().resize_pil(picture, smaller, fast.ResizeOptions(lanczos))
    return smaller


def _fitted(size: tuple[int, int], edge_px: float) -> tuple[int, int]:
    scale = min(1.0, edge_px / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


if __name__ == "__main__":
    main()
