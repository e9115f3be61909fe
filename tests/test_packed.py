"""Pieces that were packed at different times join to one gzip file."""

import gzip
import subprocess

import hypothesis.strategies as st
from hypothesis import given

from local_image_process.packed import enclosed, gzip_file, pack, unpack

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(st.lists(TEXTS, max_size=5), TEXTS, TEXTS)
def test_any_pieces_join(texts: list[str], before: str, after: str) -> None:
    pieces = [pack(text) for text in texts]
    whole = (before + ",\n".join(texts) + after).encode("utf-8")
    assert gzip.decompress(gzip_file(enclosed(pieces, before, after))) == whole
    assert b"".join(map(unpack, pieces)) == "".join(texts).encode("utf-8")


def test_pieces_of_any_length_join() -> None:
    texts = ["山高水长\n" * count for count in (1, 20_000, 0, 5041, 3)]
    whole = "".join(texts).encode("utf-8")
    assert gzip.decompress(gzip_file(map(pack, texts))) == whole


def test_other_programs_read_it() -> None:
    lines = [f'"上海/DSC{n:05}.JPG":{{"ISO":"{n}"}}' for n in range(5000)]
    packed = gzip_file(enclosed(map(pack, lines), "{\n", "\n}\n"))
    unpacked = subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=True).stdout
    assert unpacked.decode().splitlines()[1:-1] == [f"{line}," for line in lines[:-1]] + lines[-1:]
