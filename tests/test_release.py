"""A release is one version everywhere, from pinned parts, by workflows that name what is there."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_image_process import __version__
from tests.documents import ROOT

LOCKS = ("requirements.txt", "requirements-extras.txt", "requirements-dev.txt")
PIN = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)(?: ; .+?)? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.M)
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TAKES_WRITING = {"images": {"packages"}}


def pins(lock: str) -> dict[str, tuple[str, str]]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {name: (version, hashes) for name, version, hashes in PIN.findall(text)}


def spelled(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# the version


def test_the_version_stands_in_one_place() -> None:
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    done = subprocess.run(
        [sys.executable, "-m", "local_image_process", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{__version__}\n"


def test_the_changelog_is_in_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *released = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert first == "[Unreleased]"
    for heading in released:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading)
    assert not released or released[0].startswith(f"[{__version__}]")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds


# what it is made from


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_pinned_with_hashes_and_no_index_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "".join(found[0] for found in PIN.finditer(text)) == re.sub(
        r"^#.*\n", "", text, flags=re.M
    )
    assert not re.search(r"://|--index|--find-links|--trusted", text)


def test_nothing_is_missing_of_what_is_pinned() -> None:
    asked = [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"]
    found = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stdout


def test_what_the_project_names_is_pinned_alike_everywhere() -> None:
    everything = pins("requirements-dev.txt")
    groups = PROJECT["dependency-groups"]
    named = {
        "requirements.txt": PROJECT["project"]["dependencies"],
        "requirements-extras.txt": groups["extras"],
        "requirements-dev.txt": [one for one in groups["dev"] if isinstance(one, str)],
    }
    for lock, names in named.items():
        pinned = pins(lock)
        assert {spelled(name.partition(";")[0].strip()) for name in names} <= pinned.keys()
        assert {name: everything[name] for name in pinned} == pinned


# vulnerabilities


@contextmanager
def vulnerability_service(answers: dict[str, Any]) -> Iterator[str]:
    """Serve what OSV would say of packages, by their names; yield the address to ask."""

    class Osv(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answers.get(asked["package"]["name"], {})).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Osv) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()
            thread.join()


def audit(address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.audit", "-s", "osv", "--osv-url", address],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_known_vulnerability_fails_the_checks_with_words() -> None:
    version = pins("requirements-dev.txt")["flask"][0]
    fixed = [{"introduced": "0"}, {"fixed": "999.0"}]
    package = {"name": "flask", "ecosystem": "PyPI"}
    flaw = {
        "id": "PYSEC-2026-1",
        "summary": "made up",
        "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": fixed}]}],
    }
    with vulnerability_service({"flask": {"vulns": [flaw]}}) as address:
        done = audit(address)
    assert done.returncode == 1
    assert f"flask {version}: PYSEC-2026-1, mended in 999.0" in done.stderr


def test_without_a_vulnerability_the_checks_go_on() -> None:
    with vulnerability_service({}) as address:
        done = audit(address)
    assert (done.returncode, done.stderr[:26]) == (0, "No vulnerability is known ")


def test_without_an_answer_the_checks_say_so_and_go_on() -> None:
    done = audit("http://127.0.0.1:9/v1/query")
    assert done.returncode == 0
    assert done.stderr.startswith("Vulnerabilities could not be asked about")
    assert done.stderr.count("\n") == 1


# the workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_names_what_is_there_and_may_do_no_more_than_it_must(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for used in re.findall(r"uses: (.+)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)
    for job in workflow["jobs"].values():
        may_write = {what for what, may in job.get("permissions", {}).items() if may == "write"}
        assert may_write == TAKES_WRITING.get(path.stem, set())
        steps = [step.get("run", "") for step in job["steps"]]
        for script in re.findall(
            r"(?<![\w/])(?:scripts|local_image_process)/[\w./-]+", " ".join(steps)
        ):
            assert (ROOT / script).exists(), script
        assert 0 < job["timeout-minutes"] <= 120


def test_images_are_published_for_tags_alone() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/images.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    by_use = {step["uses"].partition("@")[0]: step for step in job["steps"] if "uses" in step}
    build = by_use["docker/build-push-action"]["with"]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert build["push"] == "${{ github.ref_type == 'tag' }}"
    assert by_use["docker/login-action"]["if"] == "github.ref_type == 'tag'"


def test_tests_run_on_the_oldest_and_the_newest_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    versions = workflow["jobs"]["tests"]["strategy"]["matrix"]["python"]
    assert f">={versions[0]}" == PROJECT["project"]["requires-python"]
    assert versions == ["3.11", "3.13"]
