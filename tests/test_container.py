"""The image, built from the Dockerfile and run by the commands that the documents show."""

import os
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.containers import Container, Image, left_out
from tests.documents import commands, compose
from tests.photos import make_photo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ENDS_WITHIN_S = 6.0  # 3 s; other tests run beside these
RUN, WITHOUT_PHOTOS, READ_ONLY = commands("docs/install.md", "docker run ")
(CHECK,) = commands("README.md", "docker exec ")
OPTIONS = {"tmpfs": "--tmpfs", "cap_drop": "--cap-drop", "cap_add": "--cap-add"}
PHOTO = "上海/DSC04056"

Begin = Callable[..., Container]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if reason := left_out():
        pytest.skip(reason)
    one = Image(tmp_path_factory.mktemp("image"))
    try:
        yield one.build()
    finally:
        one.remove()


@pytest.fixture
def begin(image: Image, tmp_path: Path) -> Iterator[Begin]:
    """Begin containers that end with the test; photos, data and env lie in its folder."""
    photos, data, env = tmp_path / "photos", tmp_path / "data", tmp_path / "env"
    make_photo(photos / f"{PHOTO}.JPG")
    data.mkdir()
    env.write_text("ADMIN_PASSWORD=for tests only\nSETTLE_S=0.3\n", encoding="utf-8")
    made: list[Container] = []

    def begin_one(command: str = RUN, **environ: str) -> Container:
        given = "".join(f"-e {shlex.quote(f'{name}={value}')} " for name, value in environ.items())
        command = command.replace("docker run ", f"docker run {given}")
        folder = tmp_path / f"container{len(made)}"
        made.append(Container(image, folder, command, photos=photos, data=data, env=env))
        return made[-1]

    yield begin_one
    for one in made:
        one.remove()


def is_published(one: Container) -> bool:
    return f"{PHOTO}.webp" in str(one.get("data/albums.json"))


def owners(folder: Path) -> set[tuple[int, int]]:
    """Return who owns what lies in the folder, and the folder."""
    return {(p.stat().st_uid, p.stat().st_gid) for p in (folder, *folder.rglob("*"))}


def test_the_image_holds_what_runs_and_says_what_it_is(image: Image) -> None:
    names = {path.name for path in (image.root / "app").iterdir()} - {"__pycache__"}
    program = {"local_image_process", "server.py", "read_oss.py", "gunicorn.conf.py"}
    assert names == program | {".venv", "bin", "env_example", "LICENSE"}
    for tool in ("usr/bin/gcc", "usr/bin/cc", "app/.venv/bin/pip"):
        assert not (image.root / tool).exists()
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.version"] == image.version()
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert list(image.config["Volumes"]) == ["/app/data"]
    modes = [p.stat().st_mode for p in (image.root / "app").rglob("*") if not p.is_symlink()]
    assert all(mode & stat.S_IROTH and not mode & stat.S_IWOTH for mode in modes)


def test_the_command_of_the_readme_publishes_and_ends_when_told(
    begin: Begin, tmp_path: Path
) -> None:
    one = begin(TZ="Asia/Shanghai")
    one.wait(lambda: is_published(one), what="the photo")
    one.wait_until_it_leads()
    assert one.is_healthy()
    assert "account   1000:1000, which may write /app/data, and read /photos" in one.text()
    assert one.first().uids().real == 1000
    status = Path(f"/proc/{one.first().pid}/status").read_text(encoding="utf-8")
    assert "CapPrm:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert one.execute("date", "+%z").stdout == "+0800\n"
    who = 'import os; print(os.getuid(), os.environ["WATCH_DIR"])'
    assert one.execute("python3", "-c", who).stdout == "1000 /photos\n"
    asked = one.execute(*shlex.split(CHECK)[3:])
    assert (asked.returncode, asked.stdout) == (0, "all well\n"), asked.stderr
    assert one.stop() < ENDS_WITHIN_S
    assert one.end_code() == 0
    assert owners(tmp_path / "data") == {(1000, 1000)}


def test_it_is_the_account_it_is_told_to_be(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "env").chmod(0o600)
    os.chown(tmp_path / "env", 1026, 100)
    one = begin(PUID="1026", PGID="100")
    one.wait(lambda: is_published(one), what="the photo")
    one.stop()
    os.chown(tmp_path / "data", 1026, 100)
    restarted = begin()  # no PUID: the owner of the data
    restarted.wait_until_it_leads()
    assert "account   1026:100, which" in restarted.text()
    restarted.stop()
    assert owners(tmp_path / "data") == {(1026, 100)}


def test_user_and_a_read_only_root_work_too(begin: Begin, tmp_path: Path) -> None:
    os.chown(tmp_path / "data", 1026, 100)
    one = begin(READ_ONLY)
    one.wait(lambda: is_published(one), what="the photo")
    one.wait_until_it_leads()
    assert one.is_healthy()
    assert one.execute("touch", "/app/here").returncode != 0
    assert one.stop() < ENDS_WITHIN_S
    assert owners(tmp_path / "data") == {(1026, 100)}


def test_what_compose_allows_it_is_enough(begin: Begin, tmp_path: Path) -> None:
    service = compose()["services"]["gallery"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    options = ["--read-only"] if service["read_only"] else []
    for option in ("tmpfs", "cap_drop", "cap_add"):
        options += [word for given in service[option] for word in (OPTIONS[option], given)]
    for volume in service["volumes"]:
        options += ["-v", volume.replace("./", "/your/")]
    one = begin(f"docker run {shlex.join(options)} gallery", **service["environment"])
    one.wait(lambda: is_published(one), what="the photo")
    assert one.stop() < ENDS_WITHIN_S
    assert owners(tmp_path / "data") == {(1000, 1000)}


def test_the_predecessors_command_in_the_container_works(begin: Begin) -> None:
    one = begin(f"{RUN} gunicorn server:app -w 2 -b 0.0.0.0:8089")
    one.wait(lambda: is_published(one), what="the photo")
    one.stop()


def test_without_photos_and_bucket_the_data_folder_holds_the_library(
    begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "data/likes.json").write_text("{}", encoding="utf-8")  # a predecessor's, of root
    one = begin(WITHOUT_PHOTOS)
    one.wait_until_it_leads()
    assert "photos    /app/data/library" in one.text()
    make_photo(tmp_path / f"data/library/{PHOTO}.JPG")
    one.wait(lambda: is_published(one), what="the photo")
    one.stop()


def test_without_photos_but_with_a_bucket_it_is_a_mirror(begin: Begin, tmp_path: Path) -> None:
    one = begin(
        WITHOUT_PHOTOS,
        OSS_ACCESS_KEY="key",
        OSS_SECRET_KEY="secret",
        OSS_ENDPOINT="http://127.0.0.1:9",
        OSS_BUCKET="photos",
        OSS_REGION="cn-beijing",
    )
    one.wait_until_it_leads()
    assert "WATCH_DIR is not set: this site shows what lies in the bucket." in one.text()
    one.stop()


def test_a_library_that_dotenv_names_counts_where_it_is_there(begin: Begin, tmp_path: Path) -> None:
    make_photo(tmp_path / "photos/private/IMG_00001.JPG")
    with (tmp_path / "env").open("a", encoding="utf-8") as env:
        env.write("WATCH_DIR='/photos/上海'  # not all\n")
    one = begin()
    one.wait_until_it_leads()
    assert "photos    /photos/上海\n" in one.text()
    one.stop()
    (tmp_path / "env").write_text(
        "WATCH_DIR=/volume1/photo\nPORT=1\nDATA_DIR=/volume1/d\n", "utf-8"
    )
    moved_in = begin()
    moved_in.wait_until_it_leads()
    assert "photos    /photos\n" in moved_in.text()
    moved_in.stop()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        pytest.param(
            {"PUID": "1026", "PGID": "100"}, "Run: chown -R 1026:100 /app/data", id="of another"
        ),
        pytest.param({"PUID": "wang"}, "PUID is 'wang' and PGID '1000': write numbers", id="name"),
        pytest.param({"THUMB_QUALITY": "200"}, "THUMB_QUALITY is '200'", id="setting"),
    ],
)
def test_what_cannot_work_ends_with_a_sentence(
    begin: Begin, tmp_path: Path, environ: dict[str, str], told: str
) -> None:
    os.chown(tmp_path / "data", 1000, 1000)
    (tmp_path / "data/site_id").write_text("0123456789abcdef", encoding="ascii")
    one = begin(**environ)
    assert one.end_code() != 0
    assert told in one.text()
    assert "Traceback" not in one.text()
