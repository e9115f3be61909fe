"""What may be asked of us, as OpenAPI 3.1: openapi.yaml beside this file, served as JSON."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, Response, request

from .. import __version__
from .gallery import for_everyone

DESCRIPTION = Path(__file__).with_name("openapi.yaml")


def make_blueprint() -> Blueprint:
    """Return the route of the description."""
    openapi = Blueprint("openapi", __name__)

    @openapi.get("/openapi.json")
    def description() -> Response:
        response = Response(_description(), content_type="application/json")
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request.environ)
        return response

    openapi.after_request(for_everyone)
    return openapi


def described() -> dict[str, Any]:
    """Return the description, of this version of the program."""
    openapi: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    openapi["info"]["version"] = __version__
    return openapi


@cache
def _description() -> bytes:
    return json.dumps(described(), ensure_ascii=False).encode()
