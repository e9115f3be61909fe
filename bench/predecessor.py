"""The predecessor's way: the whole picture at quality 20, opened again, reduced, saved again."""

import sys
from pathlib import Path

from PIL import Image


def main() -> None:
    """Develop every photo of a folder, one after the other."""
    library, out, quality = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    for path in sorted(library.rglob("*.jpg")):
        full = out / f"{path.stem}.part"
        with Image.open(path) as photo:
            photo.save(full, "WEBP", quality=20)
        for edge_px in (2560, 1280, 480):
            with Image.open(full) as photo:
                photo.thumbnail((edge_px, edge_px))
                photo.save(out / f"{path.stem}-{edge_px}.webp", "WEBP", quality=quality)


if __name__ == "__main__":
    main()
