"""What planners expect of a task: land that holds items, and money until it is released (MODEL section 7).

Believed shares are those that planners would write down beforehand: the central values of the scenario's survey
section, brought up to date with each survey by Bayes' rule (V6). What a parameter draw makes of those values is how
the world is, and nothing here holds it.
"""

from __future__ import annotations

from sim.programme.stages import Job


class Outlook:
    """What planners expect of a task: land that holds items, and money until it is released.

    Parameters
    ----------
    believed : dict
        Central values of ``programme.survey`` by key, and ``polygon``: mined share of a recorded polygon.
    usd_per_m2 : dict
        Expected cost by (stage, land use) [usd/m2].
    sampling_share : float
        Share of cleared land that is inspected afterwards.
    technical : bool
        Whether any team does technical survey.
    """

    def __init__(self, believed: dict[str, float], usd_per_m2: dict[tuple[str, str], float], sampling_share: float,
                 technical: bool) -> None:
        self._usd, self._sampling_share, self._technical = usd_per_m2, sampling_share, technical
        self._specificity, self._kept = believed["ts_specificity"], believed["ts_kept_share"]
        self._polygon = believed["polygon"]
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
        origin, use, usd = job.task.origin, job.task.land_use, self._usd
        if job.stage == "nts":
            flagged, seen = job.area_m2 * self._flagged, self._seen["survey"]
            after = (self._indirect * self._resurvey(seen, origin, use)
                     + (1.0 - self._indirect) * self._from_confirmed(seen, origin, use))
            return job.area_m2 * self._prior[origin], job.area_m2 * usd["nts", use] + flagged * after
        if job.stage == "resurvey":
            seen = self._seen[origin]
            return ((job.suspected_m2 + job.confirmed_m2) * seen,
                    job.suspected_m2 * self._resurvey(seen, origin, use)
                    + job.confirmed_m2 * self._from_confirmed(seen, origin, use))
        held = self._confirmed[origin]
        if job.stage == "ts":
            return job.confirmed_m2 * held, job.confirmed_m2 * self._from_confirmed(held, origin, use)
        if job.stage == "sampling":
            return 0.0, job.work_m2 * usd["sampling", use]
        kept = self._share_kept(held, origin)
        items = held * self._kept_if_held(origin) / kept if self._technical and kept > 0.0 else held
        return job.for_clearance_m2 * items, job.work_m2 * self._clearing(use)

    def _resurvey(self, seen: float, origin: str, use: str) -> float:
        """USD per m2 of suspected land, its second survey included."""
        share, held = (1.0, 1.0) if origin == "polygon" else updated(seen, *self._again)
        return self._usd["resurvey", use] + share * self._from_confirmed(held, origin, use)

    def _from_confirmed(self, held: float, origin: str, use: str) -> float:
        """USD per m2 of confirmed land that holds items with this probability."""
        if not self._technical:
            return self._clearing(use)
        return self._usd["ts", use] + self._share_kept(held, origin) * self._clearing(use)

    def _share_kept(self, held: float, origin: str) -> float:
        return held * self._kept_if_held(origin) + (1.0 - held) * (1.0 - self._specificity)

    def _kept_if_held(self, origin: str) -> float:
        return self._polygon if origin == "polygon" else self._kept

    def _clearing(self, use: str) -> float:
        return self._usd["clearance", use] + self._sampling_share * self._usd["sampling", use]


def updated(prior: float, sensitivity: float, specificity: float) -> tuple[float, float]:
    """Share of sites that a survey flags, and P(site holds items | flagged), by Bayes' rule (V6)."""
    flagged = prior * sensitivity + (1.0 - prior) * (1.0 - specificity)
    return flagged, prior * sensitivity / flagged if flagged > 0.0 else 0.0
