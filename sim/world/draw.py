"""The outer loop: what we do not know is drawn once per parameter draw (MODEL section 10)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

from scipy.special import ndtri

from sim.core.random import STREAM_PARAMETER, entity_key, replicate_index, uniform
from sim.scenario import quantities
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario


@dataclass(frozen=True)
class Draw:
    """Values of all parameters in one draw.

    Attributes
    ----------
    index : int
        Number of the draw, from 0.
    values : dict
        Dotted path of a parameter -> its value.
    scores : dict
        Dotted path of an uncertain parameter -> standard normal quantile of its uniform.
    """

    index: int
    seed: int
    values: dict[str, float]
    scores: dict[str, float] = field(default_factory=dict)

    def __getitem__(self, path: str) -> float:
        return self.values[path]

    def local(self, path: str, quantity: Quantity, *place: str) -> float:
        """A quantity that is drawn for each place on its own."""
        if quantity.certain:
            return quantity.central
        return quantity.quantile(_uniform(self.seed, self.index, path, *place))


@lru_cache(maxsize=1 << 12)
def _key(*names: str) -> int:
    """Random address of a parameter; scenarios share most of theirs."""
    return entity_key("parameter", *names)


def _uniform(seed: int, index: int, *names: str) -> float:
    return float(uniform(seed, replicate_index(index, 0), STREAM_PARAMETER, _key(*names), 0, 0))


def draw_one(scenario: Scenario, index: int, path: str) -> float:
    """Value of one quantity in one parameter draw, the same as in `draw_parameters`."""
    quantity = quantities(scenario)[path]
    return quantity.central if quantity.certain else quantity.quantile(_uniform(scenario.seed, index, path))


def draw_parameters(scenario: Scenario, index: int) -> Draw:
    """Values of every quantity of a scenario in one parameter draw.

    The address of a draw is the parameter's path: scenarios share their draws, and a parameter that is
    added changes no other.
    """
    values: dict[str, float] = {}
    scores: dict[str, float] = {}
    for path, quantity in quantities(scenario).items():
        if quantity.certain:
            values[path] = quantity.central
        else:
            u = _uniform(scenario.seed, index, path)
            values[path] = quantity.quantile(u)
            scores[path] = float(ndtri(u))
    fit = scenario.exposure.calibration
    if fit is not None:
        log_scale = fit.log_scale + sum(b * scores.get(path, 0.0) for path, b in fit.slopes.items())
        z = float(ndtri(_uniform(scenario.seed, index, "exposure.calibration")))
        scores["exposure.calibration"] = z
        values["exposure.scale"] = math.exp(log_scale + fit.spread * z)
    return Draw(index, scenario.seed, values, scores)
