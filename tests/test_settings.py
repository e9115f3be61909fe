"""Settings: what may be written, what is refused and how it is told."""

from pathlib import Path
from typing import Any

import pytest

from local_image_process.errors import SettingsError
from local_image_process.machine import allowed_memory_bytes, allowed_processors
from local_image_process.settings import HIDDEN, Settings

HALF_MB = allowed_memory_bytes() // 2**21
FITTING = min(allowed_processors(), HALF_MB // 256)
BUCKET = {
    "OSS_ACCESS_KEY": "key-of-the-bucket",
    "OSS_SECRET_KEY": "secret-of-the-bucket",
    "OSS_ENDPOINT": "oss-cn-beijing.aliyuncs.com",
    "OSS_BUCKET": "photos",
}
SECRETS = {
    **{name: BUCKET[name] for name in ("OSS_ACCESS_KEY", "OSS_SECRET_KEY")},
    "GAODE_KEY": "secret-of-the-map",
    "WEBHOOK_SECRET": "secret-of-the-hook",
    "ADMIN_PASSWORD": "secret-of-the-admin",
    "SECRET_KEY": "secret-of-the-session",
    "DATABASE_URL": "mysql://gallery:secret-of-the-database@db/gallery",
}


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        pytest.param("WATCH_DIR", "", None, id="no library of the user's"),
        pytest.param("WATCH_DIR", "/photos/照片 库", Path("/photos/照片 库"), id="space, Chinese"),
        pytest.param("WATCH_DIR", "~/照片", Path.home() / "照片", id="home folder"),
        pytest.param("DATA_DIR", "", Path("data"), id="empty means the default"),
        pytest.param("DATA_DIR", "/srv/gallery", Path("/srv/gallery"), id="another data folder"),
        pytest.param("PORT", "", 8089, id="default port"),
        pytest.param("PORT", " 80 ", 80, id="spaces around are dropped"),
        pytest.param("PORT", "65535", 65535, id="last port"),
        pytest.param("WEBHOOK_URL", "", (), id="nobody to tell"),
        pytest.param(
            "WEBHOOK_URL",
            "https://a.example/webhook, http://b.example:8080/webhook?x=1,",
            ("https://a.example/webhook", "http://b.example:8080/webhook?x=1"),
            id="two to tell",
        ),
        pytest.param(
            "PUBLIC_BASE_URL", "https://p.example/", "https://p.example", id="slash dropped"
        ),
        pytest.param("PUBLIC_BASE_URL", "http://p.example/a/", "http://p.example/a", id="a path"),
        pytest.param("WATCH_MODE", "Sweep", "sweep", id="capitals"),
        pytest.param("SETTLE_S", "0", 0.0, id="no rest"),
        pytest.param("SETTLE_S", "0.25", 0.25, id="quarter of a second"),
        pytest.param("SWEEP_INTERVAL_S", "", None, id="sweep interval by the way of watching"),
        pytest.param("SWEEP_INTERVAL_S", "60", 60.0, id="a sweep a minute"),
        pytest.param("RENDER_WORKERS", "", FITTING, id="as many as processors and memory allow"),
        pytest.param("MEMORY_BUDGET_MB", "", HALF_MB, id="half of the memory"),
        pytest.param("MEMORY_BUDGET_MB", "512", 512, id="half a gigabyte"),
        pytest.param("RENDER_WORKERS", "3", 3, id="three workers"),
        pytest.param("DISPLAY_EDGE_PX", "0", 0, id="full size"),
        pytest.param("DISPLAY_QUALITY", "100", 100, id="best quality"),
        pytest.param("THUMB_EDGES_PX", "", (480, 1280), id="default thumbnails"),
        pytest.param("THUMB_EDGES_PX", "1280, 480,480", (480, 1280), id="sorted, each once"),
        pytest.param("ROOT_ALBUM", "", "未分类", id="default album of the root"),
        pytest.param("LOG_LEVEL", "DEBUG", "debug", id="log level in capitals"),
        pytest.param("GEOCODER", "", "", id="no other geocoder"),
        pytest.param("GEOCODER", "Offline", "offline", id="geocoder in capitals"),
        pytest.param("GEOCODER_CONTACT", "", None, id="no contact"),
        pytest.param("GEOCODER_CONTACT", "a+b@c.example", "a+b@c.example", id="an e-mail address"),
        pytest.param(
            "GEOCODER_CONTACT", "https://c.example/?q=1", "https://c.example/?q=1", id="a page"
        ),
        pytest.param("WEBHOOK_QUERY_TOKEN", "", False, id="empty is no"),
        pytest.param("WEBHOOK_QUERY_TOKEN", "no", False, id="no"),
        pytest.param("WEBHOOK_QUERY_TOKEN", "1", True, id="yes as a number"),
        pytest.param("WEBHOOK_VERIFY_ALIYUN", "True", True, id="yes in capitals"),
    ],
)
def test_what_may_be_written(variable: str, text: str, value: Any) -> None:
    settings = Settings.from_env({variable: text})
    assert getattr(settings, variable.lower()) == value


@pytest.mark.parametrize(
    ("variable", "text", "advice"),
    [
        pytest.param("PORT", "0", "a whole number from 1 to 65535", id="no port"),
        pytest.param("PORT", "65536", "a whole number from 1 to 65535", id="beyond the last port"),
        pytest.param("PORT", "８０８９", "a whole number from 1 to 65535", id="wide digits"),
        pytest.param("PORT", "9" * 30, "a whole number", id="huge number"),
        pytest.param("PORT", "80.0", "a whole number", id="not whole"),
        pytest.param("WATCH_MODE", "inotify", "one of auto, events, sweep", id="unknown word"),
        pytest.param("WEBHOOK_QUERY_TOKEN", "maybe", "write 1 or 0", id="neither yes nor no"),
        pytest.param("GEOCODER", "google", "one of nominatim, offline, or nothing", id="geocoder"),
        pytest.param("GEOCODER_CONTACT", "wang", "an e-mail address or a web page", id="a name"),
        pytest.param("GEOCODER_CONTACT", "王@照片.example", "an e-mail address", id="not ASCII"),
        pytest.param("GEOCODER_CONTACT", "a@b.c\nX: y", "an e-mail address", id="two lines"),
        pytest.param("LOG_LEVEL", "loud", "one of debug, info, warning, error", id="log level"),
        pytest.param("SETTLE_S", "-1", "seconds from 0 to 3600", id="negative time"),
        pytest.param("SETTLE_S", "nan", "seconds from 0 to 3600", id="not a number"),
        pytest.param("SETTLE_S", "1e3", "seconds from 0 to 3600", id="with exponent"),
        pytest.param("SWEEP_INTERVAL_S", "0.5", "seconds from 1 to", id="sweeps without pause"),
        pytest.param("RENDER_WORKERS", "0", "from 1 to 256", id="no workers"),
        pytest.param("DISPLAY_EDGE_PX", "16384", "from 0 to 16383", id="more than WebP holds"),
        pytest.param("DISPLAY_QUALITY", "0", "from 1 to 100", id="no quality"),
        pytest.param("THUMB_EDGES_PX", "480;1280", "with commas between", id="semicolon"),
        pytest.param("THUMB_EDGES_PX", "480,10", "from 16 to 16383", id="tiny thumbnail"),
        pytest.param("THUMB_EDGES_PX", "480,,1280", "with commas between", id="two commas"),
        pytest.param("MAX_MEGAPIXELS", "many", "from 1 to 10000", id="a word for a number"),
        pytest.param("RENDER_TIMEOUT_S", "0", "seconds from 1 to", id="no time"),
        pytest.param("PUBLIC_BASE_URL", "photos.example.com", "a whole address", id="no scheme"),
        pytest.param("PUBLIC_BASE_URL", "ftp://a.example", "a whole address", id="wrong scheme"),
        pytest.param("PUBLIC_BASE_URL", "https://a.example?x=1", "a whole address", id="a query"),
        pytest.param("WEBHOOK_URL", "https://a.example, b", "whole addresses", id="one is wrong"),
        pytest.param("WEBHOOK_URL", "https://", "whole addresses", id="no host"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(variable: str, text: str, advice: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({variable: text})
    assert f"{variable} is {text!r}: write" in str(error.value)
    assert advice in str(error.value)


def test_every_mistake_is_in_one_message() -> None:
    wrong = {"PORT": "none", "SETTLE_S": "soon", "WATCH_MODE": "sharp"}
    with pytest.raises(SettingsError) as error:
        Settings.from_env(wrong, {"LOG_LEVEL": "loud"})
    told = str(error.value)
    assert [variable for variable in (*wrong, "LOG_LEVEL") if variable not in told] == []


def test_contradictions_are_told_with_the_other_mistakes() -> None:
    with pytest.raises(SettingsError, match=r"(?s)PORT is 'none'.*OSS_SECRET_KEY"):
        Settings.from_env({"PORT": "none", "OSS_BUCKET": "photos"})


def test_a_slip_of_the_pen_in_dotenv_is_told() -> None:
    with pytest.raises(
        SettingsError, match=r"GPS_PRIVCY in .env is no .* did you mean GPS_PRIVACY"
    ):
        Settings.from_env({}, {"GPS_PRIVCY": "none"})
    both = {"GPS_PRIVCY": "none", "GPS_PRIVACY": "coarse", "TZ": "Asia/Shanghai"}
    assert Settings.from_env({}, both).gps_privacy == "coarse", "words of others are left alone"


def test_the_environment_wins_over_dotenv_and_empty_means_not_set() -> None:
    settings = Settings.from_env(
        {"PORT": "8001", "SETTLE_S": "", "LOG_LEVEL": ""},
        {"PORT": "8002", "SETTLE_S": "7", "LOG_LEVEL": None, "ROOT_ALBUM": ""},
    )
    assert (settings.port, settings.settle_s) == (8001, 7.0)
    assert (settings.log_level, settings.root_album) == ("info", "未分类")


def test_dotenv_is_read_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "# 设置\nPORT=8003\nROOT_ALBUM='其他 照片'\nWATCH_DIR=\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    settings = Settings.load({"SETTLE_S": "1"})
    assert (settings.port, settings.root_album, settings.settle_s) == (8003, "其他 照片", 1.0)
    assert settings.watch_dir is None


@pytest.mark.parametrize(
    ("environ", "dotenv", "admin"),
    [
        pytest.param({}, {}, ("admin", None), id="nothing set"),
        pytest.param(
            {"USERNAME": "nas", "PASSWORD": "of the desktop"}, {}, ("admin", None), id="desktop"
        ),
        pytest.param({}, {"USERNAME": "wang", "PASSWORD": "p"}, ("wang", "p"), id="old names"),
        pytest.param(
            {"USERNAME": "nas", "PASSWORD": "x"},
            {"USERNAME": "wang", "PASSWORD": "p"},
            ("wang", "p"),
            id="old names beside a desktop's",
        ),
        pytest.param(
            {"ADMIN_USERNAME": "li", "ADMIN_PASSWORD": "q"},
            {"USERNAME": "wang", "PASSWORD": "p"},
            ("li", "q"),
            id="new names win",
        ),
        pytest.param(
            {}, {"ADMIN_PASSWORD": "q", "USERNAME": "wang"}, ("wang", "q"), id="one of each"
        ),
    ],
)
def test_the_administrator(
    environ: dict[str, str], dotenv: dict[str, str | None], admin: tuple[str, str | None]
) -> None:
    assert Settings.from_env(environ, dotenv).admin == admin


def test_no_secret_shows_in_the_repr() -> None:
    settings = Settings.from_env(BUCKET | SECRETS, {"PASSWORD": "secret-of-old"})
    shown = repr(settings)
    for secret in (*SECRETS.values(), "secret-of-old", "secret-of"):
        assert secret not in shown
    assert shown.count(HIDDEN) == len(SECRETS) + 1
    assert "oss_bucket='photos'" in shown


def test_no_secret_shows_in_a_message() -> None:
    wrong = {"PORT": "x", "OSS_ACCESS_KEY": SECRETS["OSS_ACCESS_KEY"]}
    for environ in (SECRETS | {"PORT": "x"}, wrong, SECRETS):  # the last lacks bucket and endpoint
        with pytest.raises(SettingsError) as error:
            Settings.from_env(environ)
        assert not [secret for secret in SECRETS.values() if secret in str(error.value)]


@pytest.mark.parametrize("missing", [pytest.param(name, id=name) for name in BUCKET])
def test_a_bucket_needs_all_four(missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"{missing} is not set, though .* set all four"):
        Settings.from_env({name: value for name, value in BUCKET.items() if name != missing})


def test_a_bucket_with_all_four_or_none_is_fine() -> None:
    assert Settings.from_env(BUCKET).oss_bucket == "photos"
    assert Settings.from_env(dict.fromkeys(BUCKET, "")).oss_bucket is None


def test_nominatim_needs_a_contact() -> None:
    with pytest.raises(SettingsError, match="GEOCODER_CONTACT is not set, though GEOCODER is nomi"):
        Settings.from_env({"GEOCODER": "nominatim"})
    contact = {"GEOCODER_CONTACT": "wang@photos.example"}
    assert Settings.from_env(contact | {"GEOCODER": "nominatim"}).geocoder == "nominatim"
    assert Settings.from_env({"GEOCODER": "offline"}).geocoder_contact is None


def test_the_data_folder_must_not_lie_in_the_library(tmp_path: Path) -> None:
    library = tmp_path / "照片"
    (library / "2024").mkdir(parents=True)
    (tmp_path / "link").symlink_to(library / "2024")
    for data in (library, library / "data", library / "2024" / ".." / "data", tmp_path / "link/d"):
        with pytest.raises(SettingsError, match="DATA_DIR lies inside WATCH_DIR"):
            Settings.from_env({"WATCH_DIR": str(library), "DATA_DIR": str(data)})


def test_the_library_may_be_a_link_and_lie_beside_or_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SettingsError, match="DATA_DIR lies inside WATCH_DIR"):
        Settings.from_env(
            {"WATCH_DIR": str(tmp_path / "link"), "DATA_DIR": str(tmp_path / "real/data")}
        )
    data = tmp_path / "real-data"  # the name only begins alike
    settings = Settings.from_env({"WATCH_DIR": str(tmp_path / "real"), "DATA_DIR": str(data)})
    assert settings.library == tmp_path / "real"
    inside = {"WATCH_DIR": str(data / "photos"), "DATA_DIR": str(data)}
    assert Settings.from_env(inside).library == data / "photos"


def test_what_follows_from_the_data_folder() -> None:
    settings = Settings.from_env({"DATA_DIR": "/srv/画廊"})
    assert settings.library == Path("/srv/画廊/library")
    assert settings.database == "sqlite:////srv/画廊/catalogue.db"
    other = Settings.from_env({"DATABASE_URL": "sqlite:////var/lib/gallery.db"})
    assert other.database == "sqlite:////var/lib/gallery.db"


def test_a_small_container_develops_fewer_photos_at_a_time() -> None:
    least = Settings.from_env({"MEMORY_BUDGET_MB": "300"})
    assert least.render_workers == 1
    assert Settings.from_env({"MEMORY_BUDGET_MB": "300", "RENDER_WORKERS": "4"}).render_workers == 4
