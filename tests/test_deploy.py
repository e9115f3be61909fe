"""What is shipped to install it with: files that must agree with each other, and with systemd."""

import ipaddress
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_image_process.source.ignore import is_ignored
from tests.documents import ON_A_SERVER, commands, compose
from tests.live import ROOT, LiveGallery

NGINX = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
UNIT = ROOT / "deploy/systemd/gallery.service"
WORST_EXPOSURE = 20  # of 100, by systemd-analyze's own reckoning


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


def mounts(service: str) -> dict[str, str]:
    """Return what is mounted in a service: place there → place on the host."""
    return {v.split(":")[1]: v.split(":")[0] for v in services()[service]["volumes"]}


def address(service: str) -> str:
    found: str = services()[service]["networks"]["gallery"]["ipv4_address"]
    return found


def test_both_languages_of_the_instructions_show_the_same_commands() -> None:
    assert commands("docs/install.md") == commands("docs/install.en.md")


def test_every_docker_run_shown_is_one_that_test_container_runs() -> None:
    known = commands("docs/install.md", "docker run ")
    assert set(commands("README.md", "docker run ")) <= set(known)


@pytest.mark.parametrize(
    ("document", "heading"),
    [("nas.md", "## 不会当成照片的"), ("nas.en.md", "## What is never taken for a photo")],
)
def test_what_a_nas_leaves_in_folders_is_passed_over_as_told(document: str, heading: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    named = re.findall(r"`([^`]+)`", text.partition(heading)[2].partition("\n## ")[0])
    assert "@eaDir" in named
    assert [name for name in named if not is_ignored(name)] == []


def test_compose_mounts_what_the_image_and_nginx_look_for() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (volume,) = re.findall(r"^VOLUME (\S+)$", dockerfile, re.MULTILINE)
    assert set(mounts("gallery")) == {"/photos", volume, "/app/.env"}
    (data,) = re.findall(r'default "(/\S+)";', NGINX)
    assert mounts("nginx") == {
        "/gallery.conf": "./deploy/nginx.conf",
        data: mounts("gallery")[volume],
    }
    assert all(v.endswith(":ro") for v in services()["nginx"]["volumes"])
    assert services()["nginx"]["ports"] == ["80:80"]


def test_compose_lets_nginx_and_the_backend_know_each_other() -> None:
    trusted = services()["gallery"]["environment"]["TRUSTED_PROXIES"].split(",")
    assert address("nginx") in trusted
    (network,) = compose()["networks"]["gallery"]["ipam"]["config"]
    subnet = ipaddress.ip_network(network["subnet"])
    assert {ipaddress.ip_address(address(name)) in subnet for name in services()} == {True}
    changes = re.findall(r"s/([^/]+)/([^/]+)/", " ".join(services()["nginx"]["command"]))
    assert [NGINX.count(f"server {old};") for old, _ in changes] == [1, 1]
    assert {new for _, new in changes} == {f"{address('gallery')}:8089"}


def test_systemd_understands_the_unit_and_finds_little_to_blame(tmp_path: Path) -> None:
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is missing. On Debian: apt-get install systemd")
    text = UNIT.read_text(encoding="utf-8")
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace("/srv/gallery/.venv/bin/python", sys.executable), "utf-8")
    for words in (["verify"], ["security", "--offline=true", f"--threshold={WORST_EXPOSURE}"]):
        done = subprocess.run(
            [analyze, *words, str(unit)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert str(unit) not in done.stderr, done.stderr


def test_the_unit_lets_it_write_where_nginx_reads() -> None:
    (data,) = re.findall(r'default "(/\S+)";', NGINX)
    text = UNIT.read_text(encoding="utf-8")
    assert f"\nReadWritePaths={data}\n" in text
    assert f"\nWorkingDirectory={data.removesuffix('/data')}\n" in text


def test_it_tells_systemd_when_it_is_ready(
    gallery: Callable[..., LiveGallery], tmp_path: Path
) -> None:
    path = os.path.relpath(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(30)
        gallery(NOTIFY_SOCKET=str(tmp_path / "notify")).start()
        assert b"READY=1" in systemd.recv(4096)


def test_the_commands_for_a_server_name_what_is_there() -> None:
    place = "/srv/gallery"
    named = [word for command in ON_A_SERVER for word in command.split() if "/" in word]
    below = {word.removeprefix(place).strip("/") for word in named if word.startswith(place)}
    made = {"", "data", ".env", ".venv", ".venv/bin/pip"}  # by the commands themselves
    ours = (below - made) | {word for word in named if word.startswith("deploy/")}
    assert ours >= {"deploy/systemd/gallery.service", "deploy/nginx.conf", "requirements.txt"}
    assert [name for name in ours if not (ROOT / name).is_file()] == []
    unit = (ROOT / "deploy/systemd/gallery.service").read_text(encoding="utf-8")
    assert {"User=gallery", f"WorkingDirectory={place}"} <= set(unit.splitlines())
