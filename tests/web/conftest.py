"""Fixtures for the tests of what is asked over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web.in_process import Gallery, copied, fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a gallery whose library is published; to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    one = Gallery(folder)
    fill(one.library)
    assert one.publish()["failed"] == 0
    one.close()
    return folder


@pytest.fixture(scope="module")
def still(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Return a filled gallery for all tests of a module; they count from what they find there."""
    one = copied(filled, tmp_path_factory.mktemp("still"))
    yield one
    one.close()


@pytest.fixture
def make_site(filled: Path, tmp_path: Path) -> Iterator[Callable[..., Gallery]]:
    """Make filled galleries; settings as keyword arguments."""
    made: list[Gallery] = []

    def make(**environ: str) -> Gallery:
        made.append(copied(filled, tmp_path / f"site{len(made)}", **environ))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def site(make_site: Callable[..., Gallery]) -> Gallery:
    """Return a filled gallery."""
    return make_site()
