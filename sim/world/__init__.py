"""From words to arrays: a scenario becomes strata, hazard areas, cohorts and their hazards.

Nothing heavy is imported before it is used: who only asks for a frame needs nothing that draws.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.world.build import World
    from sim.world.draw import Draw, draw_one, draw_parameters
    from sim.world.frame import Frame, make_frame

__all__ = ["Draw", "Frame", "World", "draw_one", "draw_parameters", "make_frame"]

_HOME = {"World": "build", "Draw": "draw", "draw_one": "draw", "draw_parameters": "draw", "Frame": "frame",
         "make_frame": "frame"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
