"""The page on which a photographer sees how things stand, in Chinese and English."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request, send_from_directory

from ..run.standing import Standing
from .auth import Administrator, LoginState
from .status import view_for
from .status_words import WORDS

STATIC = Path(__file__).with_name("static")
FILES = ("page.css", "page.js", "icon.svg")
POLICY = (
    "default-src 'self'; img-src 'self'{}; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)


def make_blueprint(
    *, standing: Standing, admin: Administrator, login: LoginState, picture_urls: Iterable[str]
) -> Blueprint:
    """Return the routes; ``picture_urls`` are where pictures lie that do not lie here."""
    pages = Blueprint("status_page", __name__, template_folder="templates")
    policy = POLICY.format("".join(f" {origin}" for origin in sorted(_origins(picture_urls))))

    @pages.get("/")
    @pages.get("/status")
    def page() -> Response:
        language = _language()
        text = render_template(
            "status.html",
            language=language,
            words=WORDS[language],
            told=view_for(standing, admin).told(),
            login=login(),
            is_mirror=standing.settings.is_mirror,
            has_bucket=standing.settings.has_bucket,
        )
        response = Response(text, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = policy
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Accept-Language, Cookie"
        return response

    @pages.get("/status/<any({}):name>".format(",".join(f'"{name}"' for name in FILES)))
    def file(name: str) -> Response:
        response = send_from_directory(STATIC, name)
        response.headers["Cache-Control"] = "no-cache"
        return response

    return pages


def _language() -> str:
    """Return the language of the address, or else of the browser; Chinese if it speaks neither."""
    chosen = request.args.get("lang", "")
    return chosen if chosen in WORDS else request.accept_languages.best_match(WORDS, "zh")


def _origins(urls: Iterable[str]) -> set[str]:
    parts = [urlsplit(url) for url in urls]
    return {f"{part.scheme}://{part.netloc}" for part in parts if part.netloc}
