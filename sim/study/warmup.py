"""The small scenario, with something of everything, for which kernels are compiled.

As a program: the other process of `sim.core.ahead`, which also compiles what worlds and survey need.
"""

from importlib.resources import files
from pathlib import Path

from sim.core.ahead import compile_beside
from sim.core.ground import GroundTruth
from sim.core.records import Room
from sim.scenario import Scenario, load
from sim.world import World, draw_parameters, make_frame


def example() -> Scenario:
    """Return that scenario."""
    return load(Path(str(files("sim.study") / "warmup.yaml")))


def _aside() -> None:
    compile_beside()
    scenario = example()
    ground = GroundTruth(World(make_frame(scenario), draw_parameters(scenario, 0)).replicate(0, Room(1)))
    ground.non_technical_survey(0, sensitivity=0.9, specificity=0.9, indirect=0.5)
    ground.resurvey(0, sensitivity=0.9, specificity=0.9)


if __name__ == "__main__":
    _aside()
