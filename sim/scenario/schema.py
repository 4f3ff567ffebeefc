"""What a user may write: every section, every key, its unit and its meaning.

The models here are the single declaration of a parameter: type, unit (in the name), default,
meaning. `demrisk schema` prints them as JSON Schema; `sim.scenario.loading` fills them from YAML.
Section numbers refer to the model description in the README ("The model in twelve sections").
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from sim.scenario.errors import Fault, Place
from sim.scenario.programme import Programme
from sim.scenario.quantity import Quantity
from sim.scenario.section import AtLeastOne, Date, Metal, Name, NonNegative, Positive, Section, Share

LAND_KM2, PEOPLE = 1.5e8, 1e10
"""More land, and more people, than there are on Earth: what is above is a slip of the pen."""
ANCHOR_HOSTILITIES_END = "hostilities_end"
GROUPS = ("women", "men", "girls", "boys")

DateOrEnd = dt.date | Literal["hostilities_end"]


class Replicates(Section):
    """Sizes of the two loops (section 10): parameter draws outside, chance inside."""

    draws: int = Field(100, ge=1, le=1_000_000, description="parameter draws (outer loop)")
    per_draw: int = Field(2, ge=1, le=4096, description="chance replicates per draw (inner loop)")


class Stratum(Section):
    """A piece of a district with one access zone and one land use (section 5)."""

    district: str = Field(min_length=1, max_length=60)
    zone: Name
    land_use: Name
    area_km2: float = Field(gt=0, le=LAND_KM2, description="land in the stratum")
    residents: float = Field(ge=0, le=PEOPLE, description="people living there before the hostilities")
    to_survey_km2: float = Field(ge=0, description="land potentially contaminated, never on record")
    suspected_km2: float = Field(0.0, ge=0, description="land on record as SHA at the start")
    vegetation: Name | None = Field(None, description="names a factor on the rates of methods (rate_by_vegetation)")
    source: str = "unsourced"
    grade: str = "U"

    @model_validator(mode="after")
    def _fits(self) -> Stratum:
        if self.to_survey_km2 + self.suspected_km2 > self.area_km2 * (1 + 1e-9):
            raise ValueError("to_survey_km2 + suspected_km2 is larger than area_km2")
        return self


class ZoneAccess(Section):
    """When one district's zone opens to its people and to the programme, and who is there."""

    district: str
    zone: Name
    opens: DateOrEnd = Field(description="date, or hostilities_end (+ hostilities.access_delay)")
    held: Literal["government", "occupied"] = Field(
        description="who holds the zone until it opens: decides the reporting fraction")
    present_before_opening: float = Field(ge=0, le=1, description="share of residents present until then")
    present_after_opening: float = Field(
        ge=0, le=1, description="share towards which presence rises while hostilities last")
    source: str = "unsourced"
    grade: str = "U"


class Hostilities(Section):
    """End of hostilities: `end` + `end_delay_years`; laying stops, return and access begin."""

    end: Date
    end_delay_years: NonNegative = Quantity.point(0.0)
    access_delay_months: NonNegative = Field(
        Quantity.point(0.0), description="opening of zones that wait for the end, drawn per district and zone")


class Return(Section):
    """How displaced people come back (section 5)."""

    settling_years: NonNegative = Field(
        Quantity.point(0.5), description="half-time of return after a zone opens, hostilities going on")
    final_share: Share = Field(
        Quantity.point(1.0), description="share of those away at the end of hostilities who come back")
    half_time_years: NonNegative = Field(Quantity.point(2.0), description="half-time of that return")
    delay_years: Quantity = Field(
        Quantity.point(0.0), description="start of that return relative to the end of hostilities")
    first_year_entry: NonNegative = Field(
        Quantity.point(1.0), description="entry of people in their first year back, relative to others")


class Activity(Section):
    """Something people do on land: who, where, how far, in which season (section 5)."""

    land_uses: list[Name] = Field(min_length=1)
    mode: Literal["foot", "vehicle", "tractor"]
    participation: dict[Literal["women", "men", "girls", "boys"], NonNegative] = Field(
        description="share of all present persons who belong to the group and take part")
    trips_per_day: NonNegative = Field(description="per participant, mean over the year [1/day]")
    length_m: NonNegative = Field(description="length of path walked or driven on the land per trip [m]")
    party_size: Annotated[float, Field(ge=1)] = 1.0
    seasons: Annotated[list[float], Field(min_length=4, max_length=4)] = Field(
        [1, 1, 1, 1], description="relative weight of Jan-Mar, Apr-Jun, Jul-Sep, Oct-Dec; scaled to mean 1")

    @model_validator(mode="after")
    def _season_has_weight(self) -> Activity:
        if min(self.seasons) < 0 or sum(self.seasons) <= 0:
            raise ValueError("seasons must be four weights >= 0, not all zero")
        return self


class Calibration(Section):
    """Fitted exposure scale (section 8): ln scale = log_scale + sum of slope x normal score + spread x normal.

    The normal score of an uncertain parameter is the standard normal quantile of its uniform draw, so
    that draws with many items in the ground go with a low scale and the other way round.
    """

    log_scale: float
    spread: float = Field(ge=0)
    slopes: dict[str, float] = {}
    fitted_to: dict[int, float] = Field({}, description="year -> reported casualties used in the fit")
    scenario_digest: str = ""
    source: str = "unsourced"
    grade: str = "D"


class ExposureClass(Section):
    """A part of the land, by how much people use it: paths and far corners (section 5)."""

    share: float = Field(gt=0, le=1, description="of the land, and of the items in it")
    relative: float = Field(ge=0, description="how often people come there; the mean over the land is 1")


class Exposure(Section):
    """Entry to land that people know to be suspected, and how it changes (section 5)."""

    scale: NonNegative = Field(
        Quantity.point(1.0), description="multiplies every civilian hazard; fitted by `demrisk calibrate`")
    calibration: Calibration | None = Field(None, description="written by `demrisk calibrate`; replaces scale")
    entry_suspected: Share = Field(Quantity.point(1.0), description="entry to suspected land relative to released land")
    learning_floor: Share = Field(
        Quantity.point(1.0), description="entry that remains after many reported accidents, set by need")
    learning_per_accident: NonNegative = Field(
        Quantity.point(0.0), description="exponent per reported accident per 100,000 residents of the district's zone")
    memory_years: float = Field(5.0, gt=0, description="half-time with which reported accidents are forgotten")
    eore_effect: Share = Field(
        Quantity.point(0.0), description="reduction of entry where risk education reaches everybody")
    eore_coverage: Share = Field(Quantity.point(0.0), description="share of people reached")
    marking_effect: Share = Field(
        Quantity.point(0.0), description="reduction of entry on freshly marked confirmed land")
    marking_half_life_years: Positive = Field(
        Quantity.point(3.0), description="half-time with which marking is lost")
    classes: list[ExposureClass] = Field(
        [], max_length=16, description="parts of every stratum that people use more or less; none: all alike")

    @model_validator(mode="after")
    def _classes_add_up(self) -> Exposure:
        shares, mean = sum(c.share for c in self.classes), sum(c.share * c.relative for c in self.classes)
        if self.classes and max(abs(shares - 1.0), abs(mean - 1.0)) > 1e-6:
            raise ValueError(f"classes: the shares add up to {shares:.7g}, share x relative to {mean:.7g}; both to 1")
        return self


class MetalContent(Section):
    """How much metal there is in an item, for methods whose detection depends on it (section 7)."""

    content: Metal = Field(description="high: a body of metal; low: a signal as of 8 g of iron or more; minimum: less")
    source: str = "unsourced"
    grade: str = "U"
    note: str = ""


class Family(Section):
    """A family of items: its life (section 4) and its footprint (section 5)."""

    title: str
    kind: Literal["ap", "av", "submunition", "erw"]
    metal: MetalContent | None = Field(None, description="asked for by methods with detection_by_metal")
    never_armed: Share = Quantity.point(0.0)
    sd_hours: list[float] | None = Field(None, description="self-destruct time: [t] or a window [from, to], hours")
    sd_failure: Share = Field(Quantity.point(0.0), description="P(self-destruction fails) of an armed item")
    sda_days: float | None = Field(None, gt=0, description="battery exhaustion, days")
    sda_failure: Share = Field(Quantity.point(1.0), description="P(battery back-up fails | self-destruction failed)")
    lot_correlation: Annotated[float, Field(ge=0, lt=1)] = 0.0
    lots: int = Field(1, ge=1, le=4096, description="number of production lots that share a failure rate")
    ageing_half_life_years: Positive | None = Field(None, description="half-life of function; absent: does not age")
    ageing_shape: Annotated[float, Field(gt=0, le=10)] = 1.0
    ageing_floor: Share = Field(Quantity.point(0.0), description="share that never loses function by ageing")
    width_m: dict[Literal["foot", "vehicle", "tractor"], NonNegative] = Field(
        description="width of the strip in which the item is met, by mode")
    p_trigger: dict[Literal["foot", "vehicle", "tractor"], Share] = Field(
        description="P(detonates | in the strip), by mode")
    inert_hazard_weight: Share = Field(
        Quantity.point(0.0), description="hazard of an inert item relative to an active one (handling, burning)")
    case_fatality: Share = Quantity.point(0.3)
    casualties_per_accident: AtLeastOne = Field(Quantity.point(1.0), description="mean; 1 + Poisson(mean - 1)")
    sighted_per_year: NonNegative = Field(
        Quantity.point(0.0),
        description="rate at which an item in accessible land is seen and reported for an EOD spot task")
    bystander_radius_m: NonNegative = Field(
        Quantity.point(0.0), description="radius in which self-destruction hurts a person present")

    @model_validator(mode="after")
    def _life(self) -> Family:
        if self.sd_hours is not None:
            if not 1 <= len(self.sd_hours) <= 2 or min(self.sd_hours) <= 0 or self.sd_hours[0] > self.sd_hours[-1]:
                raise ValueError("sd_hours takes [t] or [from, to], hours, 0 < from <= to")
        elif self.sda_days is not None:
            raise ValueError("sda_days needs sd_hours: the battery backs up self-destruction")
        return self


class Contamination(Section):
    """Ordnance in the ground, an input: how many items, of which families, where, when (section 6)."""

    items: NonNegative | None = Field(None, description="items laid or left in the whole period")
    items_per_year: NonNegative | None = Field(None, description="items per year of the period")
    families: dict[Name, NonNegative] = Field(min_length=1, description="relative numbers by family")
    since: Date
    until: DateOrEnd
    relative_density: dict[Literal["zone", "land_use", "district"], dict[str, float]] = Field(
        {}, description="density per km2 to be surveyed or suspected, relative; what is not named is 1")
    only_zones: list[Name] | None = None
    only_districts: list[str] | None = None
    clustering: Annotated[float, Field(ge=0, le=100)] = Field(
        0.0, description="squared coefficient of variation of the mean density between bundles (gamma-Poisson)")

    @model_validator(mode="after")
    def _one_number(self) -> Contamination:
        if (self.items is None) == (self.items_per_year is None):
            raise ValueError("give exactly one of items and items_per_year")
        return self


class Transfer(Section):
    """A laying policy: transferred devices, described to compare policies, never a plan (section 6)."""

    family: Name
    devices: NonNegative
    since: Date
    until: Date
    zones: list[Name] = Field(min_length=1)
    districts: dict[str, float] = Field(min_length=1, description="relative numbers by district")
    land_uses: dict[Name, float] = Field(min_length=1, description="relative numbers by land use")
    populated_area_exclusion_per_km2: float = Field(
        300.0, gt=0, description="residents per km2 from which on land is left out while the pledge holds; devices for "
        "which it is broken end up where most people per km2 live in their zone and district")
    compliance: Share = Field(Quantity.point(1.0), description="share of devices for which the pledge holds")
    mined_density_per_km2: Positive = Field(description="devices per km2 of mined area")
    polygon_factor: Positive = Field(Quantity.point(1.0), description="recorded polygon area / mined area")
    inside_suspected: Share = Field(Quantity.point(1.0), description="share of polygons in land already to be surveyed")


class LayingEnds(Section):
    """A date from which some kinds are laid by nobody."""

    date: Date
    kinds: list[Literal["ap", "av", "submunition", "erw"]] = Field(min_length=1)


class Reporting(Section):
    """What becomes known (section 8): accidents are reported as a whole."""

    government: Share = Quantity.point(1.0)
    occupied: Share = Quantity.point(1.0)
    delay_days: NonNegative = Field(Quantity.point(0.0), description="mean of the exponential delay")


class Scenario(Section):
    """One world and one programme: what is compared with others. Immutable."""

    format: Literal[1] = 1
    title: str = Field(min_length=1, max_length=200)
    question: str = ""
    seed: int = Field(ge=0, le=2**32 - 1)
    start: Date
    horizon_years: float = Field(gt=0, le=200)
    replicates: Replicates = Replicates()
    strata: list[Stratum] = Field(min_length=1)
    access: list[ZoneAccess] = Field(min_length=1)
    hostilities: Hostilities
    return_: Return = Field(Return(), alias="return")
    activities: dict[Name, Activity] = Field(min_length=1)
    exposure: Exposure = Exposure()
    families: dict[Name, Family] = Field({}, description="added to, or replacing, the catalogue's")
    contamination: dict[Name, Contamination] = {}
    transfers: dict[Name, Transfer] = {}
    laying_ends: LayingEnds | None = None
    reporting: Reporting = Reporting()
    programme: Programme
    notes: dict[str, Any] = Field({}, description="free text, carried along")
    map: str | None = Field(None, description="GeoJSON with schematic districts, for drawing only")

    _folder: Path | None = PrivateAttr(None)
    _inputs: dict[str, str] = PrivateAttr({})
    _quantities: dict[str, Quantity] | None = PrivateAttr(None)  # filled by `quantities`, once
    _resolved: dict[str, Family] | None = PrivateAttr(None)  # filled by `resolved_families`, once
    _warnings: tuple[Fault, ...] = PrivateAttr(())
    _priority_place: Place = PrivateAttr(Place(""))

    @property
    def folder(self) -> Path | None:
        """Folder of the file it was loaded from: `map` is named relative to it; None when made in a program."""
        return self._folder

    @property
    def inputs(self) -> dict[str, str]:
        """Name of each file it was read from -> SHA-256 of its text."""
        return self._inputs

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What can be run and will hardly be meant, with its place: a programme that cannot finish."""
        return self._warnings

    @property
    def priority_place(self) -> Place:
        """Where `programme.priority` is written: only who runs the scenario knows the policies of its user."""
        return self._priority_place


class Variant(Section):
    """A scenario as a few changes over the base or over another variant."""

    title: str = ""
    over: Name | None = None
    group: str = Field(
        "", max_length=40, description="variants of a group are shown side by side and compared with its first one")
    set: dict[str, Any] = Field({}, description="dotted path -> value")


class Deadline(Section):
    """A date and how much land should be done with by then: released, or surveyed without evidence."""

    year: int = Field(ge=1900, le=2300, description="by the end of this year")
    share: Annotated[float, Field(gt=0, le=1)] = Field(1.0, description="share of all land on the books")


class Study(Section):
    """Variants of one base, run on the same draws and compared with a named baseline."""

    study: str = Field(min_length=1, max_length=200)
    question: str = ""
    base: str
    baseline: Name
    headline: Name | None = Field(None, description="the variant whose difference answers the question")
    variants: dict[Name, Variant] = Field(min_length=1)
    quick: Replicates = Replicates(draws=10, per_draw=2)
    deadline: Deadline | None = None
    sources: dict[str, str] = Field({}, description="short name -> full source, for the table of parameters")
