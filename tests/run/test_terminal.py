"""How things stand, in a terminal: every number in words that a person understands."""

from typing import Any

import pytest

from local_image_process.run.terminal import in_bytes, lines_of, span

DETAILS: dict[str, Any] = {
    "library": {"path": "/photos", "error": None},
    "watching": {"by": "sweeps", "why": "/photos is on nfs4"},
    "disk": {"path": "/d", "free_bytes": 5e8, "total_bytes": 1e12, "is_low": True, "error": None},
    "store": {"bucket": "photos", "error": "the bucket refused the key; see OSS_SECRET_KEY"},
    "bucket": {"error": None},
    "notices": {"waiting": 2, "given_up": 1, "error": None},
    "held": {"keys": ["a/1.jpg"], "in_bucket": 0},
    "failures": [{"key": f"a/{number}.jpg", "reason": "torn"} for number in range(25)],
}
TOLD: dict[str, Any] = {
    "photos": {"total": 1250, "published": 1000, "waiting": 225, "failed": 25, "held": 22},
    "has_leader": True,
    "is_looking": False,
    "left_s": [720, 1080],
    "photos_per_s": 0.25,
    "bytes_per_s": 2_500_000,
    "details": DETAILS,
}


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        ((20, 40), "20–40 s"),
        ((0, 1), "1 s"),
        ((720, 1080), "12–18 min"),
        ((170, 185), "3 min"),
        ((5400, 9000), "1.5–2.5 h"),
    ],
)
def test_a_range_of_time_is_told_in_one_unit(left_s: tuple[int, int], words: str) -> None:
    assert span(left_s) == words


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (2_500_000, "2.5 MB"), (4e15, "4e+03 TB")]
)
def test_sizes_are_told_in_their_unit(size: float, words: str) -> None:
    assert in_bytes(size) == words


def test_everything_is_told_with_what_to_do_about_it() -> None:
    lines = lines_of(TOLD)
    for line in (
        "photos    1,250: 1,000 published, 225 waiting, 25 failed",
        "progress  12–18 min to go (0.25 photos and 2.5 MB a second)",
        "library   /photos",
        "watching  /photos is on nfs4",
        "disk      /d, 500 MB free of 1 TB: little space is left: make room",
        "pictures  bucket photos: the bucket refused the key; see OSS_SECRET_KEY",
        "notices   2 to be taken, 1 given up",
        "failed    a/0.jpg: torn",
        "          and 5 more: 'check' lists them",
    ):
        assert line in lines
    assert any(line.startswith("held      22 ") and "--confirm-withdraw" in line for line in lines)


def test_a_mirror_has_no_library_to_tell_of() -> None:
    nothing: dict[str, Any] = {"library": None, "watching": None, "notices": None, "failures": []}
    lines = lines_of({**TOLD, "details": DETAILS | nothing})
    assert not [line for line in lines if line.startswith(("library", "watching", "notices"))]
