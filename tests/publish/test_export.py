"""Forms that the front-end can read."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from local_image_process.model import Album, Exif, Interaction, Photo, Placeholder, Stamp
from local_image_process.packed import unpack
from local_image_process.publish.export import YAML, index_files, pieces_of
from local_image_process.publish.facts import exposure_text
from local_image_process.publish.store import FolderStore

FULL = Exif(
    camera="ZV-E10",
    lens="18-50mm F2.8 DC DN | Contemporary 021",
    exposure_time_s=1 / 200,
    aperture=3.2,
    iso=400,
    focal_length_mm=42.4,
    capture_time=datetime(2024, 4, 4, 18, 3, 45),  # noqa: DTZ001 - the camera's wall clock
    latitude_deg=31.2397,
    longitude_deg=121.4992,
)


def photo(key: str, exif: Exif) -> Photo:
    return Photo(
        key=key,
        path=key,
        stamp=Stamp(size=1, mtime_ns=1, inode=1),
        fingerprint="",
        image_digest="",
        recipe="",
        album_id="上海",
        name=Path(key).stem,
        width_px=4,
        height_px=3,
        version="01234567",
        thumb_edges_px=(480,),
        exif=exif,
    )


def test_files_have_the_predecessors_forms(tmp_path: Path) -> None:
    photos = (photo("上海/DSC04076.JPG", FULL), photo("上海/IMG_0001.heic", Exif()))
    album = Album(
        id="上海", title="上海之旅", date="2024-07-01", location=None, desc="", photos=photos
    )
    store = FolderStore(media=tmp_path, marks=tmp_path, base_url="https://photos.example.com")
    given = {"上海/DSC04076": Interaction(likes=192, stars=4.0)}
    pieces = pieces_of(album, given, store)
    files = {name: json.loads(content) for name, content in index_files([pieces]).items()}
    base = "https://photos.example.com/media/gallery/上海"
    urls = [f"{base}/DSC04076.webp", f"{base}/IMG_0001.webp"]
    assert files["albums.json"] == {
        "上海": {
            "images": [f"{url}?v=01234567" for url in urls],
            "title": "上海之旅",
            "location": None,
            "date": "2024-07-01",
            "desc": "",
        }
    }
    assert files["exif_data.json"] == {
        "上海/DSC04076.JPG": {
            "CameraModel": "ZV-E10",
            "LensModel": "18-50mm F2.8 DC DN | Contemporary 021",
            "ExposureTime": "1/200",
            "FNumber": "3.2",
            "ISO": "400",
            "FocalLength": "42.4",
            "Latitude": 31.2397,
            "Longitude": 121.4992,
            "DateTime": "2024:04:04 18:03:45",
            "Location": "上海之旅",
            "star": 4,
            "likes": 192,
            "DisplayWidth": 4,
            "DisplayHeight": 3,
        },
        "上海/IMG_0001.webp": {
            **dict.fromkeys(("CameraModel", "LensModel", "ExposureTime", "FNumber", "ISO")),
            **dict.fromkeys(("FocalLength", "Latitude", "Longitude", "DateTime")),
            "Location": "上海之旅",
            "DisplayWidth": 4,
            "DisplayHeight": 3,
        },
    }
    assert files["likes.json"] == {"上海/DSC04076.JPG": 192, "上海/IMG_0001.webp": 0}
    sidecar = yaml.safe_load(unpack(pieces.packed[YAML]))
    assert sidecar["date"] == "2024-07-01", "quoted, or readers take it for a Date"
    assert sidecar["images"] == urls, "without versions: readers make ids of the last part"


def test_what_no_predecessor_wrote_comes_after_all_that_it_wrote(tmp_path: Path) -> None:
    facts = replace(FULL, make="SONY", title="外滩", width_px=6000, height_px=4000)
    one = replace(photo("上海/a.jpg", facts), placeholder=Placeholder(dominant_colour="#c81e5a"))
    album = Album(id="上海", title="上海", date=None, location=None, desc="", photos=(one,))
    store = FolderStore(media=tmp_path, marks=tmp_path, base_url=None)
    given = {"上海/a": Interaction(likes=1, stars=2.5)}
    content = index_files([pieces_of(album, given, store)])["exif_data.json"].decode()
    assert content.partition('"上海/a.jpg":')[2].rstrip("\n}") == (
        '{"CameraModel":"ZV-E10","LensModel":"18-50mm F2.8 DC DN | Contemporary 021",'
        '"ExposureTime":"1/200","FNumber":"3.2","ISO":"400","FocalLength":"42.4",'
        '"Latitude":31.2397,"Longitude":121.4992,"DateTime":"2024:04:04 18:03:45",'
        '"Location":"上海","star":2.5,"likes":1,'
        '"Make":"SONY","ImageWidth":6000,"ImageHeight":4000,"Title":"外滩",'
        '"Megapixels":24.0,"DominantColor":"#c81e5a","DisplayWidth":4,"DisplayHeight":3'
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(1 / 200, "1/200", id="a usual one"),
        pytest.param(1000 / 772797, "1/773", id="a telephone's odd fraction"),
        pytest.param(0.125, "1/8", id="an eighth"),
        pytest.param(1 / 3, "1/3", id="a third"),
        pytest.param(0.4, "0.4", id="between fractions"),
        pytest.param(0.5, "1/2", id="a half"),
        pytest.param(1.0, "1", id="one"),
        pytest.param(1.3, "1.3", id="longer"),
        pytest.param(30.0, "30", id="half a minute"),
        pytest.param(0.0, "0", id="none"),
    ],
)
def test_exposure_times_read_as_photographers_write_them(seconds: float, text: str) -> None:
    assert exposure_text(seconds) == text
