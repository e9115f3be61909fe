"""The sync button of the admin pages: not a call of an API, but a server action of Next's."""

import json
import logging
import time
from typing import Any

from flask import Blueprint, Response, request

from ..errors import StoreError
from ..logs import kv
from ..record.mailbox import Mailbox
from .auth import NOT_LOGGED_IN, Administrator
from .door import NOT_NOTED

log = logging.getLogger(__name__)

WAIT_S = 20.0  # for the leader to be done; nothing is worked on here meanwhile
POLL_S = 0.1
UNDER_WAY = "已经开始，仍在进行，完成后自动生效"
FIRST_ROW = '0:{"a":"$@1","f":"","b":"x"}\n'  # of a server action's answer; the second is ours
WORDS = {
    "published": "发布",
    "moved": "移动",
    "refreshed": "更新信息",
    "withdrawn": "撤下",
    "failed": "失败",
    "added": "新增",
    "updated": "更新",
    "removed": "删除",
    "held": "暂缓删除",
    "problems": "有问题（见日志）",
}


def make_blueprint(*, mailbox: Mailbox, admin: Administrator, kind: str) -> Blueprint:
    """Answer such a request on whichever page it comes; ``kind`` is the request for the leader."""
    actions = Blueprint("server_action", __name__)

    @actions.before_app_request
    def sync_button() -> Response | None:
        if request.method != "POST" or "Next-Action" not in request.headers:
            return None
        if not admin.is_here():
            return _action_answer({"message": NOT_LOGGED_IN, "is_error": True}, 401)
        try:
            return _action_answer(_carry_out(mailbox, kind), 200)
        except StoreError as error:
            log.error("sync not asked for %s", kv(reason=error))
            return _action_answer({"message": NOT_NOTED, "is_error": True}, 503)

    return actions


def _carry_out(mailbox: Mailbox, kind: str) -> dict[str, Any]:
    """Ask the leader, and wait a while for its report; what takes longer is done all the same."""
    asked = mailbox.ask(kind)
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        answer = mailbox.answer_to(asked)
        if answer is None:
            break
        if answer.report is not None:
            mailbox.discard(asked)
            return _told(answer.report)
        time.sleep(POLL_S)
    return {"message": UNDER_WAY, "is_error": False}


def _told(report: dict[str, Any]) -> dict[str, Any]:
    """Put a report into words."""
    if "error" in report:
        return {"message": f"同步失败：{report['error']}", "is_error": True}
    numbers = report | {"problems": len(report.get("problems", ()))}
    counted = [f"{word} {numbers[name]}" for name, word in WORDS.items() if numbers.get(name)]
    return {"message": f"同步完成：{'，'.join(counted) or '没有变化'}", "is_error": False}


def _action_answer(told: dict[str, Any], status: int) -> Response:
    """Answer as the front-end's own server does: two rows of React's wire format."""
    row = {
        "success": not told["is_error"],
        "message": told["message"],
        "status": "error" if told["is_error"] else "success",
    }
    body = f"{FIRST_ROW}1:{json.dumps(row, ensure_ascii=False)}\n"
    response = Response(body, status, content_type="text/x-component")
    response.headers["Cache-Control"] = "no-store"
    return response
