"""Visitors' likes: one for each click on a heart, whatever number the page sends.

They do not go through Flask: of what a crowd asks for at one time only this waits for the disk,
and a view takes longer than to count.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from ..errors import StoreError
from ..record.clicks import Answer, Became, Clicks
from ..run.lookup import spelling
from .door import (
    BODY_LIMIT_BYTES,
    MESSAGES,
    NOT_JSON,
    SERVER_ACTION,
    Origin,
    json_text,
    not_noted,
    object_in,
    origin,
    refusal,
    refused,
    too_large,
    too_often,
)
from .metrics import ROUTE
from .proxies import visitor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

PATH = "/api/like"
MOST_SENT = 10**9
LONGEST_AGENT = 1000
HEADERS = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
WRONG = "无效的参数"
NO_PHOTO = "照片不存在"
DONE = {
    Became.COUNTED: "点赞成功",
    Became.KNOWN: "已经点过赞了",
    Became.TAKEN_BACK: "已取消点赞",
}


class Likes:
    """WSGI middleware: answers ``POST /api/like``; a like that it acknowledges is on the disk."""

    def __init__(self, app: "WSGIApplication", *, clicks: Clicks, public: Origin | None) -> None:
        self._app = app
        self._clicks = clicks
        self._public = public  # where visitors find us

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if not _is_like(environ):
            return self._app(environ, start_response)
        environ[ROUTE] = PATH
        answer = self._answered(environ)
        if isinstance(answer, Response):
            return answer(environ, start_response)
        message = DONE[answer.became]
        body = json_text({"success": True, "message": message, "likes": answer.likes}).encode()
        start_response("200 OK", [*HEADERS, ("Content-Length", str(len(body)))])
        return (body,)

    def _answered(self, environ: "WSGIEnvironment") -> Answer | Response:
        """Count a click; return what became of it, or the answer that says why nothing did."""
        no = refusal(environ, self._public)
        if no is not None:
            return no
        try:
            given = object_in(_body(environ))
            return refused(400, NOT_JSON) if given is None else self._clicked(environ, given)
        except RequestEntityTooLarge:
            return too_large(environ)
        except BadRequest:  # it was not sent to its end
            return refused(400, NOT_JSON)
        except StoreError as error:
            return not_noted(error)
        except Exception:  # a fault of ours: told as Flask tells those of its views
            log.exception("like stumbled")
            return refused(500, MESSAGES[500])

    def _clicked(self, environ: "WSGIEnvironment", given: dict[str, object]) -> Answer | Response:
        photo_id, sent = given.get("photoId"), given.get("likes")
        if not isinstance(photo_id, str) or type(sent) is not int or not 0 <= sent <= MOST_SENT:
            return refused(400, WRONG)
        answer = self._clicks.click(spelling(photo_id), self._visitors(environ), sent)
        if answer is None:
            return refused(404, NO_PHOTO)
        return too_often(answer.wait_s) if answer.became is Became.TOO_MANY else answer

    def _visitors(self, environ: "WSGIEnvironment") -> list[str]:
        """Return who asks, by today's salt and by yesterday's: address and browser, not told."""
        agent = environ.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT]
        address = environ.get("REMOTE_ADDR")
        salts = self._clicks.todays_salts()
        return [visitor(f"{salt} {agent}".encode(), address) for salt in salts]


def install(app: Flask, *, clicks: Clicks, public_url: str | None) -> None:
    """Let ``app`` count likes."""
    app.add_url_rule(PATH, "like", methods=["POST"])  # for its refusal of other methods
    app.wsgi_app = Likes(app.wsgi_app, clicks=clicks, public=origin(public_url or ""))  # type: ignore[method-assign]


def _is_like(environ: "WSGIEnvironment") -> bool:
    """Tell whether somebody clicked; a server action of Next's may come on any path."""
    is_post = environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] == "POST"
    return is_post and SERVER_ACTION not in environ


def _body(environ: "WSGIEnvironment") -> bytes:
    return get_input_stream(environ, max_content_length=BODY_LIMIT_BYTES).read()
