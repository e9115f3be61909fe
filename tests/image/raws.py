"""RAW files made on the spot, with a camera's preview in them; the light is noise."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tests.image.files import saved
from tests.image.tiffs import ASCII, BYTE, LONG, RATIONAL, SHORT, Entries, directory
from tests.photos import make_exif, make_picture

SENSOR = (96, 64)
PREVIEW = (640, 427)
LENS = b"FE 24-70mm F2.8 GM\0"
TAKEN = b"2024:05:01 18:30:07\0"
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


@dataclass(frozen=True)
class Maker:
    """What tells one maker's files from another's."""

    make: bytes
    model: bytes
    magic: bytes = b"II*\0"
    more: Mapping[tuple[int, int], bytes] | None = None


MAKERS = {
    ".dng": Maker(b"Leica Camera AG\0", b"LEICA Q2\0", more={(50706, BYTE): b"\1\4\0\0"}),
    ".nef": Maker(b"NIKON CORPORATION\0", b"NIKON D850\0"),
    ".arw": Maker(b"SONY\0", b"ILCE-7M4\0"),
    ".cr2": Maker(b"Canon\0", b"Canon EOS 5D Mark IV\0"),
    ".pef": Maker(b"PENTAX\0", b"PENTAX K-1\0"),
    ".srw": Maker(b"SAMSUNG\0", b"NX1\0"),
    ".orf": Maker(b"OLYMPUS CORPORATION\0", b"E-M1\0", magic=b"IIRO"),
    ".rw2": Maker(b"Panasonic\0", b"DC-GH5\0", magic=b"IIU\0"),
}


def preview(size: tuple[int, int] = PREVIEW, *, orientation: int | None = None) -> bytes:
    """Return a camera's JPEG; an orientation makes it bring EXIF of its own."""
    exif = make_exif(orientation=orientation)
    return saved(make_picture(size), "JPEG", **({"exif": exif} if exif else {}))


def raw(suffix: str, *, jpeg: bytes | None, orientation: int = 1) -> bytes:
    """Return a RAW file of the maker whose files end so, with a preview or without."""
    maker = MAKERS[suffix]
    jpeg = jpeg or b""
    shot: Entries = {
        (33434, RATIONAL): [(1, 200)],
        (33437, RATIONAL): [(32, 10)],
        (34855, SHORT): 400,
        (36867, ASCII): TAKEN,
        (37386, RATIONAL): [(424, 10)],
        (42036, ASCII): LENS,
    }
    at = {"shot": 0, "sensor": 0, "jpeg": 0, "light": 0}
    for _ in range(2):  # first for the lengths, then with the right places
        main = directory(_main(maker, at, len(jpeg), orientation), 8)
        sensor = directory(_sensor(at), at["sensor"])
        at["shot"] = 8 + len(main)
        at["sensor"] = at["shot"] + len(directory(shot, 0))
        at["jpeg"] = at["sensor"] + len(sensor)
        at["light"] = at["jpeg"] + len(jpeg) + len(jpeg) % 2
    head = maker.magic + struct.pack("<L", 8)
    whole = head + directory(_main(maker, at, len(jpeg), orientation), 8)
    whole += directory(shot, at["shot"]) + directory(_sensor(at), at["sensor"])
    return whole + jpeg + bytes(len(jpeg) % 2) + _light()


def raf(jpeg: bytes) -> bytes:
    """Return a Fujifilm's RAW file; its facts are those of the preview."""
    bare = jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6], "big") :]  # EXIF must come first
    header = struct.pack(">LHHHH", 1, 0x100, 4, SENSOR[1], SENSOR[0])
    at = 160
    places = struct.pack(">LL", at, len(bare)) + struct.pack(">LL", at + len(bare), len(header))
    light_at = at + len(bare) + len(header)
    places += struct.pack(">LL", light_at, len(_light()))
    head = b"FUJIFILMCCD-RAW 0201FF129502" + b"X-T3".ljust(32, b"\0") + b"0100"
    return (head.ljust(84, b"\0") + places).ljust(at, b"\0") + bare + header + _light()


def cr3_facts() -> bytes:
    """Return the part of a Canon CR3 that holds the facts."""
    main: Entries = {(271, ASCII): b"Canon\0", (272, ASCII): b"Canon EOS R5\0"}
    shot: Entries = {(34855, SHORT): 800, (42036, ASCII): b"RF24-105mm F4 L IS USM\0"}
    blocks = b"".join(
        _box(kind, b"II*\0\x08\0\0\0" + directory(entries, 8))
        for kind, entries in ((b"CMT1", main), (b"CMT2", shot))
    )
    return _box(b"ftyp", b"crx \0\0\0\1") + _box(b"moov", _box(b"uuid", _CANON + blocks))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(body), kind) + body


def _main(maker: Maker, at: Mapping[str, int], jpeg_bytes: int, orientation: int) -> Entries:
    preview: Entries = {(513, LONG): at["jpeg"], (514, LONG): jpeg_bytes} if jpeg_bytes else {}
    return {
        (254, LONG): 1,
        (256, LONG): PREVIEW[0],
        (257, LONG): PREVIEW[1],
        (258, SHORT): [8, 8, 8],
        (259, SHORT): 6,
        (262, SHORT): 6,
        (271, ASCII): maker.make,
        (272, ASCII): maker.model,
        (274, SHORT): orientation,
        (277, SHORT): 3,
        (306, ASCII): TAKEN,
        (330, LONG): at["sensor"],
        (34665, LONG): at["shot"],
        **preview,
        **(maker.more or {}),
    }


def _sensor(at: Mapping[str, int]) -> Entries:
    width, height = SENSOR
    return {
        (254, LONG): 0,
        (256, LONG): width,
        (257, LONG): height,
        (258, SHORT): 16,
        (259, SHORT): 1,
        (262, SHORT): 32803,
        (273, LONG): at["light"],
        (277, SHORT): 1,
        (278, LONG): height,
        (279, LONG): width * height * 2,
        (33421, SHORT): [2, 2],
        (33422, BYTE): b"\0\1\1\2",
    }


def _light() -> bytes:
    rng = np.random.default_rng(0)
    return rng.integers(0, 4096, SENSOR[::-1]).astype("<u2").tobytes()
