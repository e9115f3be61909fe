"""Large libraries of tiny photos, and galleries that know them already."""

import hashlib
import io
import os
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import measure
import numpy as np
from measure import CannotRun
from photos import FIRST_SHOT, exif_block
from PIL import Image

sys.path.append(str(measure.ROOT))

from local_image_process.model import Look, Original, Photo, folder_of
from local_image_process.run.publisher import objects_of
from local_image_process.run.records import Records, open_records
from local_image_process.settings import Settings
from local_image_process.source import scan

FOLDER_PHOTOS = 200
FIRST_ALBUM = "0000 上海"
TIMES = "%Y:%m:%d %H:%M:%S"


def make_library(library: Path, photos: int, *, edge_px: int = 12) -> Path:
    """Write tiny JPEGs with EXIF, each another picture, in folders of FOLDER_PHOTOS."""
    complete = library / ".complete"
    if complete.exists():
        return library
    rng = np.random.default_rng(photos)
    exif = exif_block(0)
    for number in range(photos):
        folder = library / f"{number // FOLDER_PHOTOS:04} 上海"
        if number % FOLDER_PHOTOS == 0:
            folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (edge_px * 2 // 3, edge_px, 3), dtype=np.uint8)
        taken = FIRST_SHOT + timedelta(minutes=number)
        own = exif.replace(FIRST_SHOT.strftime(TIMES).encode(), taken.strftime(TIMES).encode())
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=90, exif=own)
        (folder / f"DSC{number:06}.JPG").write_bytes(buffer.getvalue())
    complete.touch()
    return library


def settings_for(folder: Path, **more: object) -> dict[str, str]:
    """Return the environment of a gallery whose library and data lie in a folder."""
    return measure.environment(
        WATCH_DIR=folder / "library",
        DATA_DIR=folder / "data",
        RENDER_WORKERS=2,
        LOG_LEVEL="warning",
        ADMIN_PASSWORD="for the bench only",
        **({"SETTLE_S": 0} | more),
    )


def once(folder: Path, *, sample: bool = False) -> tuple[measure.Cost, dict[str, Any]]:
    """Run the program's ``once`` on a gallery."""
    return measure.once(environ=settings_for(folder), folder=folder, sample=sample)


def make_gallery(cache: Path, photos: int) -> Path:
    """Return a folder with library and data in which all photos are on record, kept in the cache.

    One photo is imported. The others are put on record by the program's own classes as if they
    had been: their renditions are missing, which nothing that is measured with it looks at.
    """
    folder = cache / f"gallery-{photos}-{_shape_of_records()}"
    library = make_library(folder / "library", photos)
    if not (folder / "complete").exists():
        print(f"putting {photos} photos on record in {folder} (only this time) ...", flush=True)
        shutil.rmtree(folder / "data", ignore_errors=True)
        aside = library.with_name("aside")
        library.rename(aside)
        try:
            _import_first(aside, library, folder)
        finally:
            shutil.rmtree(library)
            aside.rename(library)
        _record_others(Settings.from_env(settings_for(folder)))
    for _ in range(3):  # the JSON and the states of the folders follow
        _, report = once(folder)
        if report["unchanged"] == photos and not report["rendered"]:
            (folder / "complete").touch()
            return folder
    raise CannotRun(f"there is always something to do in {folder}: {report}")


def _import_first(whole: Path, library: Path, folder: Path) -> None:
    first = next(iter(sorted(whole.glob("*/*.JPG"))))
    (library / first.parent.name).mkdir(parents=True)
    os.link(first, library / first.parent.name / first.name)
    once(folder)


def _record_others(settings: Settings) -> None:
    records = open_records(settings)
    try:
        (first,) = records.catalogue.all_photos()
        looks = [Look("", deep=True)]
        seen = scan.look(settings.library, looks, stable_inodes=bool(first.stamp.inode))
        for listing in seen:
            if isinstance(listing, scan.Listing):
                for original in listing.originals:
                    _record(records, first, original)
    finally:
        records.database.close()


def _record(records: Records, first: Photo, original: Original) -> None:
    if original.key == first.key:
        return
    digest = hashlib.sha256(original.key.encode()).hexdigest()
    number = int(digest[:8], 16)  # facts differ, or the JSON would be packed into nothing
    photo = replace(
        first,
        key=original.key,
        path=original.path,
        stamp=original.stamp,
        fingerprint=digest,
        image_digest=digest,
        version=digest[:8],
        placeholder=replace(first.placeholder, thumb_hash=digest[:28]),
        exif=replace(
            first.exif,
            capture_time=FIRST_SHOT + timedelta(seconds=number // 100),
            iso=100 << number % 7,
            exposure_time_s=1 / (30 + number % 2000),
            latitude_deg=31 + number % 10_007 / 10_007,
            longitude_deg=121 + number % 10_009 / 10_009,
        ),
        album_id=folder_of(original.key),
        name=Path(original.key).stem,
    )
    records.catalogue.record(photo, objects=objects_of(photo))


def _shape_of_records() -> str:
    """Return what changes when galleries of an earlier version cannot be used."""
    package = measure.ROOT / "local_image_process"
    sources = [
        package / "model.py",
        package / "settings.py",
        *sorted((package / "record").glob("*.py")),
    ]
    sources += [*sorted((package / "image").glob("*.py")), package / "source" / "listing.py"]
    sources.append(Path(__file__))
    content = b"".join(path.read_bytes() for path in sources)
    return hashlib.sha256(content).hexdigest()[:8]
