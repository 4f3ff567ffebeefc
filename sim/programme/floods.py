"""Floods: which hazard areas they reach (MODEL section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.random import STREAM_FLOOD, entity_key, uniforms
from sim.world import World
from sim.world.calendar import to_days


@dataclass(frozen=True)
class Flood:
    """Water that comes on a date.

    Attributes
    ----------
    date : float [days]
    areas : (area,) int64
        Hazard areas in the land that it covers.
    share : float
        Of them that it reaches.
    key : int
        Part of the random address.
    """

    date: float
    areas: np.ndarray
    share: float
    key: int

    def reaches(self, address: tuple[int, int], area_keys: np.ndarray) -> list[int]:
        """Hazard areas that it reaches in one replicate."""
        u = uniforms(*address, STREAM_FLOOD, area_keys[self.areas], self.key, 0)
        hit: list[int] = self.areas[u < self.share].tolist()
        return hit


def make_floods(world: World) -> tuple[Flood, ...]:
    """Floods of one parameter draw."""
    frame, floods = world.frame, []
    for name, flood in frame.scenario.programme.floods.items():
        covered = [
            (flood.districts is None or s.district in flood.districts) and (
                flood.zones is None or s.zone in flood.zones) and (
                flood.land_uses is None or s.land_use in flood.land_uses)
            for s in frame.strata]
        areas = np.array([i for i, a in enumerate(frame.areas) if covered[a.stratum]], np.int64)
        key = entity_key("flood", name) & 0xFFFFFFFF
        floods.append(Flood(to_days(flood.date), areas, world.draw[f"programme.floods.{name}.share"], key))
    return tuple(floods)
