"""A small container holds the whole program, whatever lies in the library."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.live import LiveGallery
from tests.photos import make_photo
from tests.support import wait_for

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]
CONTAINER_BYTES = 1 << 30
GROUPS = Path("/sys/fs/cgroup/memory")  # version 1
HUGE = (31_623, 15_811)  # 500 megapixels


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Path | None]:
    """A cgroup of one gigabyte; what is in it is ended when more is taken. ``None``: not here."""
    group = GROUPS / f"gallery-{os.getpid()}-{tmp_path.name}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(CONTAINER_BYTES), encoding="ascii")
    except OSError:
        yield None
        return
    yield group
    wait_for(lambda: not (group / "cgroup.procs").read_text("ascii"), what="an empty cgroup")
    group.rmdir()


def plain_png(path: Path, size: tuple[int, int], mode: str = "L") -> None:
    """Write a picture of one colour: small as a file, huge once it is opened."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, 128 if mode == "L" else (90, 120, 150)).save(path, compress_level=1)


def test_a_large_picture_is_developed_alone_and_too_large_a_one_refused(gallery: Make) -> None:
    live = gallery(MEMORY_BUDGET_MB="512", RENDER_WORKERS="2", SETTLE_S="0.1")
    plain_png(live.library / "上海/too large.png", (16_000, 12_000), "RGB")
    plain_png(live.library / "上海/panorama.png", (16_000, 4_000), "RGB")
    for seed in range(6):
        make_photo(live.library / f"上海/DSC0{seed}001.jpg", seed=seed, size=(600, 400))
    live.start()
    live.wait(lambda: len(live.urls()) == 7, what="all others", timeout_s=60)
    live.wait(lambda: live.log_lines("photo failed"), what="word of the one")
    assert "/panorama.webp" in " ".join(live.urls())
    [failure] = live.log_lines("photo failed")
    assert "too large.png" in failure
    assert "GB of memory" in failure
    assert "MEMORY_BUDGET_MB" in failure


def test_nothing_is_ended_by_the_kernel_in_a_container_of_a_gigabyte(
    container: Path | None, gallery: Make
) -> None:
    """With the settings as they are: 45-megapixel photos, and a panorama of 500."""
    live = gallery(SETTLE_S="0.1")
    for seed in range(6):
        make_photo(live.library / f"上海/DSC0{seed}001.jpg", size=(8256, 5504), seed=seed)
    plain_png(live.library / "全景/grey panorama.png", HUGE)
    plain_png(live.library / "全景/colour panorama.png", HUGE, "RGB")
    live.env["MEMORY_BUDGET_MB"] = str(CONTAINER_BYTES // 2**21)  # as it finds in a container
    live.env.pop("RENDER_WORKERS", None)
    live.start(cgroup=container)
    peak_bytes = 0

    def is_done() -> bool:
        nonlocal peak_bytes
        peak_bytes = max(peak_bytes, taken_bytes(live))
        return len(live.urls()) >= 6 and not waiting(live)

    live.wait(is_done, what="the photos, and word of the panoramas", timeout_s=100)
    assert peak_bytes <= CONTAINER_BYTES
    if container:
        events = (container / "memory.oom_control").read_text("ascii").split()
        assert dict(zip(events[::2], events[1::2], strict=True)).get("oom_kill", "0") == "0"
    assert all("MEMORY_BUDGET_MB" in line for line in live.log_lines("photo failed"))
    assert not live.log_lines("process ended")


def taken_bytes(live: LiveGallery) -> int:
    """Return what all processes take, what they share counted once."""
    taken = 0
    for process in live.family():
        with suppress(psutil.Error):  # it has ended meanwhile
            taken += process.memory_full_info().pss
    return taken


def waiting(live: LiveGallery) -> list[str]:
    told = " ".join([*live.urls(), *live.log_lines("photo failed")])
    return [name for name in ("grey panorama", "colour panorama") if name not in told]
