"""Likes and stars as they are given, and what must be shown of them."""

import urllib.error
from dataclasses import dataclass, field
from http.client import HTTPException

from tests.live import Answer, LiveGallery

PASSWORD = "for tests only"


@dataclass(slots=True)
class Given:
    """What a photo was given: all that was acknowledged, and perhaps what was not."""

    likes: range = range(1)  # counts that may be shown
    stars: frozenset[float] = field(default_factory=lambda: frozenset({0.0}))  # any of these

    def allows(self, likes: int, stars: float) -> bool:
        """Tell whether this may be shown."""
        return likes in self.likes and stars in self.stars

    def settle(self, likes: int, stars: float) -> None:
        """Note what is shown once nothing is under way: what was not acknowledged is known now."""
        self.likes, self.stars = range(likes, likes + 1), frozenset({stars})


class Visitors:
    """One who likes never comes twice; the administrator logs in when he must."""

    def __init__(self, live: LiveGallery, *, name: str) -> None:
        self._live = live
        self._name = name
        self._number = 0
        self._cookie = ""

    def like(self, photo_id: str, given: Given) -> str:
        """Like a photo once; note what came of it, and return it."""
        self._number += 1
        body = {"photoId": f"{photo_id}.webp", "likes": 1}
        answer = self._post("/api/like", body, User_Agent=f"{self._name} {self._number}")
        is_sure = answer is not None and answer.status == 200
        if answer is None or answer.status in {200, 500}:  # else it was refused
            given.likes = range(given.likes.start + is_sure, given.likes.stop + 1)
        return _told(answer)

    def give_stars(self, photo_id: str, stars: float, given: Given) -> str:
        """Give stars as the administrator; note what came of it, and return it."""
        answer = self._starred(photo_id, stars)
        if answer is not None and answer.status == 401:
            self._log_in()
            answer = self._starred(photo_id, stars)
        if answer is not None and answer.status == 200:
            given.stars = frozenset({stars})
        elif answer is None or answer.status == 500:
            given.stars |= {stars}
        return _told(answer)

    def _starred(self, photo_id: str, stars: float) -> Answer | None:
        body = {"photoId": f"{photo_id}.webp", "star": stars}
        return self._post("/api/photos/star", body, Cookie=self._cookie)

    def _log_in(self) -> None:
        answer = self._post("/api/auth/login", {"password": PASSWORD})
        cookies = answer.headers.get_all("Set-Cookie", []) if answer else []
        mine = [one.partition(";")[0] for one in cookies if one.startswith("gallery_session=")]
        self._cookie = mine[0] if mine else ""

    def _post(self, path: str, body: object, **headers: str) -> Answer | None:
        """Return the answer; ``None`` where none came, and nobody knows what was done."""
        try:
            return self._live.post(path, body, **headers)
        except (OSError, urllib.error.URLError, HTTPException):
            return None


def _told(answer: Answer | None) -> str:
    return f"{answer.status}" if answer else "no answer"
