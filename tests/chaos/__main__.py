"""``scripts/chaos --minutes N --seed S``: round after round, until a round fails or time is up."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.rounds import Chaos

ROUNDS_EACH = 25  # then another seed, a new gallery


def main() -> int:
    parser = argparse.ArgumentParser(description="Work on a gallery while faults strike.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="replay this one")
    parser.add_argument("--rounds", type=int, default=ROUNDS_EACH, help="with one seed")
    options = parser.parse_args()
    began_s = time.monotonic()
    done = 0
    while time.monotonic() < began_s + 60 * options.minutes:
        seed = random.randrange(10**6) if options.seed is None else options.seed
        done += _rounds_of(seed, options.rounds)
        each_s = (time.monotonic() - began_s) / done
        sys.stderr.write(f"{done} rounds, {each_s:.1f} s each, all well\n")
        if options.seed is not None:
            break
    return 0


def _rounds_of(seed: int, number: int) -> int:
    """Do so many rounds with one gallery, an odd seed's with a bucket; left to look at if wrong."""
    folder = Path(tempfile.mkdtemp(prefix=f"gallery-chaos-{seed}-"))
    sys.stderr.write(f"seed {seed}, in {folder}\n")
    chaos = Chaos(folder, seed=seed, with_bucket=seed % 2 == 1)
    with chaos.running():
        for _ in range(number):
            chaos.round()
    shutil.rmtree(folder)
    return number


if __name__ == "__main__":
    sys.exit(main())
