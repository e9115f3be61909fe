"""Which files of a folder go together."""

import pytest

from local_image_process.model import Companion, Original, Stamp
from local_image_process.source.companions import joined

STAMP = Stamp(size=1, mtime_ns=1, inode=1)


def companions_of(listing: str) -> dict[str, list[str]]:
    """Join the files of a listing; return the companions of each photo that has any."""
    keys = [f"上海/{name}" for name in listing.split()]
    xmp = [Companion(key=k, path=k, stamp=STAMP) for k in keys if k.lower().endswith(".xmp")]
    originals = [
        Original(key=k, path=k, stamp=STAMP, ctime_ns=0) for k in keys if not k.endswith(".xmp")
    ]
    found = joined([o for o in originals if not o.key.lower().endswith(".xmp")], xmp)
    return {
        o.key.removeprefix("上海/"): [c.key.removeprefix("上海/") for c in o.companions]
        for o in found
        if o.companions
    }


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        pytest.param("a.jpg b.nef c.png", {}, id="nothing in common"),
        pytest.param("a.jpg a.nef", {"a.jpg": ["a.nef"]}, id="a camera's pair"),
        pytest.param("a.JPG a.NEF", {"a.JPG": ["a.NEF"]}, id="in capitals"),
        pytest.param("a.hif a.cr3", {"a.hif": ["a.cr3"]}, id="HEIF in place of JPEG"),
        pytest.param("a.heic a.jpg a.dng", {"a.jpg": ["a.dng"]}, id="the JPEG is the face"),
        pytest.param("a.tif a.png a.raf", {"a.png": ["a.raf"]}, id="any finished picture"),
        pytest.param("a.jpg a.cr2 a.dng", {"a.jpg": ["a.cr2", "a.dng"]}, id="two RAW files"),
        pytest.param("a.jpg a.jpeg a.nef", {"a.jpeg": ["a.nef"]}, id="two JPEGs"),
        pytest.param("A.jpg a.nef", {}, id="stems are spelled exactly"),
        pytest.param("a.jpg a.mov", {}, id="a Live Photo's film is nobody's"),
        pytest.param("a.jpg a.xmp", {"a.jpg": ["a.xmp"]}, id="Adobe's sidecar"),
        pytest.param("a.jpg a.jpg.xmp", {"a.jpg": ["a.jpg.xmp"]}, id="darktable's sidecar"),
        pytest.param("a.JPG a.jpg.XMP", {"a.JPG": ["a.jpg.XMP"]}, id="in other letters"),
        pytest.param("a.jpg a.xmp a.jpg.xmp", {"a.jpg": ["a.jpg.xmp", "a.xmp"]}, id="both"),
        pytest.param("a.nef a.nef.xmp", {"a.nef": ["a.nef.xmp"]}, id="of a RAW file alone"),
        pytest.param(
            "a.jpg a.nef a.nef.xmp",
            {"a.jpg": ["a.nef.xmp", "a.nef"], "a.nef": ["a.nef.xmp"]},
            id="of the RAW file of a pair",
        ),
        pytest.param("a.xmp b.jpg.xmp", {}, id="sidecars of nothing"),
        pytest.param(".jpg .nef .xmp", {}, id="endings alone are names"),
        pytest.param("a.b.jpg a.nef a.b.nef", {"a.b.jpg": ["a.b.nef"]}, id="dots in names"),
    ],
)
def test_files_that_go_together(listing: str, expected: dict[str, list[str]]) -> None:
    assert companions_of(listing) == expected


def test_a_companion_that_changes_is_noticed() -> None:
    photo = Original(key="a.jpg", path="a.jpg", stamp=STAMP, ctime_ns=0)
    texts = [
        joined([photo], [Companion(key="a.xmp", path="a.xmp", stamp=stamp)])[0].accompanied
        for stamp in (STAMP, Stamp(size=2, mtime_ns=1, inode=1), Stamp(size=1, mtime_ns=2, inode=1))
    ]
    assert len({photo.accompanied, *texts}) == 4
