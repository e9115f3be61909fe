"""The .env of a predecessor: which of its names this program knows. No value is ever told."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from ..errors import SettingsError
from ..files import create_once
from ..settings import Settings, dotenv_in, mistake_in
from .old_data import OldData

DOTENV = Path(".env")
NEW_NAMES = {"USERNAME": "ADMIN_USERNAME", "PASSWORD": "ADMIN_PASSWORD"}
STAYS_BEHIND = {"DATA_DIR"}  # a folder of the predecessor's own
FOLDERS = {"WATCH_DIR", "WATERMARK_FILE"}
KNOWN = {one.name.upper() for one in fields(Settings)}
WORTH_SAYING = {  # what is missed if it is set nowhere
    "WATCH_DIR": "the folder of your photos",
    "OSS_BUCKET": "without OSS_* the pictures stay on this machine",
    "ADMIN_PASSWORD": "one is made, and shown once, when the service starts",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one name."""

    name: str
    says: str


@dataclass(slots=True, kw_only=True)
class OldSettings:
    """What an old .env brings; ``new_file`` holds secrets and is only ever written."""

    lines: list[Line] = field(default_factory=list)
    to_copy: list[str] = field(default_factory=list)  # names of lines to copy by hand
    new_file: bytes | None = field(default=None, repr=False)  # .env, where there is none
    problem: str | None = None


def compare(
    old: OldData, settings: Settings, environ: Mapping[str, str]
) -> tuple[OldSettings, Settings]:
    """Compare an old .env with the settings of today.

    Returns also the settings as they will be: where there is no .env yet, a new one is proposed.
    """
    if old.dotenv is None:
        return OldSettings(), settings
    if DOTENV.exists() and DOTENV.samefile(old.dotenv):
        return OldSettings(lines=[*_lines_in_use(old)]), settings
    today = _today(environ)
    wanted = dict(_wanted(old, today))
    found = OldSettings(lines=[*_lines(old, today, wanted), *_missing(today | wanted)])
    if DOTENV.exists():
        found.to_copy = sorted(wanted)
    elif wanted:
        text = "".join(f"{name}={_quoted(value)}\n" for name, value in wanted.items())
        try:
            settings = Settings.from_env(environ, dotenv_in(text))
        except SettingsError as error:
            found.problem = f"no .env is written, for it would not do. {error}"
            found.to_copy = sorted(wanted)
        else:
            found.new_file = text.encode()
    return found, settings


def write(new_file: bytes) -> str | None:
    """Write .env, for its owner alone, unless there is one; return what went wrong."""
    try:
        if create_once(DOTENV.absolute(), new_file) != new_file:
            return f"{DOTENV.absolute()} was made by somebody else meanwhile, and stays as it is"
    except OSError as error:
        return f"{DOTENV.absolute()} cannot be written ({error.strerror}); copy the lines by hand"
    return None


def _today(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is set here, by the names of today."""
    text = DOTENV.read_text("utf-8", "replace") if DOTENV.exists() else ""
    of_file = {NEW_NAMES.get(name, name): v for name, v in dotenv_in(text).items() if v.strip()}
    of_environ = {n: v for n, v in environ.items() if n in KNOWN - NEW_NAMES.keys() and v.strip()}
    return of_file | of_environ


def _wanted(old: OldData, today: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names of today, with their values, that the old file has and nobody set here."""
    for name, value in dotenv_in(old.dotenv_text, expand=False).items():
        known = NEW_NAMES.get(name, name)
        is_set = known in today or not value.strip()
        if known in KNOWN - STAYS_BEHIND and not is_set and not mistake_in(known, value):
            yield known, _from_here(old, known, value)


def _from_here(old: OldData, name: str, value: str) -> str:
    """Return a value that means here what it meant there: paths began at the old folder."""
    if name not in FOLDERS or old.dotenv is None or not value.strip():
        return value
    return os.path.normpath(old.dotenv.parent / Path(value.strip()).expanduser())


def _lines(old: OldData, today: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Line]:
    for name, value in dotenv_in(old.dotenv_text).items():
        known = NEW_NAMES.get(name, name)
        renamed = f"now {known}: " if known != name else ""
        there = _from_here(old, known, value)
        yield Line(_printable(name), renamed + _fate(known, there, today, wanted))


def _fate(name: str, value: str, today: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    if name not in KNOWN:
        return "not used by this program"
    if name in STAYS_BEHIND:
        return "not taken: this program has a data folder of its own"
    if not value.strip():
        return "empty"
    if name in today:
        is_same = today[name].strip() == value.strip()
        return "set here to the same" if is_same else "set here to something else, which stays"
    if name in wanted:
        return "goes into the new .env" if not DOTENV.exists() else "not set here: copy the line"
    return f"not taken, for its value is not understood: {mistake_in(name, value)}"


def _lines_in_use(old: OldData) -> Iterator[Line]:
    for name in dotenv_in(old.dotenv_text):
        renamed = f"; its name is {NEW_NAMES[name]} by now" if name in NEW_NAMES else ""
        says = f"in use here{renamed}" if name in KNOWN else "not used by this program"
        yield Line(_printable(name), says)


def _missing(known: Mapping[str, str]) -> Iterator[Line]:
    for name, why in WORTH_SAYING.items():
        if name not in known:
            yield Line(name, f"missing: {why}")


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name[:60])
