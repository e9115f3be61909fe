"""Work and faults in turn; the seed of a failing round replays it: scripts/chaos --seed S."""

from pathlib import Path

import pytest

from tests.chaos.rounds import Chaos

ROUNDS = 12


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("seed", "with_bucket"),
    [
        pytest.param(2, False, id="alone"),
        pytest.param(4, False, id="alone, another seed"),
        pytest.param(5, True, id="with a bucket"),
    ],
)
def test_after_every_fault_all_is_right_again(tmp_path: Path, seed: int, with_bucket: bool) -> None:
    chaos = Chaos(tmp_path, seed=seed, with_bucket=with_bucket)
    with chaos.running():
        for _ in range(ROUNDS):
            chaos.round()
