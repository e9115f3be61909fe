"""EXIF, IPTC, XMP and makers' notes as they lie in files, made on the spot."""

import struct
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import piexif
import pillow_heif
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from local_image_process.image import exif
from local_image_process.image.opening import open_picture
from local_image_process.image.told import Told
from local_image_process.model import Exif

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
XMP, IPTC, MAKER_NOTE = 700, 33723, 37500
PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
}


def packet(properties: str = "", attributes: str = "", *, before: str = "") -> bytes:
    """Return an XMP packet of a description with such properties and attributes."""
    names = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in PREFIXES.items())
    return (
        f'{before}<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {names}>'
        f'<rdf:Description rdf:about="" {attributes}>{properties}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def alternatives(name: str, **texts: str) -> str:
    """Return a property in several languages; ``_`` in their names is a hyphen."""
    items = "".join(
        f'<rdf:li xml:lang="{language.replace("_", "-")}">{text}</rdf:li>'
        for language, text in texts.items()
    )
    return f"<{name}><rdf:Alt>{items}</rdf:Alt></{name}>"


def listed(name: str, *texts: str, kind: str = "Bag") -> str:
    """Return a property that is a list."""
    items = "".join(f"<rdf:li>{text}</rdf:li>" for text in texts)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def datasets(*values: tuple[int, int, bytes]) -> bytes:
    """Return IPTC datasets of (record, number, value)."""
    return b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value
        for record, number, value in values
    )


def photoshop(iptc: bytes) -> bytes:
    """Return the segment of a JPEG that holds IPTC among Photoshop's resources."""
    resource = b"8BIM" + struct.pack(">HHL", 0x0404, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    body = b"Photoshop 3.0\0" + resource
    return b"\xff\xed" + struct.pack(">H", 2 + len(body)) + body


def jpeg(*, exif: bytes = b"", xmp: bytes = b"", iptc: bytes = b"") -> bytes:
    """Return a small JPEG that says so much."""
    buffer = BytesIO()
    save = {name: value for name, value in (("exif", exif), ("xmp", xmp)) if value}
    Image.new("RGB", (16, 8)).save(buffer, "JPEG", **save)
    content = buffer.getvalue()
    return content[:2] + (photoshop(iptc) if iptc else b"") + content[2:]


def with_xmp(kind: str, content: bytes) -> bytes:
    """Return a small picture of any format that holds XMP."""
    pillow_heif.register_heif_opener()
    buffer, save = BytesIO(), dict[str, Any](xmp=content)
    if kind == "PNG":
        save = {"pnginfo": PngInfo()}
        save["pnginfo"].add_itxt("XML:com.adobe.xmp", content.decode())
    if kind == "TIFF":
        save = {"tiffinfo": {XMP: content}}
    Image.new("RGB", (16, 8)).save(buffer, kind, **save)
    return buffer.getvalue()


def fields(
    main: Mapping[int, Any] | None = None,
    shot: Mapping[int, Any] | None = None,
    gps: Mapping[int, Any] | None = None,
) -> bytes:
    """Return an EXIF block."""
    content: bytes = piexif.dump({"0th": main or {}, "Exif": shot or {}, "GPS": gps or {}})
    return content


def read(content: bytes, sidecar: Told | None = None) -> Exif:
    """Return the facts of a file."""
    with open_picture(content) as image:
        return exif.read(image, sidecar=sidecar)


def directory(entries: Sequence[tuple[int, int, bytes]], *, at: int, order: str = "<") -> bytes:
    """Return a directory of (tag, type, value) that lies ``at`` bytes from its base."""
    sizes = {ASCII: 1, UNDEFINED: 1, SHORT: 2, LONG: 4, RATIONAL: 8}
    body, tail = b"", b""
    start = at + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        inside = value.ljust(4, b"\0")
        if len(value) > 4:
            inside = struct.pack(order + "L", start + len(tail))
            tail += value + bytes(len(value) % 2)
        body += struct.pack(order + "HHL", tag, kind, len(value) // sizes[kind]) + inside
    return struct.pack(order + "H", len(entries)) + body + bytes(4) + tail
