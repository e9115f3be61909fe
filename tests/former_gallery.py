"""What a former gallery leaves behind, in the form of its files: data folder, .env, bucket."""

import json
from pathlib import Path
from typing import Any

from tests.oss_server import OssServer

FACTS = {
    "CameraModel": "X100V",
    "LensModel": "23mm F2",
    "ExposureTime": "1/250",
    "FNumber": "4.0",
    "ISO": "200",
    "FocalLength": "23.0",
    "Latitude": None,
    "Longitude": None,
    "DateTime": "2023:05:06 07:08:09",
    "Location": "未知",
}
EXIF_DATA: dict[str, Any] = {
    "厦门/DSC01084.JPG": FACTS | {"star": 4, "likes": 31},
    "厦门/DSC01106.jpeg": FACTS | {"star": 2.5},
    "大理/IMG_0420.jpeg": FACTS | {"likes": 8},
    "大理/IMG_0421.jpeg": FACTS,
    "拉萨/long gone.JPG": FACTS | {"star": 5, "likes": 77},
}
GIVEN = {  # id → likes and stars
    "厦门/DSC01084": (31, 4.0),
    "厦门/DSC01106": (0, 2.5),
    "大理/IMG_0420": (8, None),
    "拉萨/long gone": (77, 5.0),
}
PHOTOS = ("厦门/DSC01084.JPG", "厦门/DSC01106.jpeg", "大理/IMG_0420.jpeg", "大理/IMG_0421.jpeg")
SECRET = "the secret of the former bucket"
PASSWORD = "p'a$s \\w ${HOME}"
DOTENV = f"""# the former gallery
OSS_ACCESS_KEY=LTAIformeraccesskey
OSS_SECRET_KEY={SECRET}
OSS_ENDPOINT=oss-cn-hangzhou.aliyuncs.com
OSS_BUCKET=former
USERNAME=chen
PASSWORD="{PASSWORD.replace(chr(92), chr(92) * 2)}"
PORT=many
DB_PATH=data/gallery.db
WEBHOOK_URL=
"""
YAML = "title: 大理的风\ndate: 2023-05-01\ndesc: 云和湖。\n"


def album(host: str, *photo_ids: str, **words: Any) -> dict[str, Any]:
    urls = [f"https://{host}/gallery/{photo_id}.webp" for photo_id in photo_ids]
    return {"images": urls, "title": "", "location": "", "date": "", "desc": "", **words}


ALBUMS = {
    "厦门": album(
        "former.oss-cn-hangzhou.aliyuncs.com",
        "厦门/DSC01106",
        "厦门/DSC01084",
        title="厦门: 海 #1",
        location="118.0894, 24.4798",
        date="2023-05-06",
        desc='两天，"一座"岛。',
    ),
    "拉萨": album("former.oss-cn-hangzhou.aliyuncs.com", "拉萨/long gone", title="拉萨"),
}


def leave_data(folder: Path, **files: Any) -> Path:
    """Write a former gallery's data folder; ``exif_data=…`` and so on instead of what it has."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"albums": ALBUMS, "exif_data": EXIF_DATA, **files}.items():
        if content is not None:
            body = content if isinstance(content, bytes) else as_file(content)
            (folder / f"{name}.json").write_bytes(body)
    return folder


def as_file(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=4).encode()


def leave_objects(bucket: OssServer) -> dict[str, bytes]:
    """Put what the former gallery had in its bucket; return it."""
    objects = {
        **{f"gallery/{key.rpartition('.')[0]}.webp": f"old {key}".encode() for key in PHOTOS},
        "gallery/厦门/original lost.webp": b"old, and nobody has the original",
        "gallery/拉萨/long gone.webp": b"old, of an album that only the bucket has",
        "gallery/大理/info.yaml": YAML.encode(),
        "gallery/exif_data.json": as_file(EXIF_DATA | {"大理/IMG_0421.jpeg": {"likes": 3}}),
        "gallery/albums.json": as_file(ALBUMS),
        "elsewhere/notes.txt": b"of somebody else",
    }
    for name, content in objects.items():
        bucket.put(name, content)
    return objects


def leave_dotenv(folder: Path, bucket: OssServer, library: Path) -> None:
    """Write the .env that a former gallery had beside its data folder."""
    values = {
        "WATCH_DIR": library,
        "OSS_ENDPOINT": bucket.endpoint,
        "OSS_REGION": bucket.region,
        "OSS_ACCESS_KEY": bucket.access_key,
        "OSS_SECRET_KEY": bucket.secret_key,
        "OSS_BUCKET": bucket.bucket,
        "PASSWORD": "a former password",
        "DB_PATH": "data/gallery.db",
    }
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    (folder / ".env").write_text(text, encoding="utf-8")
