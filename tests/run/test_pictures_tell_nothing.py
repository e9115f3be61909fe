"""Every byte of what is published, from photos full of what nobody is to know."""

import re
from pathlib import Path

import piexif
import pytest
from PIL import PngImagePlugin

from tests.image.files import saved
from tests.oss_server import OssServer
from tests.photos import FORMATS, make_picture
from tests.web.in_process import Gallery

ENDINGS = (".jpg", ".png", ".tif", ".webp", ".heic", ".avif", ".jp2", ".gif")
OWNER = ("artist", "copyright")
CAMERA = ("make", "model", "lens")
FACTS = (*OWNER, *CAMERA, "software", "title", "description", "keyword")
SECRETS = (
    *("serial", "lensserial", "owner", "makernote", "comment", "uniqueid", "thumbnail"),
    *("gpsarea", "gpsmethod", "history", "creatortool", "city", "text", "hostname"),
)


def marker(word: str) -> str:
    return f"M4RK{word}K4RM"


def mark(word: str) -> bytes:
    return marker(word).encode()


def full_exif() -> bytes:
    """Return EXIF with a marker wherever a text may stand."""
    main = {
        piexif.ImageIFD.Make: mark("make"),
        piexif.ImageIFD.Model: mark("model"),
        piexif.ImageIFD.Software: mark("software"),
        piexif.ImageIFD.Artist: mark("artist"),
        piexif.ImageIFD.Copyright: mark("copyright"),
        piexif.ImageIFD.HostComputer: mark("hostname"),
        piexif.ImageIFD.CameraSerialNumber: mark("serial"),
    }
    shot = {
        piexif.ExifIFD.LensModel: mark("lens"),
        piexif.ExifIFD.BodySerialNumber: mark("serial"),
        piexif.ExifIFD.LensSerialNumber: mark("lensserial"),
        piexif.ExifIFD.CameraOwnerName: mark("owner"),
        piexif.ExifIFD.ImageUniqueID: mark("uniqueid"),
        piexif.ExifIFD.MakerNote: mark("makernote"),
        piexif.ExifIFD.UserComment: b"ASCII\0\0\0" + mark("comment"),
        piexif.ExifIFD.DateTimeOriginal: b"2024:07:01 18:30:00",
    }
    gps = {
        piexif.GPSIFD.GPSLatitudeRef: b"N",
        piexif.GPSIFD.GPSLatitude: ((31, 1), (14, 1), (2292, 100)),
        piexif.GPSIFD.GPSLongitudeRef: b"E",
        piexif.GPSIFD.GPSLongitude: ((121, 1), (29, 1), (5712, 100)),
        piexif.GPSIFD.GPSAreaInformation: mark("gpsarea"),
        piexif.GPSIFD.GPSProcessingMethod: mark("gpsmethod"),
    }
    thumbnail = saved(make_picture((16, 12)), "JPEG", comment=mark("thumbnail"))
    parts = {"0th": main, "Exif": shot, "GPS": gps, "1st": {259: 6}, "thumbnail": thumbnail}
    return bytes(piexif.dump(parts))


XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmp:CreatorTool="{marker("creatortool")}" xmpMM:DocumentID="{marker("history")}"
 photoshop:City="{marker("city")}">
 <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{marker("title")}</rdf:li></rdf:Alt></dc:title>
 <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{marker("description")}</rdf:li></rdf:Alt>
 </dc:description>
 <dc:subject><rdf:Bag><rdf:li>{marker("keyword")}</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def put_full_photo(path: Path) -> None:
    """Write a photo that tells all that its format can hold."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save: dict[str, object] = {"exif": full_exif(), "xmp": XMP, "comment": mark("text")}
    if path.suffix == ".png":
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", marker("text"))
        words.add_itxt("XML:com.adobe.xmp", XMP.decode())
        save = {"exif": full_exif(), "pnginfo": words}
    if path.suffix in (".jp2", ".gif"):
        save = {"comment": mark("text")}
    if path.suffix == ".heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    make_picture((96, 64), seed=len(path.suffix)).save(path, FORMATS[path.suffix], **save)


def told(content: bytes) -> set[str]:
    """Return the markers in these bytes, also where they are stored as UTF-16."""
    plain = content.replace(b"\0", b"")
    return {word.decode() for word in re.findall(rb"M4RK([a-z]+)K4RM", plain)}


@pytest.mark.parametrize(
    ("embed_exif", "allowed"),
    [
        pytest.param("0", OWNER, id="as usual"),
        pytest.param("1", (*OWNER, *CAMERA), id="EMBED_EXIF"),
    ],
)
@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_9_nothing_but_the_listed_facts_leaves(
    tmp_path: Path, embed_exif: str, allowed: tuple[str, ...], where: str
) -> None:
    with OssServer() as bucket:
        site = Gallery(tmp_path, EMBED_EXIF=embed_exif, **(of(bucket) if where == "bucket" else {}))
        for ending in ENDINGS:
            put_full_photo(site.library / f"上海/photo in{ending.replace('.', '_')}{ending}")
        assert site.publish()["published"] == len(ENDINGS)
        if where == "bucket":
            objects = {name: bucket.read(name) for name in bucket.keys("")}
        else:
            media = site.data / "media"
            objects = {str(p.relative_to(media)): p.read_bytes() for p in media.rglob("*.*")}
        if where == "folder":
            objects |= {p.name: p.read_bytes() for p in site.data.glob("*.json")}
    pictures = {name: body for name, body in objects.items() if name.endswith(".webp")}
    assert len(pictures) == len(ENDINGS) * 3
    assert set().union(*map(told, pictures.values())) == set(allowed), "what they are to carry"
    for name, body in objects.items():
        assert told(body) <= set(allowed if name in pictures else FACTS), name
        assert name not in pictures or b"GPS" not in body
    assert set().union(*map(told, objects.values())).isdisjoint(SECRETS)


def of(bucket: OssServer) -> dict[str, str]:
    return {
        "OSS_ENDPOINT": bucket.endpoint,
        "OSS_BUCKET": bucket.bucket,
        "OSS_REGION": bucket.region,
        "OSS_ACCESS_KEY": bucket.access_key,
        "OSS_SECRET_KEY": bucket.secret_key,
    }


def test_the_photos_of_this_test_do_tell_it_all(tmp_path: Path) -> None:
    """Else nothing would be shown by what is missing later."""
    path = tmp_path / "photo.jpg"
    put_full_photo(path)
    assert told(path.read_bytes()) == {*FACTS, *SECRETS}
