"""The web application: ``gunicorn server:app``, or ``python server.py`` for all defaults."""

import os
import runpy
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask

from local_image_process import logs
from local_image_process.errors import SettingsError
from local_image_process.run import access
from local_image_process.run.lease import Lease
from local_image_process.run.records import make_folders, open_records
from local_image_process.run.service import Service
from local_image_process.run.volatile import remove_volatile
from local_image_process.settings import Settings
from local_image_process.web import auth, metrics
from local_image_process.web.application import make_app


def create_app(settings: Settings) -> Flask:
    """Make the application and start its service thread."""
    make_folders(settings)
    records = open_records(settings)
    service = Service(settings, records)
    app = make_app(settings, records, service.lease)
    metrics.count_requests(app, metrics.counters_folder(settings.data_dir))
    service.start()
    return app


def begin_anew(settings: Settings, addresses: Iterable[tuple[str, int]]) -> None:
    """Forget what processes counted that ran before; end with a sentence where we cannot run."""
    try:
        make_folders(settings)
        for host, port in addresses:
            access.check_port(host, port)
    except SettingsError as error:
        sys.exit(str(error))
    shutil.rmtree(metrics.counters_folder(settings.data_dir), ignore_errors=True)


def leave(settings: Settings) -> None:
    """Remove what only processes need, unless another service is at work on the data folder."""
    lease = Lease(settings.data_dir)
    if lease.acquire():
        lease.release()
        remove_volatile(settings.data_dir)


def announce(settings: Settings, *, port: int) -> str:
    """Return, for the terminal, what is watched, where the JSON is, and a password made now."""
    make_folders(settings)
    lines = [] if settings.is_mirror else [f"photos    {settings.library.absolute()}"]
    lines += [
        f"gallery   http://localhost:{port}/data/albums.json",
        f"          http://localhost:{port}/data/exif_data.json",
        f"data      {settings.data_dir.absolute()}",
        f"account   {access.told(settings)}",
    ]
    if settings.watch_dir is None and not settings.is_mirror:
        lines.append("WATCH_DIR is not set: put photos into the folder above, a folder an album.")
    if settings.has_bucket:
        lines.append(f"bucket    {settings.oss_bucket} ({settings.oss_endpoint})")
    if settings.is_mirror:
        lines.append("WATCH_DIR is not set: this site shows what lies in the bucket.")
    if settings.oss_bucket and not settings.webhook_secret and not settings.webhook_verify_aliyun:
        lines.append(
            "WEBHOOK_SECRET is not set: anybody may ask for a sync, at most every 10 seconds."
        )
    name, configured = settings.admin
    if configured and auth.is_obvious(configured, name=name):
        lines.append("ADMIN_PASSWORD is one that anybody would try: nobody can log in. Change it.")
    password = None if configured else auth.make_password_once(settings.data_dir)
    if password:
        lines.append(f"admin     {name} / {password}   (shown only this once; keep it)")
    return "\n".join(lines)


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
    """Run gunicorn, as configured beside this file."""
    read_settings()
    here = Path(__file__).absolute().parent
    configuration = ["-c", str(here / "gunicorn.conf.py"), "--pythonpath", str(here)]
    sys.argv[1:] = [*configuration, "server:app"]
    # as a module: the main one is loaded anew by each render process, and this one is large
    runpy.run_module("gunicorn", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
