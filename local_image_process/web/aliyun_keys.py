"""Aliyun's public keys, fetched from Aliyun's own hosts only and kept for a day."""

import logging
import re
import time
from collections.abc import Callable
from threading import Lock

from ..logs import kv

log = logging.getLogger(__name__)

# whose hosts end otherwise anybody may open: a bucket's name is the first part of its host
REGIONS = (
    "cn-beijing|cn-chengdu|cn-guangzhou|cn-hangzhou|cn-heyuan|cn-hongkong|cn-huhehaote|cn-nanjing"
    "|cn-qingdao|cn-shanghai|cn-shenzhen|cn-wulanchabu|cn-wuhan-lr|cn-zhangjiakou|cn-fuzhou"
    "|cn-hangzhou-finance|cn-shanghai-finance-1|cn-shenzhen-finance-1|cn-beijing-finance-1"
    "|cn-north-2-gov-1|ap-northeast-1|ap-northeast-2|ap-southeast-1|ap-southeast-2|ap-southeast-3"
    "|ap-southeast-5|ap-southeast-6|ap-southeast-7|eu-central-1|eu-west-1|me-central-1|me-east-1"
    "|na-south-1|us-east-1|us-west-1"
)
CALLBACK = r"https?://(gosspublic\.alicdn\.com/"
MNS = r"https?://(mnstest\.oss-cn-hangzhou\.aliyuncs\.com/"
EVENT_BRIDGE = rf"https://((?:{REGIONS})-eventbridge\.oss-accelerate\.aliyuncs\.com/"
NAME = r"[A-Za-z0-9._~/-]{1,200})"
TIMEOUT_S = (1.0, 2.0)  # to connect, to answer: the sender waits five seconds
KEY_LIMIT_BYTES = 16 * 1024
KEEP_S, AVOID_S = 86_400.0, 60.0  # a key; an address that gave none
MOST_KEPT = 16
FETCHES_A_MINUTE = 6  # strangers may name addresses, too

Fetch = Callable[[str], bytes]


def address_of(url: str, host: str) -> str | None:
    """Return where to fetch a key, by https whatever is written; ``None`` when not allowed."""
    found = re.fullmatch(host + NAME, url)
    return f"https://{found[1]}" if found else None


class AliyunKeys:
    """Keys by address; one fetch at a time, and few."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[float, bytes | None]] = {}  # until when, and the key
        self._fetched_at_s: list[float] = []

    def key(self, address: str) -> bytes | None:
        """Return a key or certificate as PEM; ``None`` when it cannot be had now."""
        until_s, kept = self._kept.get(address, (0.0, None))
        if self._clock() < until_s:
            return kept
        if not self._lock.acquire(blocking=False):
            return None  # the sender comes again, and then it will be here
        try:
            return self._fetched(address)
        finally:
            self._lock.release()

    def _fetched(self, address: str) -> bytes | None:
        now_s = self._clock()
        self._fetched_at_s = [at_s for at_s in self._fetched_at_s if at_s > now_s - 60]
        if len(self._fetched_at_s) >= FETCHES_A_MINUTE:
            return None
        self._fetched_at_s.append(now_s)
        try:
            found: bytes | None = self._fetch(address)
        except OSError as error:
            log.warning("key not fetched %s", kv(address=address, error=type(error).__name__))
            found = None
        if len(self._kept) >= MOST_KEPT:
            del self._kept[min(self._kept, key=lambda one: self._kept[one][0])]
        self._kept[address] = (now_s + (KEEP_S if found else AVOID_S), found)
        return found


def fetch(address: str) -> bytes:
    """Fetch a small file; redirects are not followed. Raises OSError."""
    import requests  # costs 0.2 s and 20 MB, and few galleries ask for Aliyun's signatures

    with requests.get(address, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as response:
        if response.status_code != 200:
            raise OSError(f"answered {response.status_code}")
        content = next(response.iter_content(KEY_LIMIT_BYTES), b"")
    if not content.lstrip().startswith(b"-----BEGIN "):
        raise OSError("is no key")
    return bytes(content)
