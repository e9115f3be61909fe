"""``scripts/chaos --minutes N --seed S``: round after round, until a round fails or time is up."""

import argparse
import random
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
    end_s = time.monotonic() + 60 * options.minutes
    done = 0
    while True:
        seed = random.randrange(10**6) if options.seed is None else options.seed
        with tempfile.TemporaryDirectory(prefix="gallery-chaos-") as folder:
            chaos = Chaos(Path(folder), seed=seed, with_bucket=seed % 2 == 1)
            with chaos.running():
                for _ in range(options.rounds):
                    chaos.round()
                    done += 1
                    sys.stderr.write(f"\r{done} rounds, seed {seed}: {chaos.story[-1][:60]:60}")
                    if time.monotonic() > end_s:
                        break
        if time.monotonic() > end_s or options.seed is not None:
            sys.stderr.write(f"\n{done} rounds, all well\n")
            return 0


if __name__ == "__main__":
    sys.exit(main())
