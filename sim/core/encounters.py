"""How people meet items: candidates are decided, accidents happen (MODEL sections 5, 8 and 11)."""

from __future__ import annotations

import math

import numpy as np

from sim.core.candidates import take_due
from sim.core.companion import entry_now, integrate
from sim.core.compiled import inlined, inner_kernel, prefetch
from sim.core.inverse import poisson_inverse
from sim.core.items import (
    WORD,
    branch_of,
    draw_facts_unfound,
    find,
    follow,
    number,
    places_of,
    sighted_until,
    spotted,
    swept,
)
from sim.core.random import AT_0, AT_1, STREAM_ASSIGN, STREAM_OUTCOME, uniform, uniform2
from sim.core.records import (
    ACCIDENTS,
    BLOCK_STEP,
    CASUALTIES,
    DETONATED,
    FIRST_GROUP,
    FOUND,
    IN_GROUND,
    KILLED,
    MOST_BESIDE,
    N_BRANCHES,
    N_GROUPS,
    N_LOG,
    OVERFLOW,
    REPORTED,
    STEP,
    TRANSFERRED,
)
from sim.core.steps import step_of

_AHEAD = 8  # cohorts


@inlined
def _bring_near(g, column, c):
    """Have the processor fetch what deciding a cohort's candidates will read, while it decides those of others."""
    i = g.heads[column, c]
    while i >= 0:
        mark, shelf = places_of(g.marks, c, g.candidates[i].id)
        prefetch(g.marks, mark >> WORD)
        prefetch(g.shelves, shelf)
        i = g.candidates[i].next


@inner_kernel
def meet(g, first, last, until):
    """Decide the candidates of cohorts [first, last) in the open step, up to a date.

    One function for the hot path: what holds for a cohort is looked up once for all its candidates.
    """
    step = g.counters[STEP]
    season, column = g.step_season[step], step - g.counters[BLOCK_STEP]
    seed, replicate = g.address[0], g.address[1]
    for c in range(first, last):
        if c + _AHEAD < last:
            _bring_near(g, column, c + _AHEAD)
        if g.heads[column, c] < 0:
            continue
        due = take_due(g, column, c, until)
        if due == 0:
            continue
        coh = g.cohorts[c]
        area = g.areas[coh.area]
        life = g.life[coh.family]
        sighted, sighting = g.sighted[area.access, coh.family], g.sighting[area.access, coh.family]
        open_hazard = g.base[coh.pair, season] * g.presence[area.access, step]
        entry = entry_now(g.entry, g.learning, area, step)
        suspected = open_hazard * entry
        beside = 0.0
        if life.sd_from < np.inf:  # people are beside a self-destruction as they are on suspected land
            beside = g.bystander[coh.pair, season] * g.presence[area.access, step] * entry
            beside = -math.log1p(-min(beside, MOST_BESIDE))
        highest = suspected
        for b in range(N_BRANCHES):
            if area.released[b] < np.inf:
                highest = max(highest, open_hazard)
        for k in range(due):
            candidate = g.candidates[g.queue[k].candidate]
            t, eta, item_id = candidate.date, candidate.height, candidate.id
            self_destructs = eta < 0.0
            if -eta >= beside if self_destructs else eta >= highest:
                continue  # decided without looking at the item
            mark, shelf = places_of(g.marks, c, item_id)
            i = find(g.marks, g.shelves, g.met, mark, shelf, c, item_id)
            if i < 0:
                untouched = coh.id_to - coh.id_from - coh.touched
                i = number(g, c, mark, shelf, item_id)
                if i < 0:
                    return
                # finds so far were counted among items nobody had met: this one may be among them
                if coh.unassigned > 0 and untouched * uniform(
                        seed, replicate, STREAM_ASSIGN, coh.key, AT_0, item_id) < coh.unassigned:
                    coh.unassigned -= 1
                    g.met[i].state = FOUND
                    continue
                new = g.touched[i]
                draw_facts_unfound(g.address, g.dates, g.weights, g.lots, life, area, coh, new,
                                   g.edges, step, sighted, sighting)
                before = sighted_until(g.edges, step, sighted, sighting, min(new.laid, t)) if coh.seen == 1 else 0.0
                follow(g, c, i, before)
            if g.met[i].state != IN_GROUND:
                continue
            item = g.touched[i]
            if t < item.laid or t > item.gone:
                continue
            if not self_destructs:
                hazard = suspected
                if area.diverged == 1 and area.released[branch_of(area, item)] <= t:
                    hazard = open_hazard
                if t >= item.inactive:
                    hazard *= life.inert_weight
                if eta >= hazard:
                    continue
            if spotted(g.edges, step, sighted, sighting, item, t) or swept(
                    g.address, area, coh.key, coh.kind, item, t, area.sweeps):
                continue
            _accident(g, c, i, t)
            if g.counters[OVERFLOW]:
                return


@inlined
def _accident(g, c, i, t):
    """People are hurt: who, how many, whether and when it is reported (sections 5 and 8)."""
    item = g.touched[i]
    integrate(g, c, c + 1, t)
    coh = g.cohorts[c]
    area = g.areas[coh.area]
    g.met[i].state = DETONATED
    coh.accidents += 1
    step = g.counters[STEP]
    season = g.step_season[step]
    seed, rep = g.address[0], g.address[1]
    u_more, u_reported = uniform2(seed, rep, STREAM_OUTCOME, coh.key, AT_0, item.id)
    u_delay, _ = uniform2(seed, rep, STREAM_OUTCOME, coh.key, AT_1, item.id)
    people = 1 + poisson_inverse(u_more, g.outcome[coh.family, 0] - 1.0)
    tally = g.tallies[g.step_year[step], area.district]
    tally[ACCIDENTS] += 1
    tally[CASUALTIES] += people
    for p in range(people):
        u_killed, u_group = uniform2(seed, rep, STREAM_OUTCOME, coh.key, 2 + p, item.id)
        if u_killed < g.outcome[coh.family, 1]:
            tally[KILLED] += 1
        group = 0
        while group < N_GROUPS - 1 and u_group >= g.groups[coh.pair, season, group]:
            group += 1
        tally[FIRST_GROUP + group] += 1
    g.kinds[g.step_year[step], coh.kind, 0] += people
    if coh.transferred == 1:
        g.kinds[g.step_year[step], TRANSFERRED, 0] += people
    reported_on = np.inf
    if u_reported < g.reporting[area.access, step]:
        tally[REPORTED] += people
        reported_on = t - g.report_delay[0] * math.log(u_delay)
        if reported_on < g.edges[-1]:
            known = step_of(g.edges, reported_on)
            g.reports[area.access, known] += 1.0
            g.reported[coh.area, known] += 1
    n = g.counters[N_LOG]
    if n >= len(g.log):
        g.counters[OVERFLOW] = 1
        return
    g.counters[N_LOG] = n + 1
    g.log[n, 0], g.log[n, 1], g.log[n, 2] = t, coh.area, c
    g.log[n, 3], g.log[n, 4], g.log[n, 5] = item.id, people, reported_on
