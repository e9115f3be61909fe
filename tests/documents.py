"""What the READMEs show, taken apart: blocks, commands and tables."""

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.en.md")
DOCUMENTS = (
    *READMES,
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
)
IN_A_CHECKOUT = (  # test_scripts runs them, in a fresh clone
    "git clone <repository> gallery && cd gallery",
    "scripts/run",
    "scripts/run --demo",
    "pip install -r requirements.txt",
    "python server.py",
    "gunicorn server:app -w 4 -b 0.0.0.0:8089",
)
IN_A_MIRROR = (".venv/bin/python read_oss.py",)  # test_mirror runs it
IN_A_CONTAINER = (  # test_container builds the image, and runs what "docker run" says
    "docker build -t gallery .",
    "docker run -d --name gallery --restart unless-stopped -p 8089:8089 -v /your/photos:/photos:ro"
    " -v /your/data:/app/data -v /your/.env:/app/.env gallery",
    "docker exec gallery python -m local_image_process check",
)
THE_TESTS_THEMSELVES = (
    "scripts/test",
    "scripts/test --quick",
    "scripts/test-image",
    "scripts/chaos --minutes 10",
)
ON_A_SERVER = (  # an account and a system service: test_deploy holds them to the files they name
    "git clone <repository> gallery && cd gallery",
    "sudo apt-get install git python3-venv",
    "sudo git clone <repository> /srv/gallery",
    "sudo useradd --system --home-dir /srv/gallery gallery",
    "sudo install -d -o gallery -g gallery /srv/gallery/data",
    "sudo python3 -m venv /srv/gallery/.venv",
    "sudo /srv/gallery/.venv/bin/pip install -r /srv/gallery/requirements.txt"
    " -r /srv/gallery/requirements-extras.txt",
    "sudo install -m 640 -g gallery /srv/gallery/env_example /srv/gallery/.env",
    "sudo cp /srv/gallery/deploy/systemd/gallery.service /etc/systemd/system/",
    "sudo systemctl daemon-reload",
    "sudo systemctl enable --now gallery",
    "journalctl -u gallery",
    "sudo cp deploy/nginx.conf /etc/nginx/conf.d/gallery.conf",
    "sudo nginx -t",
    "sudo systemctl reload nginx",
)
WITH_DOCKER = ("cp env_example .env", "docker compose up -d")  # test_deploy reads compose.yaml
BACK_UP = "tar -czf gallery-backup.tar.gz .env data"  # test_documents, with a real gallery
RESTORE = "tar -xzf gallery-backup.tar.gz"
LEAVE_THE_DEMO = ("cp env_example .env", "rm -r data", "scripts/run")
UPGRADE = "git pull"
NEEDS_THE_REGISTRY = ("scripts/renew-requirements --upgrade",)  # never run; test_release reads it
PROGRAM = ".venv/bin/python -m local_image_process "
WRITE = ".venv/bin/python scripts/write_"
BENCH = "scripts/bench"


def blocks(readme: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(readme: str, beginning: str = "") -> list[str]:
    """Return the shell commands that begin so; the repository's address as <repository>."""
    lines = [line for block in blocks(readme, "sh") for line in block.splitlines() if line.strip()]
    return [
        line.replace("<仓库地址>", "<repository>") for line in lines if line.startswith(beginning)
    ]


def compose() -> dict[str, Any]:
    """Return what compose.yaml says."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def arguments(command: str) -> list[str]:
    """Return what stands behind the program's name."""
    return shlex.split(command.removeprefix(PROGRAM))


def table(readme: str, first_heading: str) -> list[list[str]]:
    """Return the rows below the heading of the table whose first column is called so."""
    lines = (ROOT / readme).read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_heading} |"))
    rows: list[list[str]] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows
