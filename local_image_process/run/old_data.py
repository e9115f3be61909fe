"""The data folder of a predecessor: which files lie there, and what they hold."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import GalleryError
from ..files import write_atomically
from ..publish.store import version_of
from ..record.inherited import is_ours
from ..source.sidecar import text_of
from .exporter import INTERACTIONS
from .records import PREDECESSOR, PREDECESSORS_FILES

JSON_BYTES_MAX = 256 * 1024 * 1024
DOTENV_BYTES_MAX = 256 * 1024
BELOW = ("", "data", "public/data")  # where the JSON may lie, from the folder that was given
ALBUMS, EXIF_DATA, LIKES = PREDECESSORS_FILES
OF_OURS = ("catalogue.db", INTERACTIONS, "site_id")


@dataclass(slots=True, kw_only=True)
class OldData:
    """What was found; what cannot be read is in ``problems`` and counts as nothing."""

    folder: Path  # in which the JSON lies
    dotenv: Path | None
    contents: dict[str, bytes] = field(default_factory=dict)  # of PREDECESSORS_FILES
    values: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # what they hold
    dotenv_text: str = field(default="", repr=False)  # holds secrets
    problems: list[str] = field(default_factory=list)

    def value(self, name: str) -> Mapping[str, Any]:
        """Return what one of the files holds; nothing where there is none."""
        return self.values.get(name, {})


def find(given: Path, data_dir: Path) -> OldData:
    """Read what a predecessor left in or below a folder, also in our own data folder.

    Raises GalleryError when there is nothing of a predecessor.
    """
    if not given.is_dir():
        raise GalleryError(f"{given} is no folder; give the data folder of the former gallery")
    folder = next((f for f in _candidates(given) if _has_json(f)), given)
    old = OldData(folder=folder, dotenv=_dotenv(given, folder))
    is_in_place = data_dir.exists() and folder.samefile(data_dir)
    if not is_in_place and any((folder / name).exists() for name in OF_OURS):
        raise GalleryError(
            f"{folder} is a data folder of this program. Nothing has to be adopted: stop the"
            f" service, copy the whole folder to {data_dir.absolute()}, and start again."
        )
    for name, path in _files(folder, is_in_place=is_in_place):
        _read(old, name, path)
    if old.dotenv is not None:
        old.dotenv_text = _read_dotenv(old.dotenv, old.problems)
    if not old.contents and not old.problems and old.dotenv is None:
        where = ", ".join(str(one) for one in _candidates(given))
        raise GalleryError(
            f"nothing of a former gallery found: looked for {', '.join(PREDECESSORS_FILES)} in"
            f" {where}, and for .env there and in {given.absolute().parent}"
        )
    return old


def understood(name: str, content: bytes) -> Mapping[str, Any]:
    """Return what such a file holds. Raises ValueError, with what is wrong with it."""
    try:
        value = json.loads(text_of(content))
    except UnicodeDecodeError as error:
        raise ValueError("is no text; is it damaged? Nothing of it is taken") from error
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ValueError(f"is no valid JSON ({why}); nothing of it is taken") from error
    if not isinstance(value, Mapping):
        raise ValueError("is no object of the form {…}; nothing of it is taken")
    if name == EXIF_DATA and is_ours(value):
        raise ValueError(
            "was written by this program: its likes would count twice. Copy the whole data folder"
            " it comes from instead; nothing of it is taken"
        )
    return value


def keep(path: Path, content: bytes) -> None:
    """Keep a copy under this name, or beside it when another one is kept there already."""
    if is_kept(path, content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(_beside(path, content) if path.exists() else path, content)


def is_kept(path: Path, content: bytes) -> bool:
    """Tell whether ``keep`` has nothing to do."""
    return any(
        one.is_file() and one.stat().st_size == len(content) and one.read_bytes() == content
        for one in (path, _beside(path, content))
    )


def _beside(path: Path, content: bytes) -> Path:
    return path.with_name(f"{path.stem}.{version_of(content)}{path.suffix}")


def _candidates(given: Path) -> list[Path]:
    return [given / below for below in BELOW]


def _has_json(folder: Path) -> bool:
    kept = folder / PREDECESSOR
    return any((where / name).exists() for where in (folder, kept) for name in PREDECESSORS_FILES)


def _dotenv(given: Path, folder: Path) -> Path | None:
    places = dict.fromkeys((given.resolve(), folder.resolve(), given.resolve().parent))
    return next((p / ".env" for p in places if (p / ".env").is_file()), None)


def _files(folder: Path, *, is_in_place: bool) -> Iterator[tuple[str, Path]]:
    """Yield the predecessor's files; where we have written since, those that were kept."""
    ours = is_in_place and (folder / INTERACTIONS).exists()
    for name in PREDECESSORS_FILES:
        kept = folder / PREDECESSOR / name
        if is_in_place and kept.exists():
            yield name, kept
        elif not ours and (folder / name).exists():
            yield name, folder / name


def _read(old: OldData, name: str, path: Path) -> None:
    content = _content(path, JSON_BYTES_MAX, old.problems)
    if content is None:
        return
    old.contents[name] = content
    try:
        old.values[name] = understood(name, content)
    except ValueError as error:
        old.problems.append(f"{path} {error}")


def _read_dotenv(path: Path, problems: list[str]) -> str:
    content = _content(path, DOTENV_BYTES_MAX, problems)
    try:
        return text_of(content or b"")
    except UnicodeDecodeError:
        problems.append(f"{path} is no text; nothing of it is taken")
        return ""


def _content(path: Path, most_bytes: int, problems: list[str]) -> bytes | None:
    """Return a file's bytes; note what keeps it from being read."""
    if path.exists() and not path.is_file():
        problems.append(f"{path} cannot be read (it is no file)")
        return None
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        problems.append(f"{path} cannot be read ({error.strerror})")
        return None
    if len(content) > most_bytes:
        problems.append(f"{path} is larger than {most_bytes >> 10:,} KB, so it is not read")
        return None
    return content
