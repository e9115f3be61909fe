"""The library as a photographer leaves it, and what visitors must see of it."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from local_image_process.source import naming

LEVELS = (16, 64, 112, 160, 208, 240)
FOLDERS = ("", "上海", "上海/外滩", "北京", "a b & c", "2024")
MOST_PHOTOS = 40


@dataclass(slots=True)
class Picture:
    """One photo through all its moves."""

    colour: tuple[int, int, int]
    likes: int | None = 0  # acknowledged; None where it is not told which of two equals has them
    is_touched: bool = False  # in this round


class World:
    """Carries out what a photographer does; every choice comes from the seed."""

    def __init__(self, library: Path, rng: random.Random) -> None:
        self.library = library
        self.photos: dict[str, Picture] = {}  # by key
        self._rng = rng
        self._made = 0

    def begin_round(self) -> None:
        """Let every photo be touched once again."""
        for picture in self.photos.values():
            picture.is_touched = False

    def act(self) -> str:
        """Do one thing; return what."""
        actions: list[Callable[[], str]] = [self._add]
        if self._untouched():
            actions += [self._edit, self._move, self._rename, self._reword, self._copy]
            actions += [self._delete, self._rename_folder]
        if len(self._untouched()) > 1:
            actions.append(self._swap)
        if len(self.photos) > MOST_PHOTOS:
            actions = [self._delete, self._move] if self._untouched() else []
        return self._rng.choice(actions)() if actions else "nothing"

    def ids(self) -> dict[str, str]:
        """Return the id under which each photo must be shown, by key."""
        folders: dict[str, list[str]] = {}
        for key in self.photos:
            folders.setdefault(key.rpartition("/")[0], []).append(key)
        albums = naming.album_ids(folders, root_album="未分类")
        return {
            key: f"{albums[folder]}/{name}"
            for folder, keys in folders.items()
            for key, name in naming.photo_names(keys, album_id=albums[folder]).items()
        }

    def files(self) -> dict[str, bytes]:
        """Return every file of the library with its content."""
        found = (path for path in self.library.rglob("*") if path.is_file())
        return {path.relative_to(self.library).as_posix(): path.read_bytes() for path in found}

    def _untouched(self) -> list[str]:
        return sorted(key for key, picture in self.photos.items() if not picture.is_touched)

    def _pick(self) -> tuple[str, Picture]:
        key = self._rng.choice(self._untouched())
        picture = self.photos[key]
        picture.is_touched = True
        return key, picture

    def _new_key(self) -> str:
        self._made += 1
        folder = self._rng.choice(FOLDERS)
        return f"{folder}/photo{self._made:05}.jpg".lstrip("/")

    def _colour(self) -> tuple[int, int, int]:
        red, green, blue = (self._rng.choice(LEVELS) for _ in range(3))
        return red, green, blue

    def _write(self, key: str, content: bytes) -> None:
        path = self.library / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _photo(self, colour: tuple[int, int, int]) -> bytes:
        """Return a JPEG of one colour, with a comment that no other has, so none are equal."""
        file = io.BytesIO()
        size = (40 + self._rng.randrange(400), 40 + self._rng.randrange(400))
        Image.new("RGB", size, colour).save(file, "JPEG", quality=95)
        return self._commented(file.getvalue())

    def _commented(self, content: bytes) -> bytes:
        comment = f"{self._rng.random():.17f}".encode()
        return (
            content[:2]
            + b"\xff\xfe"
            + (len(comment) + 2).to_bytes(2, "big")
            + comment
            + content[2:]
        )

    def _add(self) -> str:
        key, colour = self._new_key(), self._colour()
        self._write(key, self._photo(colour))
        self.photos[key] = Picture(colour, is_touched=True)
        return f"add {key}"

    def _edit(self) -> str:
        key, picture = self._pick()
        picture.colour = self._colour()
        self._write(key, self._photo(picture.colour))
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
        new = f"{key.rpartition('/')[0]}/renamed{self._made:05}.JPG".lstrip("/")
        return self._to(key, picture, new, "rename")

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
        picture.likes = None
        self.photos[new] = Picture(picture.colour, likes=None, is_touched=True)
        return f"copy {key} to {new}"

    def _delete(self) -> str:
        key, _ = self._pick()
        (self.library / key).unlink()
        del self.photos[key]
        return f"delete {key}"

    def _swap(self) -> str:
        (one, first), (two, second) = self._pick(), self._pick()
        spare = self.library / f"{one}.part"
        (self.library / one).rename(spare)
        (self.library / two).rename(self.library / one)
        spare.rename(self.library / two)
        first.colour, second.colour = second.colour, first.colour
        first.likes = second.likes = None
        return f"swap {one} and {two}"

    def _rename_folder(self) -> str:
        folders = {key.rpartition("/")[0] for key in self.photos} - {""}
        whole = [
            f
            for f in sorted(folders)
            if not any(p.is_touched for k, p in self.photos.items() if k.startswith(f"{f}/"))
        ]
        if not whole:
            return "nothing"
        old = self._rng.choice(whole)
        self._made += 1
        new = f"folder {self._made}"
        (self.library / old).rename(self.library / new)
        for key in [key for key in self.photos if key.startswith(f"{old}/")]:
            picture = self.photos.pop(key)
            picture.is_touched = True
            self.photos[new + key[len(old) :]] = picture
        return f"rename folder {old} to {new}"
