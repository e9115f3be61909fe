"""How gunicorn runs us; found by ``gunicorn server:app`` in this folder by itself."""

import gc
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parent))

import server as gallery

settings = gallery.read_settings()

bind = f"0.0.0.0:{settings.port}"
workers = 4
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 2  # seconds for requests under way when we are told to end
keepalive = 5
control_socket_disable = True  # it would write into the home folder
# whose headers count is for TRUSTED_PROXIES to say, whatever FORWARDED_ALLOW_IPS says
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""


def on_starting(server: object) -> None:
    """Refuse what cannot work, then say where everything is."""
    if server.cfg.preload_app:  # type: ignore[attr-defined]
        sys.exit(
            "--preload is not supported: the service thread must start in the workers."
            " Leave --preload away."
        )
    addresses = [a for a in server.cfg.address if isinstance(a, tuple)]  # type: ignore[attr-defined]
    is_handed_on = any(name in os.environ for name in ("GUNICORN_FD", "LISTEN_FDS"))  # listens
    gallery.begin_anew(settings, () if is_handed_on else addresses)
    port = next((port for _, port in addresses), settings.port)
    sys.stderr.write(gallery.announce(settings, port=port) + "\n")


def when_ready(_: object) -> None:
    """Leave what is loaded to stay, in memory that all workers share.

    Each of them would look through it again and again, and for a quarter of a second when it ends.
    """
    gc.freeze()


def post_worker_init(worker: object) -> None:
    """Let streams of events end with their process, not a while after."""
    streams = worker.wsgi.extensions["streams"]  # type: ignore[attr-defined]
    streams.is_ending = lambda: not worker.alive  # type: ignore[attr-defined]


def on_exit(_: object) -> None:
    """Leave nothing in memory."""
    gallery.leave(settings)
