"""Land as the ledger counts it: at the start, reachable, and where spot tasks were (MODEL section 7)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.programme.ledger import LAND_STATES, SUSPECTED, TO_SURVEY
from sim.programme.plan import Task
from sim.world import World


class Country:
    """Where the hazard areas lie.

    Parameters
    ----------
    world : World
        For its districts and access dates.
    tasks : iterable of Task
    """

    def __init__(self, world: World, tasks: Iterable[Task]) -> None:
        self._frame = world.frame
        self._districts = len(world.frame.districts)
        self._area_district = world.area_template["district"].astype(np.int64)
        on_record = [t for t in tasks if t.origin != "polygon"]
        self._opens = np.array([world.access.opens[t.access] for t in on_record])
        self._district = np.array([t.district for t in on_record], np.int64)
        self._m2 = np.array([t.area_m2 for t in on_record], np.int64)
        self._spot_known = np.zeros(len(world.frame.areas), np.int64)

    def district_of(self, area: int) -> int:
        """District of a hazard area."""
        return int(self._area_district[area])

    def initial_land(self) -> np.ndarray:
        """Land by district and state at the start, (district, state) int64 [m2]."""
        land = np.zeros((self._districts, len(LAND_STATES)), np.int64)
        for origin, state in ("survey", TO_SURVEY), ("record", SUSPECTED):
            here = [i for i, area in enumerate(self._frame.areas) if area.origin == origin]
            land[:, state] = np.bincount(self._area_district[here], self._frame.area_m2[here], self._districts)
        return land

    def accessible_m2(self) -> np.ndarray:
        """Land that can be reached at each year's end, of all that was to be surveyed or on record at the start.

        Returns
        -------
        (year, district) int64
        """
        last_step = np.diff(self._frame.step_year, append=len(self._frame.years)) > 0
        open_m2 = np.where(self._opens <= self._frame.edges[1:][last_step, None], self._m2, 0)
        return np.array([np.bincount(self._district, m2, self._districts) for m2 in open_m2], np.int64)

    def new_spot_finds(self, found: np.ndarray) -> np.ndarray:
        """Items destroyed by spot tasks since this was last asked, by district; `found` is all of them by area."""
        new: np.ndarray = np.bincount(self._area_district, found - self._spot_known, self._districts)
        self._spot_known = found
        return new
