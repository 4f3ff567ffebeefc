"""What parameter draws give to the few inputs that tables are made with; drawing takes kernels, which workers have."""

from __future__ import annotations

import numpy as np

from sim.scenario.schema import Scenario

END_DELAY = "hostilities.end_delay_years"


def devices_of(scenario: Scenario) -> list[str]:
    """Paths of the numbers of devices that are transferred."""
    return [f"transfers.{name}.devices" for name in scenario.transfers]


def drawn(scenario: Scenario, draws: int) -> dict[str, np.ndarray]:
    """Delay of the end of hostilities [years] and numbers of devices, by path; each (draw,) float64."""
    from sim.world import draw_one

    return {
        path: np.array([draw_one(scenario, draw, path) for draw in range(draws)], float)
        for path in (END_DELAY, *devices_of(scenario))}
