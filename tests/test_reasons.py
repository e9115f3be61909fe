"""Every reason why a photo fails is known in Chinese, too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_image_process.errors import NeedsMemory
from local_image_process.reasons import SENTENCES, in_chinese

PACKAGE = Path(__file__).parents[1] / "local_image_process"
RAISED = {"UnreadablePhoto", "StillChanging", "PhotoAway", "ForeignObject"}
TOLD_BY = ("image/reason.py",)  # all that its functions return is a reason
SHORTEST = 20  # characters; what is shorter is a part of another
CHINESE = re.compile("[\u4e00-\u9fff]")


def texts_of(node: ast.expr, names: dict[str, str]) -> str | None:
    """Return a text as it is written, values in it as a word that stands for them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, "7")
    if isinstance(node, ast.JoinedStr):
        return "".join(texts_of(part, names) or "7" for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return texts_of(node.value, names) or "7"
    return None


def reasons() -> Iterator[tuple[str, str]]:
    """Yield every sentence that the code may give as a reason, with where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        where = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(tree):
            said: ast.expr | None = None
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", None) in RAISED
                and node.args
            ):
                said = node.args[0]
            elif where in TOLD_BY and isinstance(node, ast.Return):
                said = node.value
            text = texts_of(said, names) if said is not None else None
            if text is not None and len(text) > SHORTEST:
                yield where, text


FOUND = sorted(set(reasons()))


@pytest.mark.parametrize(("where", "reason"), FOUND)
def test_every_reason_is_known_in_chinese(where: str, reason: str) -> None:
    chinese = in_chinese(reason)
    assert chinese != reason, f"{where} says what reasons.py does not know"
    assert CHINESE.search(chinese)
    assert ("7" in chinese) == ("7" in reason), "what the reason tells of is carried over"


def test_reasons_are_found_at_all() -> None:
    assert len(FOUND) > 15


@pytest.mark.parametrize(("english", "chinese"), SENTENCES)
def test_no_value_is_lost(english: str, chinese: str) -> None:
    assert english.count("{}") == chinese.count("{}")


def test_memory_and_what_nobody_foresaw() -> None:
    assert "2.0 GB" in in_chinese(str(NeedsMemory(2 << 30, 1 << 30)))
    assert in_chinese("the sky fell down") == "the sky fell down"
