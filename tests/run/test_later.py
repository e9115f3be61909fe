"""What is wrong with a folder is looked at again later and later, until nobody complains."""

from itertools import pairwise

from local_image_process.run.later import Later


def looks(later: Later, *, until_s: int, complains: bool) -> list[int]:
    """Return the seconds at which a folder is looked at; it may complain each time."""
    at_s = []
    for now_s in range(until_s):
        for folder in later.due(float(now_s)):
            at_s.append(now_s)
            if complains:
                later.note(folder, float(now_s))
    return at_s


def test_it_is_looked_at_later_and_later() -> None:
    later = Later()
    later.note("上海", 0.0)
    at_s = looks(later, until_s=4000, complains=True)
    assert at_s[0] == 1
    pauses = [after - before for before, after in pairwise(at_s)]
    assert sum(pauses[:3]) < 20, "at first it may be over in a moment"
    assert 150 <= max(pauses[-3:]) <= 301


def test_once_nobody_complains_it_is_forgotten() -> None:
    later = Later()
    later.note("上海", 0.0)
    assert looks(later, until_s=4000, complains=False) == [1]
    later.note("上海", 5000.0)
    assert later.due(5001.0) == {"上海"}, "and begins with short pauses again"
