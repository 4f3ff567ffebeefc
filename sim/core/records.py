"""Layout of the arrays that the kernels share.

A ``Ground`` tuple holds everything about one replicate of one scenario: what lies where (fixed when it
is built) and what has happened so far. Times are days since 1 January 2000; a year is 365.25 days.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

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
        ("key", "i8"),  # entity of the random address
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
        ("key", "i8"),
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

LIFE = np.dtype(
    [
        ("armed", "f8"),  # share of laid items that armed
        ("sd_fails", "f8"),  # f_sd, mean over the lots drawn
        ("sd_from", "f8"),  # self-destruct window [days]; inf: does not self-destruct
        ("sd_to", "f8"),
        ("sda_fails", "f8"),  # f_sda
        ("sda", "f8"),  # battery exhaustion [days]; inf: none
        ("age_floor", "f8"),  # c
        ("age_scale", "f8"),  # eta [days]; inf: no ageing
        ("age_shape", "f8"),  # k
        ("inert_weight", "f8"),  # hazard of an inert item relative to an active one
        ("settles", "f8"),  # age from which only exponential ageing acts, so that lay dates can be summed [days]
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

FIRST = np.int64(0)  # first cohort or sweep; a plain 0 would be compiled as a constant, in a copy of its own

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


# What the compiler is told of the arrays: type of an element and number of dimensions.
Areas = Annotated[np.ndarray, AREA, 1]
Candidates = Annotated[np.ndarray, CANDIDATE, 1]
Cohorts = Annotated[np.ndarray, COHORT, 1]
Due = Annotated[np.ndarray, DUE, 1]
Floats = Annotated[np.ndarray, np.float64, 1]
FloatTable = Annotated[np.ndarray, np.float64, 2]
FloatCube = Annotated[np.ndarray, np.float64, 3]
Ints = Annotated[np.ndarray, np.int64, 1]
Int32s = Annotated[np.ndarray, np.int32, 1]
Int32Table = Annotated[np.ndarray, np.int32, 2]
Lives = Annotated[np.ndarray, LIFE, 1]
Met = Annotated[np.ndarray, MET, 1]
Touched = Annotated[np.ndarray, TOUCHED, 1]
Words = Annotated[np.ndarray, np.uint64, 1]


class Ground(NamedTuple):
    """Arrays of one replicate of one scenario (section 11)."""

    address: Ints  # (2,): seed, replicate
    edges: Floats  # (step + 1,) [days]: quarters of the calendar, cut at start and horizon
    step_year: Ints  # (step,): row of the tallies
    step_season: Ints  # (step,): 0 January-March ... 3 October-December
    cohorts: Cohorts  # (cohort,)
    areas: Areas  # (area,)
    life: Lives  # (family,)
    dates: Floats  # (date,) [days]: lay dates, slices by cohort
    weights: Floats  # (date,): share of the cohort laid on that date
    lots: Floats  # (lot,): failure probability of each lot
    base: FloatTable  # (pair, season) [1/day]: hazard of one active item, everybody present
    groups: FloatCube  # (pair, season, group): cumulated shares of who is hurt
    bystander: FloatTable  # (pair, season): P(accident | self-destructs), everybody present
    beside_most: Floats  # (pair,): upper bound of the same at any date, whatever the horizon
    presence: FloatTable  # (access, step): people present / residents
    entry: FloatTable  # (access, step): entry to suspected land before learning and marking
    learning: FloatTable  # (access, step): factor learnt from reported accidents, filled step by step
    reports: FloatTable  # (access, step): accidents by the step in which their report arrives
    reported: Int32Table  # (area, step): the same by area
    learn: FloatTable  # (access, 3): floor, exponent per report, share remembered per quarter
    marking: Floats  # (2,): effect, half-life [days]
    reporting: FloatTable  # (access, step): P(accident is reported)
    report_delay: Floats  # (1,) [days]
    outcome: FloatTable  # (family, 2): mean casualties per accident, case fatality
    # (access, family, step) [1/day]: rate of EOD finds per item; once the step has begun, of those attended
    sighting: FloatCube
    sighted: FloatCube  # (access, family, step): the same cumulated up to the step
    most_sighted: FloatCube  # (access, family, year): the same up to the year's end, were all attended
    less_sighted: FloatTable  # (access, family): how much less it was by the last year's end
    active: FloatTable  # (node, branch): P(in the ground, functioning) per item laid
    inert: FloatTable  # (node, branch)
    table: FloatCube  # (life at date, step, 6): A at start, 3 inner points, end; 1 if smooth
    table_row: Ints  # (node,): row of the table
    touched: Touched  # (capacity,): facts of the items met, by number
    met: Met  # (capacity,): what has become of the items met, by number
    # (year + 1, cohort): first of the items met that a spot task may have found in a year and not before; -1:
    # none. Last: those that none may find before the horizon.
    watched: Int32Table
    marks: Words  # (power of two,): a bit is set once an item that shares it has been met
    shelves: Int32s  # (16 times as many,): first of the items met whose mark is one of four bits; -1: none
    candidates: Candidates  # (capacity,): of the open calendar block, a part for each of its quarters
    listed: Ints  # (quarter of the block,): how many there are
    heads: Int32Table  # (quarter of the block, cohort): first candidate not yet decided, -1: none
    queue: Due  # (capacity,): candidates that are being decided, by date
    spare: Due  # (capacity,): the same as they come out of the list
    starts: Int32s  # (capacity + 1,): used while sorting
    eod: Floats  # (step,) [items/day]: spot tasks that EOD teams can attend
    methods: FloatCube  # (method, kind, class): P(detected by a pass)
    method_weights: FloatCube  # (method, kind, class): shares of the detectability classes
    counters: Ints  # (N_COUNTERS,), see below
    finds: Ints  # (kind,): revealed since it was emptied, when a sweep ends
    clock: Floats  # (1,) [days]
    tallies: FloatCube  # (year, district, N_TALLIES)
    # (year, kind + 1, 2): casualties by kind of item and by transferred devices, counted and expected
    kinds: FloatCube
    stocks: FloatCube  # (year, district, N_STOCKS) at the year's end
    log: FloatTable  # (capacity, 6): accidents: date, area, cohort, id, casualties, reported on


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
