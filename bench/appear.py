"""How long a new photo takes to be seen: from its last byte to its entry in the JSON.

.venv/bin/python bench/appear.py [--photos 1000] [--rounds 5] [--settle 2]
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from photos import make_camera_jpeg

from tests.live import LiveGallery
from tests.photos import make_photo

BAR_S = 2.0  # beyond SETTLE_S


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photos", type=int, default=1000, help="in the library already")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--settle", type=float, default=2.0, help="SETTLE_S")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gallery-appear-") as folder:
        live = LiveGallery(Path(folder), SETTLE_S=str(options.settle))
        for n in range(options.photos):
            make_photo(live.library / f"album {n // 100:03}/photo{n:05}.jpg", size=(64, 48), seed=n)
        new = [
            make_camera_jpeg(Path(folder) / f"new {n}.jpg", seed=n) for n in range(options.rounds)
        ]
        live.start()
        try:
            live.wait(lambda: len(live.exif()) == options.photos, what="all", timeout_s=600)
            times_s = [_appear(live, one) - options.settle for one in new]
        finally:
            live.stop()
    median_s = statistics.median(times_s)
    verdict = "reached" if median_s <= BAR_S else "not reached"
    print(f"a 24-megapixel photo among {options.photos} is seen {median_s:.2f} s after SETTLE_S")
    print(f"({min(times_s):.2f} to {max(times_s):.2f}); bar {BAR_S:g} s: {verdict}")


def _appear(live: LiveGallery, new: Path) -> float:
    """Copy a photo in; return the seconds from its last byte to its entry in the JSON."""
    shutil.copy(new, live.library / "album 000")
    began_s = time.monotonic()
    live.wait(lambda: f"album 000/{new.name}" in live.exif(), what=new.name)
    return time.monotonic() - began_s


if __name__ == "__main__":
    main()
