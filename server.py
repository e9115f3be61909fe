"""The web application: ``gunicorn server:app``, or ``python server.py`` for all defaults."""

import os
import sys
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify

from local_image_process import logs
from local_image_process.errors import SettingsError
from local_image_process.run import assembly
from local_image_process.run.service import Service
from local_image_process.settings import Settings
from local_image_process.web import gallery
from local_image_process.web.auth import make_password_once

BODY_LIMIT_BYTES = 256 * 1024


def create_app(settings: Settings) -> Flask:
    """Make the application and start its service thread."""
    assembly.make_folders(settings)
    records = assembly.open_records(settings)
    service = Service(settings, records)
    app = Flask("local_image_process")
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.register_blueprint(gallery.make_blueprint(data_dir=settings.data_dir, lease=service.lease))
    app.register_error_handler(404, lambda _: _error(404, "not found"))
    app.register_error_handler(405, lambda _: _error(405, "method not allowed"))
    app.register_error_handler(500, lambda _: _error(500, "internal error"))
    app.after_request(_harden)
    service.start()
    return app


def announce(settings: Settings, *, port: int) -> str:
    """Return, for the terminal, what is watched, where the JSON is, and a password made now."""
    assembly.make_folders(settings)
    lines = [
        f"photos    {settings.library.absolute()}",
        f"gallery   http://localhost:{port}/data/albums.json",
        f"          http://localhost:{port}/data/exif_data.json",
        f"data      {settings.data_dir.absolute()}",
    ]
    if settings.watch_dir is None:
        lines.append("WATCH_DIR is not set: put photos into the folder above, a folder an album.")
    if settings.oss_bucket:
        lines.append("OSS_BUCKET is set, but this version keeps everything in its data folder.")
    name, configured = settings.admin
    password = None if configured else make_password_once(settings.data_dir)
    if password:
        lines.append(f"admin     {name} / {password}   (shown only this once; keep it)")
    return "\n".join(lines)


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return response


def _error(status: int, message: str) -> tuple[Response, int]:
    return jsonify({"success": False, "error": message, "message": message}), status


def __getattr__(name: str) -> Any:
    """Make ``app`` when it is first asked for: nothing starts at import."""
    if name != "app":
        raise AttributeError(name)
    settings = read_settings()
    logs.configure(settings.log_level)
    globals()["app"] = create_app(settings)
    return globals()["app"]


def read_settings() -> Settings:
    """Read the settings, or end with a sentence on what is wrong with them."""
    try:
        return Settings.load(os.environ)
    except SettingsError as error:
        sys.exit(str(error))


def main() -> None:
    """Become gunicorn, as configured beside this file."""
    read_settings()
    here = Path(__file__).absolute().parent
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", str(here / "gunicorn.conf.py")]
    os.execv(sys.executable, [*gunicorn, "--pythonpath", str(here), "server:app"])


if __name__ == "__main__":
    main()
