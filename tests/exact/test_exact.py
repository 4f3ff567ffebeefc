"""The engine and a simulator that follows every item: the same law, in small scenarios of all kinds.

Compared are means (accidents before and after clearance, casualties, reports, finds of passes and spot tasks, what is
left, in cleared land too, costs, land, hurt deminers, yearly series), variances, and covariances of accidents with
finds; the expected-value companion with the plain simulator's counts; and the companion with the engine's own counts
(VALIDATION V14). Every |z| is compared with 5.5 (`compare.LIMIT`): about 1,300 of them, so that a false alarm anywhere
in the file has a probability below 1e-4. Seeds are fixed. z of one name are pooled over scenarios as well: over the
twelve drawn ones a common bias of 8 % of accidents, 18 % of those after release, 9 % of finds by passes, 15 % by spot
tasks is found with power 0.9 (`long.py` prints it, and takes more scenarios and replicates).

Negative controls: engines that differ from ours by one line (`variants.py`), run as plain Python. The longer version,
with more scenarios and replicates and the power of every control over seeds, is ``python -m tests.exact.long``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .compare import LIMIT, Verdicts, compare, worst
from .drawn import drawn
from .fixed import FIXED, fixed
from .samples import engine_samples, names_of, plain_samples
from .scenarios import made
from .variants import IN_EVERY_RUN, VARIANTS, changed_engine, samples_of

DRAWN = 12


def _z(content: dict[str, Any], folder: Path, replicates: int, seed: int) -> dict[str, float]:
    """z of one scenario, with twice as many replicates of the engine, which is faster."""
    world, plan = made(content, folder)
    engine, plain = engine_samples(world, plan, 2 * replicates), plain_samples(world, plan, replicates, seed)
    return compare(world, names_of(world), engine, plain)


@pytest.fixture(scope="module")
def drawn_z(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, float]]:
    return [_z(content, tmp_path_factory.mktemp("drawn"), 250, i) for i, content in enumerate(drawn(DRAWN))]


def test_every_drawn_scenario_agrees(drawn_z: list[dict[str, float]]) -> None:
    assert len(drawn_z) == DRAWN
    for number, found in enumerate(drawn_z):
        assert len(found) > 25, number
        assert abs(worst(found)[1]) < LIMIT, (number, worst(found))


def test_drawn_scenarios_agree_together(drawn_z: list[dict[str, float]]) -> None:
    """Sums over scenarios of each z: small differences of one sign would add up."""
    verdicts = Verdicts()
    for found in drawn_z:
        verdicts.add(found)
    pooled = verdicts.pooled()
    assert {"martingale", "mean accidents", "mean after", "mean swept", "covariance after, swept"} < set(pooled)
    assert abs(worst(pooled)[1]) < LIMIT, worst(pooled)


@pytest.mark.parametrize("name", FIXED)
def test_fixed_scenarios_agree(name: str, tmp_path: Path) -> None:
    """Among them the dense regime, and feedback of three kinds: learning, a queue that follows reports, stand-downs.
    The companion is unbiased in all: its mean is the plain simulator's mean number of accidents."""
    found = _z(fixed(name), tmp_path, 400, 99)
    assert {"martingale", "expected against counted by the plain simulator", "mean accidents"} <= set(found)
    assert abs(worst(found)[1]) < LIMIT, worst(found)


def test_plain_python_is_the_compiled_engine(tmp_path: Path) -> None:
    """What the controls below run is the engine: uncompiled and unchanged it gives the same numbers to the bit."""
    content = fixed("spot tasks beside survey and clearance")
    world, plan = made(content, tmp_path)
    ours = engine_samples(world, plan, 5)
    assert np.array_equal(samples_of(changed_engine(None, tmp_path), content, 5, compiled=False), ours)


@pytest.mark.parametrize("name", IN_EVERY_RUN)
def test_an_engine_that_differs_by_one_line_is_rejected(name: str, tmp_path: Path) -> None:
    """Power of each control over ten seeds: 1.0 (`long.py`); the unchanged engine passes in the same scenario."""
    variant = VARIANTS[name]
    world, plan = made(variant.scenario, tmp_path)
    plain = plain_samples(world, plan, 300, 7)
    right = compare(world, names_of(world), engine_samples(world, plan, 600), plain)
    assert abs(worst(right)[1]) < LIMIT, worst(right)
    wrong = samples_of(changed_engine(variant, tmp_path), variant.scenario, variant.replicates, compiled=False)
    assert abs(worst(compare(world, names_of(world), wrong, plain))[1]) > LIMIT
