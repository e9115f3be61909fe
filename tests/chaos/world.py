"""The library as a photographer leaves it, and what visitors must see of it."""

import hashlib
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from local_image_process.model import folder_of
from local_image_process.source import naming
from tests.chaos.visitors import Given

LEVELS = (16, 64, 112, 160, 208, 240)
FOLDERS = ("", "上海", "上海/外滩", "北京", "a b & c", "2024")
FIRST_PHOTOS, MOST_PHOTOS = 12, 40
FEW = 10  # photos that go with their folder: far from what the fuse would hold
HIDING = "title: 不公开\nhidden: true\n"


@dataclass(slots=True)
class Picture:
    """One photo through all its moves."""

    colour: tuple[int, int, int]
    given: Given | None = field(
        default_factory=Given
    )  # None: nobody says which of two equals has it
    is_touched: bool = False  # in this round


class World:
    """Carries out what a photographer does; every choice comes from the seed."""

    def __init__(self, library: Path, rng: random.Random) -> None:
        self.library = library
        self.photos: dict[str, Picture] = {}  # by key
        self.hidden: set[str] = set()  # folders
        self._binned: list[tuple[str, bytes, Picture]] = []
        self._rng = rng
        self._made = 0
        for _ in range(FIRST_PHOTOS):
            self._add()

    def begin_round(self) -> None:
        """Let every photo be touched once again."""
        for picture in (*self.photos.values(), *(picture for _, _, picture in self._binned)):
            picture.is_touched = False

    def act(self) -> str:
        """Do one thing; return what."""
        actions: list[Callable[[], str]] = [self._add, self._hide_or_show]
        if len(self._untouched()) > 1:
            actions += [self._edit, self._move, self._rename, self._reword, self._copy, self._swap]
            actions += [self._recase, self._delete, self._delete_folder, self._rename_folder]
        if self._binned:
            actions.append(self._bring_back)
        if len(self.photos) > MOST_PHOTOS:
            actions = [self._delete, self._move] if self._untouched() else [lambda: "nothing"]
        return self._rng.choice(actions)()

    def ids(self) -> dict[str, str]:
        """Return the id under which each photo must be shown, by key; hidden ones have none."""
        folders: dict[str, list[str]] = {}
        for key in self.photos:
            folders.setdefault(folder_of(key), []).append(key)
        albums = naming.album_ids(folders, root_album="未分类")
        return {
            key: f"{albums[folder]}/{name}"
            for folder, keys in folders.items()
            if folder not in self.hidden
            for key, name in naming.photo_names(keys, album_id=albums[folder]).items()
        }

    def files(self) -> dict[str, tuple[int, str]]:
        """Return the time of change and the digest of every file and folder of the library."""
        found = ((path, path.stat()) for path in self.library.rglob("*"))
        return {str(path): (status.st_mtime_ns, _digest(path)) for path, status in found}

    def _untouched(self) -> list[str]:
        return sorted(
            key
            for key, picture in self.photos.items()
            if not picture.is_touched and folder_of(key) not in self.hidden
        )

    def _pick(self) -> tuple[str, Picture]:
        key = self._rng.choice(self._untouched())
        picture = self.photos[key]
        picture.is_touched = True
        return key, picture

    def _new_key(self) -> str:
        self._made += 1
        folder = self._rng.choice([f for f in FOLDERS if f not in self.hidden])
        return f"{folder}/photo{self._made:05}.jpg".lstrip("/")

    def _colour(self) -> tuple[int, int, int]:
        red, green, blue = (self._rng.choice(LEVELS) for _ in range(3))
        return red, green, blue

    def _write(self, key: str, content: bytes, *, aside: bool = False) -> None:
        """Write a file, all at once or first ``aside`` as careful programs do."""
        path = self.library / key
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.with_name(f".{path.name}.Xy1") if aside else path
        target.write_bytes(content)
        target.rename(path)

    def _photo(self, colour: tuple[int, int, int]) -> bytes:
        """Return a JPEG of one colour, with a comment that no other has, so none are equal."""
        file = io.BytesIO()
        size = (40 + self._rng.randrange(400), 40 + self._rng.randrange(400))
        Image.new("RGB", size, colour).save(file, "JPEG", quality=95)
        return self._commented(file.getvalue())

    def _commented(self, content: bytes) -> bytes:
        comment = f"{self._rng.random():.17f}".encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        return content[:2] + segment + content[2:]

    # one photo

    def _add(self) -> str:
        key, colour = self._new_key(), self._colour()
        self._write(key, self._photo(colour), aside=self._rng.random() < 0.5)
        self.photos[key] = Picture(colour, is_touched=True)
        return f"add {key}"

    def _edit(self) -> str:
        key, picture = self._pick()
        picture.colour = self._colour()
        self._write(key, self._photo(picture.colour), aside=self._rng.random() < 0.5)
        return f"edit {key}"

    def _reword(self) -> str:
        key, _ = self._pick()
        self._write(key, self._commented((self.library / key).read_bytes()))
        return f"reword {key}"

    def _move(self) -> str:
        key, picture = self._pick()
        return self._to(key, picture, self._new_key(), "move")

    def _rename(self) -> str:
        key, picture = self._pick()
        self._made += 1
        new = f"{folder_of(key)}/renamed{self._made:05}.jpeg".lstrip("/")
        return self._to(key, picture, new, "rename")

    def _recase(self) -> str:
        """Change small letters for large ones, in the ending or in the name before it."""
        key, picture = self._pick()
        folder, name = folder_of(key), key.rpartition("/")[2]
        stem, _, ending = name.rpartition(".")
        cased = [f"{stem.swapcase()}.{ending}", f"{stem}.{ending.swapcase()}"]
        return self._to(key, picture, f"{folder}/{self._rng.choice(cased)}".lstrip("/"), "recase")

    def _to(self, key: str, picture: Picture, new: str, what: str) -> str:
        (self.library / new).parent.mkdir(parents=True, exist_ok=True)
        (self.library / key).rename(self.library / new)
        self.photos[new] = picture
        del self.photos[key]
        return f"{what} {key} to {new}"

    def _copy(self) -> str:
        key, picture = self._pick()
        new = self._new_key()
        self._write(new, (self.library / key).read_bytes())
        picture.given = None
        self.photos[new] = Picture(picture.colour, given=None, is_touched=True)
        return f"copy {key} to {new}"

    def _delete(self) -> str:
        key, _ = self._pick()
        self._bin(key)
        return f"delete {key}"

    def _bin(self, key: str) -> None:
        path = self.library / key
        self._binned.append((key, path.read_bytes(), self.photos.pop(key)))
        path.unlink()

    def _bring_back(self) -> str:
        """Take a photo of an earlier round out of the bin, into its folder or another."""
        old, content, picture = self._binned.pop(self._rng.randrange(len(self._binned)))
        if picture.is_touched:
            return "nothing"
        keys = [self._new_key(), *([old] if folder_of(old) not in self.hidden else [])]
        key = self._rng.choice(keys)
        self._write(key, content)
        picture.is_touched = True
        self.photos[key] = picture
        return f"bring back {old} as {key}"

    def _swap(self) -> str:
        (one, first), (two, second) = self._pick(), self._pick()
        spare = self.library / f"{one}.part"
        (self.library / one).rename(spare)
        (self.library / two).rename(self.library / one)
        spare.rename(self.library / two)
        first.colour, second.colour = second.colour, first.colour
        first.given = second.given = None
        return f"swap {one} and {two}"

    # folders

    def _whole(self) -> Iterator[str]:
        """Yield the folders with photos in which nothing happened in this round."""
        untouched = set(self._untouched())
        for folder in sorted({folder_of(key) for key in self.photos} - {""}):
            below = {key for key in self.photos if key.startswith(f"{folder}/")}
            if below <= untouched:
                yield folder

    def _rename_folder(self) -> str:
        """Give a folder another name, at the top or in another folder."""
        whole = list(self._whole())
        if not whole:
            return "nothing"
        old = self._rng.choice(whole)
        self._made += 1
        tops = ["", *(f"{f}/" for f in whole if not f.startswith(old))]
        new = f"{self._rng.choice(tops)}folder {self._made}"
        (self.library / old).rename(self.library / new)
        for key in [key for key in self.photos if key.startswith(f"{old}/")]:
            picture = self.photos.pop(key)
            picture.is_touched = True
            self.photos[new + key[len(old) :]] = picture
        return f"rename folder {old} to {new}"

    def _delete_folder(self) -> str:
        folders = {f: [k for k in self.photos if k.startswith(f"{f}/")] for f in self._whole()}
        small = [f for f, keys in folders.items() if len(keys) < min(FEW, len(self.photos) - 2)]
        if not small:
            return "nothing"
        folder = self._rng.choice(small)
        for key in folders[folder]:
            self.photos[key].is_touched = True
            self._bin(key)
        for path in sorted((self.library / folder).rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        (self.library / folder).rmdir()
        return f"delete folder {folder}"

    def _hide_or_show(self) -> str:
        """Hide an album by its YAML, or show it again."""
        if self.hidden:
            folder = self.hidden.pop()
            (self.library / folder / "info.yaml").unlink()
            return f"show {folder}"
        small = [f for f in self._whole() if sum(folder_of(k) == f for k in self.photos) < FEW]
        if not small:
            return "nothing"
        folder = self._rng.choice(small)
        self._write(f"{folder}/info.yaml", HIDING.encode())
        self.hidden.add(folder)
        return f"hide {folder}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
