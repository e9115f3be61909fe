"""The whole site as it is deployed: gunicorn, the front-end, and nginx before both."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.browser import nginx
from tests.browser.front_end import FrontEnd
from tests.browser.library import LIBRARY, Shot, make_library
from tests.live import LiveGallery, free_port

PASSWORD = "for tests only"
WEBHOOK_SECRET = "told to the administrator alone"


class Site:
    """Everything on loopback, on ports of its own; another site beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[nginx.Nginx] = []
        self.port, self.foreign_port = free_port(), free_port()
        self.gallery = LiveGallery(
            folder / "gallery", ADMIN_PASSWORD=PASSWORD, WEBHOOK_SECRET=WEBHOOK_SECRET
        )
        self.front_end = FrontEnd()

    def start(self) -> "Site":
        """Start all, and wait until every photo is published."""
        make_library(self.gallery.library)
        self.run_nginx(self.configuration(port=self.port))
        self.run_nginx(nginx.another_site(port=self.foreign_port))
        self.gallery.start()
        self.gallery.wait(self._is_published, what=f"{len(LIBRARY)} photos", timeout_s=60)
        return self

    def _is_published(self) -> bool:
        """Tell whether all is written; the albums' YAML comes last."""
        albums, media = self.gallery.albums(), self.gallery.data / "media/gallery"
        images = {id_: [u.partition("?")[0] for u in a["images"]] for id_, a in albums.items()}
        yamls = {path.parent.name: path.read_bytes() for path in media.glob("*/info.yaml")}
        written = {id_: yaml.safe_load(content)["images"] for id_, content in yamls.items()}
        return sum(map(len, images.values())) == len(LIBRARY) and written == images

    def stop(self) -> None:
        for one in self._running:
            one.stop()
        self.front_end.close()
        self.gallery.stop()

    def run_nginx(self, configuration: str) -> None:
        """Start one more nginx; it ends with the site."""
        folder = self._folder / f"nginx{len(self._running)}"
        self._running.append(nginx.Nginx(folder, configuration=configuration))

    def configuration(
        self,
        *,
        port: int,
        backend: int | None = None,
        data: Path | None = None,
        further: Mapping[str, str] | None = None,
    ) -> str:
        """Return the configuration that is shipped, for this site or one that differs from it."""
        return nginx.shipped(
            port=port,
            backend=backend or self.gallery.port,
            frontend=self.front_end.port,
            data=data or self.gallery.data,
            further=further or {},
        )

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # what the backend itself says

    def picture_url(self, path: str) -> str:
        """Return the address of a picture with its version, as the JSON names it."""
        (url,) = [url for url in self.gallery.urls() if url.startswith(f"{path}?v=")]
        return url

    def key(self, shot: Shot) -> str:
        """Return a photo's key in exif_data.json; its lens tells, which no test changes."""
        exif = self.gallery.exif()
        (key,) = [key for key, entry in exif.items() if entry["LensModel"] == shot.lens]
        return key

    def likes(self) -> dict[str, int]:
        found: dict[str, int] = self._get("/data/likes.json")
        return found

    def wait_until_told(self, shot: Shot, **expected: Any) -> None:
        """Wait until all files of the backend tell this of a photo with facts."""
        wanted = {name: {value} for name, value in expected.items()}
        self.gallery.wait(
            lambda: wanted.items() <= self._told(shot).items(),
            what=f"{expected} of {shot.path}",
        )

    def _told(self, shot: Shot) -> dict[str, set[Any]]:
        """Return what is told of a photo: only one thing each once all files agree."""
        key = self.key(shot)
        exif = [self._get("/data/exif_data.json")[key]]
        exif += [e for e in self._get("/api/data/exif").values() if e["LensModel"] == shot.lens]
        photos = self._get("/api/photos/list?withExif=true")["photos"]
        (listed,) = [one for one in photos if one["exif"]["lens_model"] == shot.lens]
        markers = self._get("/api/data/map")
        (marker,) = [one for one in markers if one["exif"]["LensModel"] == shot.lens]
        cameras = [entry["CameraModel"] for entry in exif]
        places = [entry["Location"] for entry in exif]
        return {
            "camera": {*cameras, listed["exif"]["camera_model"], marker["cameraModel"]},
            "place": {*places, listed["exif"]["location"], marker["location"]},
            "star": {*(entry.get("star", 0) for entry in exif), listed["star"]},
            "likes": {self.likes()[key], listed["likes"]},
        }

    def _get(self, path: str) -> Any:
        return self.gallery.get(path).json()
