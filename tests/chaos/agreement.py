"""What must be so once the faults are over: library, catalogue, store and JSON agree."""

import io
from pathlib import Path

from PIL import Image

from local_image_process.errors import GalleryError
from local_image_process.run.commands import run_check
from local_image_process.settings import Settings
from tests.chaos.world import World
from tests.live import LiveGallery
from tests.oss_server import OssServer

NEAR = 14  # of 255: as far as WebP may be off in a plain colour
THUMB_EDGES_PX = (480, 1280)
MOST_THREADS, MOST_FILES = 60, 120  # of one process that forgets neither


class Agreement:
    """Compares what visitors get with what the library holds."""

    def __init__(self, live: LiveGallery, bucket: OssServer | None, world: World) -> None:
        self._live = live
        self._bucket = bucket
        self._world = world
        self._settings = Settings.from_env(live.env)
        self._colours: dict[str, tuple[int, ...]] = {}  # by URL with version
        self._seen: object = None  # the state of the JSON when it was last found wrong
        self._wrong = ""

    def problem(self) -> str:
        """Say what is not as it should be; "" when all is. The cheapest looks come first."""
        state = [_state(path) for path in sorted(self._live.data.glob("*.json"))]
        if state == self._seen and self._wrong:
            return self._wrong
        self._wrong = self.of_json()
        self._seen = state
        return self._wrong or self._of_objects() or self._of_check() or self._of_leftovers()

    def of_json(self) -> str:
        """Compare JSON and library."""
        ids = self._world.ids()
        urls, exif = self._live.urls(), self._live.exif()
        shown = {url.partition("gallery/")[2].partition(".webp")[0]: url for url in urls}
        if len(shown) != len(urls):
            return f"albums.json names one twice: {sorted(urls)}"
        if set(shown) != set(ids.values()):
            return f"albums.json: {_difference(set(shown), set(ids.values()))}"
        named = {key.rpartition(".")[0]: entry for key, entry in exif.items()}
        if set(named) != set(ids.values()):
            return f"exif_data.json: {_difference(set(named), set(ids.values()))}"
        for key, photo_id in ids.items():
            picture, entry = self._world.photos[key], named[photo_id]
            told = (entry.get("likes", 0), float(entry.get("star", 0)))
            if picture.given is not None and not picture.given.allows(*told):
                return f"{photo_id}: likes and stars are {told}, not {picture.given}"
            if not self._has_colour(shown[photo_id], picture.colour):
                return f"{photo_id}: not its own pixels"
        return ""

    def settle(self) -> None:
        """Note what came of likes and stars that were not acknowledged."""
        named = {key.rpartition(".")[0]: entry for key, entry in self._live.exif().items()}
        for key, photo_id in self._world.ids().items():
            if (given := self._world.photos[key].given) is not None:
                given.settle(named[photo_id].get("likes", 0), float(named[photo_id].get("star", 0)))

    def _has_colour(self, url: str, wanted: tuple[int, ...]) -> bool:
        if url not in self._colours:
            answer = self._live.get(url)
            assert answer.status == 200, f"the JSON names {url}: {answer.status}"
            with Image.open(io.BytesIO(answer.body)) as image:
                middle = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
            assert isinstance(middle, tuple)
            self._colours[url] = tuple(map(int, middle))
        return all(abs(a - b) <= NEAR for a, b in zip(self._colours[url], wanted, strict=True))

    def _of_objects(self) -> str:
        """Look that nothing lies there but what is shown: no photo that was withdrawn."""
        media = self._live.data / "media"
        names = (
            self._bucket.keys()
            if self._bucket
            else [path.relative_to(media).as_posix() for path in media.rglob("*")]
        )
        there = {name for name in names if name.endswith(".webp")}
        wanted = {
            f"{place}/{photo_id}.webp"
            for photo_id in self._world.ids().values()
            for place in ("gallery", *(f"thumbs/{edge}" for edge in THUMB_EDGES_PX))
        }
        return f"objects: {_difference(there, wanted)}" if there != wanted else ""

    def _of_check(self) -> str:
        try:
            findings = run_check(self._settings, remote=True)
        except GalleryError as error:
            return f"check: {error}"
        return f"check: {findings}" if findings else ""

    def _of_leftovers(self) -> str:
        left = [str(path) for path in self._live.data.rglob("*.tmp")]
        for process in self._live.family():
            if process.num_threads() > MOST_THREADS or process.num_fds() > MOST_FILES:
                left.append(f"{process.num_threads()} threads, {process.num_fds()} files")
        return f"left over: {left}" if left else ""


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _difference(there: set[str], wanted: set[str]) -> str:
    return f"too much: {sorted(there - wanted)}, missing: {sorted(wanted - there)}"
