"""How long the rest will take: a range that the truth lies in, soon and after a restart."""

import pytest

from local_image_process.run.pace import Pace, Pacing, Speed


class Clock:
    """A clock that goes only when told to."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def work(pacing: Pacing, clock: Clock, *, seconds: int, per_s: float, size: int) -> None:
    """Publish photos of a size, so many a second, after those that were published already."""
    first, first_s = getattr(clock, "done", 0.0), clock.now_s
    for second in range(seconds + 1):
        clock.now_s = first_s + second
        clock.done = first + second * per_s  # type: ignore[attr-defined]
        done = int(clock.done)  # type: ignore[attr-defined]
        pacing.note(photos=done, size=done * size, is_working=True)


def test_steady_work_is_foretold_within_a_tenth() -> None:
    clock = Clock()
    pacing = Pacing(clock=clock)
    work(pacing, clock, seconds=60, per_s=2, size=1000)
    assert pacing.pace is not None
    low_s, high_s = pacing.pace.left_s(1200, 1200 * 1000)
    assert low_s < 600 < high_s
    assert high_s - low_s < 200


def test_photos_of_another_size_widen_the_range() -> None:
    clock = Clock()
    pacing = Pacing(clock=clock)
    work(pacing, clock, seconds=60, per_s=2, size=1000)
    assert pacing.pace is not None
    low_s, high_s = pacing.pace.left_s(1200, 1200 * 3000)
    assert low_s < 600
    assert high_s > 1800


def test_work_that_slows_down_is_foretold_by_both_speeds() -> None:
    clock = Clock()
    pacing = Pacing(clock=clock)
    work(pacing, clock, seconds=100, per_s=4, size=1000)
    work(pacing, clock, seconds=40, per_s=1, size=1000)
    assert pacing.pace is not None
    low_s, high_s = pacing.pace.left_s(600, 600_000)
    assert low_s < 250
    assert high_s > 550


def test_nothing_is_foretold_before_anything_is_measured() -> None:
    clock = Clock()
    pacing = Pacing(clock=clock)
    work(pacing, clock, seconds=2, per_s=1, size=1000)
    assert pacing.pace is None


def test_rest_between_two_imports_counts_for_neither() -> None:
    clock = Clock()
    pacing = Pacing(clock=clock)
    work(pacing, clock, seconds=20, per_s=2, size=1000)
    pacing.note(photos=40, size=40_000, is_working=False)
    clock.now_s += 3600
    work(pacing, clock, seconds=20, per_s=2, size=1000)
    assert pacing.pace is not None
    assert pacing.pace.long.photos == pytest.approx(2)


def test_a_pace_outlives_being_written_down() -> None:
    pace = Pace(long=Speed(photos=2, bytes=2000), short=Speed(photos=1, bytes=0))
    assert Pace.from_text(pace.to_text()) == pace
    assert Pacing(before=pace).pace == pace


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "[]", '{"long": 1}', '{"long": {"photos": 0, "bytes": 0}, "short": {}}'],
)
def test_what_is_no_pace_is_none(text: str | None) -> None:
    assert Pace.from_text(text) is None
