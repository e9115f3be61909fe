"""The memory that a photo will take is known before it is taken."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from local_image_process.errors import NeedsMemory
from local_image_process.image.develop import develop
from local_image_process.image.memory import needed_bytes
from local_image_process.image.opening import open_picture
from local_image_process.model import Stamp
from tests.image.files import RECIPE, png_16_bits
from tests.image.tiffs import tiff
from tests.photos import FORMATS, make_picture

SIZE = (3600, 2400)
SMALLEST_SHARE = 0.25  # an estimate that is far too high refuses what would do
DEVELOP = """
import sys
from pathlib import Path
from tests.image.files import RECIPE, developed
from tests.photos import make_photo

def memory_bytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024

path = Path(sys.argv[1])
developed(make_photo(path.with_name("small" + sys.argv[2]), size=(60, 40)), RECIPE)  # libraries
before = memory_bytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far: proc(5)
developed(path, RECIPE)
print(memory_bytes("VmHWM") - before)
"""


def peak_bytes(path: Path) -> int:
    """Develop a file in a process of its own; return what that took at its peak."""
    command = [sys.executable, "-c", DEVELOP, str(path), path.suffix]
    return int(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)


def picture(mode: str = "RGB") -> Image.Image:
    return make_picture(SIZE).convert(mode)


def saved(ending: str, mode: str = "RGB", **save: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"photo{ending}"
        picture(mode).save(path, FORMATS[ending], **save)
        return path

    return make


def written(ending: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"photo{ending}"
        path.write_bytes(content())
        return path

    return make


def deep_grey() -> bytes:
    return png_16_bits(np.asarray(picture("L")).astype(np.uint16)[..., None] * 257)


def floats() -> bytes:
    return tiff(np.asarray(picture()).astype(np.float32) / 255)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(saved(".jpg", quality=92), id="JPEG"),
        pytest.param(saved(".jpg", quality=92, progressive=True), id="progressive"),
        pytest.param(saved(".jpg", quality=92, progressive=True, subsampling=0), id="in full"),
        pytest.param(saved(".jpg", "CMYK", quality=92), id="CMYK"),
        pytest.param(saved(".jpg", "L", quality=92), id="grey"),
        pytest.param(saved(".png", compress_level=1), id="PNG"),
        pytest.param(saved(".png", "RGBA", compress_level=1), id="PNG with alpha"),
        pytest.param(saved(".png", "P", compress_level=1), id="palette"),
        pytest.param(written(".png", deep_grey), id="16 bits"),
        pytest.param(saved(".tif"), id="TIFF"),
        pytest.param(saved(".tif", compression="tiff_lzw"), id="TIFF, LZW"),
        pytest.param(written(".tif", floats), id="floating point"),
        pytest.param(saved(".bmp"), id="BMP"),
        pytest.param(saved(".gif"), id="GIF"),
        pytest.param(saved(".webp", method=0), id="WebP"),
        pytest.param(saved(".heic", quality=70), id="HEIC"),
        pytest.param(saved(".avif", quality=60, speed=10), id="AVIF"),
        pytest.param(saved(".jp2"), id="JPEG 2000"),
    ],
)
def test_no_format_takes_more_than_was_said(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    content = path.read_bytes()
    with open_picture(content) as image:
        said = needed_bytes(image, len(content), RECIPE)
    assert said * SMALLEST_SHARE <= peak_bytes(path) <= said


def test_what_takes_too_much_is_not_decoded(tmp_path: Path) -> None:
    path = saved(".png", compress_level=1)(tmp_path)
    status = path.stat()
    with pytest.raises(NeedsMemory, match=r"about 0\.1 GB of memory .* raise MEMORY_BUDGET_MB"):
        develop(
            path,
            stamp=Stamp(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=status.st_ino),
            recipe=RECIPE,
            known_digests=frozenset(),
            max_megapixels=100,
            memory_bytes=64 << 20,
        )
