"""The longer version of the comparison: ``python -m tests.exact.long [scenarios] [replicates]``.

Drawn and fixed scenarios with more replicates, and for every changed engine the share of ten seeds that rejects it
with as many replicates as the short version uses. Prints what it finds; ends with 1 if anything is beyond the limit or
a control has less power than 0.9. Sixty scenarios and 1,000 replicates take about five minutes, the controls ten.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .compare import LIMIT, Verdicts, compare, worst
from .drawn import drawn
from .feedback import PAIRS, REACTING, exchanged, integral_z
from .fixed import FIXED, fixed
from .known import REPLICATES, Knowing, too_few_teams
from .samples import engine_samples, names_of, plain_samples
from .scenarios import made, small
from .variants import VARIANTS, Variant, changed_engine, samples_of

SEEDS = 10
FIND = LIMIT + 1.2816  # in standard errors: a shift that is found with power 0.9
WATCHED = ("accidents", "after", "swept", "spotted", "found")


def agreement(contents: dict[str, dict[str, Any]], replicates: int) -> bool:
    """Compare scenarios one by one and together."""
    verdicts, fine = Verdicts(), True
    weights: dict[str, list[float]] = {name: [] for name in WATCHED}
    for number, (name, content) in enumerate(contents.items()):
        with TemporaryDirectory() as folder:
            world, plan = made(content, Path(folder))
        names = names_of(world)
        engine = engine_samples(world, plan, min(2 * replicates, 4000))
        plain = plain_samples(world, plan, replicates, number)
        found = compare(world, names, engine, plain)
        verdicts.add(found)
        for what, each in weights.items():
            x = plain[:, names.index(what)]
            if f"mean {what}" in found:
                each.append(float(x.mean() / x.std() / math.sqrt(1 / len(plain) + 1 / len(engine))))
        fine &= abs(worst(found)[1]) < LIMIT
        print(f"{name}: {len(found)} z, worst {worst(found)[0]} {worst(found)[1]:.2f}", flush=True)
    pooled = verdicts.pooled()
    print(f"together: {len(pooled)} z, worst {worst(pooled)[0]} {worst(pooled)[1]:.2f}")
    every = np.array([z for zs in verdicts.by_name.values() for z in zs])
    print(f"all {len(every)} z: standard deviation {every.std():.3f}, largest {abs(every).max():.2f}")
    for what, each in weights.items():
        if each:  # of the mean as it is: leaving out chance in the number of items makes it smaller still
            bias = FIND * math.sqrt(len(each)) / sum(each)
            print(f"found with power 0.9: a common bias of {100 * bias:.1f} % of {what}")
    return bool(fine and abs(worst(pooled)[1]) < LIMIT)


def power(variant: Variant) -> tuple[float, str]:
    """Share of the seeds that reject a changed engine, and by which z most often."""
    n = variant.replicates
    with TemporaryDirectory() as folder:
        world, plan = made(variant.scenario, Path(folder))
        wrong = samples_of(changed_engine(variant, Path(folder)), variant.scenario, SEEDS * n, compiled=False)
    rejected, by = 0, []
    for seed in range(SEEDS):
        plain = plain_samples(world, plan, 300, 100 + seed)
        name, z = worst(compare(world, names_of(world), wrong[seed * n: (seed + 1) * n], plain))
        rejected += abs(z) > LIMIT
        by.append(name)
    return rejected / SEEDS, max(set(by), key=by.count)


def power_of_knowing() -> float:
    """Share of the seeds that reject spot tasks that are shared out by the real number of items."""
    rejected = 0
    for seed in range(SEEDS):
        with TemporaryDirectory() as folder:
            world, plan = made({**small(too_few_teams(30)), "seed": seed}, Path(folder))
        plain = plain_samples(world, plan, REPLICATES, seed, Knowing)
        engine = engine_samples(world, plan, 3 * REPLICATES)
        rejected += abs(worst(compare(world, names_of(world), engine, plain))[1]) > LIMIT
    return rejected / SEEDS


def power_of_no_feedback(name: str) -> float:
    """Share of the seeds that reject the integral along another replicate's history, by |z| > LIMIT."""
    rejected = 0
    for seed in range(SEEDS):
        with TemporaryDirectory() as folder:
            world, plan = made({**small(REACTING[name]), "seed": seed}, Path(folder))
        rejected += abs(integral_z(exchanged(world, plan, PAIRS))) > LIMIT
    return rejected / SEEDS


def main(scenarios: int, replicates: int) -> int:
    """Everything; returns the exit status."""
    contents = {f"drawn {i}": content for i, content in enumerate(drawn(scenarios))}
    fine = agreement({**contents, **{name: fixed(name) for name in FIXED}}, replicates)
    for name, variant in VARIANTS.items():
        share, by = power(variant)
        fine &= share >= 0.9
        print(f"{name}: rejected by {share:.1f} of {SEEDS} seeds with {variant.replicates} replicates, by {by}",
              flush=True)
    others = {"spot tasks shared out by the real number of items": power_of_knowing()}
    others |= {f"integral without feedback, {name}": power_of_no_feedback(name) for name in REACTING}
    for name, share in others.items():
        fine &= share >= 0.9
        print(f"{name}: rejected by {share:.1f} of {SEEDS} seeds")
    return 0 if fine else 1


if __name__ == "__main__":
    given = [int(v) for v in sys.argv[1:]]
    sys.exit(main(*given, *(60, 1000)[len(given):]))
