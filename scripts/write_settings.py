"""Write env_example and docs/settings*.md from the program's own list."""

import re
import sys
from dataclasses import fields
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from local_image_process.settings import Settings  # noqa: E402
from local_image_process.settings_help import HELP  # noqa: E402


def env_example(before: str) -> str:
    """Return env_example with the head that it has."""
    head = "".join(before.partition("\n\n")[:2])
    entries = []
    for one in fields(Settings):
        zh, en = HELP[one.name]
        default = one.metadata["default"]
        entries.append(f"# {zh} ({en})\n{'' if default else '#'}{one.name.upper()}={default}\n")
    return head + "\n".join(entries)


def page(before: str, *, heading: str, language: int) -> str:
    """Return a page with the rows of its table of settings made anew."""
    rows = []
    for one in fields(Settings):
        default = f"`{one.metadata['default']}`" if one.metadata["default"] else ""
        rows.append(f"| `{one.name.upper()}` | {default} | {HELP[one.name][language]} |\n")
    table = re.compile(rf"(^\| {heading} \|.*\n\|[-|]+\n)(?:\|.*\n)+", re.MULTILINE)
    return table.sub(lambda found: found[1] + "".join(rows), before, count=1)


def main() -> None:
    """Rewrite the files in place."""
    for name, make in (
        ("env_example", env_example),
        ("docs/settings.md", lambda text: page(text, heading="变量", language=0)),
        ("docs/settings.en.md", lambda text: page(text, heading="variable", language=1)),
    ):
        path = ROOT / name
        path.write_text(make(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
