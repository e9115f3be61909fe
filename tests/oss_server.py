"""A strict OSS server: ``with OssServer() as oss:``, or ``python -m tests.oss_server --port N``."""

import argparse
import json
import signal
import sys
import threading

from tests.oss.client import AppliedFault, OssServer, Remote
from tests.oss.faults import KINDS, Fault, Kind
from tests.oss.log import Entry

__all__ = ["KINDS", "AppliedFault", "Entry", "Fault", "Kind", "OssServer", "Remote"]


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM; print port, endpoint and token as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.oss_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", help="for the hidden path; made up if not given")
    parser.add_argument("--public-read", action="store_true")
    for name in ("bucket", "region", "access-key", "secret-key"):
        parser.add_argument(f"--{name}", default=argparse.SUPPRESS)
    given = vars(parser.parse_args(arguments))
    token = given.pop("token")
    server = OssServer(**given)
    server.token = token or server.token
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with server:
        told = {"port": server.port, "endpoint": server.endpoint, "token": server.token}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
