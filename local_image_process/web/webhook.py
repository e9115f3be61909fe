"""The address where others say that something changed: it notes that, and answers at once."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, request

from ..errors import StoreError
from ..logs import kv
from ..publish.store import PREFIX
from ..record.wakes import Raised, Wakes
from .webhook_bodies import concerns_only
from .webhook_guards import Call, Guard, Proof

log = logging.getLogger(__name__)

SYNC = "sync"  # the counter that is raised
WEAK_REST_S = 10.0  # requests that prove little count at most once in so many seconds
WAIT_S = 0.05  # for the database; the answer does not wait any longer
TELL_REFUSED_S = 60.0
WORKS = "Webhook 正常工作，请用 POST 发送通知"
UNAUTHORISED = "未授权的请求"
NOT_NOTED = "暂时无法记录，请稍后重试"
OWN_FILES = "只涉及本站自己的索引文件，无需更新"
MESSAGES = {
    Raised.NOW: "已收到，即将更新",
    Raised.LATER: "已收到，并入下一次更新",
    Raised.REPEATED: "这个通知已经收到过",
    None: "已收到，即将更新",
}


class Bell:
    """Raises the counter in a thread of its own, so that a busy database delays no answer."""

    def __init__(self, wakes: Wakes) -> None:
        self._wakes = wakes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gallery-webhook")
        self._lock = Lock()
        self._waiting: dict[float, Future[Raised]] = {}  # by rest; not begun, so good for more

    def ring(self, proof: Proof) -> Raised | None:
        """Ask for a sync; ``None`` when it is being noted still. Raises StoreUnavailable."""
        rest_s = WEAK_REST_S if proof.is_weak else 0.0
        noted = self._once(rest_s, proof.once) if proof.once else self._together(rest_s)
        try:
            return noted.result(timeout=WAIT_S)
        except TimeoutError:
            return None

    def close(self) -> None:
        """End the thread, once all is noted."""
        self._thread.shutdown()

    def _once(self, rest_s: float, once: str | None) -> Future[Raised]:
        return self._noting(lambda: self._wakes.raise_(SYNC, rest_s=rest_s, once=once))

    def _together(self, rest_s: float) -> Future[Raised]:
        """Note a request together with those that wait to be noted already."""

        def raise_() -> Raised:
            with self._lock:
                del self._waiting[rest_s]
            return self._wakes.raise_(SYNC, rest_s=rest_s)

        with self._lock:
            if rest_s not in self._waiting:
                self._waiting[rest_s] = self._noting(raise_)
            return self._waiting[rest_s]

    def _noting(self, raise_: Callable[[], Raised]) -> Future[Raised]:
        noted = self._thread.submit(raise_)
        noted.add_done_callback(_tell_failure)
        return noted


def own_objects(*, site: str, has_library: bool) -> frozenset[str]:
    """Return the objects that we write into the bucket ourselves, so that they are no news.

    An album's YAML is not among them: people write it into the bucket by hand, too. Without a
    library the index files are another's, and news.
    """
    index_files = {f"{PREFIX}/albums.json", f"{PREFIX}/exif_data.json"} if has_library else set()
    return frozenset({f"interactions/{site}.json"} | index_files)


def make_blueprint(*, bell: Bell, guard: Guard, own_objects: frozenset[str]) -> Blueprint:
    """Return the routes; events that concern nothing but ``own_objects`` are passed over."""
    webhook = Blueprint("webhook", __name__)
    refusals = _Refusals()

    @webhook.get("/webhook")
    @webhook.get("/api/webhook")
    def works() -> Response:
        return _answer(WORKS)

    @webhook.post("/webhook")
    @webhook.post("/api/webhook")
    def receive() -> tuple[Response, int] | Response:
        call = _call()
        proof = guard.proof(call)
        if proof is None:
            refusals.tell()
            return _answer(UNAUTHORISED, is_error=True), 401
        if concerns_only(call.body, own_objects):
            return _answer(OWN_FILES)
        try:
            return _answer(MESSAGES[bell.ring(proof)])
        except StoreError:  # told by the bell
            return _answer(NOT_NOTED, is_error=True), 503

    return webhook


class _Refusals:
    """Says in the log that somebody was turned away, but not for everyone."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def tell(self) -> None:
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + TELL_REFUSED_S
            log.warning(
                "webhook refused, it proves no knowledge of WEBHOOK_SECRET %s",
                kv(sender=request.remote_addr),
            )


def _call() -> Call:
    """Take the request as it is; a body over the limit ends in 413."""
    query = request.query_string.decode("latin-1")
    target = str(request.environ.get("RAW_URI", ""))
    if not target.startswith("/"):
        target = quote(request.path) + (f"?{query}" if query else "")
    return Call(
        method=request.method,
        path=request.path,
        target=target,
        query=query,
        origin=request.host_url.rstrip("/"),
        headers={name.lower(): value for name, value in request.headers},
        body=_body(),
    )


def _body() -> bytes:
    """Read the body; one whose length is not told must be shorter than the limit."""
    body = request.get_data(cache=False)
    limit_bytes = request.max_content_length
    if request.content_length is None and limit_bytes is not None and len(body) >= limit_bytes:
        abort(413)  # werkzeug stops at the limit without a word
    return body


def _answer(message: str, *, is_error: bool = False) -> Response:
    status = "error" if is_error else "success"
    return jsonify({"success": not is_error, "message": message, "status": status})


def _tell_failure(noted: Future[Raised]) -> None:
    if error := noted.exception():
        log.error("webhook not noted, the sync by the clock has to do %s", kv(reason=error))
