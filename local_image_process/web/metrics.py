"""Numbers for Prometheus: what the leader tells, and requests counted by every process."""

import hmac
import ipaddress
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, abort, request

from ..run.stages import STAGES
from ..run.standing import Standing
from ..run.volatile import volatile_folder
from .answers import Headers, with_each_answer
from .auth import Administrator
from .door import refused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from prometheus_client import Metric

ROUTE = "gallery.route"  # in the environment: the rule by which we answered without a view
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where the library keeps each process's counters
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
RESULTS = ("published", "moved", "refreshed", "withdrawn", "failed")
NOT_HERE = "只能从本机读取，或带上 METRICS_TOKEN：Authorization: Bearer …"


def counters_folder(data_dir: Path) -> Path:
    """Return where the processes on a data folder keep their counters."""
    return volatile_folder(data_dir) / "metrics"


def count_requests(app: Flask, folder: Path) -> None:
    """Count every answer, in files that outlive the process and are summed over all of them.

    The library looks for the folder when it is loaded, and loads it once: so it is loaded here.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ[FOLDER] = str(folder)
    from prometheus_client import Counter

    answers = Counter(
        "gallery_http_requests",
        "HTTP requests answered.",
        ["method", "route", "status"],
        registry=None,
    )
    counter = lru_cache(maxsize=1000)(answers.labels)  # or it is looked up under a lock each time

    def count(environ: "WSGIEnvironment", status: str, _: Headers) -> None:
        method = environ["REQUEST_METHOD"]
        counter(method if method in METHODS else "other", route_of(environ), status[:3]).inc()

    app.wsgi_app = with_each_answer(app.wsgi_app, count)  # type: ignore[method-assign, assignment]


def route_of(environ: "WSGIEnvironment") -> str:
    """Return the rule of ours that a request was answered by; "none" if by no rule."""
    if ROUTE in environ:
        return str(environ[ROUTE])
    asked = environ.get("werkzeug.request")  # where Flask leaves its request
    rule = getattr(asked, "url_rule", None)
    return rule.rule if rule else "none"


def make_blueprint(
    *, standing: Standing, counters: Path, token: str | None, admin: Administrator
) -> Blueprint:
    """Return the route; without a token it answers this machine and the administrator alone."""
    metrics = Blueprint("metrics", __name__)

    @metrics.get("/metrics")
    def numbers() -> Response:
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        if not (_knows(token) if token else _is_local()) and not admin.is_here():
            abort(refused(403, NOT_HERE))
        registry = CollectorRegistry()
        if counters.is_dir():
            MultiProcessCollector(registry, str(counters))  # type: ignore[no-untyped-call] # bare
        registry.register(_Gallery(lambda: gallery_metrics(standing)))
        response = Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
        response.headers["Cache-Control"] = "no-store"
        return response

    return metrics


class _Gallery:
    """What Prometheus' library asks for numbers."""

    def __init__(self, collect: "Callable[[], Iterator[Metric]]") -> None:
        self.collect = collect


def gallery_metrics(standing: Standing) -> "Iterator[Metric]":
    """Yield everything about photos, as of now."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    status = standing.status()
    photos = standing.numbers(status)["photos"]
    states = GaugeMetricFamily("gallery_photos", "Photos by state.", labels=["state"])
    for state in ("published", "waiting", "failed"):
        states.add_metric([state], photos[state])
    yield states
    held = "Published photos whose withdrawal waits for somebody's word."
    yield GaugeMetricFamily("gallery_photos_held", held, value=photos["held"])
    done = CounterMetricFamily("gallery_photos_done", "Photos by what was done.", labels=["result"])
    for result in RESULTS:
        done.add_metric([result], status.tally.get(result, 0))
    yield done
    for name, key, says in (
        ("gallery_renders", "rendered", "Photos whose pictures were made."),
        ("gallery_uploads", "uploaded", "Objects put into the store."),
        ("gallery_original_bytes", "bytes", "Bytes of originals that were worked on."),
    ):
        yield CounterMetricFamily(name, says, value=status.tally.get(key, 0))
    took = CounterMetricFamily("gallery_stage_seconds", "Seconds by stage.", labels=["stage"])
    for stage in STAGES:
        took.add_metric([stage.name], status.tally.get(f"{stage.name}_s", 0))
    yield took
    troubles = GaugeMetricFamily("gallery_trouble", "1 while something is wrong.", labels=["with"])
    for name in ("library", "store", "bucket", "export"):
        troubles.add_metric([name], int(name in status.troubles))
    yield troubles
    yield from _of_the_catalogue(standing)


def _of_the_catalogue(standing: Standing) -> "Iterator[Metric]":
    from prometheus_client.core import GaugeMetricFamily

    overview, urls = standing.records.overview, standing.settings.webhook_url
    owed = overview.owed(urls).waiting
    yield GaugeMetricFamily("gallery_likes", "Likes of all photos.", value=overview.likes())
    yield GaugeMetricFamily("gallery_notices_owed", "Notices not taken yet.", value=owed)
    has_leader = int(standing.leader() is not None)
    yield GaugeMetricFamily("gallery_has_leader", "1 while a process leads.", value=has_leader)


def _knows(token: str) -> bool:
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_local() -> bool:
    """Tell whether a program on this machine asks; behind a trusted proxy, whom it speaks for."""
    try:
        return ipaddress.ip_address(request.remote_addr or "127.0.0.1").is_loopback
    except ValueError:
        return False
