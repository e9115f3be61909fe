"""Put the application together: the only place that knows both the settings and the routes."""

import threading
from functools import partial

from flask import Blueprint, Flask
from flask.json.provider import DefaultJSONProvider

from ..record.clicks import Clicks
from ..record.throttle import Throttle
from ..record.wakes import Wakes
from ..run import assembly
from ..run.lease import Lease
from ..run.lookup import find_photo
from ..run.records import Records
from ..run.standing import Standing
from ..run.status import Board
from ..settings import Settings
from . import (
    admin,
    auth,
    corrections,
    door,
    gallery,
    likes,
    metrics,
    momentography,
    openapi,
    pictures,
    server_action,
    status,
    status_actions,
    status_page,
    webhook,
)
from .proxies import Proxies
from .unchanged import Unchanged
from .webhook_guards import Guard, Verify


def make_app(settings: Settings, records: Records, lease: Lease) -> Flask:
    """Make the application alone: nothing is watched or rendered."""
    app = Flask("local_image_process", static_folder=None)
    app.json = DefaultJSONProvider(app)
    app.json.ensure_ascii = False  # people read it, too
    clicks = Clicks(records.database, site=records.site, window_s=settings.like_window_s)
    likes.install(app, clicks=clicks, public_url=settings.public_base_url)
    door.install(app, public_url=settings.public_base_url)
    unchanged = Unchanged(app.wsgi_app)
    app.wsgi_app = Proxies(unchanged, trusted=settings.trusted_proxies)  # type: ignore[method-assign]
    key = auth.session_key(settings.data_dir, settings.secret_key)
    auth.keep_sessions(app, key)
    boss = auth.make_administrator(*settings.admin, data_dir=settings.data_dir, key=key)
    find = partial(find_photo, records)
    board = Board(settings.data_dir)
    standing = Standing(settings=settings, records=records, lease=lease, board=board)
    for blueprint in (
        auth.make_blueprint(admin=boss, throttle=Throttle(records.database), key=key),
        gallery.make_blueprint(data_dir=settings.data_dir, lease=lease),
        pictures.make_blueprint(
            where=_where(settings), find=find, is_leaving=records.backlog.is_loose
        ),
        momentography.make_blueprint(data_dir=settings.data_dir),
        *_for_the_photographer(settings, records, boss),
        webhook.make_blueprint(
            bell=webhook.Bell(Wakes(records.database)),
            guard=_guard(settings),
            own_objects=webhook.own_objects(site=records.site, has_library=not settings.is_mirror),
        ),
        *_for_people(app, standing, boss),
        openapi.make_blueprint(),
    ):
        app.register_blueprint(blueprint)
    return app


def _for_the_photographer(
    settings: Settings, records: Records, boss: auth.Administrator
) -> list[Blueprint]:
    """Make what the front-end's own pages for the administrator ask for."""
    return [
        corrections.make_blueprint(
            records=records,
            admin=boss,
            privacy=assembly.privacy(settings),
            root_album=settings.root_album,
        ),
        admin.make_blueprint(records=records, admin=boss, webhook_secret=settings.webhook_secret),
        server_action.make_blueprint(
            mailbox=records.mailbox, admin=boss, kind="sync" if settings.is_mirror else "once"
        ),
    ]


def _for_people(app: Flask, standing: Standing, boss: auth.Administrator) -> list[Blueprint]:
    """Make the status page and what it asks for, and the numbers for who watches many programs."""
    settings = standing.settings
    streams = app.extensions["streams"] = status.Streams()
    login = partial(auth.login_state, *settings.admin, data_dir=settings.data_dir)
    return [
        status.make_blueprint(standing=standing, admin=boss, streams=streams),
        status_actions.make_blueprint(standing=standing, admin=boss),
        status_page.make_blueprint(
            standing=standing, admin=boss, login=login, picture_urls=_where(settings).roots
        ),
        metrics.make_blueprint(
            standing=standing,
            counters=metrics.counters_folder(settings.data_dir),
            token=settings.metrics_token,
            admin=boss,
        ),
    ]


def _where(settings: Settings) -> pictures.Where:
    """Say where pictures lie."""
    bucket_url = assembly.bucket_url(settings) if settings.has_bucket else None
    own = (bucket_url, assembly.own_bucket_url(settings))
    media = (f"{url}/media" for url in ("", settings.public_base_url) if url is not None)
    return pictures.Where(
        media=(settings.data_dir / "media").absolute(),
        bucket_url=bucket_url,
        sign=_sign(settings) if settings.has_bucket and settings.oss_signed_urls else None,
        makes_thumbs=settings.has_bucket and settings.oss_image_process,
        roots=(*media, *(url for url in own if url)),
    )


def _sign(settings: Settings) -> pictures.Sign:
    """Return what signs addresses of a private bucket; the bucket's library is loaded at need."""
    known: list[pictures.Sign] = []

    def sign(name: str, width_px: int | None) -> str:
        if not known:
            known.append(assembly.make_bucket(settings, threading.Event()).signed_url)
        return known[0](name, width_px)

    return sign


def _guard(settings: Settings) -> Guard:
    """Make what tells who may wake us."""
    aliyun: Verify | None = None
    if settings.webhook_verify_aliyun:  # its imports are slow, and few need them
        from .aliyun_keys import AliyunKeys, fetch
        from .aliyun_signatures import AliyunSignatures

        keys = AliyunKeys(fetch)
        aliyun = AliyunSignatures(key=keys.key, public_url=settings.public_base_url).proof
    return Guard(
        secret=settings.webhook_secret, query_token=settings.webhook_query_token, aliyun=aliyun
    )
