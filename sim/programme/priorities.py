"""Which task next: policies as plain functions registered by name (MODEL section 7).

A policy sees a ``Belief``: what surveys said and what was reported, never what is in the ground. The task with the
largest value goes first; ties go to the one that came first. Values are computed again every quarter, from accidents
reported and work done by then, and for each task that joins a queue.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import NamedTuple

KM2 = 1e6


class Belief(NamedTuple):
    """What the programme believes about a task.

    Attributes
    ----------
    entered : float
        Date on which the land became reachable [days since 2000].
    land_use : str
    area_m2 : int
        Land that the next stage works on.
    users : float
        People whose activities use the land now.
    land_km2 : float
        Land over which they are spread.
    reported_accidents : int
        Accidents reported in this hazard area in the last two years.
    cost_usd : float
        What the next stage is expected to cost.
    chance : float
        A uniform at the area's address, for random order.
    district : str
    stage : str
        The next stage: nts, resurvey, ts, clearance or sampling.
    hazardous_m2 : float
        Land of the task that is believed to hold items.
    release_usd : float
        What all stages until release are expected to cost.
    last_worked : float
        Date on which teams last began or ended this stage in this district [days since 2000]; -inf: never yet.
    community_accidents : int
        Accidents reported in the district's zone in the last two years.
    community_uses : int
        Land uses of the district's zone of which some land still has to be worked on.
    reported_everywhere : int
        Accidents reported in all hazard areas in the last two years.
    contact_everywhere : float
        Sum of `contact` over all land that still has to be worked on [persons].
    """

    entered: float
    land_use: str
    area_m2: int
    users: float
    land_km2: float
    reported_accidents: int
    cost_usd: float
    chance: float
    district: str
    stage: str
    hazardous_m2: float
    release_usd: float
    last_worked: float
    community_accidents: int
    community_uses: int
    reported_everywhere: int
    contact_everywhere: float

    @property
    def contact(self) -> float:
        """People on land that is believed to hold items, at any land alike [persons]."""
        return self.users / self.land_km2 * self.hazardous_m2 / KM2


Policy = Callable[[Belief], float]
PRIORITIES: dict[str, Policy] = {}


class PolicyError(ValueError):
    """A policy that cannot be read, or gave no number for a task."""


def value_of(policy: Policy, belief: Belief) -> float:
    """What a policy gives for a task.

    Raises
    ------
    PolicyError
        Where that is no number; names policy and task.
    """
    try:
        value: object = policy(belief)
    except Exception as error:
        raise PolicyError(_told(policy, belief, f"raised {type(error).__name__}: {error}")) from error
    if type(value) is not float and not isinstance(value, Real) or value != value:
        raise PolicyError(_told(policy, belief, f"returned {value!r}"))
    return float(value)


def _told(policy: Policy, belief: Belief, what: str) -> str:
    task = f"{belief.district}, {belief.land_use}, stage {belief.stage}"
    return f"policy {policy.__name__!r} {what} for the task {task}; expected a number. It was given {belief}"


# Weight of what people do against what was reported: a Gamma prior of this shape on an area's rate of accidents. 1 is
# an exponential distribution between areas, as strong a clustering as the scenarios assume of items (an assumption).
PRIOR_SHAPE = 1.0
REPORT_YEARS = 2.0  # of the reports that a belief counts
VICTIM_POINTS, BLOCKAGE_POINTS = 2.0, 1.0  # weights of the impact score, an assumption: see `impact_score`


def built_in(function: Policy) -> Policy:
    """Register a policy of the project under its function's name."""
    PRIORITIES[function.__name__] = function
    return function


@built_in
def first_come(belief: Belief) -> float:
    """The land that became reachable first. Source: the queueing discipline FIFO, the yardstick for the others."""
    return -belief.entered


@built_in
def random(belief: Belief) -> float:
    """Any order, the same for all scenarios. Source: the second yardstick, what order alone is worth."""
    return belief.chance


@built_in
def people_at_risk(belief: Belief) -> float:
    """Reported accidents first, then the land with most people per km2.

    Source: the rule of thumb of operators, who go where people are hurt and then where people are (assumption).
    """
    return 1e6 * belief.reported_accidents + belief.users / belief.land_km2


@built_in
def accidents_per_dollar(belief: Belief) -> float:
    """Reported accidents and people, per dollar of the next stage. Source: as `people_at_risk`, divided by cost."""
    return (belief.reported_accidents + 1e-6 * belief.users) / max(belief.cost_usd, 1.0)


@built_in
def casualties_averted_per_dollar(belief: Belief) -> float:
    """Accidents a year that releasing the land is expected to avert, per dollar until it is released.

    The rate of an area has a Gamma prior whose mean is the area's share of all reported accidents, by people on land
    believed to hold items; reports of the area itself update it: (a + n) / (a / m + T). Casualties per accident and
    the years that count are the same everywhere and change no order. Source: cost-effectiveness analysis, expected
    effect per unit of money; Gamma-Poisson updating (MODEL section 7).
    """
    everywhere = (belief.reported_everywhere + 1.0) / REPORT_YEARS  # one report more, so that none is no zero
    share = belief.contact / belief.contact_everywhere if belief.contact_everywhere > 0.0 else 0.0
    if share <= 0.0:
        return 0.0
    rate = (PRIOR_SHAPE + belief.reported_accidents) / (PRIOR_SHAPE / (everywhere * share) + REPORT_YEARS)
    return rate / max(belief.release_usd, 1.0)


@built_in
def impact_score(belief: Belief) -> float:
    """Communities by points, as in a Landmine Impact Survey: recent victims and kinds of land whose use is blocked.

    Source: the Mine Impact Score adds up the nature of contamination, ten kinds of blocked access (each there or not)
    and the victims of the last 24 months, each of whom counts (Harpviken et al., Sida Evaluation 01/06, 2001). The
    weights, 2 a victim and 1 a blocked use, are an assumption. Here a community is a district's zone, a reported
    accident stands for a victim, and the nature of contamination, the same everywhere, is left out. People per km2
    decide within a community.
    """
    points = VICTIM_POINTS * belief.community_accidents + BLOCKAGE_POINTS * belief.community_uses
    return 1e6 * points + belief.users / belief.land_km2


@built_in
def nearest(belief: Belief) -> float:
    """The district where teams worked last on this stage, so that one is finished before the next is begun.

    Source: moving teams takes time (assumption). The model knows districts and no distances, so near means in the
    same district; where no team has worked yet, the land that became reachable first.
    """
    return belief.last_worked


@built_in
def farmland_first(belief: Belief) -> float:
    """Arable land first, larger pieces before smaller. Source: value of a harvest (assumption)."""
    return (1e12 if belief.land_use == "arable" else 0.0) + belief.area_m2


@built_in
def roads_first(belief: Belief) -> float:
    """Roads and infrastructure first, then by people. Source: relief needs roads before fields (assumption)."""
    return (1e9 if belief.land_use == "roads" else 0.0) + belief.users / belief.land_km2


BUILT_IN = frozenset(PRIORITIES)
