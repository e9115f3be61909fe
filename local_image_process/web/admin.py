"""What only the administrator may fetch: a backup, the webhook's secret."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, jsonify, send_file

from ..run.records import Records
from .auth import Administrator
from .door import refused

READY = "数据库已就绪"
NOT_SQLITE = "只能备份 SQLite 数据库，请用数据库自己的工具备份"


def make_blueprint(
    *, records: Records, admin: Administrator, webhook_secret: str | None
) -> Blueprint:
    """Return the routes."""
    office = Blueprint("admin", __name__, url_prefix="/api")

    @office.get("/data/backup")
    def backup() -> Response:
        """Send a copy of the database as of now, while others go on writing."""
        admin.require()
        with tempfile.TemporaryDirectory(prefix="gallery-backup-") as folder:
            copy = Path(folder) / "catalogue.db"
            if not records.database.backup(copy):
                return refused(501, NOT_SQLITE)
            file = copy.open("rb")  # it outlives its name
        name = f"gallery-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"
        return send_file(
            file, "application/vnd.sqlite3", as_attachment=True, download_name=name, etag=False
        )

    @office.get("/init-db")
    def is_ready() -> Response:
        admin.require()
        return jsonify(success=True, message=READY, dbExists=records.database.is_there)

    @office.get("/config/webhook-secret")
    def secret() -> Response:
        admin.require()
        return jsonify(webhookSecret=webhook_secret or "")

    @office.after_request
    def for_nobody_else(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return office
