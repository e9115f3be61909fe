"""Visitors' likes: one for each click on a heart, whatever number the page sends."""

from flask import Blueprint, Response, abort, jsonify, request

from ..record.clicks import Became, Clicks
from ..run.lookup import spelling
from .door import json_object, refused, too_often
from .proxies import visitor

MOST_SENT = 10**9
LONGEST_AGENT = 1000
WRONG = "无效的参数"
NO_PHOTO = "照片不存在"
MESSAGES = {
    Became.COUNTED: "点赞成功",
    Became.KNOWN: "已经点过赞了",
    Became.TAKEN_BACK: "已取消点赞",
}


def make_blueprint(*, clicks: Clicks) -> Blueprint:
    """Return the route; a like that it acknowledges is on the disk."""
    likes = Blueprint("likes", __name__, url_prefix="/api")

    @likes.post("/like")
    def like() -> Response:
        given = json_object()
        photo_id, sent = given.get("photoId"), given.get("likes")
        if not isinstance(photo_id, str) or type(sent) is not int or not 0 <= sent <= MOST_SENT:
            abort(refused(400, WRONG))
        answer = clicks.click(spelling(photo_id), _visitors(clicks), sent)
        if answer is None:
            abort(refused(404, NO_PHOTO))
        if answer.became is Became.TOO_MANY:
            abort(too_often(answer.wait_s))
        return jsonify(success=True, message=MESSAGES[answer.became], likes=answer.likes)

    @likes.after_request
    def for_nobody_else(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return likes


def _visitors(clicks: Clicks) -> list[str]:
    """Return who asks, by today's salt and by yesterday's: address and browser, not told to us."""
    agent = request.headers.get("User-Agent", "")[:LONGEST_AGENT]
    return [visitor(f"{salt} {agent}".encode()) for salt in clicks.todays_salts()]
