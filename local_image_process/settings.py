"""Every setting: a field is a variable (its name in capitals), a type, a default and its help."""

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from .errors import SettingsError
from .machine import allowed_processors
from .values import Parse, choice, edges, flag, path, seconds, text, url, urls, whole

ONLY_IN_DOTENV = frozenset({"USERNAME", "PASSWORD"})  # desktops set USERNAME for their own ends
HIDDEN = "•••"  # what is shown in place of a secret


def setting(parse: Parse, default: str, zh: str, en: str, *, secret: bool = False) -> Any:
    """Declare a field of Settings; ``default`` is what one would write in .env."""
    help_texts = {"zh": zh, "en": en}
    return field(metadata={"parse": parse, "default": default, "secret": secret, **help_texts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings as values; secrets do not show in its repr."""

    watch_dir: Path | None = setting(
        path, "", "照片文件夹；不填则用 DATA_DIR/library", "Folder of your photos"
    )
    data_dir: Path = setting(
        path, "data", "程序自己的数据文件夹", "Folder for everything the program makes"
    )
    port: int = setting(whole(1, 65535), "8089", "服务端口", "Port to listen on")
    oss_access_key: str | None = setting(
        text, "", "阿里云 OSS AccessKey ID", "Aliyun OSS access key id", secret=True
    )
    oss_secret_key: str | None = setting(
        text, "", "阿里云 OSS AccessKey Secret", "Its secret", secret=True
    )
    oss_endpoint: str | None = setting(
        text, "", "OSS 地域节点，如 oss-cn-beijing.aliyuncs.com", "OSS endpoint"
    )
    oss_bucket: str | None = setting(text, "", "OSS 存储桶名", "OSS bucket")
    oss_region: str | None = setting(
        text,
        "",
        "OSS 地域，如 cn-beijing；不填则从节点名得出",
        "OSS region; taken from the endpoint if empty",
    )
    oss_public_url: str | None = setting(
        url,
        "",
        "存储桶对外的网址（自有域名、CDN）；不填则用存储桶自己的",
        "Public address of the bucket (own domain, CDN)",
    )
    upload_workers: int = setting(
        whole(1, 64), "4", "同时上传的照片数", "Photos uploaded at a time"
    )
    index_interval_s: float = setting(
        seconds(0, 86_400),
        "60",
        "只有点赞变化时，上传 JSON 的最短间隔秒数",
        "Seconds between JSON uploads for mere likes",
    )
    gaode_key: str | None = setting(
        text, "", "高德地图 Web 服务 Key", "Gaode (AMap) web service key", secret=True
    )
    username: str | None = setting(
        text,
        "",
        "旧名，等同 ADMIN_USERNAME，只在 .env 中有效",
        "Old name of ADMIN_USERNAME; counts only in .env",
    )
    password: str | None = setting(
        text,
        "",
        "旧名，等同 ADMIN_PASSWORD，只在 .env 中有效",
        "Old name of ADMIN_PASSWORD; counts only in .env",
        secret=True,
    )
    webhook_url: tuple[str, ...] = setting(
        urls, "", "照片更新后通知的地址，可用逗号分隔多个", "Addresses told after photos changed"
    )
    webhook_secret: str | None = setting(
        text, "", "通知所用的密钥", "Secret that guards notifications", secret=True
    )
    webhook_query_token: bool = setting(
        flag,
        "0",
        "1 则也接受写在地址里的密钥 ?token=；会留在别处的日志里",
        "1 takes the secret in the address too, as ?token=; others may log it",
    )
    webhook_verify_aliyun: bool = setting(
        flag,
        "0",
        "1 则也接受阿里云签名的通知：上传回调、MNS、EventBridge",
        "1 takes what Aliyun signed, too: upload callbacks, MNS, EventBridge",
    )
    admin_username: str | None = setting(
        text, "", "管理员用户名，默认 admin", "Administrator's name; admin if empty"
    )
    admin_password: str | None = setting(
        text,
        "",
        "管理员密码；不填则自动生成并显示一次",
        "Administrator's password; made and shown once if empty",
        secret=True,
    )
    public_base_url: str | None = setting(
        url,
        "",
        "JSON 中图片地址的前缀；不填则用相对地址",
        "Address before picture paths in the JSON; relative if empty",
    )
    secret_key: str | None = setting(
        text, "", "会话签名密钥；不填则自动生成", "Session key; made once if empty", secret=True
    )
    database_url: str | None = setting(
        text,
        "",
        "数据库；不填则用 DATA_DIR/catalogue.db",
        "Database; DATA_DIR/catalogue.db if empty",
        secret=True,
    )
    watch_mode: str = setting(
        choice("auto", "events", "sweep"),
        "auto",
        "auto 自动、events 文件事件、sweep 定时扫描",
        "auto, events (file events) or sweep (timed scans)",
    )
    settle_s: float = setting(
        seconds(0, 3600),
        "2",
        "文件静止多少秒后才处理",
        "Seconds a file must rest before it is read",
    )
    sweep_interval_s: float | None = setting(
        seconds(1, 31_536_000),
        "",
        "全库扫描间隔秒数；默认 3600，只能扫描时为 60",
        "Seconds between full sweeps; 3600, or 60 where sweeping is the only way",
    )
    render_workers: int = setting(
        whole(1, 256),
        "",
        "同时处理照片的进程数；默认等于可用的处理器数",
        "Processes that render; as many as processors allowed",
    )
    display_edge_px: int = setting(
        whole(0, 16383),
        "2560",
        "大图长边像素；0 为原尺寸",
        "Longest edge of the display picture; 0 keeps full size",
    )
    display_quality: int = setting(
        whole(1, 100), "80", "大图 WebP 质量", "WebP quality of the display picture"
    )
    thumb_edges_px: tuple[int, ...] = setting(
        edges, "480,1280", "缩略图长边像素，逗号分隔", "Longest edges of thumbnails"
    )
    thumb_quality: int = setting(
        whole(1, 100), "78", "缩略图 WebP 质量", "WebP quality of thumbnails"
    )
    max_megapixels: int = setting(
        whole(1, 10_000),
        "500",
        "超过此百万像素数的照片不处理",
        "Larger photos (in megapixels) are refused",
    )
    render_timeout_s: float = setting(
        seconds(1, 86_400),
        "120",
        "单张照片处理的最长秒数",
        "Longest time one photo may take, in seconds",
    )
    root_album: str = setting(
        text, "未分类", "直接放在根目录的照片所属相册", "Album of photos that lie in the root"
    )
    log_level: str = setting(
        choice("debug", "info", "warning", "error"),
        "info",
        "日志级别",
        "debug, info, warning or error",
    )

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str], dotenv: Mapping[str, str | None] | None = None
    ) -> "Settings":
        """Read all settings; the environment wins over .env.

        Raises SettingsError naming every mistake at once.
        """
        dotenv = dotenv or {}
        values: dict[str, Any] = {}
        mistakes: list[str] = []
        for setting in fields(cls):
            raw = _raw(setting, environ, dotenv)
            try:
                values[setting.name] = _parsed(setting, raw)
            except ValueError as mistake:
                shown = HIDDEN if setting.metadata["secret"] else repr(raw)
                mistakes.append(f"{setting.name.upper()} is {shown}: {mistake}")
        if not mistakes:
            settings = cls(**values)
            mistakes = _contradictions(settings)
        if mistakes:
            raise SettingsError("Wrong settings:\n  " + "\n  ".join(mistakes))
        return settings

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment and the .env of the working directory."""
        return cls.from_env(environ, dotenv_values(Path(".env"), encoding="utf-8"))

    @property
    def library(self) -> Path:
        """The folder of photos, configured or our own."""
        return self.watch_dir or self.data_dir / "library"

    @property
    def has_bucket(self) -> bool:
        """Tell whether renditions go to a bucket."""
        return bool(self.oss_bucket and self.watch_dir)

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


def _raw(setting: Field[Any], environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> str:
    variable = setting.name.upper()
    from_environ = None if variable in ONLY_IN_DOTENV else environ.get(variable)
    return (from_environ or dotenv.get(variable) or setting.metadata["default"]).strip()


def _parsed(setting: Field[Any], raw: str) -> Any:
    value = setting.metadata["parse"](raw)
    if value is None and setting.name == "render_workers":
        return allowed_processors()
    return value


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
