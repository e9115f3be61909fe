"""The store that is a bucket on Aliyun OSS: marked objects, own retries, sentences for refusals."""

import hashlib
import importlib.util
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import oss2
import requests
from oss2.credentials import StaticCredentialsProvider
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_when_event_set,
    wait_random_exponential,
)
from tenacity.nap import sleep_using_event

from ..errors import ForeignObject, StoreUnavailable
from .oss_errors import explained
from .oss_marks import META, mark_headers, mark_in
from .store import INTERACTIONS, PREFIX, THUMBS, Entry, Mark, interactions_object

log = logging.getLogger(__name__)

T = TypeVar("T")

TIMEOUTS_S = (3.05, 20)  # connect, each read
RETRY_FOR_S = 5.0  # here; whoever calls tries again later, for as long as it takes
PICTURES = "public, max-age=86400"
INDEXES = "no-cache"
OURS = f"{META}site"
MEDIA_TYPES = {
    ".webp": "image/webp",
    ".json": "application/json",
    ".yaml": "application/yaml; charset=utf-8",
}
OWN_PREFIXES = (f"{PREFIX}/", f"{THUMBS}/", f"{INTERACTIONS}/")
SIGNED_FOR_S = 600
PAGE = 1000  # keys a listing may give at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """Where the bucket is and who we are to it."""

    endpoint: str  # with scheme
    bucket: str
    region: str  # "cn-beijing"
    access_key: str
    secret_key: str
    public_url: str  # of the bucket's root, without a slash at the end
    site: str  # who wrote an object

    def __repr__(self) -> str:
        return f"BucketAddress({self.endpoint}, {self.bucket})"


class OssStore:
    """Objects in one bucket. Those that carry our mark are ours; all others are never touched.

    But for those that ``may_replace`` names: somebody said that ours take their places.

    One connection pool serves all threads. Transient failures are tried again here, with full
    jitter and a total limit; what is raised has been tried enough for now.
    """

    def __init__(
        self,
        address: BucketAddress,
        *,
        connections: int,
        stop: threading.Event,
        may_replace: Callable[[str, str], bool] = lambda name, version: False,
    ) -> None:
        _warn_of_slow_checksums()
        self._may_replace = may_replace
        keys = StaticCredentialsProvider(address.access_key, address.secret_key)
        self._address = address
        self._indexes: set[str] = set()  # files of ours beside pictures, that we have written
        self._bucket = oss2.Bucket(
            oss2.ProviderAuthV4(keys),
            address.endpoint,
            address.bucket,
            session=oss2.Session(pool_size=connections),
            connect_timeout=TIMEOUTS_S,
            region=address.region,
        )
        self._retrying = Retrying(
            retry=retry_if_exception_type(StoreUnavailable),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            stop=stop_after_delay(RETRY_FOR_S) | stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            reraise=True,
        )

    def put(self, name: str, content: bytes, *, mark: Mark | None = None) -> None:
        """Make an object, or replace one of ours. Raises ForeignObject if it is another's."""
        headers = self._headers(name, mark)
        self._once_or_ours(
            name,
            lambda extra: self._bucket.put_object(name, content, headers=headers | extra),
            is_same=lambda found: found.headers.get("ETag", "").strip('"') == _md5(content),
        )

    def copy(self, source: str, target: str) -> None:
        """Copy an object with its mark within the bucket; nothing is uploaded."""
        bucket = self._address.bucket
        self._once_or_ours(
            target,
            lambda extra: self._bucket.copy_object(bucket, source, target, headers=extra),
            is_same=lambda _: False,
        )

    def delete(self, name: str) -> None:
        """Remove an object if it is ours; none of that name is fine."""
        found = self._head(name)
        if found is None:
            return
        if OURS not in found.headers:
            log.warning("object left alone, for it is not ours: %s", name)
            return
        self._call(name, lambda: self._bucket.delete_object(name))

    def mark(self, name: str) -> Mark | None:
        """Return the mark of an object; ``None`` when it is not there or carries none."""
        found = self._head(name)
        return mark_in(found.headers) if found is not None else None

    def holds(self, name: str) -> bool:
        """Tell whether there is an object of that name that is ours."""
        found = self._head(name)
        return found is not None and OURS in found.headers

    def read(self, name: str) -> bytes:
        """Return the content of an object, its checksum compared."""

        def get() -> bytes:
            result = self._bucket.get_object(name)
            content = bytes(result.read())
            if result.server_crc is not None and result.client_crc != result.server_crc:
                raise StoreUnavailable(f"{name}: arrived damaged")
            return content

        try:
            return self._call(name, get)
        except _Absent as error:
            raise StoreUnavailable(f"{name}: gone since the bucket was listed") from error

    def names(self) -> Iterator[str]:
        """Return the names below our prefixes, other people's too: a name tells no owner.

        The listing is complete, or raises: a failure on any page gives nothing.
        """
        own = interactions_object(self._address.site)
        names = (entry.name for entry in self.entries())
        return iter([n for n in names if n == own or not n.startswith(f"{INTERACTIONS}/")])

    def entries(self) -> list[Entry]:
        """Return all objects below our prefixes, those of other sites too; all, or raises."""
        found: list[Entry] = []
        for prefix in OWN_PREFIXES:
            token = ""
            while True:
                page = self._call(prefix, partial(self._list, prefix, token))
                found += [
                    Entry(name=o.key, version=_version(o.etag), size_bytes=int(o.size))
                    for o in page.object_list
                ]
                if not page.is_truncated:
                    break
                token = page.next_continuation_token
        return found

    def url(self, name: str, version: str | None = None) -> str:
        """Return where visitors find it, raw, with the version where pictures have one."""
        return f"{self._address.public_url}/{name}" + (f"?v={version}" if version else "")

    def signed_url(self, name: str, width_px: int | None = None) -> str:
        """Return an address of a private bucket that is good for ten minutes."""
        process = {"x-oss-process": f"image/resize,w_{width_px}"} if width_px else None
        signed: str = self._bucket.sign_url(
            "GET", name, SIGNED_FOR_S, slash_safe=True, params=process
        )
        return signed

    def _list(self, prefix: str, token: str) -> Any:
        return self._bucket.list_objects_v2(prefix=prefix, continuation_token=token, max_keys=PAGE)

    def _headers(self, name: str, mark: Mark | None) -> dict[str, str]:
        suffix = name[name.rfind(".") :]
        return {
            "Content-Type": MEDIA_TYPES.get(suffix, "application/octet-stream"),
            "Cache-Control": PICTURES if suffix == ".webp" else INDEXES,
            OURS: self._address.site,
            **(mark_headers(mark) if mark else {}),
        }

    def _once_or_ours(
        self,
        name: str,
        write: Callable[[dict[str, str]], Any],
        *,
        is_same: Callable[[Any], bool],
    ) -> None:
        """Write a new object; over an existing one only if that is ours.

        An index file that we wrote before is there: its body is not sent in vain.
        """
        if name not in self._indexes:
            try:
                self._call(name, lambda: write({"x-oss-forbid-overwrite": "true"}))
                self._note_index(name)
                return
            except _Exists:
                pass
        found = self._head(name)
        if found is not None and OURS not in found.headers:
            if is_same(found):
                return
            if not self._may_replace(name, _version(found.headers.get("ETag", ""))):
                raise ForeignObject(
                    f"{name}: another object of that name lies in the bucket and is not ours;"
                    " rename the photo, or remove the object; if a former gallery of yours put it"
                    " there, the command 'adopt --bucket' takes its place"
                )
        self._call(name, lambda: write({}))
        self._note_index(name)

    def _note_index(self, name: str) -> None:
        if not name.endswith(".webp"):
            self._indexes.add(name)

    def _head(self, name: str) -> Any:
        try:
            return self._call(name, lambda: self._bucket.head_object(name))
        except _Absent:
            return None

    def _call(self, name: str, request: Callable[[], T]) -> T:
        """Carry out one request, again and again while the bucket is away, up to a limit."""
        result: T = self._retrying(lambda: _translated(name, request))
        return result


def _warn_of_slow_checksums() -> None:
    if importlib.util.find_spec("crcmod._crcfunext") is None:
        log.warning("uploads will be slow: crcmod lacks its C part; pip install crcmod-plus")


class _Absent(Exception):
    """There is no such object."""


class _Exists(Exception):
    """There is an object of that name already."""


def _translated(name: str, request: Callable[[], T]) -> T:
    """Turn everything that oss2 and what it stands on may raise into our own errors."""
    try:
        return request()
    except oss2.exceptions.NoSuchBucket as error:
        raise explained(name, error) from error
    except oss2.exceptions.OssError as error:
        if error.status == 404:
            raise _Absent(name) from error
        if error.status == 409 and error.code == "FileAlreadyExists":
            raise _Exists(name) from error
        raise explained(name, error) from error
    except (requests.RequestException, OSError, RuntimeError, SyntaxError) as error:
        # a body cut short, a listing that is no XML (a SyntaxError of its parser), a reset
        raise StoreUnavailable(f"{name}: the bucket's answer broke off ({error})") from error


def _version(etag: str) -> str:
    return etag.strip('"').lower()[:8]


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest().upper()
