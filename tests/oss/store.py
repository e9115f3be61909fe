"""One bucket in memory: objects by the bytes of their names."""

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime

import crcmod

# CRC-64/ECMA-182, reflected, as in .xz files: https://reveng.sourceforge.io/crc-catalogue/17plus.htm
crc64 = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object as it lies in the bucket."""

    body: bytes
    headers: tuple[tuple[str, str], ...]  # Content-Type, Cache-Control …, x-oss-meta-…
    modified: datetime
    etag: str  # in quotes
    crc: str


def stored_now(body: bytes, *, headers: tuple[tuple[str, str], ...], modified: datetime) -> Stored:
    """Return an object with its check sums, as they are for those not put in parts."""
    return Stored(
        body=body,
        headers=headers,
        modified=modified,
        etag=f'"{hashlib.md5(body).hexdigest().upper()}"',
        crc=str(crc64(body)),
    )


class Bucket:
    """All objects; every method may be called from any thread."""

    def __init__(self, name: str, *, created: datetime, acl: str = "private") -> None:
        self.name = name
        self.created = created
        self.acl = acl
        self._objects: dict[bytes, Stored] = {}
        self._lock = threading.Lock()

    def get(self, key: bytes) -> Stored | None:
        with self._lock:
            return self._objects.get(key)

    def put(self, key: bytes, stored: Stored, *, forbid_overwrite: bool = False) -> bool:
        """Store; return ``False`` if that would overwrite and must not."""
        with self._lock:
            if forbid_overwrite and key in self._objects:
                return False
            self._objects[key] = stored
            return True

    def delete(self, key: bytes) -> None:
        with self._lock:
            self._objects.pop(key, None)

    def sorted(self) -> list[tuple[bytes, Stored]]:
        """Return all objects in the order of their names' bytes."""
        with self._lock:
            return sorted(self._objects.items())
