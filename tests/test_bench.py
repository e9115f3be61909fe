"""The bench runs, small, on any machine; what it finds is not judged here."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.photos import make_photo

ROOT = Path(__file__).parent.parent
PARTS = {  # → beginnings of what it measures, in this order
    "peers": [
        "photos/s over the limit",
        "photos/s over sigal",
        "photos/s over vipsthumbnail",
        "photos/s over cwebp",
        "photos/s over predecessor",
    ],
    "first": ["first photo of ", "it is of the newest folder"],
    "memory": ["peak memory, 2 workers"],
    "sweep": ["once over 600 unchanged photos, wall time", "once over 600 unchanged photos, MB"],
    "new": ["one new photo among 600", "the same over that among 100", "bytes written"],
    "serving": ["GET /data/exif_data.json", "GET /api/photos/list"],
    "likes": ["likes/s, 4 workers", "every like"],
    "start": ["start with 600 photos"],
    "growth": ["CPU of a photo among "],
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_bench_measures_all_it_promises(tmp_path: Path) -> None:
    results, own = tmp_path / "results", tmp_path / "own"
    whole = make_photo(own / "upright.jpg", size=(1950, 2600), orientation=6)
    (own / "cut off.jpg").write_bytes(whole.read_bytes()[:-5000])
    make_photo(own / "as small as a rendition.jpg", size=(1600, 1200))
    done = subprocess.run(
        ["scripts/bench", "--quick", f"--cache={tmp_path}", f"--results={results}"],
        cwd=ROOT,
        env=os.environ | {"BENCH_PHOTOS": str(own)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert {path.stem for path in results.glob("*.json")} == set(PARTS)
    for part, measured in PARTS.items():
        rows = json.loads((results / f"{part}.json").read_text(encoding="utf-8"))["rows"]
        names = [row["measured"] for row in rows]
        assert [m for m in measured if not any(n.startswith(m) for n in names)] == [], names
        assert all(row["verdict"] != "not measured" or row["note"] for row in rows)
        assert all(name in done.stdout for name in names)
    ssim_of_ours = re.findall(r"SSIM.*\(BENCH_PHOTOS\).* ours ([\d.]+)", done.stdout)
    assert ssim_of_ours
    assert min(map(float, ssim_of_ours)) > 0.8, "compared upright"
    assert (results / "bench.svg").read_text(encoding="utf-8").endswith("</svg>\n")
    assert not list(tmp_path.glob("work-*"))
