"""A gallery without processes: the real application on a data folder that ``once`` filled."""

import shutil
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local_image_process.run import assembly, commands
from local_image_process.run.check import Finding
from local_image_process.run.lease import Lease
from local_image_process.run.records import make_folders, open_records
from local_image_process.run.volatile import remove_volatile
from local_image_process.settings import Settings
from local_image_process.web.application import make_app
from tests.photos import make_photo

PASSWORD = "山高水长 of the admin"
TAKEN = datetime.fromisoformat("2024-07-01 18:30:00")
FULL = "上海/DSC04056"  # has all facts; 640 × 427
BARE = "上海/DSC04057"  # has none
UPRIGHT = "上海/upright one"  # 427 × 640
ODD = "夏 & '冬' + 100_/photo_one"  # of 夏 & '冬' + 100%/photo#one.png
NAMED_LIKE_US = "my gallery/webp gallery"
HIDDEN = "秘密/hidden one"
SHOWN = (FULL, BARE, UPRIGHT, ODD, NAMED_LIKE_US)


class Gallery:
    """Library, data folder and application; ``environ`` are further settings."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.library, self.data = folder / "library", folder / "data"
        self.settings = Settings.from_env(
            {
                "WATCH_DIR": str(self.library),
                "DATA_DIR": str(self.data),
                "ADMIN_PASSWORD": PASSWORD,
                "WEBHOOK_SECRET": "of the hook",
                "SETTLE_S": "0",
                "RENDER_WORKERS": "1",
                "DISPLAY_EDGE_PX": "640",
                "THUMB_EDGES_PX": "64,256",
            }
            | environ
        )
        make_folders(self.settings)
        self.records = open_records(self.settings)
        self.lease = Lease(self.data)
        self.app = make_app(self.settings, self.records, self.lease)
        self.app.extensions["streams"].life_s = 0  # an event, then the end
        self.client = self.app.test_client()
        self.admin = self.app.test_client()

    def log_in(self) -> FlaskClient:
        """Return a browser in which the administrator is logged in."""
        if self.admin.get_cookie("gallery_session") is None:
            answer = self.admin.post("/api/auth/login", json={"password": PASSWORD})
            assert answer.status_code == 200
        return self.admin

    def publish(self) -> dict[str, Any]:
        """Bring the gallery up to date with the library."""
        return commands.once(self.settings, "once", confirm_withdraw=False, tell=lambda _: None)

    def check(self) -> list[Finding]:
        """Return what does not agree."""
        return commands.run_check(self.settings, remote=False)

    def export(self) -> None:
        """Write the JSON, as the leader does within half a second."""
        store = assembly.make_store(self.settings, threading.Event())
        assembly.make_exporter(self.settings, self.records, store).export()

    def get(self, path: str, *, method: str = "GET", **headers: str) -> TestResponse:
        """Ask as a visitor does; the path is as a browser sends it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(path, method=method, headers=named, buffered=True)

    def json(self, path: str) -> Any:
        """Return what a visitor gets."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def like(
        self, photo_id: Any, likes: Any, *, by: str = "203.0.113.1", agent: str = "a browser"
    ) -> TestResponse:
        """Click on a heart in a browser of one's own."""
        return self.client.post(
            "/api/like",
            json={"photoId": photo_id, "likes": likes},
            headers={"User-Agent": agent},
            environ_overrides={"REMOTE_ADDR": by},
        )

    def close(self) -> None:
        self.records.database.close()
        remove_volatile(self.data)


def is_error(answer: TestResponse) -> bool:
    """Tell whether an answer says what went wrong in the form that all errors have."""
    told = answer.get_json()
    return (
        set(told) == {"success", "error", "message", "status"}
        and (told["success"], told["status"]) == (False, "error")
        and all(told[name] and isinstance(told[name], str) for name in ("error", "message"))
    )


def fill(library: Path) -> None:
    """Make a small library with all that is odd in it."""
    make_photo(
        library / "上海/DSC04056.JPG",
        gps=(31.2404, 121.4903),
        captured=TAKEN,
        camera="NIKON Z 6",
        lens="NIKKOR Z 24-70mm f/4 S",
        exposed=True,
    )
    make_photo(library / "上海/DSC04057.jpg", size=(640, 427), seed=1)
    make_photo(library / "上海/upright one.jpg", size=(427, 640), seed=2, gps=(0, 0))
    (library / "上海/info.yaml").write_text("title: 上海之旅\ndesc: 江边\n", encoding="utf-8")
    make_photo(
        library / "夏 & '冬' + 100%/photo#one.png", size=(64, 48), seed=3, gps=(-33.8568, 151.2153)
    )
    make_photo(library / "my gallery/webp gallery.jpg", size=(64, 48), seed=4)
    make_photo(library / "秘密/hidden one.jpg", size=(64, 48), seed=5, gps=(30, 120))
    (library / "秘密/info.yaml").write_text("hidden: true\n", encoding="utf-8")


def copied(template: Path, folder: Path, **environ: str) -> Gallery:
    """Make a gallery of one's own like one that is filled already."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return Gallery(folder, **environ)
