"""What a machine or a container allows, read from made cgroup folders."""

import os
from pathlib import Path

import pytest

from local_image_process.machine import allowed_memory_bytes, allowed_processors

FREE = len(os.sched_getaffinity(0))
MACHINE_BYTES = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def make_cgroup(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n", encoding="ascii")
    return folder


@pytest.mark.parametrize(
    ("files", "processors"),
    [
        pytest.param({}, FREE, id="no cgroup"),
        pytest.param({"cpu.max": "max 100000"}, FREE, id="v2 without limit"),
        pytest.param({"cpu.max": "100000 100000"}, 1, id="v2, one"),
        pytest.param({"cpu.max": "150000 100000"}, min(FREE, 2), id="v2, one and a half"),
        pytest.param({"cpu.max": "20000 100000"}, 1, id="v2, a fifth"),
        pytest.param({"cpu.max": "99900000 100000"}, FREE, id="v2, more than there are"),
        pytest.param({"cpu.max": "nonsense"}, FREE, id="v2, not understood"),
        pytest.param({"cpu.max": "100000"}, FREE, id="v2, cut short"),
        pytest.param(
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
            FREE,
            id="v1 without limit",
        ),
        pytest.param(
            {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 1, id="v1, half"
        ),
        pytest.param({"cpu/cpu.cfs_quota_us": "50000"}, FREE, id="v1, no period"),
    ],
)
def test_processors_within_the_quota(
    tmp_path: Path, files: dict[str, str], processors: int
) -> None:
    assert allowed_processors(make_cgroup(tmp_path, files)) == processors


def test_processors_within_the_affinity(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert allowed_processors(make_cgroup(tmp_path, {"cpu.max": "max 100000"})) == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("files", "memory_bytes"),
    [
        pytest.param({}, MACHINE_BYTES, id="no cgroup"),
        pytest.param({"memory.max": "max"}, MACHINE_BYTES, id="v2 without limit"),
        pytest.param({"memory.max": "536870912"}, 512 * 2**20, id="v2, half a gigabyte"),
        pytest.param({"memory.max": str(2**62)}, MACHINE_BYTES, id="v2, more than there is"),
        pytest.param({"memory/memory.limit_in_bytes": "268435456"}, 256 * 2**20, id="v1"),
        pytest.param(
            {"memory.max": "268435456", "memory/memory.limit_in_bytes": "536870912"},
            256 * 2**20,
            id="the smaller one",
        ),
    ],
)
def test_memory_within_the_limit(tmp_path: Path, files: dict[str, str], memory_bytes: int) -> None:
    assert allowed_memory_bytes(make_cgroup(tmp_path, files)) == memory_bytes


def test_the_limits_of_a_service_and_of_what_it_lies_in_count(tmp_path: Path) -> None:
    membership = tmp_path / "membership"
    membership.write_text("0::/system.slice/gallery.service\n", encoding="utf-8")
    cgroup = make_cgroup(
        tmp_path / "cgroup",
        {
            "system.slice/memory.max": "536870912",
            "system.slice/gallery.service/memory.max": "max",
            "system.slice/gallery.service/cpu.max": "100000 100000",
            "system.slice/other.service/memory.max": "268435456",
        },
    )
    assert allowed_memory_bytes(cgroup, membership) == 512 * 2**20
    assert allowed_processors(cgroup, membership) == 1


def test_this_machine_allows_something() -> None:
    assert 1 <= allowed_processors() <= FREE
    assert 0 < allowed_memory_bytes() <= MACHINE_BYTES
