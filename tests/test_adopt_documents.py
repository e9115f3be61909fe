"""docs/adopt: its commands run, and what it shows is what is said."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import PROGRAM, ROOT, arguments, blocks, commands
from tests.former_gallery import PHOTOS, leave_data, leave_dotenv, leave_objects
from tests.live import base_environ
from tests.oss_server import OssServer
from tests.photos import make_photo

pytestmark = pytest.mark.slow

DOCUMENTS = ("docs/adopt.md", "docs/adopt.en.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_shown_say_what_is_shown(document: str, tmp_path: Path) -> None:
    """Without a terminal to ask at, those without --yes tell what they would do, and do nothing."""
    library, old, here = tmp_path / "photos", tmp_path / "old", tmp_path / "here"
    here.mkdir()
    leave_data(old / "data")
    for seed, key in enumerate(PHOTOS):
        make_photo(library / key, size=(64, 48), seed=seed)
    with OssServer() as bucket:
        leave_objects(bucket)
        leave_dotenv(old, bucket, library)
        for command in commands(document, PROGRAM):
            words = [word.replace("/path/to/old", str(old)) for word in arguments(command)]
            done = subprocess.run(
                [sys.executable, "-m", "local_image_process", *words],
                cwd=here,
                env=base_environ() | {"PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == (0 if "--yes" in words else 2), done.stderr
    said = done.stdout.replace(str(old), "/path/to/old").replace(str(library), "/path/to/photos")
    (shown,) = blocks(document, "text")
    assert shown == said


def test_both_languages_show_the_same() -> None:
    chinese, english = DOCUMENTS
    assert commands(chinese) == commands(english)
    assert blocks(chinese, "text") == blocks(english, "text")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert all(((ROOT / document).parent / link).exists() for link in links)
