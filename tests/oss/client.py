"""How tests hold the server: start it, steer it, and look at the bucket as a client does."""

import json
import secrets
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import oss2

from tests.oss.faults import Fault, Kind
from tests.oss.log import Entry
from tests.oss.server import CRASH, TOKEN_HEADER, Server
from tests.oss.service import Service
from tests.oss.signing import Account
from tests.oss.store import Bucket

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 10
META = "x-oss-meta-"
PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """An object as a listing and a HEAD show it."""

    key: str
    size_bytes: int
    etag: str  # upper-case hex without quotes
    content_type: str
    cache_control: str | None
    meta: dict[str, str]  # without x-oss-meta-


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFault:
    """A rule, how many requests matched it, and how many it was done to."""

    fault: Fault
    seen: int
    applied: int


class OssServer:
    """A bucket on loopback, as a context manager.

    It runs in a thread; with ``process=True`` in a process of its own. ``stop()`` and
    ``start()`` again keep the port, and the objects unless it is a process.
    """

    def __init__(
        self,
        *,
        bucket: str = "photos",
        region: str = "cn-hangzhou",
        access_key: str = "LTAItestaccesskey",
        secret_key: str = "a secret for tests only",
        public_read: bool = False,
        port: int = 0,
        process: bool = False,
    ) -> None:
        self.bucket = bucket
        self.region = region
        self.access_key = access_key
        self.secret_key = secret_key
        self.port = port
        self.token = secrets.token_urlsafe()
        self._is_process = process
        acl = "public-read" if public_read else "private"
        self._service = Service(
            Account(access_key=access_key, secret_key=secret_key, region=region),
            Bucket(bucket, created=datetime.now(UTC), acl=acl),
        )
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[str] | None = None

    # life

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen, unless it does already; after a ``stop()`` with the port of before."""
        if self._server or self._child:
            return self
        if self._is_process:
            self._start_process()
            return self
        self._server = Server(self._service, port=self.port, token=self.token)
        self.port = self._server.port
        self._thread = threading.Thread(target=self._server.serve, name="oss server", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Refuse connections from now on; those that exist are cut. Faults and log are gone."""
        if self._server and self._thread:
            self._server.close()
            self._thread.join()
            self._server = self._thread = None
        if self._child:
            self._child.kill()  # it has nothing to tidy up
            self._child.communicate(timeout=TIMEOUT_S)
            self._child = None

    def _start_process(self) -> None:
        values = {
            "--port": str(self.port),
            "--bucket": self.bucket,
            "--region": self.region,
            "--access-key": self.access_key,
            "--secret-key": self.secret_key,
            "--token": self.token,
        }
        arguments = [f"{name}={value}" for name, value in values.items()]
        if self._service.bucket.acl != "private":
            arguments.append("--public-read")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.oss_server", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        self.port = json.loads(self._child.stdout.readline())["port"]

    # where it is

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def proxy(self) -> str:
        """Return the same address; as HTTP_PROXY it stands for any endpoint's host name."""
        return self.endpoint

    # troubles

    def fault(
        self,
        kind: Kind,
        *,
        method: str = "*",
        key: str = "*",
        operation: str = "*",
        later_pages: bool = False,
        nth: int = 1,
        count: int | None = None,
        delay_s: float = 0.0,
        retry_after_s: int = 1,
        offset_s: float = 0.0,
    ) -> None:
        """Do this to the ``nth`` matching request and ``count - 1`` after it, or until cleared."""
        fault = Fault(
            kind=kind,
            method=method,
            key=key,
            operation=operation,
            later_pages=later_pages,
            nth=nth,
            count=count,
            delay_s=delay_s,
            retry_after_s=retry_after_s,
            offset_s=offset_s,
        )
        self._steer("POST", "faults", asdict(fault))

    def clear_faults(self) -> None:
        self._steer("DELETE", "faults")

    def faults(self) -> list[AppliedFault]:
        """Return all rules with their counters."""
        return [
            AppliedFault(fault=Fault(**rule["fault"]), seen=rule["seen"], applied=rule["applied"])
            for rule in self._steer("GET", "faults")
        ]

    # what happened

    def requests(self, *operations: str) -> list[Entry]:
        """Return the log, in the order things were done; our own looks are not in it."""
        log = [Entry(**entry) for entry in self._steer("GET", "requests")]
        crashes = [entry.fault for entry in log if entry.fault.startswith(CRASH)]
        assert not crashes, crashes
        return [entry for entry in log if not operations or entry.operation in operations]

    def clear_requests(self) -> None:
        self._steer("DELETE", "requests")

    def _steer(self, method: str, what: str, value: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/-/{self.token}/{what}",
            method=method,
            data=None if value is None else json.dumps(value).encode(),
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=TIMEOUT_S) as response:
            return json.load(response)

    # what lies in the bucket

    def keys(self, prefix: str = "") -> list[str]:
        """Return all names, in the bucket's order."""
        with self._look() as bucket:
            return [entry.key for entry in self._listed(bucket, prefix)]

    def objects(self, prefix: str = "") -> dict[str, Remote]:
        """Return all objects by name, by listing and a HEAD for each."""
        with self._look() as bucket:
            return {
                entry.key: _remote(entry, bucket.head_object(entry.key, headers=self._pass))
                for entry in self._listed(bucket, prefix)
            }

    def read(self, key: str) -> bytes:
        with self._look() as bucket:
            body: bytes = bucket.get_object(key, headers=self._pass).read()
            return body

    def put(self, key: str, body: bytes, **headers: str) -> None:
        """Put as somebody else would; ``content_type="image/webp"`` and so on as headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self._look() as bucket:
            bucket.put_object(key, body, headers={**named, **self._pass})

    def delete(self, key: str) -> None:
        with self._look() as bucket:
            bucket.delete_object(key, headers=self._pass)

    @property
    def _pass(self) -> dict[str, str]:
        return {TOKEN_HEADER: self.token}

    @contextmanager
    def _look(self) -> Iterator[Any]:
        session = oss2.Session()
        session.session.trust_env = False
        auth = oss2.AuthV4(self.access_key, self.secret_key)
        try:
            yield oss2.Bucket(
                auth,
                self.endpoint,
                self.bucket,
                session=session,
                region=self.region,
                connect_timeout=TIMEOUT_S,
            )
        finally:
            session.session.close()

    def _listed(self, bucket: Any, prefix: str) -> Iterator[Any]:
        return iter(oss2.ObjectIteratorV2(bucket, prefix=prefix, max_keys=PAGE, headers=self._pass))


def _remote(entry: Any, head: Any) -> Remote:
    return Remote(
        key=entry.key,
        size_bytes=entry.size,
        etag=entry.etag,
        content_type=head.headers["Content-Type"],
        cache_control=head.headers.get("Cache-Control"),
        meta={
            name.lower().removeprefix(META): value
            for name, value in head.headers.items()
            if name.lower().startswith(META)
        },
    )
