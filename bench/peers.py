"""Other programs that make the same three sizes as WebP, each as it is run by those who use it."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIGAL = HERE / ".venv" / "bin" / "sigal"
CORES = len(os.sched_getaffinity(0))
EDGES_PX = (2560, 1280, 480)
PHOTOS = r"find {library} -name '*.jpg' -print0 | xargs -0 -P {cores} -n {at_once} sh -c {each} sh"
SIGAL_SETTINGS = """
img_format = "WEBP"
img_processor = "ResizeToFit"
img_size = (2560, 2560)
thumb_size = (1280, 1280)
thumb_fit = False
jpg_options = {{"quality": {quality}, {method}}}  # of what was a JPEG
plugin_paths = [{plugins!r}]
plugins = ["third_size"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program: how to run it on a folder of photos at a WebP quality, and what it needs."""

    name: str
    needs: str  # a program on the path
    command: Callable[[Path, Path, float], list[str]]  # library, output folder, quality
    quality: float | None = None  # its own, which no other can make up for
    quality_steps: int = 1  # from one whole quality to the next
    share: int = 1  # it gets one photo of so many: a slow one

    @property
    def lacks(self) -> str | None:
        """Return why it cannot be run here."""
        return None if shutil.which(self.needs) else f"{Path(self.needs).name} is not installed"


def _sigal(library: Path, out: Path, quality: float, *, method: str = "") -> list[str]:
    settings = out.with_name(f"{out.name}.conf.py")
    settings.write_text(
        SIGAL_SETTINGS.format(quality=quality, method=method, plugins=str(HERE)), encoding="utf-8"
    )
    return [str(SIGAL), "build", "-q", "-c", str(settings), str(library), str(out)]


def _sigal_as_fast(library: Path, out: Path, quality: float) -> list[str]:
    return _sigal(library, out, quality, method='"method": 2')


def _vips(library: Path, out: Path, quality: float, *, effort: int) -> list[str]:
    """Run a process a core, each with one thread: faster here than one with all of them."""
    sizes = (
        f'vipsthumbnail "$@" -s {edge}x{edge}'
        f" -o '{out}/%s-{edge}.webp[Q={quality:g},effort={effort},strip]'"
        for edge in EDGES_PX
    )
    return _for_all(library, "export VIPS_CONCURRENCY=1; " + " && ".join(sizes), at_once=4)


def _cwebp(library: Path, out: Path, quality: float) -> list[str]:
    sizes = (
        f'cwebp -quiet -q {quality} -resize {edge} 0 "$1"'
        f' -o "{out}/$(basename "$1" .jpg)-{edge}.webp"'
        for edge in EDGES_PX
    )
    return _for_all(library, " && ".join(sizes), at_once=1)


def _for_all(library: Path, each: str, *, at_once: int) -> list[str]:
    line = PHOTOS.format(
        library=shlex.quote(str(library)), cores=CORES, at_once=at_once, each=shlex.quote(each)
    )
    return ["sh", "-c", line]


def _predecessor(library: Path, out: Path, quality: float) -> list[str]:
    script = str(HERE / "predecessor.py")
    return [sys.executable, script, str(library), str(out), str(quality)]


PEERS = (
    Peer(name="sigal", needs=str(SIGAL), command=_sigal, quality_steps=2),
    Peer(name="sigal, method 2", needs=str(SIGAL), command=_sigal_as_fast, quality_steps=2),
    Peer(
        name="vipsthumbnail, effort 2",
        needs="vipsthumbnail",
        command=lambda *case: _vips(*case, effort=2),
    ),
    Peer(
        name="vipsthumbnail, effort 4",
        needs="vipsthumbnail",
        command=lambda *case: _vips(*case, effort=4),
    ),
    Peer(name="cwebp", needs="cwebp", command=_cwebp, quality_steps=2),
    Peer(name="predecessor", needs=sys.executable, command=_predecessor, quality=80, share=4),
)
