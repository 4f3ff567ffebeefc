"""What planners expect of a task: land that holds items, and money until it is released (MODEL section 7).

Believed shares are those that planners would write down beforehand: the central values of the scenario's survey
section, brought up to date with each survey by Bayes' rule (V6). What a parameter draw makes of those values is how
the world is, and nothing here holds it.
"""

from __future__ import annotations

from sim.programme.stages import Job

SEARCH = ("preparation", "clearance", "follow_up")
"""Stages of land for clearance, each where somebody does it."""


class Outlook:
    """What planners expect of a task: land that holds items, and money until it is released.

    Parameters
    ----------
    believed : dict
        Central values of ``programme.survey`` by key, and ``polygon``: mined share of a recorded polygon.
    usd_per_m2 : dict
        Expected cost by (stage, terrain) [usd/m2].
    sampling_share : float
        Share of cleared land that is inspected afterwards.
    technical : bool
        Whether any team does technical survey.
    """

    def __init__(self, believed: dict[str, float], usd_per_m2: dict[tuple[str, int], float], sampling_share: float,
                 technical: bool) -> None:
        self._usd, self._sampling_share, self._technical = usd_per_m2, sampling_share, technical
        self._specificity, self._kept = believed["ts_specificity"], believed["ts_kept_share"]
        self._polygon = believed["polygon"]
        self._known: dict[tuple[str, str, int], tuple[float, float, float, float]] = {}
        self._again = believed["resurvey_sensitivity"], believed["resurvey_specificity"]
        prior, indirect = believed["contaminated_share"], believed["indirect_evidence"]
        # P(hazardous) before survey, after a first look (and its share of the land), and once confirmed, by origin
        self._flagged, seen = updated(prior, believed["nts_sensitivity"], believed["nts_specificity"])
        again, confirmed = updated(seen, *self._again)
        direct, late = 1.0 - indirect, indirect * again
        self._indirect = indirect
        self._prior = {"survey": prior, "record": prior, "polygon": 1.0}
        self._seen = {"survey": seen, "record": prior, "polygon": 1.0}
        self._confirmed = {
            "survey": (direct * seen + late * confirmed) / (direct + late) if direct + late > 0.0 else 0.0,
            "record": updated(prior, *self._again)[1], "polygon": 1.0}

    def of(self, job: Job) -> tuple[float, float]:
        """Land believed to hold items [m2] and expected cost until release [usd] of a task at its next stage."""
        key = job.stage, job.task.origin, job.task.terrain
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._per_m2(*key)
        hazardous, usd, hazardous_confirmed, usd_confirmed = known
        if job.stage == "resurvey":  # part of its land may be confirmed already
            return (hazardous * job.suspected_m2 + hazardous_confirmed * job.confirmed_m2,
                    usd * job.suspected_m2 + usd_confirmed * job.confirmed_m2)
        land = job.for_clearance_m2 if job.stage == "clearance" else job.work_m2
        return hazardous * land, usd * land

    def _per_m2(self, stage: str, origin: str, terrain: int) -> tuple[float, float, float, float]:
        """P(holds items) and USD until release per m2 that the stage works on, and of land confirmed before it."""
        if stage == "nts":
            seen = self._seen["survey"]
            after = (self._indirect * self._resurvey(seen, origin, terrain)
                     + (1.0 - self._indirect) * self._from_confirmed(seen, origin, terrain))
            return self._prior[origin], self._usd["nts", terrain] + self._flagged * after, 0.0, 0.0
        if stage == "resurvey":
            seen = self._seen[origin]
            return seen, self._resurvey(seen, origin, terrain), seen, self._from_confirmed(seen, origin, terrain)
        held = self._confirmed[origin]
        if stage == "ts":
            return held, self._from_confirmed(held, origin, terrain), 0.0, 0.0
        if stage in ("sampling", "marking"):  # it has been cleared, or the task that clears it counts it
            return 0.0, self._usd[stage, terrain], 0.0, 0.0
        kept = self._share_kept(held, origin)
        return (held * self._kept_if_held(origin) / kept if self._technical and kept > 0.0 else held,
                self._clearing(terrain, stage), 0.0, 0.0)

    def _resurvey(self, seen: float, origin: str, terrain: int) -> float:
        """USD per m2 of suspected land, its second survey included."""
        share, held = (1.0, 1.0) if origin == "polygon" else updated(seen, *self._again)
        return self._usd["resurvey", terrain] + share * self._from_confirmed(held, origin, terrain)

    def _from_confirmed(self, held: float, origin: str, terrain: int) -> float:
        """USD per m2 of confirmed land that holds items with this probability."""
        if not self._technical:
            return self._clearing(terrain)
        return self._usd["ts", terrain] + self._share_kept(held, origin) * self._clearing(terrain)

    def _share_kept(self, held: float, origin: str) -> float:
        return held * self._kept_if_held(origin) + (1.0 - held) * (1.0 - self._specificity)

    def _kept_if_held(self, origin: str) -> float:
        return self._polygon if origin == "polygon" else self._kept

    def _clearing(self, terrain: int, since: str = SEARCH[0]) -> float:
        """USD per m2 of land for clearance from one of its stages on; nothing for those that nobody does."""
        search = sum(self._usd[stage, terrain] for stage in SEARCH[SEARCH.index(since):])
        return search + self._sampling_share * self._usd["sampling", terrain]


def updated(prior: float, sensitivity: float, specificity: float) -> tuple[float, float]:
    """Share of sites that a survey flags, and P(site holds items | flagged), by Bayes' rule (V6)."""
    flagged = prior * sensitivity + (1.0 - prior) * (1.0 - specificity)
    return flagged, prior * sensitivity / flagged if flagged > 0.0 else 0.0
