"""How long to leave a store alone that does not answer."""

import random
from dataclasses import dataclass, field

LONGEST_S = 300.0


@dataclass(slots=True)
class Pause:
    """A store that does not answer is asked again later and later, with jitter."""

    until_s: float = 0.0
    length_s: float = field(default=1.0)

    def begin(self, now_s: float) -> None:
        self.until_s = now_s + self.length_s * random.uniform(0.5, 1.0)
        self.length_s = min(2 * self.length_s, LONGEST_S)

    def end(self) -> None:
        self.length_s = 1.0
