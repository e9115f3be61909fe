"""Every setting: a field is a variable (its name in capitals), a type and a default.

What it is for stands in settings_help.
"""

import io
import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from .errors import SettingsError
from .machine import LEAST_BUDGET_MB, default_memory_budget_mb, default_render_workers
from .model import Circle
from .spelling import misspelt
from .values import (
    Network,
    Parse,
    choice,
    circles,
    contact,
    edges,
    flag,
    networks,
    path,
    png,
    seconds,
    share,
    text,
    url,
    urls,
    whole,
)

ONLY_IN_DOTENV = frozenset({"USERNAME", "PASSWORD"})  # desktops set USERNAME for their own ends
PLACES = (
    *("top-left", "top", "top-right", "left", "center", "right"),
    *("bottom-left", "bottom", "bottom-right"),
)
HIDDEN = "•••"  # what is shown in place of a secret


def setting(parse: Parse, default: str, *, secret: bool = False) -> Any:
    """Declare a field of Settings; ``default`` is what one would write in .env."""
    return field(metadata={"parse": parse, "default": default, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings as values; secrets do not show in its repr."""

    watch_dir: Path | None = setting(path, "")
    data_dir: Path = setting(path, "data")
    port: int = setting(whole(1, 65535), "8089")
    oss_access_key: str | None = setting(text, "", secret=True)
    oss_secret_key: str | None = setting(text, "", secret=True)
    oss_endpoint: str | None = setting(text, "")
    oss_bucket: str | None = setting(text, "")
    oss_region: str | None = setting(text, "")
    oss_public_url: str | None = setting(url, "")
    oss_signed_urls: bool = setting(flag, "0")
    oss_image_process: bool = setting(flag, "0")
    upload_workers: int = setting(whole(1, 64), "4")
    index_interval_s: float = setting(seconds(0, 86400), "60")
    sync_interval_s: float = setting(seconds(1, 31536000), "600")
    gaode_key: str | None = setting(text, "", secret=True)
    geocoder: str = setting(choice("", "nominatim", "offline"), "")
    geocoder_contact: str | None = setting(contact, "")
    gps_privacy: str = setting(choice("exact", "coarse", "none"), "exact")
    gps_hide: tuple[Circle, ...] = setting(circles, "", secret=True)
    username: str | None = setting(text, "")
    password: str | None = setting(text, "", secret=True)
    webhook_url: tuple[str, ...] = setting(urls, "")
    webhook_secret: str | None = setting(text, "", secret=True)
    webhook_query_token: bool = setting(flag, "0")
    webhook_verify_aliyun: bool = setting(flag, "0")
    tombstone_days: int = setting(whole(0, 36500), "30")
    like_window_s: float = setting(seconds(0, 86400), "86400")
    admin_username: str | None = setting(text, "")
    admin_password: str | None = setting(text, "", secret=True)
    public_base_url: str | None = setting(url, "")
    trusted_proxies: tuple[Network, ...] = setting(networks, "127.0.0.1,::1")
    secret_key: str | None = setting(text, "", secret=True)
    database_url: str | None = setting(text, "", secret=True)
    watch_mode: str = setting(choice("auto", "events", "sweep"), "auto")
    settle_s: float = setting(seconds(0, 3600), "2")
    sweep_interval_s: float | None = setting(seconds(1, 31536000), "")
    memory_budget_mb: int = setting(whole(LEAST_BUDGET_MB, 10**7), "")
    render_workers: int = setting(whole(1, 256), "")
    display_edge_px: int = setting(whole(0, 16383), "2560")
    display_quality: int = setting(whole(1, 100), "80")
    thumb_edges_px: tuple[int, ...] = setting(edges, "480,1280")
    thumb_quality: int = setting(whole(1, 100), "80")
    watermark_file: Path | None = setting(png, "")
    watermark_opacity: float = setting(share, "0.6")
    watermark_position: str = setting(choice(*PLACES), "bottom-right")
    watermark_scale: float = setting(share, "0.15")
    embed_exif: bool = setting(flag, "0")
    max_megapixels: int = setting(whole(1, 10000), "500")
    render_timeout_s: float = setting(seconds(1, 86400), "120")
    root_album: str = setting(text, "未分类")
    metrics_token: str | None = setting(text, "", secret=True)
    log_level: str = setting(choice("debug", "info", "warning", "error"), "info")

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str], dotenv: Mapping[str, str | None] | None = None
    ) -> "Settings":
        """Read all settings; the environment wins over .env.

        Raises SettingsError naming every mistake at once.
        """
        dotenv = dotenv or {}
        values: dict[str, Any] = {}
        mistakes = _misspelt(dotenv)
        for setting in fields(cls):
            raw = _raw(setting, environ, dotenv)
            try:
                values[setting.name] = setting.metadata["parse"](raw)
            except ValueError as mistake:
                shown = HIDDEN if setting.metadata["secret"] else repr(raw)
                mistakes.append(f"{setting.name.upper()} is {shown}: {mistake}")
                values[setting.name] = setting.metadata["parse"](setting.metadata["default"])
        settings = cls(**_as_the_machine_allows(values))
        mistakes += _contradictions(settings)
        if mistakes:
            raise SettingsError("Wrong settings:\n  " + "\n  ".join(mistakes))
        return settings

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment and the .env of the working directory."""
        return cls.from_env(environ, _dotenv(Path(".env").absolute()))

    @property
    def library(self) -> Path:
        """The folder of photos, configured or our own."""
        return self.watch_dir or self.data_dir / "library"

    @property
    def has_bucket(self) -> bool:
        """Tell whether there is a bucket: renditions go to it, or are read from it."""
        return bool(self.oss_bucket)

    @property
    def is_mirror(self) -> bool:
        """Tell whether this is a site without photos, that shows what lies in the bucket."""
        return bool(self.oss_bucket) and self.watch_dir is None

    @property
    def region(self) -> str | None:
        """The bucket's region, configured or named by its endpoint: "cn-beijing"."""
        named = re.search(r"\boss-([a-z]+-[a-z0-9-]+?)(-internal)?\.", self.oss_endpoint or "")
        return self.oss_region or (named.group(1) if named else None)

    @property
    def admin(self) -> tuple[str, str | None]:
        """Name and configured password of the administrator."""
        name = self.admin_username or self.username or "admin"
        return name, self.admin_password or self.password

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'catalogue.db'}"

    def __repr__(self) -> str:
        shown = (
            f"{s.name}={HIDDEN if s.metadata['secret'] and value else value!r}"
            for s in fields(self)
            for value in [getattr(self, s.name)]
        )
        return f"Settings({', '.join(shown)})"


def _dotenv(path: Path) -> Mapping[str, str | None]:
    if path.is_dir() and not any(path.iterdir()):
        raise SettingsError(
            f"{path} is an empty folder: Docker makes one where the file to be mounted is missing."
            " Remove the folder, and copy env_example to its place, or mount no .env."
        )
    try:
        return dotenv_values(path, encoding="utf-8-sig")  # with the mark of Windows' editor or not
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}) by this account, {os.geteuid()}:"
            f"{os.getegid()}. Make it the file's owner: chown {os.geteuid()} .env"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text: save it as UTF-8.") from error


def dotenv_in(text: str, *, expand: bool = True) -> dict[str, str]:
    """Return what a .env says; ``expand``: with ${NAME} replaced, as ``load`` reads it."""
    found = dotenv_values(stream=io.StringIO(text), interpolate=expand)
    return {name: value for name, value in found.items() if value is not None}


def mistake_in(variable: str, raw: str) -> str | None:
    """Return what is wrong with a variable's value, without the value."""
    (setting,) = (one for one in fields(Settings) if one.name.upper() == variable)
    try:
        setting.metadata["parse"](raw.strip())
    except ValueError as mistake:
        return str(mistake)
    return None


def _raw(setting: Field[Any], environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> str:
    variable = setting.name.upper()
    from_environ = None if variable in ONLY_IN_DOTENV else environ.get(variable)
    return (from_environ or dotenv.get(variable) or setting.metadata["default"]).strip()


def _misspelt(dotenv: Mapping[str, str | None]) -> list[str]:
    known = [setting.name.upper() for setting in fields(Settings)]
    return [
        f"{word} in .env is no setting: did you mean {meant}?"
        for word, meant in misspelt(dotenv, known).items()
    ]


def _as_the_machine_allows(values: dict[str, Any]) -> dict[str, Any]:
    """Fill in what nobody said."""
    budget_mb = values["memory_budget_mb"] or default_memory_budget_mb()
    workers = values["render_workers"] or default_render_workers(budget_mb)
    return values | {"memory_budget_mb": budget_mb, "render_workers": workers}


def _contradictions(settings: Settings) -> list[str]:
    mistakes = []
    bucket = {
        "OSS_ACCESS_KEY": settings.oss_access_key,
        "OSS_SECRET_KEY": settings.oss_secret_key,
        "OSS_ENDPOINT": settings.oss_endpoint,
        "OSS_BUCKET": settings.oss_bucket,
    }
    missing = [variable for variable, value in bucket.items() if not value]
    if missing and len(missing) < len(bucket):
        given = ", ".join(sorted(set(bucket) - set(missing)))
        mistakes.append(f"{', '.join(missing)} is not set, though {given} is: set all four or none")
    if settings.oss_bucket and not settings.region:
        mistakes.append(
            "OSS_REGION is not set, and OSS_ENDPOINT does not name it: write OSS_REGION=cn-beijing"
            " or where your bucket is"
        )
    if settings.geocoder == "nominatim" and not settings.geocoder_contact:
        mistakes.append(
            "GEOCODER_CONTACT is not set, though GEOCODER is nominatim, which wants to know whom to"
            " tell when it is asked too much: write an e-mail address or web page of yours"
        )
    if _lies_in(settings.data_dir, settings.watch_dir):
        mistakes.append(
            "DATA_DIR lies inside WATCH_DIR, and the photo library is never written:"
            " put DATA_DIR somewhere else"
        )
    return mistakes


def _lies_in(inner: Path, outer: Path | None) -> bool:
    return outer is not None and inner.absolute().resolve().is_relative_to(
        outer.absolute().resolve()
    )
