"""Work and faults in turn; the seed of a failing round replays it: scripts/chaos --seed S."""

from pathlib import Path

import pytest

from tests.chaos.rounds import Chaos

ROUNDS = 25


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [2, 4, 6, 8])
def test_after_every_fault_all_is_right_again(tmp_path: Path, seed: int) -> None:
    chaos = Chaos(tmp_path, seed=seed, with_bucket=False)
    with chaos.running():
        for _ in range(ROUNDS):
            chaos.round()
