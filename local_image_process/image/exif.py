"""Read what camera and photographer wrote, each fact by itself: a broken one costs only itself."""

import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any

from piexif import GPSIFD, ExifIFD, ImageIFD
from PIL import Image

from ..errors import SidecarError
from ..logs import kv
from ..model import Exif
from . import clock, iptc, makernotes, text, xmp
from .fields import (
    Fields,
    attempt,
    block_of,
    fields_of,
    first,
    interoperability_of,
    lines,
    number,
    positive,
    raw_bytes,
    utf_16,
    words,
)
from .told import Told, heard, unique

log = logging.getLogger(__name__)

ORIGINAL_SIZE = "original_size"  # in ``info`` of a preview: of what it was made from, upright

_ISO_TAGS = (  # Exif 2.32, annex G: 65535 in the first means "look at the others"
    ExifIFD.ISOSpeedRatings,
    ExifIFD.RecommendedExposureIndex,
    ExifIFD.StandardOutputSensitivity,
    ExifIFD.ISOSpeed,
)
_PROGRAMS = {  # Exif 2.32, tag 34850
    1: "Manual",
    2: "Normal program",
    3: "Aperture priority",
    4: "Shutter priority",
    5: "Creative program",
    6: "Action program",
    7: "Portrait mode",
    8: "Landscape mode",
}
_METERING = {  # tag 37383; 255 is none of them
    1: "Average",
    2: "Center-weighted average",
    3: "Spot",
    4: "Multi-spot",
    5: "Pattern",
    6: "Partial",
}
_WHITE_BALANCE = {0: "Auto", 1: "Manual"}  # tag 41987
_FLASH_FIRED, _FLASH_LIMIT = 1, 0x80  # tag 37385: its lowest bit; all that have a meaning
_LENS_SPECIFICATION, _LENS_INFO = 42034, 50736  # of EXIF; of DNG
_RATING, _RATING_PERCENT = 18246, 18249  # Windows' own, in the first directory
_XP_TITLE, _XP_COMMENT, _XP_AUTHOR, _XP_KEYWORDS = 40091, 40092, 40093, 40094
_XMP, _IPTC = 700, 33723  # in a TIFF
_PHOTOSHOP_IPTC = 0x0404  # image resource
_INTEROPERABILITY_INDEX, _SRGB = 1, 1  # Exif 2.32, interoperability tag 1; value of ColorSpace
_FIRST_LYING = 5  # orientations from here on change width and height
_BIAS_LIMIT_EV = 20
_LONGEST_MM = 100_000


def read(image: Image.Image, *, sidecar: Told | None = None) -> Exif:
    """Read the facts; what is absent, broken or impossible is ``None``.

    ``sidecar`` is what an XMP file beside the photo tells, by ``xmp.read``: it is heard first,
    then XMP, IPTC and EXIF of the photo itself, field by field.
    """
    camera, gps = fields_of(image)
    own = _told_by_exif(camera, gps)
    told = heard([*_told_beside(image, camera, sidecar), own])
    moment = own.moment or told.moment
    latitude_deg, longitude_deg = _position(gps)
    return Exif(
        make=words(camera.get(ImageIFD.Make)),
        camera=words(camera.get(ImageIFD.Model)),
        lens=_lens(image, camera, told.lens),
        exposure_time_s=positive(camera.get(ExifIFD.ExposureTime)),
        aperture=_aperture(camera),
        iso=_iso(camera),
        focal_length_mm=positive(camera.get(ExifIFD.FocalLength)),
        equivalent_focal_length_mm=_millimetres(camera.get(ExifIFD.FocalLengthIn35mmFilm)),
        exposure_bias_ev=_bias(camera.get(ExifIFD.ExposureBiasValue)),
        exposure_program=_one_of(_PROGRAMS, camera.get(ExifIFD.ExposureProgram)),
        metering_mode=_one_of(_METERING, camera.get(ExifIFD.MeteringMode)),
        white_balance=_one_of(_WHITE_BALANCE, camera.get(ExifIFD.WhiteBalance)),
        flash_fired=_flash(camera.get(ExifIFD.Flash)),
        software=words(camera.get(ImageIFD.Software)),
        capture_time=moment.time if moment else None,
        utc_offset_min=moment.utc_offset_min if moment else None,
        utc_offset_source=moment.source if moment else None,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        title=told.title,
        description=told.description,
        keywords=told.keywords,
        rating=told.rating or None,
        artist=told.artist,
        copyright=told.copyright,
    )


def orientation(image: Image.Image) -> int:
    """Return how the stored picture still has to be turned, 1…8 (Exif 2.32, tag 274).

    Ask after decoding: some decoders turn the picture themselves and then take
    the tag away.
    """
    return own_orientation(image) or 1


def own_orientation(image: Image.Image) -> int | None:
    """Return the orientation that the EXIF says, if it says any."""
    value = number(fields_of(image)[0].get(ImageIFD.Orientation))
    return int(value) if value is not None and value in range(1, 9) else None


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of the original as it is shown; ask before decoding.

    A TIFF has been turned already when it is opened; a RAW file is larger than its preview.
    """
    if ORIGINAL_SIZE in image.info:
        return image.info[ORIGINAL_SIZE]  # type: ignore[no-any-return]  # info holds anything
    width, height = image.size
    is_turned = image.format != "TIFF" and orientation(image) >= _FIRST_LYING
    return (height, width) if is_turned else (width, height)


def is_adobe_rgb(image: Image.Image) -> bool:
    """Tell whether a camera means Adobe RGB: it brings no profile then (DCF 2.0, 4.6)."""
    if words(interoperability_of(image).get(_INTEROPERABILITY_INDEX)) != "R03":
        return False
    return number(fields_of(image)[0].get(ExifIFD.ColorSpace)) != _SRGB


def _told_beside(image: Image.Image, camera: Fields, sidecar: Told | None) -> Iterator[Told]:
    """Yield what all but EXIF tell, the most heeded first."""
    if sidecar is not None:
        yield sidecar
    if packet := raw_bytes(image.info.get("xmp")) or raw_bytes(camera.get(_XMP)):
        try:
            yield xmp.read(packet)
        except SidecarError as error:
            log.debug("XMP passed over %s", kv(why=error))
    resources = image.info.get("photoshop")
    block = resources.get(_PHOTOSHOP_IPTC) if isinstance(resources, dict) else None
    yield iptc.read(raw_bytes(block) or raw_bytes(camera.get(_IPTC)))


def _told_by_exif(camera: Fields, gps: Fields) -> Told:
    title = _written(utf_16(camera.get(_XP_TITLE)), camera)
    comments = (lines(camera.get(ImageIFD.ImageDescription)), utf_16(camera.get(_XP_COMMENT)))
    keywords = (utf_16(camera.get(_XP_KEYWORDS)) or "").split(";")
    return Told(
        title=title,
        description=first(_written(one, camera) for one in comments if one != title),
        keywords=unique(map(text.cleaned, keywords)),
        rating=_rating(camera),
        artist=words(camera.get(ImageIFD.Artist)) or utf_16(camera.get(_XP_AUTHOR)),
        copyright=_written(words(camera.get(ImageIFD.Copyright)), camera),
        moment=clock.of_fields(camera, gps),
    )


def _written(found: str | None, camera: Fields) -> str | None:
    """Return what a person wrote; some cameras fill in their own name."""
    own_names = (words(camera.get(ImageIFD.Make)), words(camera.get(ImageIFD.Model)))
    return found if found and found not in own_names and text.is_words(found) else None


def _rating(camera: Fields) -> int | None:
    stars, percent = number(camera.get(_RATING)), number(camera.get(_RATING_PERCENT))
    if stars is not None and 0 <= stars <= 5:
        return round(stars)
    return xmp.stars_of_percent(percent) if percent is not None else None


def _lens(image: Image.Image, camera: Fields, told: str | None) -> str | None:
    """Return the name that EXIF, the maker or an editor gives, else what the lens can do."""
    make, note = words(camera.get(ImageIFD.Make)), raw_bytes(camera.get(ExifIFD.MakerNote))
    return (
        words(camera.get(ExifIFD.LensModel))
        or told
        or makernotes.lens(block_of(image), note, make=make or "")
        or makernotes.specification(camera.get(_LENS_SPECIFICATION))
        or makernotes.specification(camera.get(_LENS_INFO))
    )


def _aperture(camera: Fields) -> float | None:
    """Return the f-number, also from its logarithm (APEX: Exif 2.32, annex C)."""
    apex = positive(camera.get(ExifIFD.ApertureValue))
    by_apex = attempt(lambda: round(2 ** (apex / 2), 1)) if apex is not None else None
    return positive(camera.get(ExifIFD.FNumber)) or by_apex


def _iso(camera: Fields) -> int | None:
    speeds = (positive(camera.get(tag)) for tag in _ISO_TAGS)
    return first(int(speed) for speed in speeds if speed and speed != 65535 and speed >= 1)


def _millimetres(value: Any) -> int | None:
    length = number(value)
    return round(length) if length is not None and 1 <= length < _LONGEST_MM else None


def _bias(value: Any) -> float | None:
    bias = number(value)
    return round(bias, 2) + 0.0 if bias is not None and abs(bias) <= _BIAS_LIMIT_EV else None


def _one_of(meanings: Mapping[int, str], value: Any) -> str | None:
    found = number(value)
    return meanings.get(int(found)) if found is not None and found == int(found) else None


def _flash(value: Any) -> bool | None:
    found = number(value)
    return (
        bool(int(found) & _FLASH_FIRED) if found is not None and 0 <= found < _FLASH_LIMIT else None
    )


def _position(gps: Fields) -> tuple[float | None, float | None]:
    """Return latitude and longitude in degrees, or neither."""
    latitude = _degrees(
        gps.get(GPSIFD.GPSLatitude), words(gps.get(GPSIFD.GPSLatitudeRef)), letters="NS", limit=90
    )
    longitude = _degrees(
        gps.get(GPSIFD.GPSLongitude),
        words(gps.get(GPSIFD.GPSLongitudeRef)),
        letters="EW",
        limit=180,
    )
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None
    return latitude, longitude


def _degrees(value: Any, reference: str | None, *, letters: str, limit: int) -> float | None:
    """Return signed degrees from degrees, minutes, seconds (Exif 2.32, tags GPS 1…4)."""
    letter = (reference or "?")[0].upper()
    parts = [number(part) for part in (value if isinstance(value, (tuple, list)) else (value,))]
    if letter not in letters or not 1 <= len(parts) <= 3:
        return None
    numbers = [part for part in parts if part is not None and part >= 0]
    if len(numbers) != len(parts):
        return None
    degrees = math.fsum(part / 60.0**power for power, part in enumerate(numbers))
    if degrees > limit:
        return None
    return -degrees if letter == letters[1] else degrees
