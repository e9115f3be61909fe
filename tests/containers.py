"""The image built for real, without Docker: buildah on a Debian of our own, run in namespaces.

The base bears the name of the one on Docker's hub and has what the Dockerfile asks of it; how pip
reaches its registry, and which certificates are trusted, are this machine's.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.live import ROOT, free_port, is_alive
from tests.support import wait_for

BASE = "python:3.13-slim"
DEBIAN = "python3,python3-pip,ca-certificates,tzdata"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
WITHOUT = "What a container does is left out: "
NAMESPACES = ["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child"]
ENTER = """
set -eu
image=$1 root=$2 flags=$3 account=$4 rights=$5
mount -t tmpfs none "$root"
mkdir "$root/upper" "$root/work" "$root/root"
mount -t overlay -o "lowerdir=$image,upperdir=$root/upper,workdir=$root/work" none "$root/root"
root=$root/root
mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o size=64m none "$root/dev/shm"
shift 5
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mkdir -p "$root$2"; else touch "$root$2"; fi
    mount --bind "$1" "$root$2"
    [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
    shift 3
done
shift
case $flags in *read-only*)
    mount -t tmpfs none "$root/tmp"
    mount -o remount,bind,ro "$root" ;;
esac
exec chroot $account "$root" $rights "$@"
"""


def left_out() -> str | None:
    """Return why no image can be built here; ``None`` where one can."""
    missing = [t for t in ("buildah", "debootstrap", "unshare", "nsenter") if not shutil.which(t)]
    if missing:
        return f"{WITHOUT}apt-get install {' '.join(missing)}"
    return None if os.geteuid() == 0 else f"{WITHOUT}it needs root"


class Image:
    """An image built from the Dockerfile; removed by ``remove``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = Path()
        self.config: dict[str, Any] = {}

    def build(self) -> "Image":
        """Make the base, build on it as ``docker build`` does, and lay the result out."""
        self._make_base()
        version = self.version()
        arguments = ["--build-arg", f"VERSION={version}", "--tag", "gallery"]
        self._buildah("bud", "--isolation=chroot", "--pull-never", "--format=docker", *arguments,
                      str(ROOT))  # fmt: skip
        container = self._buildah("from", "--pull-never", "gallery")
        self.root = Path(self._buildah("mount", container))
        self.config = json.loads(self._buildah("inspect", "--type=image", "gallery"))["Docker"][
            "config"
        ]
        return self

    def version(self) -> str:
        """Return what the program calls its version."""
        asked = [sys.executable, "-m", "local_image_process", "--version"]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.split()[-1]

    def remove(self) -> None:
        shutil.rmtree(self._folder)

    def _make_base(self) -> None:
        container = self._buildah("from", "--name=base", "scratch")
        root = Path(self._buildah("mount", container))
        made = _run(
            ["debootstrap", "--variant=minbase", f"--include={DEBIAN}", _release(), str(root)]
        )
        if made.returncode:
            pytest.skip(f"{WITHOUT}debootstrap cannot reach Debian\n{made.stdout[-500:]}")
        (root / "usr/bin/python").symlink_to("python3")
        _trust_as_here(root)
        self._buildah("config", "--env", f"PATH={os.defpath}:/usr/sbin:/sbin", container)
        tag = f"docker.io/library/{BASE}"
        self._buildah("commit", "--format=docker", "--disable-compression", container, tag)
        self._buildah("rm", container)

    def _buildah(self, *arguments: str) -> str:
        places = ["--root", str(self._folder / "store"), "--runroot", str(self._folder / "run")]
        done = _run(["buildah", *places, "--storage-driver=vfs", *arguments])
        assert done.returncode == 0, done.stdout[-5000:]
        return done.stdout if arguments[0] == "inspect" else done.stdout.strip().split("\n")[-1]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=None if "inspect" in command else subprocess.STDOUT,
        text=True,
        check=False,
    )


def _release() -> str:
    """Return this Debian's name; its packages are the ones that are within reach."""
    told = Path("/etc/os-release").read_text(encoding="utf-8")
    names = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    return names.get("VERSION_CODENAME", "bookworm")


def _trust_as_here(root: Path) -> None:
    """Let pip reach its registry there as it does here."""
    with suppress(FileNotFoundError):
        shutil.copyfile(os.environ.get("SSL_CERT_FILE", f"/{CERTIFICATES}"), root / CERTIFICATES)
    asked = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    settings = dict(line.split("=", 1) for line in told.splitlines())
    lines = [f"cert = /{CERTIFICATES}"]
    for name in ("index-url", "trusted-host", "proxy"):
        value = settings.get(f":env:.{name}") or settings.get(f"global.{name}")
        lines += [f"{name} = {value.strip(chr(39))}"] if value else []
    (root / "etc/pip.conf").write_text("\n".join(["[global]", *lines]), encoding="utf-8")


class Container:
    """A container begun by the words of a ``docker run``; ends with ``remove``.

    Understood: -v, -e, --user, --read-only, --tmpfs /tmp, --cap-drop ALL, --cap-add. The network is
    the machine's own, so it listens on another port than 8089.
    """

    def __init__(self, image: Image, folder: Path, command: str, **folders: Path) -> None:
        self.port = free_port()
        self._image = image
        self._log = folder / "log"
        self._options, behind = _understood(command)
        self._options["-v"] = [_here(volume, folders) for volume in self._options["-v"]]
        self._place = folder / "place"
        self._place.mkdir(parents=True)
        behind = [word.replace("8089", str(self.port)) for word in behind]
        self._environ = _environ(image.config["Env"]) | {"PORT": str(self.port)}
        self._environ |= _environ(self._options["-e"])
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*NAMESPACES, "sh", "-c", ENTER, "sh", *self._entry(), *self._words(behind)],
                env=self._environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _entry(self) -> list[str]:
        user = self._options["--user"]
        flags = "read-only" if self._options["--read-only"] else ""
        account = f"--userspec={user[0]} --groups={user[0].split(':')[1]}" if user else ""
        capabilities = ",".join(
            ["-all", *(f"+{name.lower()}" for name in self._options["--cap-add"])]
        )
        rights = f"setpriv --no-new-privs --bounding-set={capabilities}"
        mounts = [word for volume in self._options["-v"] for word in _mount(volume)]
        return [
            str(self._image.root),
            str(self._place),
            flags,
            account,
            rights if self._options["--cap-drop"] else "",
            *mounts,
            "--",
        ]

    def _words(self, behind: Sequence[str]) -> list[str]:
        """Return what process 1 is called with, in the folder of the image."""
        words = [*self._image.config["Entrypoint"], *(behind or self._image.config["Cmd"])]
        return [
            "/bin/sh",
            "-c",
            f'cd {self._image.config["WorkingDir"]} && exec "$@"',
            "sh",
            *words,
        ]

    def execute(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as ``docker exec`` does."""
        enter = ["nsenter", "-t", str(self.first().pid), "--mount", "--pid", "--ipc"]
        inside = f'cd {self._image.config["WorkingDir"]} && exec "$@"'
        return subprocess.run(
            [*enter, "chroot", str(self._place / "root"), "/bin/sh", "-c", inside, "sh", *words],
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def is_healthy(self) -> bool:
        """Ask as HEALTHCHECK does."""
        kind, *words = self._image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.execute(*words).returncode == 0

    def first(self) -> psutil.Process:
        """Return its process 1."""
        (first,) = psutil.Process(self._process.pid).children()
        return first

    def get(self, path: str) -> Any:
        """Return JSON, or ``None`` while nobody answers."""
        address = f"http://127.0.0.1:{self.port}/{path}"
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
        return None

    def wait(self, probe: Any, *, what: str, timeout_s: float = 60.0) -> Any:
        try:
            return wait_for(probe, what=what, timeout_s=timeout_s, alive=self.is_running)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text()[-4000:]}") from error

    def wait_until_it_leads(self) -> None:
        self.wait(lambda: (self.get("healthz") or {}).get("leader"), what="a leader")

    def is_running(self) -> bool:
        return self._process.poll() is None

    def text(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> float:
        """End it as ``docker stop`` does; return after how many seconds all was gone."""
        first = self.first()
        family = [first, *first.children(recursive=True)]
        began_s = time.monotonic()
        first.send_signal(signal.SIGTERM)
        self._process.wait(timeout=20)
        wait_for(lambda: not [p for p in family if is_alive(p)], what="all processes to end")
        return time.monotonic() - began_s

    def end_code(self) -> int:
        """Wait for it to end by itself."""
        return self._process.wait(timeout=60)

    def remove(self) -> None:
        if self.is_running():
            self._process.kill()
            self._process.wait(timeout=20)


def _understood(command: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the options, and what stands behind the image's name."""
    words = shlex.split(command)
    assert words[:2] == ["docker", "run"]
    known = ("-v", "-e", "--user", "--read-only", "--cap-drop", "--cap-add")
    found: dict[str, list[str]] = {name: [] for name in known}
    at = 2
    while words[at].startswith("-"):
        takes_none = words[at] in {"-d", "--rm", "--read-only"}
        found.setdefault(words[at], []).append("" if takes_none else words[at + 1])
        at += 1 if takes_none else 2
    return found, words[at + 1 :]


def _here(volume: str, folders: Mapping[str, Path]) -> str:
    """Put a folder or file of this machine in place of /your/photos."""
    host, _, rest = volume.partition(":")
    return f"{folders[host.rpartition('/')[2].strip('.')]}:{rest}"


def _mount(volume: str) -> tuple[str, str, str]:
    host, inside, *mode = volume.split(":")
    return host, inside, *(mode or ["rw"])  # type: ignore[return-value]


def _environ(words: Sequence[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)
