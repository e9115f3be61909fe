"""The same with a bucket, in a file of its own so that both may run at a time."""

from pathlib import Path

import pytest

from tests.chaos.rounds import Chaos

ROUNDS = 25


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 3, 5, 7])
def test_after_every_fault_bucket_and_library_agree_again(tmp_path: Path, seed: int) -> None:
    chaos = Chaos(tmp_path, seed=seed, with_bucket=True)
    with chaos.running():
        for _ in range(ROUNDS):
            chaos.round()
