"""The documents say what is so: settings, commands, examples, paths."""

import ast
import json
import re
import shutil
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

from local_image_process.run.stages import STAGES
from local_image_process.settings import Settings
from local_image_process.settings_help import HELP
from local_image_process.source import sidecar
from local_image_process.source.ignore import Rules
from scripts import write_api, write_flow
from tests.documents import (
    BACK_UP,
    BENCH,
    DOCUMENTS,
    IN_A_CHECKOUT,
    IN_A_CONTAINER,
    IN_A_MIRROR,
    LEAVE_THE_DEMO,
    NEEDS_THE_REGISTRY,
    ON_A_SERVER,
    PROGRAM,
    READMES,
    RESTORE,
    ROOT,
    THE_TESTS_THEMSELVES,
    UPGRADE,
    WITH_DOCKER,
    WRITE,
    arguments,
    blocks,
    commands,
    table,
)
from tests.live import LiveGallery
from tests.photos import make_photo
from tests.support import wait_for

pytestmark = pytest.mark.slow

LANGUAGES = pytest.mark.parametrize(
    ("readme", "first_heading", "language"),
    [
        pytest.param("docs/settings.md", "变量", "zh", id="Chinese"),
        pytest.param("docs/settings.en.md", "variable", "en", id="English"),
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
def test_the_table_lists_every_setting(readme: str, first_heading: str, language: str) -> None:
    assert table(readme, first_heading) == [
        [
            f"`{one.name.upper()}`",
            f"`{one.metadata['default']}`" if one.metadata["default"] else "",
            HELP[one.name][language == "en"],
        ]
        for one in fields(Settings)
    ]


@pytest.mark.parametrize("english", [one for one in DOCUMENTS if one.endswith(".en.md")])
def test_both_languages_show_the_same_commands_and_examples(english: str) -> None:
    chinese = english.replace(".en.md", ".md")
    assert chinese in DOCUMENTS
    assert commands(chinese) == commands(english)
    for language in ("json", "gitignore"):
        assert blocks(chinese, language) == blocks(english, language)


def test_every_document_has_both_languages() -> None:
    assert [one for one in DOCUMENTS if one.replace(".en", "") not in DOCUMENTS] == []
    assert len(DOCUMENTS) == 2 * sum(one.endswith(".en.md") for one in DOCUMENTS)


def test_every_command_shown_is_run_by_a_test() -> None:
    by_beginning = {
        command
        for document in DOCUMENTS
        for beginning in (PROGRAM, BENCH, WRITE)
        for command in commands(document, beginning)
    }
    known = {
        *by_beginning,
        *commands("README.md", "curl "),
        *commands("docs/api.md"),  # test_the_examples_of_the_api_work, all of them
        *(*IN_A_CHECKOUT, *IN_A_CONTAINER, *IN_A_MIRROR, *LEAVE_THE_DEMO),
        *(*ON_A_SERVER, *WITH_DOCKER, BACK_UP, RESTORE, UPGRADE),
        *commands("docs/install.md", "docker run "),  # test_container, all of them
        *(*THE_TESTS_THEMSELVES, *NEEDS_THE_REGISTRY),
    }
    shown = {command for document in DOCUMENTS for command in commands(document)}
    assert shown - known == set()
    elsewhere = {*ON_A_SERVER, *WITH_DOCKER, *IN_A_CONTAINER, *THE_TESTS_THEMSELVES}
    assert shown >= {*IN_A_CHECKOUT, *IN_A_MIRROR, *elsewhere, BACK_UP, RESTORE}


def test_the_command_line_does_what_the_readme_shows(tmp_path: Path) -> None:
    make_photo(tmp_path / "照片/上海/DSC04056.JPG")
    environ = LiveGallery(tmp_path / "unused").env | {
        "WATCH_DIR": str(tmp_path / "照片"),
        "DATA_DIR": str(tmp_path / "data"),
    }
    shown = {command: None for document in DOCUMENTS for command in commands(document, PROGRAM)}
    for command in shown:
        words = arguments(command)
        if words[0] in {"watch", "adopt"}:  # the next test, and test_adopt_documents
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
            (names,) = re.findall(
                r"`(published moved .+?)`", (ROOT / "README.md").read_text("utf-8")
            )
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
    listed = re.findall(r"`(/[^`]*)`", table("docs/api.md", "地址")[0][0])
    for path in (*shown, *listed, *(path.removeprefix("/data") for path in listed)):
        assert one.get(path).status == 200, path
    named = {"<相册>": "上海", "<照片>": "DSC04056", "<边长>": "480"}
    for row in table("docs/api.md", "地址")[1:4]:
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


# what is written from the code


def test_pages_made_from_the_code_are_up_to_date() -> None:
    for language, suffix in enumerate(("", ".en")):
        picture = (ROOT / f"docs/flow{suffix}.svg").read_text(encoding="utf-8")
        assert picture == write_flow.drawn(language), "run scripts/write_flow.py"
        api = (ROOT / f"docs/api{suffix}.md").read_text(encoding="utf-8")
        assert api == write_api.page(api, language), "run scripts/write_api.py"


@pytest.mark.parametrize("command", commands("docs/contributing.md", WRITE))
def test_the_scripts_that_write_pages_find_nothing_to_change(command: str, tmp_path: Path) -> None:
    names = ("docs", "scripts", "local_image_process", "env_example")
    for name in names:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    subprocess.run([sys.executable, command.split()[1]], cwd=tmp_path, check=True)
    for path in (*(tmp_path / "docs").rglob("*.*"), tmp_path / "env_example"):
        assert path.read_bytes() == (ROOT / path.relative_to(tmp_path)).read_bytes(), path.name


def test_the_stages_drawn_name_modules_that_are_there() -> None:
    for stage in STAGES:
        for module in stage.modules:
            assert (ROOT / "local_image_process" / module).exists(), module


# what pages name


@pytest.mark.parametrize("document", [*DOCUMENTS, "SECURITY.md", "CHANGELOG.md"])
def test_whatever_a_document_names_is_there(document: str) -> None:
    path = ROOT / document
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (path.parent / link).exists()] == []
    tops = "local_image_process|tests|scripts|docs|bench|deploy|\\.github"
    named = re.findall(rf"`((?:{tops})/[\w./-]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
    modules = re.findall(r"`local_image_process((?:\.\w+)+)`", text)
    for module in modules:
        assert (ROOT / "local_image_process" / f"{module[1:].replace('.', '/')}.py").exists()


def words_of_the_program() -> str:
    """Return every text in the code, each on lines of its own."""
    return "\n".join(
        str(node.value)
        for path in (ROOT / "local_image_process").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize(
    ("document", "first_heading"),
    [
        pytest.param("docs/operations.md", "看到（状态页、日志、命令）", id="Chinese"),
        pytest.param("docs/operations.en.md", "you see (status page, log, command)", id="English"),
    ],
)
def test_symptoms_are_the_program_s_own_words(document: str, first_heading: str) -> None:
    said = words_of_the_program()
    symptoms = [row[0].strip("`") for row in table(document, first_heading)]
    assert len(symptoms) > 20
    assert [symptom for symptom in symptoms if symptom not in said] == []


# what pages show, done


def test_the_examples_of_the_api_work(gallery: Callable[..., LiveGallery], tmp_path: Path) -> None:
    one = gallery()
    make_photo(one.library / "上海/DSC04056.JPG")
    (one.library / "上海/DSC04061.JPG").write_bytes(b"no picture")
    one.start()
    one.wait_for_ids("上海/DSC04056")
    one.wait(lambda: one.get("/api/status").json()["photos"]["failed"], what="the failure")
    answers = []
    for command in commands("docs/api.md"):
        command = command.replace("localhost:8089", f"127.0.0.1:{one.port}")
        done = subprocess.run(
            ["sh", "-ec", command.replace("curl ", "curl -sS --fail-with-body ")],
            cwd=tmp_path,
            env=one.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        answers.append(done.stdout)
    assert json.loads(answers[0])["details"] is None
    assert json.loads(answers[1])["likes"] == 1
    assert json.loads(answers[3])["details"]["failures"]
    assert (tmp_path / "backup.db").read_bytes().startswith(b"SQLite format 3")
    assert not (tmp_path / "cookies").exists()


@pytest.mark.parametrize(
    "leaving_out",
    [
        pytest.param((), id="everything"),
        pytest.param(
            re.findall(r"--exclude=[\w/.]+", (ROOT / "docs/operations.md").read_text("utf-8")),
            id="without the pictures",
        ),
    ],
)
def test_a_restored_back_up_has_its_likes_and_pictures(
    gallery: Callable[..., LiveGallery], leaving_out: list[str]
) -> None:
    one = gallery()
    make_photo(one.library / "上海/DSC04056.JPG")
    one.start()
    one.wait_for_ids("上海/DSC04056")
    like = {"photoId": "上海/DSC04056.webp", "likes": 1}
    assert one.post("/api/like", like).status == 200
    one.wait(lambda: is_liked(one), what="the like in the JSON")
    one.stop()
    folder = one.data.parent
    (folder / ".env").touch()
    back_up = BACK_UP.replace("tar ", " ".join(["tar", *leaving_out, ""]), 1)
    for command in (back_up, LEAVE_THE_DEMO[1], RESTORE):
        subprocess.run(["sh", "-ec", command], cwd=folder, check=True)
    one.start()
    one.wait_for_ids("上海/DSC04056")
    one.wait(lambda: is_liked(one), what="the like again")
    (url,) = one.get("/data/albums.json").json()["上海"]["images"]
    one.wait(partial(is_there, one, url), what="the picture")


def is_liked(one: LiveGallery) -> bool:
    likes: dict[str, int] = one.get("/data/likes.json").json()
    return likes == {"上海/DSC04056.JPG": 1}


def test_one_s_own_photos_follow_the_demo(gallery: Callable[..., LiveGallery]) -> None:
    demo = gallery()
    make_photo(demo.library / "上海/DSC04056.JPG")
    demo.start()
    demo.wait_for_ids("上海/DSC04056")
    demo.stop()
    copy, remove, _ = LEAVE_THE_DEMO
    folder = demo.data.parent
    shutil.copy2(ROOT / "env_example", folder)
    for command in (copy, remove):
        subprocess.run(["sh", "-ec", command], cwd=folder, check=True)
    own = folder / "own"
    make_photo(own / "北京/DSC00001.JPG")
    demo.env["WATCH_DIR"] = str(own)
    demo.start()
    demo.wait_for_ids("北京/DSC00001")


def test_git_pull_brings_the_new_version(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet", "origin")
    git("-C", "origin", "commit", "--quiet", "--allow-empty", "-m", "old")
    git("clone", "--quiet", "origin", "gallery")
    git("-C", "origin", "commit", "--quiet", "--allow-empty", "-m", "new")
    subprocess.run(UPGRADE.split(), cwd=tmp_path / "gallery", check=True, capture_output=True)
    git("-C", "gallery", "diff", "--exit-code", "origin/HEAD", "HEAD")
