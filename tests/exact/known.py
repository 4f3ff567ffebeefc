"""What it changes that spot tasks are shared out by a forecast, and not by what really lies in the ground (section 7).

``python -m tests.exact.known [replicates]`` prints finds of spot tasks under both rules, by the plain simulator, for 3,
30 and 300 items of which one team reaches about four fifths in the first year.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from .laying import IN_GROUND
from .reference import PlainGround
from .samples import names_of, plain_samples
from .scenarios import Changes, made, small

REPLICATES = 800
"""With which the plain simulator and three times as many of the engine tell thirty items' worth of `Knowing` apart."""


class Knowing(PlainGround):
    """Teams know what really lies in the ground."""

    def _reports(self, step: int) -> float:
        return float(sum(
            self.world.sighting[area.access, item.family, step]
            for area in self.areas for item in area.items
            if item.state == IN_GROUND and item.laid < self.edges[step]))


def too_few_teams(items: int) -> Changes:
    """Nobody is hurt, every item is seen within weeks, and one team attends about 0.8 of them by the year's end."""
    return {
        "programme.methods": {}, "programme.teams": {}, "exposure.scale": 0.0, "horizon_years": 1,
        "contamination.mines.items": items, "families.mine.sighted_per_year": 12.0,
        "programme.eod": {"teams": {"numbers": [{"since": "2022-03-01", "teams": 1}]},
                          "items_per_team_day": items / 220.0}}


def main(replicates: int) -> None:
    """Mean and standard deviation of finds by the first year's end, with standard errors."""
    print("items  shared out by  forecast            the real number     difference of means")
    for items in (3, 30, 300):
        with TemporaryDirectory() as folder:
            world, plan = made(small(too_few_teams(items)), Path(folder))
        column = names_of(world).index("spotted in year 0")
        both = [plain_samples(world, plan, replicates, items, simulator)[:, column] for simulator in (
            PlainGround, Knowing)]  # the same items in both
        gap, root = both[0] - both[1], math.sqrt(replicates)
        print(f"{items:5d}  mean           " + "".join(
            f"{x.mean():7.2f} ± {x.std() / root:.2f}      " for x in both
        ) + f"{100 * gap.mean() / both[1].mean():.1f} ± {100 * gap.std() / root / both[1].mean():.1f} %", flush=True)
        print("       sd             " + "".join(f"{x.std():7.2f} ± {_error_of_sd(x):.2f}      " for x in both))


def _error_of_sd(x: np.ndarray) -> float:
    fourth = float(np.mean((x - x.mean()) ** 4))
    return math.sqrt((fourth / x.std() ** 4 - 1.0) / (4 * len(x))) * float(x.std())


if __name__ == "__main__":
    main(*([int(v) for v in sys.argv[1:]] or [1000]))
