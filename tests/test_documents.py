"""The documents say what is so: settings, commands, examples, paths."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local_image_process import __version__
from local_image_process.settings import Settings
from local_image_process.settings_help import HELP
from local_image_process.source import sidecar
from local_image_process.source.ignore import Rules
from tests.documents import (
    BENCH,
    IN_A_CHECKOUT,
    IN_A_MIRROR,
    PROGRAM,
    READMES,
    ROOT,
    THE_TESTS_THEMSELVES,
    arguments,
    blocks,
    commands,
    table,
)
from tests.live import LiveGallery
from tests.photos import make_photo
from tests.support import wait_for

LANGUAGES = pytest.mark.parametrize(
    ("readme", "first_heading", "language"),
    [
        pytest.param("README.md", "变量", "zh", id="Chinese"),
        pytest.param("README.en.md", "variable", "en", id="English"),
    ],
)


def test_env_example_lists_every_setting_with_its_default_and_meaning() -> None:
    text = (ROOT / "env_example").read_text(encoding="utf-8")
    found = re.findall(r"^# (.+)\n(#?)([A-Z_]+)=(.*)$", text, re.MULTILINE)
    assert found == [
        (
            "{} ({})".format(*HELP[one.name]),
            "" if one.metadata["default"] else "#",
            one.name.upper(),
            one.metadata["default"],
        )
        for one in fields(Settings)
    ]
    assert len(re.findall(r"^#?\w+=", text, re.MULTILINE)) == len(found)


def test_env_example_as_it_stands_means_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "env_example").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    assert Settings.load({}) == Settings.from_env({})
    (tmp_path / ".env").write_text(re.sub(r"^#([A-Z_]+=)", r"\1", text, flags=re.M), "utf-8")
    assert Settings.load({}) == Settings.from_env({})


@LANGUAGES
def test_readme_table_lists_every_setting(readme: str, first_heading: str, language: str) -> None:
    assert table(readme, first_heading) == [
        [
            f"`{one.name.upper()}`",
            f"`{one.metadata['default']}`" if one.metadata["default"] else "",
            HELP[one.name][language == "en"],
        ]
        for one in fields(Settings)
    ]


def test_both_readmes_show_the_same_commands_and_examples() -> None:
    chinese, english = READMES
    assert commands(chinese) == commands(english)
    for language in ("json", "gitignore"):
        assert blocks(chinese, language) == blocks(english, language)


def test_every_command_shown_is_run_by_a_test() -> None:
    by_beginning = tuple(
        command
        for beginning in (PROGRAM, BENCH, "curl http://localhost:8089/")
        for command in commands("README.md", beginning)
    )
    known = {*by_beginning, *IN_A_CHECKOUT, *IN_A_MIRROR, *THE_TESTS_THEMSELVES}
    assert set(commands("README.md")) == known


def test_the_command_line_does_what_the_readme_shows(tmp_path: Path) -> None:
    make_photo(tmp_path / "照片/上海/DSC04056.JPG")
    environ = LiveGallery(tmp_path / "unused").env | {
        "WATCH_DIR": str(tmp_path / "照片"),
        "DATA_DIR": str(tmp_path / "data"),
    }
    for command in commands("README.md", PROGRAM):
        words = arguments(command)
        if words == ["watch"]:
            continue
        done = subprocess.run(
            [sys.executable, "-m", "local_image_process", *words],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        if "--json" in words:
            names = "published moved refreshed withdrawn failed unchanged rendered uploaded seconds"
            assert list(json.loads(done.stdout.splitlines()[-1])) == names.split()
    assert (tmp_path / "data/media/gallery/上海/DSC04056.webp").exists()


def test_watch_ends_when_it_is_told_to(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "照片/上海/DSC04056.JPG")
    environ = LiveGallery(tmp_path / "unused").env | {
        "WATCH_DIR": str(photo.parent.parent),
        "DATA_DIR": str(tmp_path / "data"),
    }
    (command,) = commands("README.md", f"{PROGRAM}watch")
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "local_image_process", *arguments(command)],
            cwd=ROOT,
            env=environ,
            stderr=log,
        ) as process,
    ):
        albums = tmp_path / "data/albums.json"
        wait_for(
            lambda: albums.exists() and "DSC04056" in albums.read_text(encoding="utf-8"),
            what="the photo in albums.json",
            timeout_s=30,
            alive=lambda: process.poll() is None,
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0, (tmp_path / "log").read_text(encoding="utf-8")


def test_addresses_that_the_readme_shows_answer(gallery: Callable[..., LiveGallery]) -> None:
    one = gallery()
    make_photo(one.library / "上海/DSC04056.JPG", captured=datetime(2024, 4, 4, 18, 3))  # noqa: DTZ001
    one.start()
    one.wait_for_ids("上海/DSC04056")
    shown = [urlsplit(line.split()[1]).path for line in commands("README.md", "curl ")]
    listed = re.findall(r"`(/[^`]*)`", table("README.md", "地址")[0][0])
    for path in (*shown, *listed, *(path.removeprefix("/data") for path in listed)):
        assert one.get(path).status == 200, path
    named = {"<相册>": "上海", "<照片>": "DSC04056", "<边长>": "480"}
    for row in table("README.md", "地址")[1:4]:
        path = row[0].strip("`")
        for placeholder, value in named.items():
            path = path.replace(placeholder, value)
        one.wait(partial(is_there, one, path), what=path)


def is_there(one: LiveGallery, path: str) -> bool:
    return one.get(path).status == 200


@pytest.mark.parametrize("readme", READMES)
def test_the_album_yaml_shown_is_understood(readme: str, tmp_path: Path) -> None:
    (example,) = blocks(readme, "yaml")
    (tmp_path / "info.yaml").write_text(example, encoding="utf-8")
    album = sidecar.read(tmp_path / "info.yaml")
    assert (album.title, album.date, album.location) == (
        "上海之夜",
        "2024-04-04",
        "121.4919, 31.2397",
    )
    assert (album.desc, album.cover) == ("从外滩看对岸。", "DSC04061.JPG")
    assert (album.order, album.hidden) == ("time", False)


def test_the_patterns_shown_exclude_what_they_say() -> None:
    (example,) = blocks("README.md", "gitignore")
    rules, wrong = Rules().with_file("", example.encode())
    assert not wrong
    assert rules.excludes("2024/草稿", is_folder=True)
    assert rules.excludes("上海/外滩_原片.jpg", is_folder=False)
    assert not rules.excludes("上海/外滩.jpg", is_folder=False)


@pytest.mark.parametrize("readme", READMES)
def test_files_that_a_readme_names_are_there(readme: str) -> None:
    heading = {"README.md": "## 代码", "README.en.md": "## The code"}[readme]
    text = (ROOT / readme).read_text(encoding="utf-8")
    code = text.partition(heading)[2].partition("\n\n```")[0]
    named = re.findall(r"^\| (.+?) \|", code, re.MULTILINE)[2:]
    paths = [path for cell in named for path in re.findall(r"`([^`]+)`", cell)]
    paths += re.findall(r"\]\(([^)#]+)\)", text)
    paths += [line.split()[0] for line in commands(readme, BENCH)]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("command", commands("README.md", BENCH))
def test_the_bench_understands_what_a_readme_asks(command: str) -> None:
    asked = [sys.executable, "bench/run.py", *command.split()[1:], "--help"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:6]) == (0, "usage:"), done.stderr


@pytest.mark.parametrize("readme", READMES)
def test_the_licence_is_named_and_lies_there(readme: str) -> None:
    assert "MIT" in (ROOT / readme).read_text(encoding="utf-8")
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("MIT License\n\nCopyright (c) 2026 the gallery authors\n")


def test_the_changelog_has_this_version() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
