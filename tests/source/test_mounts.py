from pathlib import Path

import pytest

from local_image_process.source.mounts import events_reach_us, filesystem_of, read_mountinfo

MOUNTINFO = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /photos rw master:1 shared:7 - nfs4 nas:/photos rw,vers=4.2
41 40 8:2 / /photos/local rw - btrfs /dev/sdb rw
42 22 0:42 / /my\040photos\134new rw - cifs //nas/p rw
43 22 0:43 / /over rw - autofs systemd-1 rw
44 43 0:44 / /over rw - nfs nas:/over rw
45 22 0:45 / /上海 rw - fuse.mergerfs a:b rw
a broken line
"""


@pytest.mark.parametrize(
    ("path", "fs_type"),
    [
        pytest.param("/elsewhere", "ext4", id="root"),
        pytest.param("/photos", "nfs4", id="mount point itself"),
        pytest.param("/photos/2024", "nfs4", id="below"),
        pytest.param("/photos/local/2024", "btrfs", id="longest match"),
        pytest.param("/photos-of-2024", "ext4", id="same beginning"),
        pytest.param("/my photos\\new/a", "cifs", id="octal escapes"),
        pytest.param("/over/a", "nfs", id="mounted over"),
        pytest.param("/上海/a", "fuse.mergerfs", id="chinese"),
    ],
)
def test_the_file_system_is_that_of_the_innermost_mount(path: str, fs_type: str) -> None:
    assert filesystem_of(Path(path), MOUNTINFO) == fs_type


def test_without_a_table_the_file_system_is_unknown_and_events_are_hoped_for() -> None:
    assert filesystem_of(Path("/photos"), "") == ""
    assert events_reach_us("")


def test_where_there_is_no_proc_there_is_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert read_mountinfo() == ""


def test_the_kernels_own_table_knows_the_root_and_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/proc")
    assert filesystem_of(Path("/"), read_mountinfo())
    assert filesystem_of(tmp_path / "link", read_mountinfo()) == "proc"


REMOTE = [
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "vboxsf", "fakeowner", "grpcfuse"),
    *("fuse", "fuseblk", "fuse.sshfs", "fuse.mergerfs"),
    *("afs", "ceph", "glusterfs", "lustre", "davfs"),
]


@pytest.mark.parametrize("fs_type", REMOTE)
def test_changes_made_elsewhere_are_not_told(fs_type: str) -> None:
    assert not events_reach_us(fs_type)


@pytest.mark.parametrize("fs_type", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "f2fs"])
def test_changes_on_a_local_file_system_are_told(fs_type: str) -> None:
    assert events_reach_us(fs_type)
