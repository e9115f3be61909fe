"""What the administrator may do about how things stand; the leader does it, soon."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify

from ..run.standing import Standing
from .auth import Administrator
from .door import json_object, refused

ASKED = "已请求，很快会执行"
NO_BUCKET = "没有设置存储桶"
NOT_FAILED = "这些照片不在失败列表里"
NO_KEYS = "keys 应为照片路径的列表"
OTHER_NUMBER = "现在暂缓撤下的照片是 {} 张，请重新核对"


def make_blueprint(*, standing: Standing, admin: Administrator) -> Blueprint:
    """Return the routes; none of them waits for the leader."""
    status = Blueprint("status_actions", __name__, url_prefix="/api/status")
    mailbox, overview = standing.records.mailbox, standing.records.overview
    everything = "sync" if standing.settings.is_mirror else "once"
    status.before_request(admin.require)

    @status.post("/sweep")
    def sweep() -> Response:
        json_object()
        mailbox.ask(everything)
        return _asked()

    @status.post("/sync")
    def sync() -> Response:
        json_object()
        if not standing.settings.has_bucket:
            return refused(409, NO_BUCKET)
        mailbox.ask("sync")
        return _asked()

    @status.post("/retry")
    def retry() -> Response:
        given = json_object()
        if not (photos := overview.try_again(_keys(given))) and given.get("keys"):
            return refused(404, NOT_FAILED)
        mailbox.ask("retry")
        return _asked(photos=photos)

    @status.post("/release")
    def release() -> Response:
        """Withdraw what is held, if it is as many as whoever asks has seen."""
        given = json_object()
        held = standing.numbers(standing.status())["photos"]["held"]
        if not held or given.get("held") != held:
            return refused(409, OTHER_NUMBER.format(held))
        mailbox.ask(everything, confirm_withdraw=True)
        return _asked()

    return status


def _keys(given: dict[str, Any]) -> list[str] | None:
    keys = given.get("keys")
    if keys is None:
        return None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        abort(refused(400, NO_KEYS))
    return keys


def _asked(**further: int) -> Response:
    return jsonify(success=True, message=ASKED, **further)
