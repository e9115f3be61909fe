"""What the photographer set right by hand: kept, told to other sites, and the newest counts."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from local_image_process.model import Exif, Mirrored
from local_image_process.record.corrections import Correction, Corrections, corrected
from local_image_process.record.database import Database
from local_image_process.record.interactions import Interactions

RIGHT = Correction(
    exif=Exif(camera="X100", aperture=2.8, capture_time=datetime(2024, 4, 4, 18, 3, 45)),  # noqa: DTZ001 # wall clock
    place="浙江 · 上城区",
)
NOTHING = Correction(exif=Exif(), place=None)


class Site:
    """One installation's record."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.database = Database(f"sqlite:///{folder / name}.db")
        self.interactions = Interactions(self.database, site=name)
        self.corrections = Corrections(self.database)

    def hears(self, other: "Site") -> None:
        self.interactions.merge(other.name, other.interactions.file())

    def said(self) -> Correction:
        return self.corrections.of_album("上海").get("上海/first", NOTHING)


@pytest.fixture
def sites(tmp_path: Path) -> tuple[Site, Site]:
    return Site(tmp_path, "library"), Site(tmp_path, "web")


def test_a_correction_reaches_the_other_sites_and_so_does_its_end(
    sites: tuple[Site, Site],
) -> None:
    library, web = sites
    web.corrections.correct("上海/first", RIGHT)
    library.hears(web)
    assert library.said() == RIGHT
    web.corrections.correct("上海/first", NOTHING)
    library.hears(web)
    assert library.said() == NOTHING
    web.hears(library)
    assert web.said() == NOTHING


def test_what_hangs_on_a_corrected_fact_is_not_known_any_more() -> None:
    own = Exif(
        make="SONY",
        camera="ILCE-7M4",
        focal_length_mm=50.0,
        equivalent_focal_length_mm=50,
        capture_time=datetime(2024, 4, 4, 10, 3, 45),  # noqa: DTZ001 # wall clock
        utc_offset_min=0,
        utc_offset_source="OffsetTimeOriginal",
        title="外滩",
    )
    assert after(own, RIGHT) == replace(
        RIGHT.exif, focal_length_mm=50.0, title="外滩", equivalent_focal_length_mm=50
    )
    lens = Correction(exif=Exif(focal_length_mm=28.0), place=None)
    assert after(own, lens) == replace(own, focal_length_mm=28.0, equivalent_focal_length_mm=None)


def after(own: Exif, correction: Correction) -> Exif:
    picture = Mirrored(
        album_id="上海",
        name="first",
        suffix=".jpg",
        version="01234567",
        thumb_edges_px=(),
        exif=own,
        place=None,
    )
    return corrected(picture, {"上海/first": correction}).exif


def test_the_newest_counts_in_whatever_order_it_is_heard(sites: tuple[Site, Site]) -> None:
    library, web = sites
    library.corrections.correct("上海/first", Correction(exif=Exif(iso=100), place=None))
    old = library.interactions.file()
    web.corrections.correct("上海/first", RIGHT)
    web.interactions.merge("library", old)
    library.hears(web)
    assert (library.said(), web.said()) == (RIGHT, RIGHT)


def test_a_lost_catalogue_takes_corrections_back(tmp_path: Path, sites: tuple[Site, Site]) -> None:
    library, _ = sites
    library.corrections.correct("上海/first", RIGHT)
    told = library.interactions.file()
    anew = Site(tmp_path, "anew")
    anew.interactions.take_back(own=lambda: told, exif_data=lambda: b"")
    assert anew.said() == RIGHT


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(None, id="nothing"),
        pytest.param({"exif": {"camera": 5}, "at_s": 1}, id="a number for words"),
        pytest.param({"exif": {"aperture": "wide"}, "at_s": 1}, id="words for a number"),
        pytest.param({"exif": {"aperture": True}, "at_s": 1}, id="yes for a number"),
        pytest.param({"exif": {"iso": 1e400}, "at_s": 1}, id="beyond all bounds"),
        pytest.param({"exif": {"capture_time": "noon"}, "at_s": 1}, id="no time"),
        pytest.param({"exif": {"serial": "123"}, "at_s": 1}, id="a fact that is none"),
        pytest.param({"exif": {"camera": "x" * 501}, "at_s": 1}, id="too long"),
        pytest.param({"exif": [], "at_s": 1}, id="a list"),
        pytest.param({"exif": {}, "place": 5, "at_s": 1}, id="a place that is none"),
    ],
)
def test_what_is_no_correction_is_left_out(sites: tuple[Site, Site], entry: Any) -> None:
    library, _ = sites
    told = {"site": "web", "photos": {}, "corrections": {"上海/first": entry}}
    library.interactions.merge("web", json.dumps(told).encode())
    assert library.corrections.of_album("上海") == {}
