"""The web application: ``gunicorn server:app``, or ``python server.py`` for all defaults."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from local_image_process import logs
from local_image_process.errors import SettingsError
from local_image_process.record.interactions import SITE
from local_image_process.record.wakes import Wakes
from local_image_process.run import assembly
from local_image_process.run.service import Service
from local_image_process.settings import Settings
from local_image_process.web import gallery, webhook
from local_image_process.web.auth import make_password_once
from local_image_process.web.webhook_guards import Guard, Verify

BODY_LIMIT_BYTES = 256 * 1024
READ_ON_S = 2.0


def create_app(settings: Settings) -> Flask:
    """Make the application and start its service thread."""
    assembly.make_folders(settings)
    records = assembly.open_records(settings)
    service = Service(settings, records)
    app = Flask("local_image_process")
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.register_blueprint(gallery.make_blueprint(data_dir=settings.data_dir, lease=service.lease))
    app.register_blueprint(
        webhook.make_blueprint(
            bell=webhook.Bell(Wakes(records.database)),
            guard=_guard(settings),
            own_objects=webhook.own_objects(site=SITE, has_library=settings.watch_dir is not None),
        )
    )
    app.register_error_handler(404, lambda _: _error(404, "not found"))
    app.register_error_handler(405, lambda _: _error(405, "method not allowed"))
    app.register_error_handler(413, _too_large)
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
    if settings.has_bucket:
        lines.append(f"bucket    {settings.oss_bucket} ({settings.oss_endpoint})")
    elif settings.oss_bucket:
        lines.append(
            "OSS_BUCKET is set without WATCH_DIR: this version cannot mirror a bucket yet."
        )
    if settings.oss_bucket and not settings.webhook_secret and not settings.webhook_verify_aliyun:
        lines.append(
            "WEBHOOK_SECRET is not set: anybody may ask for a sync, at most every 10 seconds."
        )
    name, configured = settings.admin
    password = None if configured else make_password_once(settings.data_dir)
    if password:
        lines.append(f"admin     {name} / {password}   (shown only this once; keep it)")
    return "\n".join(lines)


def _guard(settings: Settings) -> Guard:
    """Make what tells who may wake us."""
    aliyun: Verify | None = None
    if settings.webhook_verify_aliyun:  # its imports are slow, and few need them
        from local_image_process.web.aliyun_keys import AliyunKeys, fetch
        from local_image_process.web.aliyun_signatures import AliyunSignatures

        keys = AliyunKeys(fetch)
        aliyun = AliyunSignatures(key=keys.key, public_url=settings.public_base_url).proof
    return Guard(
        secret=settings.webhook_secret, query_token=settings.webhook_query_token, aliyun=aliyun
    )


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return response


def _too_large(_: Exception) -> tuple[Response, int]:
    """Read on for a moment: who sends all before it reads would never see the answer."""
    end_s = time.monotonic() + READ_ON_S
    with suppress(OSError):
        while time.monotonic() < end_s and request.environ["wsgi.input"].read(BODY_LIMIT_BYTES):
            pass
    return _error(413, "请求内容过大，最多 256 KB")


def _error(status: int, message: str) -> tuple[Response, int]:
    told = {"success": False, "error": message, "message": message, "status": "error"}
    return jsonify(told), status


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
