"""What a picture's numbers mean: the profile that travels with it, or the way to sRGB."""

from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

from . import exif, profiles

_SRGB_MODES = {"L": "RGB", "LA": "RGBA", "La": "RGBA", "RGBA": "RGBA", "RGBa": "RGBA"}
_OWN_SPACE = {"L": "GRAY", "LA": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}  # by ICC.1, table 19
_MODE_OF = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_HIGH_RANGE = {16: "PQ", 18: "HLG"}  # transfer characteristics of ITU-T H.273, 8.2
_KEPT = 4  # profiles with their tables; a camera's photos all have the same


def profile_of(image: Image.Image) -> bytes:
    """Return the profile that the file brings, or stands for what it names instead; or nothing."""
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return profile
    named = image.info.get("nclx_profile")  # HEIF's way to say it in four numbers
    if isinstance(named, dict):
        return profiles.by_primaries(named.get("color_primaries", 1))
    return profiles.adobe_rgb() if exif.is_adobe_rgb(image) else b""


def complaint(image: Image.Image) -> str | None:
    """Say what about the colours of a picture cannot be shown as it is meant."""
    profile = profile_of(image)
    if profile and _space(profile) is None:
        return "its colour profile is broken; it is shown as if it were sRGB"
    named = image.info.get("nclx_profile")
    transfer = named.get("transfer_characteristics") if isinstance(named, dict) else None
    if transfer in _HIGH_RANGE:
        return f"it has a high dynamic range ({_HIGH_RANGE[transfer]}) and looks dull as it is"
    return None


def coloured(picture: Image.Image, profile: bytes) -> tuple[Image.Image, bytes]:
    """Return the picture as RGB or RGBA, and the profile that is still true for it.

    ``picture`` has 8 bits a channel.
    """
    space = _space(profile) if profile else None
    if space is not None and space == _OWN_SPACE.get(picture.mode):
        return _through_profile(picture, profile), b""
    mode = _SRGB_MODES.get(picture.mode, "RGB")
    plain = picture if picture.mode == mode else picture.convert(mode)
    is_true = space == "RGB" and picture.mode not in ("CMYK", "LAB")
    return plain, profile if is_true else b""


def from_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Return RGB in the colours of another RGB profile; of none as it is."""
    if not profile:
        return picture
    try:
        result = ImageCms.profileToProfile(picture, _srgb(), BytesIO(profile), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return result or picture


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Return RGB or RGBA in the colours of sRGB; with no profile, or a broken one, as it is."""
    if not profile or _space(profile) != "RGB":
        return picture
    colours = picture.convert("RGB")
    ImageCms.applyTransform(colours, _to_srgb(profile, "RGB"), inPlace=True)
    if picture.mode == "RGBA":
        colours.putalpha(picture.getchannel("A"))
    return colours


@lru_cache(maxsize=_KEPT)
def _space(profile: bytes) -> str | None:
    """Return which colours the profile describes; None when it is broken."""
    try:
        opened = ImageCms.getOpenProfile(BytesIO(profile))
        space = opened.profile.xcolor_space.strip()
        _to_srgb(profile, _MODE_OF[space])
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError):
        return None
    return space


def _through_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    alpha = picture.getchannel("A") if picture.mode == "LA" else None
    colours = picture.getchannel("L") if alpha else picture
    converted = ImageCms.applyTransform(colours, _to_srgb(profile, colours.mode))
    assert converted is not None  # as it is when asked to work in place
    if alpha:
        converted.putalpha(alpha)
    return converted


@lru_cache(maxsize=_KEPT)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        BytesIO(profile),
        _srgb(),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.PERCEPTUAL,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


@lru_cache(maxsize=1)
def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")
