"""A file's text is the same, whether it is unpacked or read from what was written last."""

from pathlib import Path

import pytest

from local_image_process.packed import pack, unpack
from local_image_process.run import unpacked as module
from local_image_process.run.unpacked import Unpacked

TEXTS = ["上海\n", ",", "x" * 5000, ",", "夜"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Note the pieces that are unpacked."""
    pieces: list[bytes] = []

    def note(piece: bytes) -> bytes:
        pieces.append(piece)
        return unpack(piece)

    monkeypatch.setattr(module, "unpack", note)
    return pieces


def _write(file: Unpacked, texts: list[str]) -> None:
    content = file.join(map(pack, texts))
    assert content == "".join(texts).encode()
    file.path.write_bytes(content)
    file.note_written()


def test_only_what_is_new_is_unpacked(tmp_path: Path, asked: list[bytes]) -> None:
    file = Unpacked(tmp_path / "albums.json")
    _write(file, TEXTS)
    asked.clear()
    _write(file, ["new", *TEXTS[2:], *TEXTS[:2]])
    assert asked == [pack("new")]
    asked.clear()
    _write(file, TEXTS[:1])
    _write(file, TEXTS)  # what was gone is not there any more
    assert asked == [pack(text) for text in TEXTS[1:]]


@pytest.mark.parametrize("how", ["changed", "gone", "of another process"])
def test_a_file_that_is_not_the_one_we_wrote_is_not_believed(tmp_path: Path, how: str) -> None:
    file = Unpacked(tmp_path / "albums.json")
    _write(file, TEXTS)
    if how == "changed":
        file.path.write_bytes(b"something else")
    elif how == "gone":
        file.path.unlink()
    else:
        file = Unpacked(file.path)
    assert file.join(map(pack, TEXTS)) == "".join(TEXTS).encode()


def test_what_was_joined_but_not_written_is_not_looked_for(tmp_path: Path) -> None:
    file = Unpacked(tmp_path / "albums.json")
    _write(file, TEXTS)
    file.join(map(pack, ["another", *TEXTS]))  # and the disk is full
    assert file.join(map(pack, TEXTS)) == "".join(TEXTS).encode()
