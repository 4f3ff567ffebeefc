"""From activities and footprints to hazards (MODEL section 5)."""

from __future__ import annotations

import math

import numpy as np

from sim.core.records import N_GROUPS
from sim.scenario.schema import GROUPS
from sim.world.draw import Draw
from sim.world.frame import Frame

WALKING_M_PER_DAY = 3_000.0 * 24.0
"""3 km/h: turns a length walked into time spent, for people beside a self-destruction (assumption)."""


def pair_index(frame: Frame) -> np.ndarray:
    """Row of the hazard table, (stratum, family, exposure class) int64."""
    shape = len(frame.strata), len(frame.families), len(_relative(frame))
    return np.arange(math.prod(shape)).reshape(shape)


def _relative(frame: Frame) -> np.ndarray:
    """How often people come to land of each exposure class, (class,) float64; the mean over the land is 1."""
    return np.array([c.relative for c in frame.scenario.exposure.classes] or [1.0])


def hazard_tables(frame: Frame, draw: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hazard of one active item with everybody present, on land that people use fully.

    Returns
    -------
    base : (pair, season) float64 [1/day]
        Sum over activities of tread [1/(m day)] x width [m] x P(triggers).
    groups : (pair, season, group) float64
        Cumulated shares of women, men, girls and boys among those hurt.
    bystander : (pair, season) float64
        P(accident | the item self-destructs): people walking within the radius at that moment.
    """
    n_strata, n_families = len(frame.strata), len(frame.families)
    activities = frame.scenario.activities
    tread = np.zeros((len(activities), n_strata, 4, N_GROUPS))  # [1/(m day)] by who treads
    strip = np.zeros((len(activities), n_families))
    on_foot = np.zeros((n_strata, 4))
    for i, (name, activity) in enumerate(activities.items()):
        path = f"activities.{name}"
        people = np.array([draw[f"{path}.participation.{g}"] if g in activity.participation else 0.0 for g in GROUPS])
        length = draw[f"{path}.trips_per_day"] * draw[f"{path}.length_m"] / activity.party_size
        tread[i] = length * frame.users_per_m2[i, :, None, None] * frame.seasons[i, :, None] * people
        if activity.mode == "foot":
            on_foot += tread[i].sum(axis=2)
        for f, (family, spec) in enumerate(frame.families):
            if activity.mode in spec.width_m:
                width = draw[f"families.{family}.width_m.{activity.mode}"]
                strip[i, f] = width * draw[f"families.{family}.p_trigger.{activity.mode}"]
    parts = np.einsum("asqg,af->sfqg", tread, strip, optimize=True)
    parts *= draw["exposure.scale"]
    base = parts.sum(axis=3)
    share = np.divide(parts, base[..., None], out=np.full_like(parts, 1.0 / N_GROUPS), where=base[..., None] > 0)
    groups = np.cumsum(share, axis=3)
    radius = np.array([draw[f"families.{name}.bystander_radius_m"] for name, _ in frame.families])
    beside = draw["exposure.scale"] * on_foot[:, None, :] / WALKING_M_PER_DAY * math.pi * (radius**2)[None, :, None]
    relative = _relative(frame)
    base, beside = (table[:, :, None, :] * relative[:, None] for table in (base, beside))
    groups = np.repeat(groups[:, :, None], len(relative), axis=2)
    return base.reshape(-1, 4), groups.reshape(-1, 4, N_GROUPS), np.minimum(beside, 1.0).reshape(-1, 4)

