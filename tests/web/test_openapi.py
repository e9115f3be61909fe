"""The description of what may be asked: complete, and true of whatever is sent."""

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from werkzeug.test import TestResponse

from local_image_process import __version__
from local_image_process.record.mailbox import Mailbox
from local_image_process.run.lease import Lease
from local_image_process.web import openapi
from tests.web.in_process import Gallery, copied

PICKY = {  # refuse more than a schema can say
    "/_next/image",  # other hosts than ours
    "/api/like",  # 1.0, which a schema calls an integer
    "/api/photos/update-exif",  # texts that hold no number
}
METHODS = {"get", "post", "put", "patch", "delete"}
SERVER_ACTIONS = {("post", "/admin"), ("post", "/admin/oss")}  # told by a header, on any path
EXAMPLES = 15  # of each operation, beside those that the description itself leads to


def described(site: Gallery) -> set[tuple[str, str]]:
    paths = site.json("/openapi.json")["paths"]
    return {(method, path) for path, item in paths.items() for method in item if method in METHODS}


def routes(site: Gallery) -> set[tuple[str, str]]:
    """Return every route in the description's way of writing."""
    found = set()
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        methods = {method.lower() for method in rule.methods or ()} & METHODS
        for path in paths_of(rule.rule):
            found |= {(method, path) for method in methods}
    return found


def paths_of(rule: str) -> list[str]:
    """Return what a route of Flask's stands for: "/x/<path:id>" → "/x/{id}"."""
    before, opened, rest = rule.partition("<")
    if not opened:
        return [rule]
    variable, _, behind = rest.partition(">")
    converter, _, name = variable.rpartition(":")
    if converter.startswith("any("):
        choices = converter.removeprefix("any(").removesuffix(")").replace('"', "").split(",")
        return [f"{before}{choice}{behind}" for choice in choices]
    return [f"{before}{{{name}}}{behind}"]


def test_every_route_is_described_and_everything_described_is_there(still: Gallery) -> None:
    assert described(still) - SERVER_ACTIONS == routes(still)
    assert described(still) >= SERVER_ACTIONS


def test_the_description_is_in_readable_json(still: Gallery) -> None:
    answer = still.get("/openapi.json")
    assert answer.content_type == "application/json"
    assert answer.get_json()["openapi"].startswith("3.1.")
    assert answer.get_json()["info"]["version"] == __version__
    assert "上海" in answer.get_data(as_text=True)


# held against the application

for_strangers = schemathesis.openapi.from_path(str(openapi.DESCRIPTION))
for_strangers.config.generation.update(
    max_examples=EXAMPLES,
    deterministic=True,
    no_shrink=True,
    database="none",
    with_security_parameters=False,  # whether there is a session is for the tests to say
)
for_strangers.config.phases.coverage.unexpected_methods = set()  # the door may refuse them first
for_the_administrator = for_strangers.include(
    lambda context: bool(context.operation.definition.raw.get("security"))
)


class Browser(FlaskClient):
    """Reads every answer to its end."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **kwargs | {"buffered": True})


@pytest.fixture(scope="module")
def answering(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Return a gallery whose requests are answered, by who seems to lead it."""
    one = copied(filled, tmp_path_factory.mktemp("answering"))
    one.app.test_client_class = Browser
    one.admin = one.app.test_client()
    stop = threading.Event()
    leader = threading.Thread(target=answer_all, args=(one.records.mailbox, one.lease, stop))
    leader.start()
    yield one
    stop.set()
    leader.join()
    one.close()


def answer_all(mailbox: Mailbox, lease: Lease, stop: threading.Event) -> None:
    while not stop.wait(0.01):
        lease.beat()
        for request in mailbox.open_requests():
            mailbox.answer(request.id, {"published": 1})


_numbers = count()


def another_visitor() -> dict[str, str]:
    """Return the headers of somebody who never asked before, so that nobody asks too often."""
    number = next(_numbers)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return {"X-Forwarded-For": address, "Accept-Encoding": "identity"}


@pytest.mark.slow
@for_strangers.parametrize()
def test_it_is_true_for_strangers(case: Any, answering: Gallery) -> None:
    case.call_and_validate(
        app=answering.app,
        session=answering.app.test_client(),
        headers=another_visitor(),
        excluded_checks=[positive_data_acceptance] if case.path in PICKY else [],
    )


@pytest.mark.slow
@for_the_administrator.parametrize()
def test_it_is_true_for_the_administrator(case: Any, answering: Gallery) -> None:
    case.call_and_validate(
        app=answering.app,
        session=answering.log_in(),
        headers=another_visitor(),
        excluded_checks=[ignored_auth, *([positive_data_acceptance] if case.path in PICKY else [])],
    )
