"""What must fit together in a programme: names of land uses, methods and districts, dates, calendars, money."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.scenario.findings import Finding, known
from sim.scenario.programme import OWN_MONEY, Fund, Method, TeamCount
from sim.scenario.schema import Scenario
from sim.scenario.tree import Loc


def _methods(s: Scenario) -> Iterator[Finding]:
    uses = {part.land_use for part in s.strata}
    for name, method in s.programme.methods.items():
        loc: Loc = ("programme", "methods", name)
        for i, use in enumerate(method.land_uses or []):
            yield from known(use, uses, "land use", (*loc, "land_uses", i))
        grown = {part.vegetation for part in s.strata if part.vegetation is not None}
        for key, factors, valid, what in (
                ("rate_by_land_use", method.rate_by_land_use, uses, "land use"),
                ("rate_by_vegetation", method.rate_by_vegetation, grown, "vegetation")):
            for place in factors:
                yield from known(place, valid, what, (*loc, key, place), at_key=True)
        if method.false_alarms is not None:
            for use in method.false_alarms.by_land_use:
                yield from known(use, uses, "land use", (*loc, "false_alarms", "by_land_use", use), at_key=True)


def _calendar(s: Scenario) -> Iterator[Finding]:
    programme, uses = s.programme, {part.land_use for part in s.strata}
    for use, months in programme.workable.items():
        loc: Loc = ("programme", "workable", use)
        yield from known(use, uses, "land use", loc, at_key=True)
        for m, share in enumerate(months):
            if not 0.0 <= share <= 1.0:
                yield Finding((*loc, m), f"{share:g} is no share of a month's working days", "a share from 0 to 1")
        for name in {team.method for team in programme.teams.values()} & programme.methods.keys():
            method = programme.methods[name]
            if (method.land_uses is None or use in method.land_uses) and not _works(method, months):
                yield Finding(
                    loc, f"method {name!r} has no working day on {use} land: its season has none in the months that "
                    "are left", f"a month in which both are above 0, or land_uses of {name!r} without {use}")


def _works(method: Method, months: list[float]) -> bool:
    return any(a > 0.0 and b > 0.0 for a, b in zip(method.season, months, strict=True))


def _floods(s: Scenario) -> Iterator[Finding]:
    for name, flood in s.programme.floods.items():
        for key, dim in (("districts", "district"), ("zones", "zone"), ("land_uses", "land_use")):
            valid = {getattr(part, dim) for part in s.strata}
            for i, place in enumerate(getattr(flood, key) or []):
                yield from known(place, valid, dim.replace("_", " "), ("programme", "floods", name, key, i))


def _homes(s: Scenario) -> Iterator[Finding]:
    districts = {part.district for part in s.strata}
    for name, team in s.programme.teams.items():
        if team.moves is not None and team.moves.home is not None:
            yield from known(team.moves.home, districts, "district", ("programme", "teams", name, "moves", "home"))


def _teams(s: Scenario) -> Iterator[Finding]:
    programme = s.programme
    numbers: dict[Loc, list[TeamCount]] = {}
    for name, team in programme.teams.items():
        loc: Loc = ("programme", "teams", name)
        yield from known(team.method, programme.methods, "method", (*loc, "method"))
        numbers[(*loc, "numbers")] = team.numbers
    if programme.eod.teams is not None:
        numbers["programme", "eod", "teams", "numbers"] = programme.eod.teams.numbers
    if programme.education is not None:
        numbers["programme", "education", "numbers"] = programme.education.numbers
    for loc, counts in numbers.items():
        for i in range(1, len(counts)):
            if counts[i].since <= counts[i - 1].since:
                yield Finding(
                    (*loc, i, "since"),
                    f"{counts[i].since} is not after the date before it",
                    "dates in ascending order",
                )


def _sampling(s: Scenario) -> Iterator[Finding]:
    programme = s.programme
    if programme.sampling is not None and programme.sampling_share.support[1] > 0:
        yield Finding(("programme", "sampling"), "sampling_share is above 0 as well", "one of the two")
    stages = {stage for t in programme.teams.values() if t.method in programme.methods
              for stage in programme.methods[t.method].stages}
    for stage, does in (("preparation", "clears"), ("follow_up", "goes before it")):
        if stage in stages and "clearance" not in stages:
            yield Finding(("programme", "teams"), f"teams for {stage}, and none that {does}", "a team for clearance")


def _budget(s: Scenario) -> Iterator[Finding]:
    budget = s.programme.budget
    if budget is None:
        return
    loc: Loc = ("programme", "budget")
    yield from _fund(budget, loc)
    for name, fund in budget.donors.items():
        if name == OWN_MONEY:
            yield Finding((*loc, "donors", name), f"{name!r} is the programme's own money", "another name", at_key=True)
        yield from _fund(fund, (*loc, "donors", name))


def _paid_by_nobody(s: Scenario) -> Iterator[Finding]:
    """Activities that cost money on a line that has none; without teams they cost nothing."""
    programme, budget = s.programme, s.programme.budget
    if budget is None:
        return
    costly = [m for m in (programme.methods.get(t.method) for t in programme.teams.values() if _any(t.numbers))
              if m is not None and "marking" in m.stages
              and m.cost_usd_per_m2.support[1] + m.cost_usd_per_team_day.support[1] > 0]
    education = programme.education
    taught = education is not None and _any(education.numbers) and education.cost_usd_per_person.support[1] > 0
    for share, costs in (("marking_share", bool(costly)), ("education_share", taught)):
        given = [getattr(fund, share) for fund in (budget, *budget.donors.values())]
        if costs and not any(q is not None and q.support[1] > 0 for q in given):
            yield Finding(("programme", "budget"), f"{share.removesuffix('_share')} costs money and nobody pays for it",
                          f"{share} above 0, of the budget or of a donor", at_key=True)


def _any(numbers: list[TeamCount]) -> bool:
    return any(count.teams > 0 for count in numbers)


def _fund(fund: Fund, loc: Loc) -> Iterator[Finding]:
    for i in range(1, len(fund.years)):
        if fund.years[i].year <= fund.years[i - 1].year:
            yield Finding(
                (*loc, "years", i, "year"),
                f"{fund.years[i].year} is not after the year before it",
                "years in ascending order",
            )
    shares = [name for name in ("survey_share", "eod_share", "marking_share", "education_share")
              if getattr(fund, name) is not None]
    if sum(getattr(fund, name).support[1] for name in shares) > 1 + 1e-9:
        named = f"{', '.join(shares[:-1])} and {shares[-1]}"
        yield Finding((*loc, "survey_share"), f"{named} can add up to more than 1", "at most 1 in all")
    for i, cut in enumerate(fund.cuts):
        if cut.until is not None and cut.until <= cut.since:
            yield Finding((*loc, "cuts", i, "until"), f"{cut.until} is not after {cut.since}", "a date after since")


PROGRAMME_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Scenario], Iterator[Finding]]], ...] = (
    (("strata", "programme"), _methods), (("strata", "programme"), _calendar), (("strata", "programme"), _homes),
    (("strata", "programme"), _floods),
    (("programme",), _teams), (("programme",), _sampling), (("programme",), _paid_by_nobody), (("programme",), _budget))
"""Each with the sections that it reads."""
