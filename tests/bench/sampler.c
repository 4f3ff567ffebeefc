/* The sampling kernel of the engine (MODEL section 11) in C, for scenarios without a programme: lists candidate
   encounters by height per cohort, index block and calendar block, and decides them, at the same addresses of the
   same random numbers. Nothing reacts to anything here, so a calendar block is decided as a whole.

   Layouts agree with tests/bench/compiled.py. Returns 0, or 1 where the arrays for candidates and items are full. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define QUARTER_DAYS (365.25 / 4.0)
#define BLOCK_DAYS (10 * QUARTER_DAYS)
#define UNIT32 (1.0 / 4294967296.0)
#define UNIT52 (1.0 / 4503599627370496.0)
enum { CANDIDATE = 3, FACT = 4, OUTCOME = 6, FIRST_INDEX_BLOCK = 16, BLOCK_OFFSET = 1 << 15, SHORT = 12 };

typedef struct {
    uint64_t key;
    int64_t id_from, id_to, access, pair, family, dates_from, dates_to, lot_from, lots;
} cohort_t;

typedef struct {
    double armed, sd_fails, sd_from, sd_to, sda_fails, sda, age_floor, age_scale, age_shape, inert_weight, settles;
} life_t;

typedef struct {
    double date, height;
    int64_t id;
} candidate_t;

typedef struct {
    int64_t cohort, id, detonated;
    double laid, inactive, gone;
} item_t;

typedef struct {
    double date;
    int64_t cohort, id, casualties;
    double reported_on;
} accident_t;

typedef struct {
    int64_t seed, replicate, steps, n_cohorts, places, n_slots;
    const double *edges, *dates, *weights, *lots, *base, *presence, *entry, *reporting, *outcome;
    const int64_t *season;
    const cohort_t *cohorts;
    const life_t *life;
    double delay;
    candidate_t *candidates, *spare;
    int32_t *starts, *slots;
    item_t *items;
    accident_t *log;
    int64_t listed, met, accidents, blocks; /* out; blocks: of four random words */
} sample_t;

typedef struct {
    uint32_t w[4];
} words_t;

static inline words_t words(sample_t *s, uint32_t stream, uint64_t entity, uint32_t sub, uint32_t index)
{
    uint32_t c0 = index, c1 = (uint32_t)s->replicate, c2 = (uint32_t)entity;
    uint32_t c3 = (uint32_t)(entity >> 32) << 8 | stream, k0 = (uint32_t)s->seed, k1 = sub;
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    s->blocks++;
    return (words_t){{c0, c1, c2, c3}};
}

static inline double unit52(uint32_t high, uint32_t low)
{
    return ((double)((uint64_t)high << 20 | low >> 12) + 0.5) * UNIT52;
}

static inline double unit32(uint32_t word) { return ((double)word + 0.5) * UNIT32; }

static inline int64_t step_of(const sample_t *s, double t)
{
    if (t < s->edges[1]) return 0;
    int64_t step = 1 + (int64_t)((t - s->edges[1]) / QUARTER_DAYS);
    return step < s->steps ? step : s->steps - 1;
}

static inline double hazard_in(const sample_t *s, const cohort_t *c, int64_t step)
{
    int64_t at = c->access * s->steps + step;
    return s->base[c->pair * 4 + s->season[step]] * s->presence[at] * s->entry[at];
}

/* Candidates of a cohort in a calendar block; returns their number, or -1 where there is no room. */
static int64_t list_candidates(sample_t *s, const cohort_t *c, int64_t block)
{
    double start = block * BLOCK_DAYS, low = start, high = start + BLOCK_DAYS, bound = 0.0;
    if (low < s->edges[0]) low = s->edges[0];
    if (high > s->edges[s->steps]) high = s->edges[s->steps];
    if (low >= high || c->id_to <= c->id_from || s->dates[c->dates_from] >= high) return 0;
    for (int64_t step = step_of(s, low), last = step_of(s, nextafter(high, low)); step <= last; step++) {
        double hazard = hazard_in(s, c, step);
        if (hazard > bound) bound = hazard;
    }
    if (bound <= 0.0) return 0;
    int64_t n = 0, first = 0, size = FIRST_INDEX_BLOCK;
    for (uint32_t m = 0; first < c->id_to; m++, first += size, size = first) {
        if (first + size <= c->id_from) continue;
        double scale = 1.0 / (size * BLOCK_DAYS), eta = 0.0;
        uint32_t sub = m << 16 | (uint32_t)(block + BLOCK_OFFSET);
        for (uint32_t j = 0;; j++) {
            words_t r = words(s, CANDIDATE, c->key, sub, j);
            eta -= log(unit52(r.w[0], r.w[1])) * scale;
            if (eta >= bound) break;
            double t = start + unit32(r.w[2]) * BLOCK_DAYS;
            int64_t id = first + (int64_t)((uint64_t)r.w[3] * (uint64_t)size >> 32);
            if (t < low || t >= high || id < c->id_from || id >= c->id_to) continue;
            if (eta >= hazard_in(s, c, step_of(s, t))) continue;
            if (n == s->places) return -1;
            s->candidates[n++] = (candidate_t){t, eta, id};
        }
    }
    s->listed += n;
    return n;
}

/* By date, on one date by id: dates are spread evenly, so shelves bring nearly all to their places. */
static candidate_t *sort(sample_t *s, int64_t n, int64_t block)
{
    candidate_t *list = s->candidates;
    if (n > SHORT) {
        double low = block * BLOCK_DAYS, shelves = (n - 1) / BLOCK_DAYS;
        memset(s->starts, 0, (n + 1) * sizeof *s->starts);
        for (int64_t k = 0; k < n; k++) s->starts[(int64_t)((list[k].date - low) * shelves) + 1]++;
        for (int64_t k = 0; k < n; k++) s->starts[k + 1] += s->starts[k];
        for (int64_t k = 0; k < n; k++) s->spare[s->starts[(int64_t)((list[k].date - low) * shelves)]++] = list[k];
        list = s->spare;
    }
    for (int64_t k = 1; k < n; k++) {
        candidate_t c = list[k];
        int64_t at = k;
        for (; at > 0 && (list[at - 1].date > c.date || (list[at - 1].date == c.date && list[at - 1].id > c.id)); at--)
            list[at] = list[at - 1];
        list[at] = c;
    }
    return list;
}

/* Facts of an item: when it is laid, stops functioning, and is gone. */
static void settle(sample_t *s, const cohort_t *c, item_t *item)
{
    const life_t *life = &s->life[c->family];
    uint32_t id = (uint32_t)item->id;
    double u_date = unit32(words(s, FACT, c->key, 0, id).w[0]), cumulated = s->weights[c->dates_from];
    int64_t d = c->dates_from;
    while (d < c->dates_to - 1 && u_date >= cumulated) cumulated += s->weights[++d];
    item->laid = s->dates[d];
    words_t r = words(s, FACT, c->key, 1, id);
    double u_armed = unit32(r.w[2]), u_age = unit32(r.w[3]), u_sd = 0.5, u_sda = 0.5, u_when = 0.5, u_lot = 0.5;
    if (life->sd_from < INFINITY || life->sda < INFINITY) {
        r = words(s, FACT, c->key, 2, id);
        u_sd = unit32(r.w[0]), u_sda = unit32(r.w[1]), u_when = unit32(r.w[2]), u_lot = unit32(r.w[3]);
    }
    int64_t lot = (int64_t)(u_lot * c->lots);
    double fails = s->lots[c->lot_from + (lot < c->lots - 1 ? lot : c->lots - 1)], end = INFINITY, gone = INFINITY;
    if (u_armed >= life->armed) {
        end = 0.0;
    } else {
        if (life->age_scale < INFINITY && u_age >= life->age_floor) {
            double rest = (u_age - life->age_floor) / (1.0 - life->age_floor);
            double spent = rest > 0.0 ? -log(rest) : INFINITY;
            end = life->age_scale * (life->age_shape == 1.0 ? spent : pow(spent, 1.0 / life->age_shape));
        }
        if (u_sda >= life->sda_fails && life->sda < end) end = life->sda;
        if (u_sd >= fails && life->sd_from < INFINITY) {
            double at = life->sd_from + u_when * (life->sd_to - life->sd_from);
            if (at <= end) end = gone = at;
        }
    }
    item->inactive = item->laid + end;
    item->gone = item->laid + gone;
}

/* The record of an item, settled when somebody meets it for the first time; 0 where there is no room. */
static item_t *item_of(sample_t *s, int64_t number, int64_t id)
{
    uint64_t key = (uint64_t)number * 0x9E3779B97F4A7C15u ^ (uint64_t)id * 0xC2B2AE3D27D4EB4Fu;
    uint64_t mask = (uint64_t)s->n_slots - 1, place = (key ^ key >> 29) & mask;
    for (; s->slots[place] >= 0; place = (place + 1) & mask) {
        item_t *item = &s->items[s->slots[place]];
        if (item->id == id && item->cohort == number) return item;
    }
    if (s->met == s->places) return 0;
    item_t *item = &s->items[s->met];
    s->slots[place] = (int32_t)s->met++;
    item->cohort = number, item->id = id, item->detonated = 0;
    settle(s, &s->cohorts[number], item);
    return item;
}

static int64_t poisson(double u, double mean)
{
    if (mean <= 0.0) return 0;
    int64_t k = 0;
    double term = exp(-mean), cumulative = term;
    while (cumulative < u && (term > 1e-18 || k < mean)) {
        term *= mean / ++k;
        cumulative += term;
    }
    return k;
}

static void write_down(sample_t *s, const cohort_t *c, item_t *item, double t)
{
    words_t r = words(s, OUTCOME, c->key, 0, (uint32_t)item->id);
    accident_t *a = &s->log[s->accidents++];
    item->detonated = 1;
    a->date = t, a->cohort = item->cohort, a->id = item->id, a->reported_on = INFINITY;
    a->casualties = 1 + poisson(unit52(r.w[0], r.w[1]), s->outcome[c->family * 2] - 1.0);
    if (unit52(r.w[2], r.w[3]) < s->reporting[c->access * s->steps + step_of(s, t)]) {
        r = words(s, OUTCOME, c->key, 1, (uint32_t)item->id);
        a->reported_on = t - s->delay * log(unit52(r.w[0], r.w[1]));
    }
}

static int decide(sample_t *s, int64_t number, const candidate_t *list, int64_t n)
{
    const cohort_t *c = &s->cohorts[number];
    for (int64_t k = 0; k < n; k++) {
        double t = list[k].date, hazard = hazard_in(s, c, step_of(s, t));
        if (list[k].height >= hazard) continue;
        item_t *item = item_of(s, number, list[k].id);
        if (!item) return 1;
        if (item->detonated || t < item->laid || t >= item->gone) continue;
        if (t >= item->inactive) hazard *= s->life[c->family].inert_weight;
        if (list[k].height < hazard) write_down(s, c, item, t);
    }
    return 0;
}

int sample(sample_t *s)
{
    int64_t first = (int64_t)floor(s->edges[0] / BLOCK_DAYS), last = (int64_t)floor(s->edges[s->steps] / BLOCK_DAYS);
    s->listed = s->met = s->accidents = s->blocks = 0;
    for (int64_t block = first; block <= last; block++)
        for (int64_t c = 0; c < s->n_cohorts; c++) {
            int64_t n = list_candidates(s, &s->cohorts[c], block);
            if (n < 0 || decide(s, c, sort(s, n, block), n)) return 1;
        }
    return 0;
}
