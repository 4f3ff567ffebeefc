"""Whether a programme can ever finish, as far as that is known before a run: at central values, as if all went well.

Everything is counted in the programme's favour: each kind of team works on one stage alone, on the land where it is
fastest, from its first day. What is said not to fit then does not fit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sim.scenario.findings import Finding
from sim.scenario.programme import Budget, Fund, Method, Programme, Survey, Teams
from sim.scenario.schema import Scenario, Stratum

YEAR_DAYS = 365.25
STAGES = {"nts": "non-technical survey", "resurvey": "re-survey", "ts": "technical survey", "clearance": "clearance"}
OPTIONAL = ("ts",)
TEAMS = ("programme", "teams")


@dataclass(frozen=True)
class _Kind:
    """Teams with their method, and their working days until the run ends."""

    name: str
    method: Method
    days: float

    @cached_property
    def fastest(self) -> float:
        """m2 per team and day on the land where the method is fastest."""
        rate = self.method.rate_m2_per_day.central
        for factors in (self.method.rate_by_land_use, self.method.rate_by_vegetation):
            rate *= max([1.0, *(factor.central for factor in factors.values())])
        after = self.method.rate_after_preparation
        return rate * max(1.0, after.central if after is not None else 1.0)

    @cached_property
    def usd_per_m2(self) -> float:
        """What a m2 costs there."""
        return self.method.cost_usd_per_m2.central + self.method.cost_usd_per_team_day.central / self.fastest

    def does(self, stage: str, use: str) -> bool:
        return stage in self.method.stages and (self.method.land_uses is None or use in self.method.land_uses)


def prospects(s: Scenario) -> Iterator[Finding]:
    """What a programme cannot finish before the run ends, and why."""
    end = s.start + dt.timedelta(days=s.horizon_years * YEAR_DAYS)
    work = [w for w in _work(s.strata, s.programme.survey) if any(w[1].values())]
    kinds = [_Kind(name, s.programme.methods[t.method], _days(t, s.programme, s.start, end))
             for name, t in s.programme.teams.items()]
    yield from _out_of_reach(s, end)
    undone = False
    for stage in STAGES:
        for finding in _nobody(stage, work, kinds, s.programme):
            undone = True
            yield finding
    if not undone:
        yield from _too_much(work, kinds, s.horizon_years)
        if s.programme.budget is not None:
            yield from _too_dear(work, kinds, s.programme.budget, s.start.year, end.year)


Work = tuple[str, dict[str, float]]
"""Land use, and land by the stage that works on it [km2]."""


def _work(strata: list[Stratum], survey: Survey) -> Iterator[Work]:
    """Land of each stratum that each stage has to work on, at central values (MODEL section 7)."""
    prior = survey.contaminated_share.central
    flagged, seen = _updated(prior, survey.nts_sensitivity.central, survey.nts_specificity.central)
    again = survey.resurvey_sensitivity.central, survey.resurvey_specificity.central
    indirect = flagged * survey.indirect_evidence.central
    late, held_late = _updated(seen, *again)
    record, held_record = _updated(prior, *again)
    kept, specific = survey.ts_kept_share.central, survey.ts_specificity.central
    for part in strata:
        confirmed = [
            (part.to_survey_km2 * (flagged - indirect), seen), (part.to_survey_km2 * indirect * late, held_late),
            (part.suspected_km2 * record, held_record)]
        yield part.land_use, {
            "nts": part.to_survey_km2,
            "resurvey": part.to_survey_km2 * indirect + part.suspected_km2,
            "ts": sum(km2 for km2, _ in confirmed),
            "clearance": sum(km2 * (held * kept + (1.0 - held) * (1.0 - specific)) for km2, held in confirmed)}


def _updated(prior: float, sensitivity: float, specificity: float) -> tuple[float, float]:
    """Share of sites that a survey flags, and P(site holds items | flagged), by Bayes' rule (VALIDATION V6)."""
    flagged = prior * sensitivity + (1.0 - prior) * (1.0 - specificity)
    return flagged, prior * sensitivity / flagged if flagged > 0.0 else 0.0


def _days(teams: Teams, programme: Programme, start: dt.date, end: dt.date) -> float:
    """Working days of all teams of a kind from the programme's start to the end of the run."""
    first = max(start, programme.starts)
    dates = [n.since for n in teams.numbers] + [end]
    spans = (
        max(0, (min(dates[i + 1], end) - max(dates[i], first)).days) * n.teams for i, n in enumerate(teams.numbers))
    return sum(spans) * programme.methods[teams.method].working_days_per_year / YEAR_DAYS


def _out_of_reach(s: Scenario, end: dt.date) -> Iterator[Finding]:
    for i, row in enumerate(s.access):
        if isinstance(row.opens, dt.date) and row.opens >= end:
            yield Finding(("access", i, "opens"), f"{row.district}, {row.zone} opens after the run has ended ({end}): "
                          "its land is never worked on")


def _nobody(stage: str, work: list[Work], kinds: list[_Kind], programme: Programme) -> Iterator[Finding]:
    """Land on which nobody does a stage."""
    needed = sorted({use for use, km2 in work if km2[stage] > 0.0})
    left = [use for use in needed if not any(k.does(stage, use) and k.days > 0.0 for k in kinds)]
    if not left or stage in OPTIONAL:
        return
    where = "any land" if left == needed else " or ".join(left)
    idle = [k.name for k in kinds if any(k.does(stage, use) for use in left)]
    why = f"; {', '.join(idle)} have no team before the run ends" if idle else ""
    yield Finding(TEAMS, f"nobody does {STAGES[stage]} on {where}, so the programme cannot finish{why}",
                  f"teams whose method has the stage {stage}", at_key=True)


def _too_much(work: list[Work], kinds: list[_Kind], years: float) -> Iterator[Finding]:
    """Stages whose land is more than all teams can cover."""
    for stage, name in STAGES.items():
        km2 = sum(w[stage] for use, w in work if any(k.does(stage, use) for k in kinds))
        can = sum(k.days * k.fastest for k in kinds if stage in k.method.stages) / 1e6
        if km2 > can > 0.0:
            yield Finding(
                TEAMS, f"{name} of {km2:,.3g} km2 is {km2 / can:.2g} times what all its teams can cover in {years:g} "
                f"years (central values, nothing in their way): the programme cannot finish",
                "more teams, a higher rate or a longer run", at_key=True)


def _too_dear(work: list[Work], kinds: list[_Kind], budget: Budget, first: int, last: int) -> Iterator[Finding]:
    """Lines of the budget that cannot pay for their stages, by the cheapest teams."""
    for line, stages in (("survey", ("nts", "resurvey")), ("clearance", ("clearance",))):
        usd = sum(1e6 * km2[stage] * min((k.usd_per_m2 for k in kinds if k.does(stage, use)), default=0.0)
                  for use, km2 in work for stage in stages)
        money = sum(_money(fund, line, first, last) for fund in (budget, *budget.donors.values()))
        if usd > money:
            yield Finding(
                ("programme", "budget"), f"{line} costs {usd / 1e6:,.3g} million USD at least, and gets "
                f"{money / 1e6:,.3g} million by the end of {last} (central values): the programme cannot finish",
                "more money, or a longer run", at_key=True)


def _money(fund: Fund, line: str, first: int, last: int) -> float:
    """Money of one payer for a line in whole years, cuts and delays left out [usd]."""
    shares = (fund.survey_share, fund.eod_share, fund.marking_share, fund.education_share)
    share = fund.survey_share.central if line == "survey" else 1.0 - sum(q.central for q in shares if q is not None)
    if isinstance(fund, Budget):
        share += fund.extra_survey if line == "survey" else fund.extra_clearance
    by_year = {b.year: b.usd.central for b in fund.years}
    known = [next((by_year[y] for y in sorted(by_year, reverse=True) if y <= year), 0.0)
             for year in range(first, last + 1)]
    return share * sum(known)
