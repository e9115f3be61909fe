"""No secret is told to anybody, whatever goes well or wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from local_image_process.settings import Settings
from tests.live import ROOT, LiveGallery
from tests.oss_server import OssServer
from tests.photos import make_photo

pytestmark = pytest.mark.slow

Make = Callable[..., LiveGallery]
SECRETS = {
    "GAODE_KEY": "marked-key-of-the-map",
    "WEBHOOK_SECRET": "marked-secret-of-the-hook",
    "ADMIN_PASSWORD": "marked password of the admin",
    "SECRET_KEY": "marked-key-of-the-session",
    "METRICS_TOKEN": "marked-token-of-the-numbers",
    "GPS_HIDE": "12.345678,98.765432,77",
}
BACKUP = "/api/data/backup"  # of the whole catalogue, for the administrator alone
WRONG = "marked-but-wrong-secret-of-the-bucket"
NOT_ASKED = (
    "/api/config/webhook-secret",  # the front-end's own page shows it to the administrator
    "/api/status/events",  # goes on for long, with what /api/status says
    "/webhook",
)


@pytest.fixture
def bucket() -> Iterator[OssServer]:
    with OssServer() as one:
        yield one


def env_of(bucket: OssServer) -> dict[str, str]:
    return SECRETS | {
        "OSS_ENDPOINT": bucket.endpoint,
        "OSS_BUCKET": bucket.bucket,
        "OSS_REGION": bucket.region,
        "OSS_ACCESS_KEY": bucket.access_key,
        "OSS_SECRET_KEY": bucket.secret_key,
        "OSS_SIGNED_URLS": "1",
        "LOG_LEVEL": "debug",
        "GEOCODER": "",
    }


def addresses() -> list[str]:
    """Return every address of the API that can be asked for without a body."""
    api = yaml.safe_load((ROOT / "local_image_process/web/openapi.yaml").read_text("utf-8"))
    paths = (path for path, told in api["paths"].items() if "get" in told)
    filled = (
        path.replace("{album_id}", "上海").replace("{name}", "gallery/上海/first one.webp")
        for path in paths
    )
    return [path for path in filled if path not in NOT_ASKED]


def answers(live: LiveGallery) -> Iterator[str]:
    """Ask for everything as anybody, with wrong words, and as the administrator."""
    wrong = live.post("/api/auth/login", {"password": "guessed"})
    right = live.post("/api/auth/login", {"password": SECRETS["ADMIN_PASSWORD"]})
    assert (wrong.status, right.status) == (401, 200)
    cookies = [one.partition(";")[0] for one in right.headers.get_all("Set-Cookie", [])]
    yield from (str(answer.headers) + answer.body.decode() for answer in (wrong, right))
    for path in [*addresses(), "/nothing/here?w=%zz", "/media/../.env"]:
        for headers in ({}, {"Cookie": "; ".join(cookies)}, {"x-webhook-secret": "guessed"}):
            answer = live.get(path, **headers)
            yield f"{path} {answer.headers}{answer.body.decode('utf-8', 'replace')}"


def assert_secret(texts: dict[str, str], *secrets: str) -> None:
    for where, text in texts.items():
        told = [secret for secret in secrets if secret in text]
        assert not told, f"{where} tells {told}"


def test_10_no_secret_is_in_a_log_a_page_a_repr_or_an_error(
    gallery: Make, bucket: OssServer
) -> None:
    live = gallery(**env_of(bucket))
    make_photo(live.library / "上海/first one.jpg", size=(64, 48), gps=(12.345678, 98.765432))
    (live.library / "上海/broken one.jpg").write_bytes(b"no photo")
    live.start()
    live.wait_for_ids("上海/first one")
    texts = {
        f"{number} {text.partition(' ')[0]}": text for number, text in enumerate(answers(live))
    }
    bucket.fault("quota", method="PUT")
    make_photo(live.library / "上海/second one.jpg", size=(64, 48), seed=1)
    live.wait(lambda: live.log_lines("store"), what="word of the trouble")
    for command in ("status", "check", "plan"):
        done = live.command(command)
        texts[command] = done.stdout + done.stderr
    live.kill_all()
    texts |= {"log": live.log_text(), "repr": repr(Settings.from_env(live.env))}
    texts |= {p.name: p.read_text("utf-8") for p in live.data.glob("*.json")}
    secrets = [value for name, value in SECRETS.items() if name != "GPS_HIDE"]
    assert_secret(texts, *secrets, bucket.secret_key)
    public = {where: text for where, text in texts.items() if BACKUP not in where}
    assert_secret(public, "12.345678", "98.765432")


def test_a_wrong_key_is_not_told_with_the_error(gallery: Make, bucket: OssServer) -> None:
    live = gallery(**env_of(bucket) | {"OSS_SECRET_KEY": WRONG})
    make_photo(live.library / "上海/first one.jpg", size=(64, 48))
    done = live.command("once")
    assert done.returncode != 0
    assert "OSS_SECRET_KEY" in done.stderr + done.stdout, "which setting is wrong"
    assert_secret({"once": done.stdout + done.stderr}, WRONG, bucket.secret_key)


def test_wrong_settings_are_told_without_their_values(tmp_path: Path) -> None:
    live = LiveGallery(tmp_path, **SECRETS, OSS_SECRET_KEY=WRONG, PORT="no port")
    done = live.command("check")
    assert "PORT is 'no port'" in done.stderr
    assert_secret({"check": done.stdout + done.stderr}, WRONG, *SECRETS.values())
