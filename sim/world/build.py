"""One replicate of one scenario as arrays (MODEL sections 6 and 11)."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from scipy.special import betaincinv, gammaincinv

from sim.core.inverse import binomial_counts, poisson_counts
from sim.core.life import life_table
from sim.core.random import (
    STREAM_CLUSTER,
    STREAM_COUNT,
    STREAM_LOT,
    STREAM_SITE,
    entity_key,
    replicate_index,
    uniform,
    uniforms,
)
from sim.core.records import (
    AREA,
    BLOCK_QUARTERS,
    COHORT,
    LIFE,
    N_BRANCHES,
    N_CLASSES,
    N_COUNTERS,
    N_KINDS,
    N_STOCKS,
    N_TALLIES,
    QUARTER_DAYS,
    STEP,
    YEAR_DAYS,
    Ground,
    Room,
)
from sim.scenario.detection import KINDS
from sim.scenario.schema import Family
from sim.world.calendar import to_days
from sim.world.draw import Draw
from sim.world.frame import KM2, Frame
from sim.world.hazard import hazard_tables, pair_index
from sim.world.people import Access, people_and_access, resolve_date, sightings

_LN2 = float(np.log(2.0))
MOST_ITEMS = 2**32 - 1  # of a cohort: an item has 32 bits in every address (section 12)
TRANSFER_STEP_DAYS = 7.0  # transferred devices are laid week by week: short lives need it
LONG_PERIOD_DAYS = 2.0 * YEAR_DAYS  # other ordnance quarter by quarter, in longer periods year by year


class World:
    """Everything of a scenario that one parameter draw decides; replicates are made from it.

    Attributes
    ----------
    frame, draw : Frame, Draw
    access : Access
    polygons_m2 : (area,) int64
        Recorded polygons of transferred devices; zero for other areas.
    inside_m2 : (area,) int64
        The part of a polygon that lies in land already to be surveyed in the same stratum.
    """

    def __init__(self, frame: Frame, draw: Draw) -> None:
        self.frame, self.draw = frame, draw
        self.access: Access = people_and_access(frame, draw)
        self.base, self.groups, self.bystander = hazard_tables(frame, draw)
        self.beside_most = self.bystander.max(axis=1, initial=0.0) * self.access.most_entry
        self.sighting = sightings(frame, draw, self.access)
        until = np.flatnonzero(np.diff(frame.step_year, append=-1))  # last steps of the years
        self.most_sighted = np.cumsum(self.sighting * np.diff(frame.edges), axis=2).take(until, axis=2)
        self.life = np.array([_life_row(name, spec, draw) for name, spec in frame.families], dtype=LIFE)
        self.outcome = np.array([
            [draw[f"families.{name}.casualties_per_accident"], draw[f"families.{name}.case_fatality"]]
            for name, _ in frame.families], dtype=float).reshape(-1, 2)
        self.means = _mean_items(frame, draw, self.access.end)
        self.dates, self.weights, self.date_slices = _lay_dates(frame, self.access.end)
        self.polygons_m2, self.inside_m2 = _polygons(frame, draw, self._transfers())
        self.broken = np.array([1.0 - draw[f"transfers.{frame.cohorts[i].source}.compliance"] for i in frame.moving])
        self._tables()
        self.cohort_template = self._cohort_template()
        self.area_template = self._area_template()

    def _tables(self) -> None:
        """Ageing over the quarters by (family, lay date): the same for every area."""
        pairs = sorted({(k.family, k.source) for k in self.frame.kinds_of_cohort})
        self.table_start: dict[tuple[int, str], int] = {}
        edges, rows, tables = self.frame.edges.tobytes(), 0, [np.zeros((0, len(self.frame.edges) - 1, 6))]
        for family, source in pairs:
            self.table_start[family, source] = rows
            low, high = self._slice(family, source)
            rows += high - low
            tables.append(_ageing(self.life[family: family + 1].tobytes(), self.dates[low:high].tobytes(), edges))
        self.table = np.concatenate(tables)

    def _slice(self, family: int, source: str) -> tuple[int, int]:
        kind = self.frame.families[family][1].kind
        return self.date_slices[source, kind]

    def _transfers(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Dates on which the devices of each transfer are laid, and shares of them: laying of a kind may end."""
        laid = {}
        for kind in self.frame.kinds_of_cohort:
            if kind.transferred:
                low, high = self._slice(kind.family, kind.source)
                some = np.isfinite(self.dates[low:high])
                laid[kind.source] = self.dates[low:high][some], self.weights[low:high][some]
        return laid

    def area_m2(self) -> np.ndarray:
        """Area of each hazard area, (area,) int64 [m2]; polygons as they will be recorded."""
        return np.where(self.polygons_m2 > 0, self.polygons_m2, self.frame.area_m2)

    def land_under(self, polygon: int) -> list[tuple[int, int]]:
        """Land to be surveyed that lies under a recorded polygon: (hazard area, m2)."""
        inside = int(self.inside_m2[polygon])
        if inside == 0:
            return []
        bundles = self.frame.bundles[self.frame.areas[polygon].stratum]
        n = len(bundles)
        return [(area, inside * (b + 1) // n - inside * b // n) for b, area in enumerate(bundles)]

    @cached_property
    def recorded_on(self) -> dict[int, float]:
        """Date on which the polygon of a hazard area is recorded: when nothing more is laid there [days]."""
        last = {name: float(dates.max(initial=-np.inf)) for name, (dates, _) in self._transfers().items()}
        recorded: dict[int, float] = {}
        for c in (self.frame.cohorts[i] for i in self.frame.transferred):
            recorded[c.area] = max(recorded.get(c.area, -np.inf), last[c.source])
        return recorded

    @cached_property
    def people_by_year(self) -> tuple[np.ndarray, np.ndarray]:
        """People present at each year's end and person-years lived in the year, (year, district) float64."""
        frame = self.frame
        people = self.access.presence * frame.residents[:, None]
        present, lived = np.zeros((2, len(frame.years), len(frame.districts)))
        years = np.diff(frame.edges) / YEAR_DAYS
        for step, year in enumerate(frame.step_year):
            by_district = np.bincount(frame.access_district, people[:, step], len(frame.districts))
            lived[year] += by_district * years[step]
            present[year] = by_district
        return present, lived

    def _cohort_template(self) -> np.ndarray:
        """Cohorts with everything but what chance decides, (cohort,) COHORT."""
        frame = self.frame
        cohorts = np.zeros(len(frame.cohorts), COHORT)
        stratum = frame.area_stratum[frame.cohort_area]
        cohorts["key"], cohorts["area"] = frame.cohort_keys, frame.cohort_area
        cohorts["family"], cohorts["kind"] = frame.cohort_family, frame.cohort_row
        kinds, kind_of = frame.kinds_of_cohort, frame.kind_of_cohort
        cohorts["moved"] = frame.cohort_moved
        cohorts["transferred"] = np.array([k.transferred for k in kinds], np.int64)[kind_of]
        seen = np.max(self.sighting, axis=2) > 0.0  # (access, family)
        cohorts["seen"] = seen[frame.stratum_access[stratum], frame.cohort_family] if len(cohorts) else 0
        pairs = pair_index(frame)
        cohorts["pair"] = pairs[stratum, frame.cohort_family, frame.cohort_exposure] if len(cohorts) else 0
        spans = np.array([self._slice(k.family, k.source) for k in kinds], np.int64).reshape(-1, 2)[kind_of]
        cohorts["dates_from"], cohorts["dates_to"] = spans[:, 0], spans[:, 1]
        length = spans[:, 1] - spans[:, 0]
        cohorts["node"] = np.cumsum(length) - length
        lots = np.array([spec.lots for _, spec in frame.families], np.int64)
        cohorts["lots"] = lots[frame.cohort_family] if len(cohorts) else 0
        cohorts["lot_from"] = (np.cumsum(lots) - lots)[frame.cohort_family] if len(cohorts) else 0
        starts = np.array([self.table_start[k.family, k.source] for k in kinds], np.int64)[kind_of]
        self.nodes = int(length.sum())
        within = np.arange(self.nodes) - np.repeat(np.cumsum(length) - length, length)
        self.table_row = np.repeat(starts, length) + within
        return cohorts

    def _draw_items(self, cohorts: np.ndarray, replicate: int) -> None:
        """Number of items of each cohort, by inversion (section 11, 1): fewer items are a prefix."""
        frame, seed = self.frame, self.draw.seed
        factor = np.ones(len(frame.clusters))
        some = frame.clustering > 0.0
        factor[some] = _clustered(seed, replicate, frame.cluster_keys[some].tobytes(), frame.clustering[some].tobytes())
        means = self.means * factor[frame.cluster_of] if len(cohorts) else self.means
        counts = _counts(seed, replicate, frame.cohort_keys.tobytes(), means.tobytes())
        if counts.max(initial=0) > MOST_ITEMS:
            most = int(counts.argmax())
            cohort = frame.cohorts[most]
            raise ValueError(f"{cohort.source}, {cohort.family}: {counts[most]:,} items in one hazard area, and there "
                             f"are names for {MOST_ITEMS:,} only; fewer items, or a smaller programme.bundle_km2")
        cohorts["id_to"] = counts
        moving, to_town = frame.moving, frame.cohort_moved[frame.moving]
        moved = np.zeros(len(moving), np.int64)
        u_moved = uniforms(seed, replicate, STREAM_COUNT, frame.cohort_keys[moving], 1, 0)
        binomial_counts(u_moved, counts[moving], self.broken, moved)
        cohorts["id_to"][moving[to_town]] = moved[to_town]
        cohorts["id_from"][moving[~to_town]] = moved[~to_town]

    def replicate(self, inner: int, room: Room) -> Ground:
        """Arrays of one chance replicate.

        Parameters
        ----------
        inner : int
            Number of the replicate within the draw.
        room : Room
            Arrays for what is met; the run says when they are too small. They belong to this replicate
            until the next one is made with them.
        """
        frame, draw = self.frame, self.draw
        address = replicate_index(draw.index, inner)
        cohorts = _copied(self.cohort_template)
        self._draw_items(cohorts, address)
        lots = self._lots(address)
        areas = self._areas(address, cohorts)
        life = self.life.copy()
        room.shelves.view(np.uint8).fill(255)  # -1 everywhere, three times as fast
        room.marks.fill(0)
        at = 0
        for f, (_, spec) in enumerate(frame.families):
            life["sd_fails"][f] = lots[at: at + spec.lots].mean()
            at += spec.lots
        steps, years = len(frame.edges) - 1, len(frame.years)
        n_access, n_families = len(frame.access), len(frame.families)
        marking = [draw["exposure.marking_effect"], draw["exposure.marking_half_life_years"] * YEAR_DAYS]
        return Ground(
            address=np.array([draw.seed, address], np.int64), edges=frame.edges,
            step_year=frame.step_year, step_season=frame.step_season, cohorts=cohorts, areas=areas, life=life,
            dates=self.dates, weights=self.weights, lots=lots, base=self.base, groups=self.groups,
            bystander=self.bystander, beside_most=self.beside_most,
            presence=self.access.presence, entry=self.access.entry,
            learning=np.ones((n_access, steps)), reports=np.zeros((n_access, steps)),
            reported=np.zeros((len(areas), steps), np.int32), learn=self._learn(),
            marking=np.array(marking), reporting=self.access.reporting,
            report_delay=np.array([draw["reporting.delay_days"]]), outcome=self.outcome,
            sighting=self.sighting.copy(), sighted=np.zeros((n_access, n_families, steps)),
            most_sighted=self.most_sighted, less_sighted=np.zeros((n_access, n_families)),
            active=np.zeros((self.nodes, N_BRANCHES)), inert=np.zeros((self.nodes, N_BRANCHES)), table=self.table,
            table_row=self.table_row, touched=room.touched, met=room.met,
            watched=np.full((years + 1, len(cohorts)), -1, np.int32), marks=room.marks, shelves=room.shelves,
            candidates=room.candidates, listed=np.zeros(BLOCK_QUARTERS, np.int64),
            heads=np.empty((BLOCK_QUARTERS, len(cohorts)), np.int32), queue=room.queue, spare=room.spare,
            starts=room.starts, eod=np.zeros(steps),
            methods=np.zeros((0, N_KINDS, N_CLASSES)), method_weights=np.zeros((0, N_KINDS, N_CLASSES)),
            counters=_counters(), finds=np.zeros(N_KINDS, np.int64), clock=np.array([frame.edges[0]]),
            tallies=np.zeros((years, len(frame.districts), N_TALLIES)), kinds=np.zeros((years, N_KINDS + 1, 2)),
            stocks=np.zeros((years, len(frame.districts), N_STOCKS)), log=room.log,
        )

    def _learn(self) -> np.ndarray:
        """Floor, exponent per reported accident, share remembered per quarter; (access, 3) float64."""
        exposure = self.frame.scenario.exposure
        learn = np.empty((len(self.frame.access), 3))
        learn[:, 0] = self.draw["exposure.learning_floor"]
        learn[:, 1] = self.draw["exposure.learning_per_accident"] * 1e5 / np.maximum(self.frame.residents, 1.0)
        learn[:, 2] = 0.5 ** (QUARTER_DAYS / (exposure.memory_years * YEAR_DAYS))
        return learn

    def _lots(self, address: int) -> np.ndarray:
        """Failure probability of each production lot (section 4), families in order: Beta between lots."""
        lots: list[np.ndarray] = []
        for name, spec in self.frame.families:
            mean = self.draw[f"families.{name}.sd_failure"] if spec.sd_hours is not None else 1.0
            values = np.full(spec.lots, mean)
            if spec.lot_correlation > 0.0 and 0.0 < mean < 1.0:
                k = 1.0 / spec.lot_correlation - 1.0
                key = entity_key("lots", name)
                u = np.array([uniform(self.draw.seed, address, STREAM_LOT, key, 0, j) for j in range(spec.lots)])
                values = betaincinv(mean * k, (1.0 - mean) * k, u)
            lots.append(values)
        return np.concatenate(lots) if lots else np.zeros(0)

    def _area_template(self) -> np.ndarray:
        """Hazard areas with everything but what chance decides, (area,) AREA."""
        frame = self.frame
        areas = np.zeros(len(frame.areas), AREA)
        areas["key"] = frame.area_keys
        areas["released"], areas["marked"], areas["marking"] = np.inf, np.inf, 1.0
        areas["class_weight"] = 1.0 / areas["class_weight"].shape[-1]
        areas["cohorts_from"], areas["cohorts_to"] = frame.area_cohorts
        areas["access"] = frame.stratum_access[frame.area_stratum]
        areas["district"] = frame.access_district[areas["access"]]
        size = self.area_m2()
        areas["sites"] = np.maximum(np.round(size / (self.draw["programme.survey.site_km2"] * KM2)), size > 0)
        return areas

    def _areas(self, address: int, cohorts: np.ndarray) -> np.ndarray:
        """Which sites hold items: hidden from the programme."""
        frame = self.frame
        areas = _copied(self.area_template)
        sites, holds = areas["sites"], np.zeros(len(areas), np.int64)
        share = np.full(len(areas), self.draw["programme.survey.contaminated_share"])
        binomial_counts(uniforms(self.draw.seed, address, STREAM_SITE, frame.area_keys, 0, 0), sites, share, holds)
        holds = np.where(frame.is_polygon, sites, holds)  # TS finds the mined part of a recorded polygon
        items = np.bincount(frame.cohort_area, cohorts["id_to"] - cohorts["id_from"], len(areas))
        areas["contaminated"] = np.maximum(holds, (items > 0) & (sites > 0))
        return areas


# What a draw or a replicate makes of the same numbers is kept for the next scenario, where most is as it is here.
# Kernels are compiled for arrays that may be written to, so they are given bytearrays.


@lru_cache(maxsize=512)
def _ageing(life: bytes, laid: bytes, edges: bytes) -> np.ndarray:
    """Rows of `life_table` for one family and its lay dates, (date, step, 6) float64."""
    dates = np.frombuffer(bytearray(laid))
    lives, edge = np.frombuffer(bytearray(life), LIFE), np.frombuffer(bytearray(edges))
    table: np.ndarray = life_table(lives, np.zeros(len(dates), np.int64), dates, edge)
    return table


@lru_cache(maxsize=64)
def _clustered(seed: int, replicate: int, keys: bytes, variance: bytes) -> np.ndarray:
    """Gamma factors of mean 1 on the density of clusters, (cluster,) float64."""
    variances = np.frombuffer(variance)
    u = uniforms(seed, replicate, STREAM_CLUSTER, np.frombuffer(bytearray(keys), np.int64), 0, 0)
    factors: np.ndarray = gammaincinv(1.0 / variances, u) * variances
    return factors


@lru_cache(maxsize=64)
def _counts(seed: int, replicate: int, keys: bytes, means: bytes) -> np.ndarray:
    """Poisson numbers of items, (cohort,) int64."""
    counts = np.zeros(len(keys) // 8, np.int64)
    u = uniforms(seed, replicate, STREAM_COUNT, np.frombuffer(bytearray(keys), np.int64), 0, 0)
    poisson_counts(u, np.frombuffer(bytearray(means)), counts)
    return counts


def _copied(records: np.ndarray) -> np.ndarray:
    """A copy, as bytes: records with gaps are copied field by field otherwise, twenty times as slow."""
    return records.view(np.uint8).copy().view(records.dtype)


def _counters() -> np.ndarray:
    counters = np.zeros(N_COUNTERS, np.int64)
    counters[STEP] = -1  # no step is open
    return counters


def _life_row(name: str, spec: Family, draw: Draw) -> tuple[float, ...]:
    path = f"families.{name}"
    sd = spec.sd_hours
    shape = spec.ageing_shape
    half_life = draw[f"{path}.ageing_half_life_years"] if spec.ageing_half_life_years is not None else np.inf
    scale = half_life * YEAR_DAYS / _LN2 ** (1.0 / shape)
    sd_to = sd[-1] / 24.0 if sd is not None else np.inf
    battery = spec.sda_days if spec.sda_days is not None else np.inf
    exponential = shape == 1.0 and draw[f"{path}.ageing_floor"] == 0.0
    return (
        1.0 - draw[f"{path}.never_armed"],
        draw[f"{path}.sd_failure"] if sd is not None else 1.0,
        sd[0] / 24.0 if sd is not None else np.inf,
        sd_to,
        draw[f"{path}.sda_failure"] if spec.sda_days is not None else 1.0,
        battery,
        draw[f"{path}.ageing_floor"], scale, shape, draw[f"{path}.inert_hazard_weight"],
        max((age for age in (sd_to, battery) if age < np.inf), default=0.0) if exponential else np.inf,
    )


def _mean_items(frame: Frame, draw: Draw, end: float) -> np.ndarray:
    """Expected number of items by cohort, (cohort,) float64."""
    scenario = frame.scenario
    total: dict[str, float] = {}
    for source, entry in scenario.contamination.items():
        path = f"contamination.{source}"
        if entry.items is not None:
            total[source] = draw[f"{path}.items"]
        else:
            years = (resolve_date(entry.until, end) - to_days(entry.since)) / YEAR_DAYS
            total[source] = draw[f"{path}.items_per_year"] * max(years, 0.0)
    by_kind = []
    for kind in frame.kinds_of_cohort:
        if kind.transferred:
            by_kind.append(draw[f"transfers.{kind.source}.devices"])
            continue
        path = f"contamination.{kind.source}.families"
        all_shares = sum(draw[f"{path}.{family}"] for family in scenario.contamination[kind.source].families)
        share = draw[f"{path}.{frame.families[kind.family][0]}"]
        by_kind.append(total[kind.source] * (share / all_shares if all_shares > 0 else 0.0))
    return np.array(by_kind, np.float64)[frame.kind_of_cohort] * frame.cohort_share


def _polygons(frame: Frame, draw: Draw,
              transfers: dict[str, tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Recorded polygons of transferred devices, whole and inside land already to be surveyed [m2]."""
    share_laid = {name: float(shares.sum()) for name, (_, shares) in transfers.items()}
    whole = np.zeros(len(frame.areas), np.int64)
    inside = np.zeros(len(frame.areas), np.int64)
    available = dict(frame.bundled_m2)
    for c in (frame.cohorts[i] for i in frame.transferred):
        path = f"transfers.{c.source}"
        part = 1.0 - draw[f"{path}.compliance"]
        if not c.moved:
            part = draw[f"{path}.compliance"] if c.items in frame.towns else 1.0
        mined_km2 = draw[f"{path}.devices"] * c.share * part / draw[f"{path}.mined_density_per_km2"]
        m2 = round(mined_km2 * draw[f"{path}.polygon_factor"] * KM2 * share_laid[c.source])
        whole[c.area] += m2
        stratum = frame.areas[c.area].stratum
        room = available.get(stratum, 0)
        taken = min(round(m2 * draw[f"{path}.inside_suspected"]), room)
        inside[c.area] += taken
        available[stratum] = room - taken
    return whole, inside


def _lay_dates(frame: Frame, end: float) -> tuple[np.ndarray, np.ndarray, dict[tuple[str, str], tuple[int, int]]]:
    """When items are laid: equal steps of each period, at their middles; by source and kind of item.

    A date of infinity stands for items that nobody lays, because laying of the kind has ended.
    """
    scenario = frame.scenario
    stop = scenario.laying_ends
    dates: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    slices: dict[tuple[str, str], tuple[int, int]] = {}
    at = 0
    periods: list[tuple[str, float, float, float]] = []
    for name, entry in scenario.contamination.items():
        since, until = to_days(entry.since), resolve_date(entry.until, end)
        periods.append((name, since, until, YEAR_DAYS if until - since > LONG_PERIOD_DAYS else QUARTER_DAYS))
    periods += [(n, to_days(e.since), to_days(e.until), TRANSFER_STEP_DAYS) for n, e in scenario.transfers.items()]
    for source, since, until, step in periods:
        length = max(until - since, 0.0)
        n = max(1, round(length / step))
        middle = since + length * (np.arange(n) + 0.5) / n
        for kind in KINDS:
            laid = middle
            if stop is not None and kind in stop.kinds:
                laid = np.where(middle < to_days(stop.date), middle, np.inf)
            dates.append(laid)
            weights.append(np.full(n, 1.0 / n))
            slices[source, kind] = at, at + n
            at += n
    if not dates:
        return np.zeros(0), np.zeros(0), slices
    return np.concatenate(dates), np.concatenate(weights), slices
