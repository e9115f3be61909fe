"""What may be asked of us, as OpenAPI 3.1: openapi.yaml beside this file, served as JSON."""

import json
from functools import cache
from pathlib import Path

import yaml
from flask import Blueprint, Response, request

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


@cache
def _description() -> bytes:
    described = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    return json.dumps(described, ensure_ascii=False).encode()
