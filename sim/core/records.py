"""Layout of the arrays that the kernels share.

A ``Ground`` tuple holds everything about one replicate of one scenario: what lies where (fixed when it
is built) and what has happened so far. Times are days since 1 January 2000; a year is 365.25 days.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

YEAR_DAYS = 365.25
QUARTER_DAYS = YEAR_DAYS / 4.0
BLOCK_QUARTERS = 10
BLOCK_DAYS = BLOCK_QUARTERS * QUARTER_DAYS
"""Calendar blocks in which candidate encounters are enumerated: 2.5 years, anchored to 1 January 2000.
One length for every cohort, so that scenarios stay paired whatever family is laid."""

FIRST_INDEX_BLOCK = 16
"""Index blocks hold the ids [0, 16), [16, 32), [32, 64), ..., fixed for ever: fewer items are a prefix."""
MAX_SWEEPS = 8
N_KINDS = 8  # groups of items that detectors tell apart: ap, av, submunition, erw, and four more
TRANSFERRED = N_KINDS  # row of Ground.kinds for casualties by transferred devices
N_CLASSES = 3  # detectability classes (Gauss-Jacobi nodes of the Beta distribution between items)
N_GROUPS = 4  # women, men, girls, boys

# The sites of a hazard area end in one of four ways; each is a branch with its own date of release. What is laid in
# a site after its clearance has begun is a branch too: it is not looked for again, and released with the site.
MISSED, CANCELLED, REDUCED, CLEARED, LATER = (np.int64(branch) for branch in range(5))
N_BRANCHES = 5

COHORT = np.dtype(
    [
        ("key", "u8"),  # entity of the random address
        ("area", "u4"),
        ("pair", "u4"),  # (stratum, family) row of the hazard table
        ("family", "u4"),
        ("kind", "u4"),
        ("transferred", "i4"),  # 1: devices of a transfer, tallied apart
        ("seen", "i4"),  # 1: spot tasks may find its items some day
        ("moved", "i4"),  # 1: those of them that lie where the pledge forbids; the rest has the same address
        ("id_from", "i8"),  # items are the ids [id_from, id_to) of the address
        ("id_to", "i8"),
        ("dates_from", "i4"),  # slice of Ground.dates: when its items were laid
        ("dates_to", "i4"),
        ("node", "i4"),  # first row of Ground.active / Ground.inert
        ("lot_from", "i4"),
        ("lots", "i4"),
        # what has happened
        ("accidents", "i8"),
        ("found", "i8"),  # revealed finds, all of them
        ("found_spot", "i8"),  # of those, by EOD spot tasks
        ("touched", "i8"),  # items whose facts are settled, or that were assigned to the finds
        ("unassigned", "i8"),  # finds among items that nobody had met, not yet given to an item
        ("revealed", "f8"),  # date of the last reveal
        ("not_found", "f8"),  # P(not found by then) of an item that nobody has met
        # expected values (section 11): masses per item laid
        ("integrated", "f8"),  # date up to which the masses are integrated
        ("mass", "f8"),  # P(not detonated, not known to be found)
        ("gone", "f8"),  # P(self-destructed before anything else)
        ("waiting", "f8"),  # P(not yet laid)
        ("present", "f8"),  # P(in the ground), functioning or not
        ("taken_active", "f8"),  # P(taken by the sweep under way while functioning): nobody knows yet
        ("taken_inert", "f8"),  # the same, no longer functioning
        # of an item that nobody has met and that does not self-destruct: P(laid, not destroyed by a spot task)
        ("unseen", "f8"),
        ("unseen_later", "f8"),  # the same, laid after sweeps of the area began
        ("unseen_gone", "f8"),  # P(self-destructed before a spot task came); both of settled lay dates if there is SD
        ("next_date", "i4"),  # first lay date that has not come
        ("settled", "i4"),  # first lay date that has a row of its own: those before are summed in the first row
        ("looked_up", "i4"),  # year in which items that somebody met were last looked up: none before in Ground.watched
        ("bound", "i4"),  # 0: enumerated for suspected land, 1: for released land
    ],
    align=True,
)

AREA = np.dtype(
    [
        ("key", "u8"),
        ("district", "u4"),
        ("access", "u4"),  # (district, zone) row
        ("cohorts_from", "i4"),
        ("cohorts_to", "i4"),
        ("sites", "i8"),
        ("contaminated", "i8"),  # sites that hold items: hidden from the programme
        ("missed", "f8"),  # upper limits of the item's site uniform per branch, see branch_of()
        ("cancelled", "f8"),
        ("ts_missed", "f8"),  # share of the items of confirmed sites that TS leaves outside
        ("diverged", "i4"),  # 1 once survey has split the sites into branches
        ("released", "f8", (N_BRANCHES,)),  # date of release by branch; inf: not released
        ("marked", "f8"),  # date of marking; inf: not marked
        ("marking", "f8"),  # factor on entry by marking in the open step
        ("sweeps", "i4"),
        ("sweep_from", "f8", (MAX_SWEEPS,)),
        ("sweep_to", "f8", (MAX_SWEEPS,)),
        ("detect", "f8", (MAX_SWEEPS, N_KINDS, N_CLASSES)),
        ("class_weight", "f8", (N_KINDS, N_CLASSES)),  # shares of the detectability classes
        ("sweeps_done", "i4"),
    ],
    align=True,
)

# What is known of an item that somebody met: facts, and apart from them what is read far more often. Small records stay
# near the processor, where waiting for a record of facts would cost more than all the arithmetic on it.
TOUCHED = np.dtype(
    [
        ("id", "i8"),
        ("laid", "f8"),
        ("inactive", "f8"),  # date from which it no longer functions
        ("gone", "f8"),  # date of self-destruction
        ("site", "f8"),  # uniforms: site, second survey, place in the sweep, detectability class
        ("keep", "f8"),
        ("place", "f8"),
        ("klass", "f8"),
        ("sight", "f8"),  # cumulated sighting hazard since laying at which it is reported and destroyed; inf: never
        ("attempt", "i8"),  # which draw of the facts holds: later ones where a find ruled the first out
    ],
    align=True,
)
MET = np.dtype(
    [
        ("name", "u8"),  # cohort << 32 | id
        ("sighted_at", "f8"),  # TOUCHED.sight on the zone's scale, from below while not laid
        ("following", "i4"),  # next item met of the same cohort and year of Ground.watched, -1: none
        ("beside", "i4"),  # next item met that stands on the same shelf, -1: none
        ("state", "i1"),  # in the ground, detonated, found, or self-destructed
    ],
    align=True,
)
IN_GROUND, DETONATED, FOUND, GONE = np.int8(0), np.int8(1), np.int8(2), np.int8(3)

FIRST = np.int64(0)  # first cohort; a plain 0 would be compiled as a constant, in a copy of its own

CANDIDATE = np.dtype(
    [
        ("date", "f8"),  # [days]
        ("height", "f8"),  # [1/day]; negative: beside a self-destruction, see candidates.py
        ("id", "i8"),
        ("next", "i4"),  # in the list of its cohort and quarter; -1: last
    ],
    align=True,
)

DUE = np.dtype([("date", "f8"), ("candidate", "i4")], align=True)

ORDER = np.dtype(
    [
        ("date", "f8"),  # [days]
        ("what", "i4"),
        ("area", "u4"),
        ("number", "i4"),  # branch or method
        ("value", "f8"),  # share or date
    ],
    align=True,
)
"""What the programme does to the ground, with its date; carried out when somebody asks what came of it."""
SPLIT, CANCEL, LEAVE_OUTSIDE, RELEASE, MARK, BEGIN_SWEEP, END_SWEEP = range(7)

MOST_BESIDE = 0.999  # largest chance of somebody beside a self-destruction: keeps the logarithm finite

# Columns of the yearly tallies.
ACCIDENTS, CASUALTIES, KILLED, REPORTED = 0, 1, 2, 3
FIRST_GROUP = 4
EXPECTED_ACCIDENTS, EXPECTED_CASUALTIES, EXPECTED_KILLED, EXPECTED_REPORTED = 8, 9, 10, 11
N_TALLIES = 12
STOCK_ACTIVE, STOCK_INERT, STOCK_GONE, STOCK_LAID, STOCK_FOUND, STOCK_SPOT = 0, 1, 2, 3, 4, 5
STOCK_ACTIVE_TRANSFERRED, STOCK_INERT_TRANSFERRED = 6, 7
N_STOCKS = 8


class Ground(NamedTuple):
    """Arrays of one replicate of one scenario (section 11)."""

    address: np.ndarray  # (2,) int64: seed, replicate
    edges: np.ndarray  # (step + 1,) float64 [days]: quarters of the calendar, cut at start and horizon
    step_year: np.ndarray  # (step,) int64: row of the tallies
    step_season: np.ndarray  # (step,) int64: 0 January-March ... 3 October-December
    cohorts: np.ndarray  # (cohort,) COHORT
    areas: np.ndarray  # (area,) AREA
    life: np.ndarray  # (family,) LIFE
    dates: np.ndarray  # (date,) float64 [days]: lay dates, slices by cohort
    weights: np.ndarray  # (date,) float64: share of the cohort laid on that date
    lots: np.ndarray  # (lot,) float64: failure probability of each lot
    base: np.ndarray  # (pair, season) float64 [1/day]: hazard of one active item, everybody present
    groups: np.ndarray  # (pair, season, group) float64: cumulated shares of who is hurt
    bystander: np.ndarray  # (pair, season) float64: P(accident | self-destructs), everybody present
    beside_most: np.ndarray  # (pair,) float64: upper bound of the same at any date, whatever the horizon
    presence: np.ndarray  # (access, step) float64: people present / residents
    entry: np.ndarray  # (access, step) float64: entry to suspected land before learning and marking
    learning: np.ndarray  # (access, step) float64: factor learnt from reported accidents, filled step by step
    reports: np.ndarray  # (access, step) float64: accidents by the step in which their report arrives
    reported: np.ndarray  # (area, step) int32: the same by area
    learn: np.ndarray  # (access, 3) float64: floor, exponent per report, share remembered per quarter
    marking: np.ndarray  # (2,) float64: effect, half-life [days]
    reporting: np.ndarray  # (access, step) float64: P(accident is reported)
    report_delay: np.ndarray  # (1,) float64 [days]
    outcome: np.ndarray  # (family, 2) float64: mean casualties per accident, case fatality
    # (access, family, step) float64 [1/day]: rate of EOD finds per item; once the step has begun, of those attended
    sighting: np.ndarray
    sighted: np.ndarray  # (access, family, step) float64: the same cumulated up to the step
    most_sighted: np.ndarray  # (access, family, year) float64: the same up to the year's end, were all attended
    less_sighted: np.ndarray  # (access, family) float64: how much less it was by the last year's end
    active: np.ndarray  # (node, branch) float64: P(in the ground, functioning) per item laid
    inert: np.ndarray  # (node, branch) float64
    table: np.ndarray  # (life at date, step, 6) float64: A at start, 3 inner points, end; 1 if smooth
    table_row: np.ndarray  # (node,) int64: row of the table
    touched: np.ndarray  # (capacity,) TOUCHED: facts of the items met, by number
    met: np.ndarray  # (capacity,) MET: what has become of the items met, by number
    # (year + 1, cohort) int32: first of the items met that a spot task may have found in a year and not before; -1:
    # none. Last: those that none may find before the horizon.
    watched: np.ndarray
    marks: np.ndarray  # (power of two,) uint64: a bit is set once an item that shares it has been met
    shelves: np.ndarray  # (16 times as many,) int32: first of the items met whose mark is one of four bits; -1: none
    candidates: np.ndarray  # (capacity,) CANDIDATE: of the open calendar block, a part for each of its quarters
    listed: np.ndarray  # (quarter of the block,) int64: how many there are
    heads: np.ndarray  # (quarter of the block, cohort) int32: first candidate not yet decided, -1: none
    queue: np.ndarray  # (capacity,) DUE: candidates that are being decided, by date
    spare: np.ndarray  # (capacity,) DUE: the same as they come out of the list
    starts: np.ndarray  # (capacity + 1,) int32: used while sorting
    eod: np.ndarray  # (step,) float64 [items/day]: spot tasks that EOD teams can attend
    methods: np.ndarray  # (method, kind, class) float64: P(detected by a pass)
    method_weights: np.ndarray  # (method, kind, class) float64: shares of the detectability classes
    counters: np.ndarray  # (N_COUNTERS,) int64, see below
    finds: np.ndarray  # (kind,) int64: revealed since it was emptied, when a sweep ends
    clock: np.ndarray  # (1,) float64 [days]
    tallies: np.ndarray  # (year, district, N_TALLIES) float64
    # (year, kind + 1, 2) float64: casualties by kind of item and by transferred devices, counted and expected
    kinds: np.ndarray
    stocks: np.ndarray  # (year, district, N_STOCKS) float64 at the year's end
    log: np.ndarray  # (capacity, 6) float64: accidents: date, area, cohort, id, casualties, reported on


# Positions in Ground.counters.
N_TOUCHED, STEP, BLOCK_STEP, N_LOG, OVERFLOW = range(5)
N_COUNTERS = 5


class Room:
    """Arrays whose size nobody knows beforehand, used again by one replicate after the other.

    Parameters
    ----------
    places : int
        Candidates of one calendar block, and items met, that find room.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.touched = np.empty(places, TOUCHED)
        self.met = np.empty(places, MET)
        self.shelves = np.empty(1 << max(places - 1, 15).bit_length(), np.int32)
        self.marks = np.empty(len(self.shelves) // 16, np.uint64)
        self.candidates = np.empty(places, CANDIDATE)
        self.queue = np.empty(places, DUE)
        self.spare = np.empty(places, DUE)
        self.starts = np.empty(places + 1, np.int32)
        self.log = np.empty((places, 6))
