"""The land-release programme as a user writes it: survey, methods, teams, money (MODEL section 7)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.quantity import Bounds, Quantity
from sim.scenario.section import Date, Metal, Name, NonNegative, Positive, Section, Share


class Survey(Section):
    """Survey acts on sites with a hidden state; nothing is a constant percentage (section 7)."""

    site_km2: Positive = Field(description="area of one site as survey reports it")
    contaminated_share: Share = Field(description="share of sites to be surveyed that hold items")
    nts_sensitivity: Share = Quantity.point(1.0)
    nts_specificity: Share = Quantity.point(1.0)
    indirect_evidence: Share = Field(
        Quantity.point(0.0), description="share of positive sites that become SHA, not CHA")
    resurvey_sensitivity: Share = Quantity.point(1.0)
    resurvey_specificity: Share = Quantity.point(1.0)
    ts_sensitivity: Share = Field(Quantity.point(1.0), description="P(item lies in the part kept for clearance)")
    ts_specificity: Share = Field(
        Quantity.point(1.0), description="share of confirmed land without items that TS reduces")
    ts_kept_share: Share = Field(
        Quantity.point(1.0), description="share of a contaminated site that TS keeps for clearance")
    sd_credit: Share = Field(
        Quantity.point(0.0), description="share of recorded self-destruct polygons that survey cancels because of it")


Stage = Literal["nts", "resurvey", "ts", "preparation", "clearance", "follow_up", "sampling", "marking"]


Months = Annotated[list[float], Field(min_length=12, max_length=12)]


class FalseAlarms(Section):
    """What detectors signal besides items: each signal is looked into (section 7)."""

    per_m2: NonNegative = Field(description="signals per m2 that turn out to be no item")
    minutes: NonNegative = Field(description="to look into one, for one searcher")
    searchers: int = Field(1, ge=1, description="people or dogs of a team that look into signals at the same time")
    by_land_use: dict[Name, NonNegative] = Field({}, description="multiplies per_m2: metal in towns, none in pasture")


class Breakdowns(Section):
    """Machines, vehicles or dogs that fail: the team stands until they are mended, and is paid (section 7)."""

    per_100_days: NonNegative = Field(description="mean number in 100 working days of a team; Poisson")
    repair_days: NonNegative = Field(description="mean number of working days lost by each; exponential")


class Method(Section):
    """A way to do one or more stages: speed, cost, what it misses (section 7)."""

    stages: list[Stage] = Field(min_length=1)
    land_uses: list[Name] | None = Field(None, description="only on these; absent: everywhere")
    rate_m2_per_day: Positive = Field(description="per team and working day")
    rate_by_land_use: dict[Name, Positive] = Field({}, description="multiplies the rate; absent: 1")
    rate_by_vegetation: dict[Name, Positive] = Field({}, description="multiplies the rate; absent: 1")
    rate_after_preparation: Positive | None = Field(
        None, description="multiplies the rate of clearance, follow-up and sampling on prepared land; absent: 1")
    false_alarms: FalseAlarms | None = Field(None, description="their time comes on top of the rate; absent: in it")
    breakdowns: Breakdowns | None = None
    duration_cv: Annotated[float, Field(ge=0, le=3)] = Field(
        0.0, description="coefficient of variation of a stage's duration (lognormal)")
    duration_law: Literal["lognormal", "exponential"] = "lognormal"
    working_days_per_year: Annotated[float, Field(gt=0, le=366)] = 365.25
    season: Months = Field(
        [1.0] * 12, description="relative work per month, January first; 0: none")
    cost_usd_per_team_day: NonNegative = Quantity.point(0.0)
    cost_usd_per_m2: NonNegative = Quantity.point(0.0)
    detection: dict[Literal["ap", "av", "submunition", "erw"], Share] = Field(
        {}, description="P(found on one pass), by kind; absent: 1")
    detection_by_metal: dict[Metal, Share] = Field(
        {}, description="multiplies detection, by the metal content of the family; absent: 1")
    detection_by_family: dict[Name, Share] = Field(
        {}, description="P(found on one pass) of a family, instead of what its kind and its metal say")
    shared_misses: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Beta concentration of detection between items; 0: independent passes. Items that one "
                         "method misses most are those that the other misses most")
    hours_per_item: NonNegative = Quantity.point(0.0)
    hours_per_day: Annotated[float, Field(gt=0, le=24)] = 6.0
    max_teams_per_task: int = Field(1, ge=1)
    months_per_task: Annotated[float, Field(gt=0)] = Field(
        12.0, description="planners assign teams so that a task takes about this long")
    deminer_casualties_per_1000_items: NonNegative = Quantity.point(0.0)

    @model_validator(mode="after")
    def _season_has_days(self) -> Method:
        if min(self.season) < 0 or sum(self.season) <= 0:
            raise ValueError("season must be twelve weights >= 0, not all zero: teams would never work")
        return self


class TeamCount(Section):
    """From this date on there are so many teams."""

    since: Date
    teams: int = Field(ge=0, le=100_000)


class Moves(Section):
    """What it takes to send a team to another district (section 7)."""

    home: str | None = Field(None, description="district where they begin; absent: where they are first sent")
    days: NonNegative = Field(description="working days of a team for one move")
    usd: NonNegative = Field(Quantity.point(0.0), description="for one move of a team, beside its days")


class Teams(Section):
    """Teams of one kind; numbers by date."""

    method: Name
    numbers: list[TeamCount] = Field(min_length=1)
    training_days: Annotated[float, Field(ge=0)] = Field(
        0.0, description="from the date on which teams are added until they work")
    attrition_per_year: Annotated[Quantity, Bounds(0.0, 0.95)] | None = Field(
        None, description="share of the teams that is lost in a year until the next of numbers")
    moves: Moves | None = Field(None, description="between districts; absent: at once, for nothing")
    source: str = "unsourced"
    grade: str = "U"


class BudgetYear(Section):
    """Money for one year; a year not named has the amount of the last one before it."""

    year: int = Field(ge=1900, le=2300)
    usd: NonNegative = Field(description="in US dollars; other money is converted before")


class Cut(Section):
    """Money that was promised and does not come."""

    since: Date = Field(description="of the money due in quarters that begin on this date or later")
    until: Date | None = Field(None, description="and before this one; absent: to the end")
    share: Share = Field(description="this share does not come")


class Fund(Section):
    """Yearly money of one payer and its earmarks."""

    years: list[BudgetYear] = Field(min_length=1)
    survey_share: Share = Field(Quantity.point(0.2), description="earmarked for NTS, re-survey and TS")
    eod_share: Share = Field(Quantity.point(0.1), description="earmarked for EOD spot tasks")
    marking_share: Share | None = Field(None, description="earmarked for marking by teams; absent: 0")
    education_share: Share | None = Field(None, description="earmarked for risk education; absent: 0")
    delay_months: NonNegative | None = Field(
        None, description="between the quarter for which money is due and the one in which it comes, rounded up to "
                          "quarters; absent: none")
    cuts: list[Cut] = []
    unspent: Literal["lost", "kept"] = Field("lost", description="what becomes of money that a year leaves")


OWN_MONEY = "own"
"""Name of the programme's own money beside that of donors."""


class Budget(Fund):
    """The programme's own yearly money, and that of donors beside it; what has no earmark is for clearance."""

    extra_survey: Annotated[float, Field(ge=0, le=10)] = Field(
        0.0, description="added survey money and teams, share of the whole budget")
    extra_clearance: Annotated[float, Field(ge=0, le=10)] = Field(
        0.0, description="added clearance money and teams, share of the whole budget")
    donors: dict[Name, Fund] = Field({}, description="paid from in this order, after the programme's own money")


class EodTeams(Section):
    """Teams for EOD spot tasks; numbers by date."""

    numbers: list[TeamCount] = Field(min_length=1)
    source: str = "unsourced"
    grade: str = "U"


class Eod(Section):
    """EOD spot tasks by state units: a reported item is destroyed where it lies (section 7)."""

    teams: EodTeams | None = None
    items_per_team_day: Positive = Quantity.point(1.0)
    working_days_per_year: Annotated[float, Field(gt=0, le=366)] = 250.0
    cost_usd_per_item: NonNegative = Quantity.point(0.0)


class Education(Section):
    """Risk education by teams; those who are there hear it again and again, and forget (section 7)."""

    numbers: list[TeamCount] = Field(min_length=1)
    people_per_team_day: Positive = Field(description="people reached by one team on a working day")
    working_days_per_year: Annotated[float, Field(gt=0, le=366)] = 220.0
    cost_usd_per_person: NonNegative = Field(description="each time that somebody is reached")
    half_life_years: Positive = Field(description="half-time with which people forget")
    source: str = "unsourced"
    grade: str = "U"


class Sampling(Section):
    """Inspection after clearance, accept on zero: so much is sampled that too many defects would show (section 7)."""

    unit_m2: Annotated[float, Field(gt=0)] = Field(1.0, description="land that is inspected as one unit")
    defective_share: Annotated[float, Field(ge=0.001, lt=1)] = Field(
        description="share of defective units that is to be excluded")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(0.95, description="P(not accepted | that share or more)")


class Flood(Section):
    """Water over hazardous land: marking is gone, and land that was released has to be surveyed again (section 7)."""

    date: Date
    districts: list[str] | None = Field(None, description="absent: all")
    zones: list[Name] | None = Field(None, description="absent: all")
    land_uses: list[Name] | None = Field(None, description="absent: all")
    share: Share = Field(Quantity.point(1.0), description="share of the hazard areas there that it reaches")


class Programme(Section):
    """The land-release programme (section 7)."""

    starts: Date
    bundle_km2: Annotated[float, Field(gt=0)] = Field(
        1e9, description="largest piece of land to be surveyed that is handled as one task [km2]")
    survey: Survey
    methods: dict[Name, Method] = {}
    teams: dict[Name, Teams] = {}
    budget: Budget | None = None
    priority: Name = "people_at_risk"
    eod: Eod = Eod()
    education: Education | None = Field(
        None, description="makes coverage of its own, from exposure.eore_coverage on; absent: that coverage stays")
    marking_renewed_years: Annotated[float, Field(gt=0)] | None = Field(
        None, description="marking is put up again after so long, by teams with the stage marking; absent: never")
    sampling_share: Share = Field(
        Quantity.point(0.0), description="share of cleared land inspected afterwards, accept on zero")
    sampling: Sampling | None = Field(None, description="sized from the land, instead of sampling_share")
    max_passes: int = Field(3, ge=1, le=8, description="times that land is cleared before it is accepted all the same")
    handover_days: NonNegative | None = Field(
        None, description="from the last inspection until people get the land: it is released then; absent: at once")
    stand_down_days: Annotated[float, Field(ge=0)] = 0.0
    floods: dict[Name, Flood] = {}
    workable: dict[Name, Months] = Field(
        {}, description="by land use: share of each month's working days on which its land can be worked on, "
                        "January first: crops, mud, floods; absent: all")
