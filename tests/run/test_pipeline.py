"""Troubles on one photo's way: a store that is away, processes that die, photos that vanish."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from local_image_process.errors import LibraryError, StoreUnavailable
from local_image_process.model import Look, Photo
from local_image_process.publish.store import FolderStore, Mark
from local_image_process.record.catalogue import Catalogue
from local_image_process.run import assembly
from local_image_process.run.leader import Leader
from local_image_process.run.lease import Lease
from local_image_process.run.records import make_folders, open_records
from local_image_process.settings import Settings
from tests.live import LiveGallery
from tests.photos import make_photo
from tests.support import wait_for

AT_WORK_BYTES = 200_000_000  # a process that holds so much is decoding the large picture


class Flaky(FolderStore):
    """A store that is away for the next ``failures`` puts, some of them after half the work."""

    failures = 0

    def put(self, name: str, content: bytes, *, mark: Mark | None = None) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable(f"{name}: the disk of the data folder is full; make space")
        super().put(name, content, mark=mark)


class Full(Catalogue):
    """A catalogue whose disk is full for the next ``refusals`` photos."""

    refusals = 0

    def record(
        self,
        photo: Photo,
        *,
        objects: Iterable[str],
        moved_from: Photo | None = None,
        freed: Iterable[str] = (),
    ) -> list[str]:
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("the catalogue cannot be written (database or disk is full)")
        return super().record(photo, objects=objects, moved_from=moved_from, freed=freed)


class Bench:
    """A pipeline of real parts in this process, with a store that can be made to fail."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "library"
        self.library.mkdir()
        self.settings = Settings.from_env(
            {
                "WATCH_DIR": str(self.library),
                "DATA_DIR": str(folder / "data"),
                "SETTLE_S": "0",
                "RENDER_WORKERS": "1",
            }
        )
        make_folders(self.settings)
        records = open_records(self.settings)
        self.catalogue = Full(records.database)
        self.records = replace(records, catalogue=self.catalogue)
        media, marks = folder / "data/media", folder / "data/marks"
        self.store = Flaky(media=media, marks=marks, base_url=None)
        self.pipeline = assembly.make_pipeline(
            self.settings, self.records, self.store, on_done=lambda: None
        )

    def sweep(self) -> None:
        self.pipeline.look({Look("", deep=True)})

    def finish(self) -> None:
        def is_done() -> bool:
            self.pipeline.look(self.pipeline.due_looks(time.monotonic()))
            self.pipeline.advance()
            return not self.pipeline.is_busy

        wait_for(is_done, what="all work to be done", timeout_s=60)

    def close(self) -> None:
        self.pipeline.stop()
        self.records.database.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    one.close()


def test_while_the_store_is_away_nothing_is_lost_and_nothing_is_rendered_twice(
    bench: Bench,
) -> None:
    for seed in range(3):
        make_photo(bench.library / f"上海/photo{seed}.jpg", size=(64, 48), seed=seed)
    bench.store.failures = 2
    bench.sweep()
    bench.finish()
    assert bench.store.failures == 0
    assert bench.pipeline.report.counts()["rendered"] == 3
    assert bench.records.catalogue.count() == 3
    assert bench.records.backlog.loose_objects() == set()


def test_a_photo_that_the_catalogue_did_not_take_is_recorded_later(bench: Bench) -> None:
    for seed in range(3):
        make_photo(bench.library / f"上海/photo{seed}.jpg", size=(64, 48), seed=seed)
    bench.catalogue.refusals = 2
    bench.sweep()
    bench.finish()
    assert bench.catalogue.refusals == 0
    assert bench.pipeline.report.counts()["rendered"] == 3
    assert bench.catalogue.count() == 3


def test_a_photo_deleted_while_it_is_developed_is_not_published(bench: Bench) -> None:
    path = make_photo(bench.library / "上海/photo.jpg", size=(1200, 900))
    make_photo(bench.library / "上海/other.jpg", size=(64, 48), seed=1)
    bench.sweep()
    bench.pipeline.advance()  # it is in the workers' hands now
    path.unlink()
    bench.finish()
    assert [photo.name for photo in bench.records.catalogue.all_photos()] == ["other"]


def test_a_library_that_goes_away_after_the_look_withdraws_nothing(bench: Bench) -> None:
    for seed in range(2):
        make_photo(bench.library / f"上海/photo{seed}.jpg", size=(64, 48), seed=seed)
    bench.sweep()
    bench.finish()
    (bench.library / "上海/photo0.jpg").unlink()
    bench.pipeline.look({Look("上海")})
    bench.library.rename(bench.library.with_name("away"))
    with pytest.raises(LibraryError):
        bench.pipeline.advance()
    assert bench.records.catalogue.count() == 2


def test_folders_of_one_id_are_told_apart_while_their_photos_are_on_their_way(
    bench: Bench,
) -> None:
    make_photo(bench.library / "2024/上海/first.jpg", size=(64, 48), seed=1)
    make_photo(bench.library / "2024-上海/second.jpg", size=(64, 48), seed=2)
    bench.pipeline.look({Look("2024-上海")})
    bench.pipeline.look({Look("2024/上海")})  # the other one is not on record yet
    bench.finish()
    ids = {photo.name: photo.album_id for photo in bench.records.catalogue.all_photos()}
    assert ids["second"] == "2024-上海", "the first by path keeps the plain id"
    assert ids["first"].startswith("2024-上海~")


def test_a_photo_hidden_while_it_is_developed_is_not_published(bench: Bench) -> None:
    make_photo(bench.library / "上海/photo.jpg", size=(1200, 900))
    bench.sweep()
    bench.pipeline.advance()
    (bench.library / "上海/info.yaml").write_text("hidden: true\n", encoding="utf-8")
    bench.pipeline.look({Look("上海")})
    bench.finish()
    assert bench.records.catalogue.count() == 0


def test_a_leader_stops_promptly_in_the_middle_of_its_work(bench: Bench) -> None:
    for seed in range(6):
        make_photo(bench.library / f"上海/photo{seed}.jpg", size=(2400, 1800), seed=seed)
    stop = threading.Event()
    lease = Lease(bench.settings.data_dir)
    assert lease.acquire()
    leader = Leader(settings=bench.settings, records=bench.records, lease=lease, stop=stop)
    thread = threading.Thread(target=leader.lead)
    thread.start()
    wait_for(lambda: bench.records.catalogue.count() >= 1, what="the first photo", timeout_s=30)
    stop.set()
    leader.nudge()
    thread.join(timeout=10)
    lease.release()
    assert not thread.is_alive()
    assert bench.records.catalogue.count() < 6


Make = Callable[..., LiveGallery]


def make_large(path: Path) -> None:
    """Write a picture of 400 megapixels, which takes seconds to develop and little to make."""
    path.parent.mkdir()
    Image.new("RGB", (20_000, 20_000)).save(path, compress_level=1)


@pytest.mark.slow
def test_a_photo_that_takes_too_long_is_set_aside_and_the_rest_goes_on(gallery: Make) -> None:
    live = gallery(RENDER_TIMEOUT_S="1", RENDER_WORKERS="2")
    make_large(live.library / "上海/endless.png")
    make_photo(live.library / "上海/good one.jpg", size=(64, 48))
    live.start()
    live.wait_for_ids("上海/good one")
    live.wait(lambda: live.log_lines("RENDER_TIMEOUT_S"), what="the slow one to be set aside")
    assert "endless.png" in live.command("check").stdout


@pytest.mark.slow
def test_a_photo_that_ends_three_processes_is_set_aside(gallery: Make) -> None:
    live = gallery(RENDER_WORKERS="1")
    make_large(live.library / "上海/deadly.png")
    live.start()

    def killed_until_given_up() -> Any:
        leader = live.leader_pid()
        for process in psutil.Process(leader).children() if leader else ():
            with suppress(psutil.Error):
                if process.memory_info().rss > AT_WORK_BYTES:
                    process.kill()
        return live.log_lines("deadly.png")

    live.wait(killed_until_given_up, what="the deadly photo to be set aside", timeout_s=60)
    assert "ended 3 processes" in live.log_lines("deadly.png")[0]
    make_photo(live.library / "上海/good one.jpg", size=(64, 48))
    live.wait_for_ids("上海/good one")
