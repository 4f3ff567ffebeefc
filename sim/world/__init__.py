"""From words to arrays: a scenario becomes strata, hazard areas, cohorts and their hazards."""

from sim.world.build import World
from sim.world.draw import Draw, draw_one, draw_parameters
from sim.world.frame import Frame, make_frame

__all__ = ["Draw", "Frame", "World", "draw_one", "draw_parameters", "make_frame"]
