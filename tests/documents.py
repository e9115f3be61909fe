"""What the READMEs show, taken apart: blocks, commands and tables."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.en.md")
IN_A_CHECKOUT = (  # test_scripts runs them, in a fresh clone
    "git clone <repository> gallery && cd gallery",
    "scripts/run",
    "scripts/run --demo",
    "pip install -r requirements.txt",
    "python server.py",
    "gunicorn server:app -w 4 -b 0.0.0.0:8089",
)
IN_A_MIRROR = (".venv/bin/python read_oss.py",)  # test_mirror runs it
THE_TESTS_THEMSELVES = ("scripts/test", "scripts/test --quick", "scripts/chaos --minutes 10")
PROGRAM = ".venv/bin/python -m local_image_process "
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
