"""Expected values along the realised history (MODEL section 11, "the expected-value companion").

For each cohort the kernels carry, per item laid, the probability of being in the ground and functioning
(`active`) or not functioning (`inert`), by lay date and by branch of the hazard area, given no
detonation. With m the probability of being neither detonated nor known to be found, the accidents of
the cohort have the intensity (items - accidents - finds) · h · (active + w · inert) / m, whatever the
programme and the people react to. Its integral over an interval without a jump is

    (items - accidents - finds) · ln(m before / m after),

because m changes by detonations only. Between jumps h is constant, so the masses follow in closed form
but for integrals of the ageing function, which are Gauss-Legendre: three points a quarter, and in pieces where
something happens too fast or too unevenly for that.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import inner_kernel, kernel
from sim.core.described import within
from sim.core.items import sighted_until
from sim.core.life import GL_NODES, GL_UP_TO, GL_WEIGHTS, SMOOTH, active, ageing, battery, gone, smooth_until
from sim.core.records import (
    CLEARED,
    EXPECTED_ACCIDENTS,
    EXPECTED_CASUALTIES,
    EXPECTED_KILLED,
    EXPECTED_REPORTED,
    LATER,
    MOST_BESIDE,
    N_BRANCHES,
    STEP,
    TRANSFERRED,
)
from sim.core.steps import edge_after
from sim.core.sweeps import branch_share, is_later, not_known_found, sweep_progress

# Plain ones would be compiled as constants, in copies of their own.
_POINTS = tuple(np.int64(j) for j in range(3))
_NO, _YES = (np.bool_(answer) for answer in (False, True))


@kernel
def decay(z):
    """exp(-z); the series is exact to a double for the small arguments that dominate."""
    if z < 1e-3:
        return 1.0 - z * (1.0 - z * (0.5 - z * (1.0 / 6.0 - z / 24.0)))
    return math.exp(-z)


@kernel
def minus_log1m(z):
    """-ln(1 - z), exact to a double for the small arguments that dominate."""
    if z < 1e-3:
        return z * (1.0 + z * (0.5 + z * (1.0 / 3.0 + z * (0.25 + z * (0.2 + z / 6.0)))))
    return -math.log1p(-z)


@kernel
def decay_and_mean(z):
    """exp(-z), and the mean of exp(-z·u) over u in [0, 1]."""
    if z < 1e-3:
        mean = 1.0 - z * (0.5 - z * (1.0 / 6.0 - z * (1.0 / 24.0 - z / 120.0)))
        return 1.0 - z * mean, mean
    end = math.exp(-z)
    return end, (1.0 - end) / z


@kernel
def marking_now(edges, marking, marked, step):
    """Factor on entry to an area by marking in a step: its effect decays."""
    if marked > edges[step]:
        return 1.0
    return 1.0 - marking[0] * 0.5 ** ((edges[step] - marked) / marking[1])


@kernel
def entry_now(entry, learning, area, step):
    """Entry to suspected land of this area in this step: knowledge, risk education, marking."""
    return entry[area.access, step] * learning[area.access, step] * area.marking


@kernel
def _inert_at(j, x, y, q1, q2, q3, k, gap):
    """Inert mass at a Gauss-Legendre node of an interval: what was inert, and what has turned so since.

    ``q1..q3``: share turned by each node and still there, as if inert from the start; ``k``: exp(-rate·tau) of the
    node for inert items; ``gap``: difference of the two rates times the interval's length.
    """
    q = q1 if j == 0 else q2 if j == 1 else q3
    return k * (y + x * (q + gap * (GL_UP_TO[j, 0] * q1 + GL_UP_TO[j, 1] * q2 + GL_UP_TO[j, 2] * q3)))


@kernel
def _piece(life, age0, age1, at_kink, x, y, h, e, l0, slope):
    """One smooth piece of a node's life: masses after it, what detonated, self-destructed, and was taken by a sweep.

    ``l0 + slope·tau`` is the share not yet removed by a sweep under way, relative to the piece's start
    when divided by ``l0``. Integration by parts leaves only integrals of smooth functions.
    """
    length = age1 - age0
    end = np.nextafter(age1, 0.0) if at_kink else age1
    s0, g0 = active(life, age0), gone(life, age0)
    s1, g1 = active(life, end), gone(life, end)
    w = life.inert_weight
    hx, hy = h + e, w * h + e
    gap = (1.0 - w) * h * length
    ex, ey = decay(hx * length), decay(hy * length)
    t1, t2, t3 = GL_NODES[0] * length, GL_NODES[1] * length, GL_NODES[2] * length
    k1, k2, k3 = decay(hy * t1), decay(hy * t2), decay(hy * t3)
    q1, q2, q3 = 0.0, 0.0, 0.0
    sum_x, all_x, sum_g = 0.0, 0.0, 0.0
    if s0 > 0.0:
        for j in range(3):
            tau = GL_NODES[j] * length
            s, gg = active(life, age0 + tau), gone(life, age0 + tau)
            fx = decay(hx * tau)
            sum_x += GL_WEIGHTS[j] * s / s0 * fx * (l0 + slope * tau) / l0
            all_x += GL_WEIGHTS[j] * s / s0 * fx
            sum_g += GL_WEIGHTS[j] * (gg - g0) / s0 * fx * (hx * (l0 + slope * tau) - slope) / l0
            q = (g0 + s0 - s - gg) / s0 * fx
            if j == 0:
                q1 = q / k1
            elif j == 1:
                q2 = q / k2
            else:
                q3 = q / k3
        x1 = x * s1 / s0 * ex
        turned = (g0 + s0 - s1 - g1) / s0 * ex
        went = x * ((g1 - g0) / s0 * ex * (l0 + slope * length) / l0 + length * sum_g)
    else:
        x1, turned, went = 0.0, 0.0, 0.0
    y1 = ey * (y + x * gap * (GL_WEIGHTS[0] * q1 + GL_WEIGHTS[1] * q2 + GL_WEIGHTS[2] * q3)) + x * turned
    sum_y, all_y = 0.0, 0.0
    for j in range(3):
        inert = _inert_at(j, x, y, q1, q2, q3, k1 if j == 0 else k2 if j == 1 else k3, gap)
        sum_y += GL_WEIGHTS[j] * inert * (l0 + slope * GL_NODES[j] * length) / l0
        all_y += GL_WEIGHTS[j] * inert
    l1 = max(l0 + slope * length, 0.0) / l0
    detonated = h * length * (x * sum_x + w * sum_y)
    rate = -slope * length / l0
    return x1 * l1, y1 * l1, detonated, went, rate * x * all_x, rate * all_y


@kernel
def _node(life, age0, age1, x, y, h, e, l0, slope, p_bystander):
    """A node over [age0, age1]: pieces on which three points are enough, jumps at the kinks of its life."""
    detonated, went, taken_x, taken_y = 0.0, 0.0, 0.0, 0.0
    age = age0
    while age < age1:
        left = l0 + slope * (age - age0)
        if left <= 0.0:  # a sweep has taken all of them, but for rounding
            return 0.0, 0.0, detonated, went, taken_x, taken_y
        nxt, kink = min(age1, smooth_until(life, age)), _NO
        for rate in (h + e, life.inert_weight * h + e):
            if rate > 0.0:  # as time goes by, less is left for an error to act on
                nxt = min(nxt, age + SMOOTH * math.exp(min(rate * (age - age0) / 6.0, 500.0)) / rate)
        for k in (life.sd_from, life.sd_to, life.sda):
            if age < k <= age1 and k <= nxt:
                nxt, kink = k, _YES
        x, y, d, s, tx, ty = _piece(life, age, nxt, kink, x, y, h, e, left, slope)
        taken_x += tx
        taken_y += ty
        harmed = s * p_bystander
        detonated += d + harmed
        went += s - harmed
        if kink and x > 0.0:
            before = np.nextafter(nxt, 0.0)
            s_before = active(life, before)
            fell = x * (gone(life, nxt) - gone(life, before)) / s_before
            x_after = x * active(life, nxt) / s_before
            y += x - x_after - fell
            x = x_after
            detonated += fell * p_bystander
            went += fell * (1.0 - p_bystander)
        age = nxt
    return x, y, detonated, went, taken_x, taken_y


@kernel
def _settled(x, y, h, e, w, ageing, length):
    """Items that only age, at a constant rate: x' = -(ageing + h + e)·x, y' = ageing·x - (w·h + e)·y.

    Masses after a time, and what detonated meanwhile.
    """
    ex, mean_x = decay_and_mean((ageing + h + e) * length)
    ey, mean_y = decay_and_mean((w * h + e) * length)
    gap = ageing + (1.0 - w) * h
    turned = x * (ageing / gap) if gap > 0.0 else 0.0
    detonated = h * length * (x * mean_x + w * (y * mean_y + turned * (mean_y - mean_x)))
    return x * ex, y * ey + turned * (ey - ex), detonated


@inner_kernel
def integrate(g, first, last, t1):
    """Carry cohorts [first, last) to t1, within the open step; their expected accidents join the tallies.

    One call for all cohorts of an area, or of the country: they are many, and each takes little.
    """
    step = g.counters[STEP]
    season, year = g.step_season[step], g.step_year[step]
    for c in range(first, last):
        coh = g.cohorts[c]
        t0 = coh.integrated
        n = coh.id_to - coh.id_from
        if t1 <= t0:
            continue
        coh.integrated = t1
        if n == 0:
            continue
        area = g.areas[coh.area]
        life = g.life[coh.family]
        access = area.access
        open_hazard = g.base[coh.pair, season] * g.presence[access, step]
        entry = entry_now(g.entry, g.learning, area, step)
        suspected = open_hazard * entry
        e = g.sighting[access, coh.family, step]
        p_bystander = min(g.bystander[coh.pair, season] * g.presence[access, step] * entry, MOST_BESIDE)
        length = t1 - t0
        whole = t0 == g.edges[step] and t1 == g.edges[step + 1]
        w = life.inert_weight
        diverged = area.diverged == 1
        last_date = coh.next_date
        while last_date < coh.dates_to and g.dates[last_date] < t1:
            last_date += 1
        detonated, present = 0.0, 0.0
        for b in range(N_BRANCHES if diverged else 1):
            if b == LATER and area.sweeps == 0:
                continue
            h = open_hazard if diverged and area.released[b] <= t0 else suspected
            l0, slope = 1.0, 0.0
            if b == CLEARED and diverged and area.sweeps > area.sweeps_done:
                l0 = sweep_progress(area, coh.kind, t0)
                slope = (sweep_progress(area, coh.kind, t1) - l0) / length
            x, y = g.active[coh.node, b], g.inert[coh.node, b]
            if coh.settled > coh.dates_from and (x > 0.0 or y > 0.0):
                if slope == 0.0:
                    x, y, d_mass = _settled(x, y, h, e, w, 1.0 / life.age_scale, length)
                else:
                    age0 = t0 - g.dates[coh.dates_from]
                    x, y, d_mass, _, tx, ty = _node(life, age0, age0 + length, x, y, h, e, l0, slope, p_bystander)
                    coh.taken_active += tx
                    coh.taken_inert += ty
                detonated += d_mass
                present += x + y
                g.active[coh.node, b], g.inert[coh.node, b] = x, y
            if coh.settled == last_date:
                continue  # all in one row
            share = branch_share(area, b) if diverged else 1.0
            z, zw, gap = (h + e) * length, (w * h + e) * length, (1.0 - w) * h * length
            f1, f2, f3, ex = decay(z * GL_NODES[0]), decay(z * GL_NODES[1]), decay(z * GL_NODES[2]), decay(z)
            k1, k2, k3, ey = decay(zw * GL_NODES[0]), decay(zw * GL_NODES[1]), decay(zw * GL_NODES[2]), decay(zw)
            for d in range(coh.settled, last_date):
                laid, row = g.dates[d], coh.node + d - coh.dates_from
                if laid >= t0:
                    g.active[row, b] = g.weights[d] * life.armed * share
                    g.inert[row, b] = g.weights[d] * (1.0 - life.armed) * share
                x, y = g.active[row, b], g.inert[row, b]
                if x == 0.0 and y == 0.0:
                    continue
                table = g.table_row[row]
                if whole and slope == 0.0 and z <= SMOOTH and g.table[table, step, 5] == 1.0:
                    r1, r2 = g.table[table, step, 1], g.table[table, step, 2]
                    r3, r4 = g.table[table, step, 3], g.table[table, step, 4]
                    q1, q2, q3 = (1.0 - r1) * f1 / k1, (1.0 - r2) * f2 / k2, (1.0 - r3) * f3 / k3
                    moved = GL_WEIGHTS[0] * q1 + GL_WEIGHTS[1] * q2 + GL_WEIGHTS[2] * q3
                    d_mass = h * length * (
                        x * (GL_WEIGHTS[0] * r1 * f1 + GL_WEIGHTS[1] * r2 * f2 + GL_WEIGHTS[2] * r3 * f3)
                        + w * (GL_WEIGHTS[0] * _inert_at(_POINTS[0], x, y, q1, q2, q3, k1, gap)
                               + GL_WEIGHTS[1] * _inert_at(_POINTS[1], x, y, q1, q2, q3, k2, gap)
                               + GL_WEIGHTS[2] * _inert_at(_POINTS[2], x, y, q1, q2, q3, k3, gap)))
                    x, y = x * r4 * ex, ey * (y + x * gap * moved) + x * (1.0 - r4) * ex
                else:
                    x, y, d_mass, went, tx, ty = _node(
                        life, max(t0 - laid, 0.0), t1 - laid, x, y, h, e,
                        l0 + slope * max(laid - t0, 0.0), slope, p_bystander)
                    coh.gone += went
                    coh.taken_active += tx
                    coh.taken_inert += ty
                detonated += d_mass
                present += x + y
                if d > coh.dates_from and t1 - laid >= life.settles:
                    g.active[row, b], g.inert[row, b] = 0.0, 0.0
                    g.active[coh.node, b] += x
                    g.inert[coh.node, b] += y
                else:
                    g.active[row, b], g.inert[row, b] = x, y
        coh.present = present
        unseen = decay(e * length)
        coh.unseen *= unseen
        coh.unseen_later *= unseen
        while coh.next_date < last_date:
            laid, weight = g.dates[coh.next_date], g.weights[coh.next_date]
            coh.waiting -= weight
            if life.sd_from == np.inf and area.sweeps > 0:
                coh.unseen_later += weight * decay(e * (t1 - max(laid, t0)))
            elif life.sd_from == np.inf:
                coh.unseen += weight * decay(e * (t1 - max(laid, t0)))
            coh.next_date += 1
        # not within a sweep: until it ends, what it has taken of those that would be gone by now is not known
        while (area.sweeps == area.sweeps_done or life.sd_from == np.inf) and (
                coh.settled < coh.next_date and t1 - g.dates[coh.settled] >= life.settles):
            if life.sd_from < np.inf:
                sighted, sighting = g.sighted[access, coh.family], g.sighting[access, coh.family]
                before, after = unseen_parts(
                    life, area, coh.kind, g.dates[coh.settled], t1, g.edges, step, sighted, sighting)
                if is_later(area, g.dates[coh.settled]):
                    coh.unseen_later += g.weights[coh.settled] * after
                else:
                    coh.unseen += g.weights[coh.settled] * after
                coh.unseen_gone += g.weights[coh.settled] * before
            coh.settled += 1
        if detonated > 0.0:
            expected = (n - coh.accidents - coh.found) * minus_log1m(detonated / coh.mass)
            coh.mass -= detonated
            people = expected * g.outcome[coh.family, 0]
            tally = g.tallies[year, area.district]
            tally[EXPECTED_ACCIDENTS] += expected
            tally[EXPECTED_CASUALTIES] += people
            tally[EXPECTED_KILLED] += people * g.outcome[coh.family, 1]
            tally[EXPECTED_REPORTED] += people * g.reporting[access, step]
            g.kinds[year, coh.kind, 1] += people
            if coh.transferred == 1:
                g.kinds[year, TRANSFERRED, 1] += people


@kernel
def unseen_parts(life, area, kind, laid, t, edges, step, sighted, sighting):
    """An item that nobody has met: P(self-destructs some day, not known to be found), P(does not, unseen so far).

    What sweeps find of the latter is up to the caller, since it is the same for all of them.
    """
    is_swept = not is_later(area, laid)
    then = sighted_until(edges, step, sighted, sighting, laid)
    goes = life.armed * gone(life, life.sd_to)
    unseen = math.exp(then - sighted_until(edges, step, sighted, sighting, t))
    after = (1.0 - goes) * unseen
    low, until = laid + life.sd_from, laid + life.sd_to
    missed = not_known_found(area, kind, t, edges, step, sighted, sighting) if is_swept else 1.0
    if t <= low:
        return goes * unseen * missed, after
    if low == until:
        missed = not_known_found(area, kind, low, edges, step, sighted, sighting) if is_swept else 1.0
        return goes * math.exp(then - sighted_until(edges, step, sighted, sighting, low)) * missed, after
    # those that have gone could be found until then: smooth between quarters, sweeps and the end of the battery
    before = (goes - life.armed * gone(life, t - laid)) * unseen * missed
    per_day = life.armed * (1.0 - life.sd_fails) / (until - low)
    until = min(t, until)
    while low < until:
        high = min(until, edge_after(edges, low))
        high = laid + life.sda if low < laid + life.sda < high else high
        high = min(high, laid + smooth_until(life, low - laid))
        for j in range(area.sweeps):
            high = area.sweep_from[j] if low < area.sweep_from[j] < high else high
            high = area.sweep_to[j] if low < area.sweep_to[j] < high else high
        for j in range(3):
            at = low + GL_NODES[j] * (high - low)
            missed = not_known_found(area, kind, at, edges, step, sighted, sighting) if is_swept else 1.0
            before += GL_WEIGHTS[j] * (high - low) * per_day * ageing(life, at - laid) * battery(life, at - laid) * (
                math.exp(then - sighted_until(edges, step, sighted, sighting, at)) * missed)
        low = high
    return before, after


@kernel
def live_rows(coh):
    """Rows of a cohort that hold mass: those laid so far, or one where all are summed."""
    return min(coh.next_date - coh.dates_from, 1) if coh.settled == coh.next_date else coh.next_date - coh.dates_from


@inner_kernel
def split_branch(g, a, source, target, share):
    """Move a share of the masses of an area's items from one branch to another."""
    area = g.areas[a]
    for c in range(area.cohorts_from, area.cohorts_to):
        coh = g.cohorts[c]
        for row in range(coh.node, coh.node + live_rows(coh)):
            active_moved, inert_moved = g.active[row, source] * share, g.inert[row, source] * share
            g.active[row, source] -= active_moved
            g.active[row, target] += active_moved
            g.inert[row, source] -= inert_moved
            g.inert[row, target] += inert_moved


@kernel
def begin(description):
    """Masses at the start, for items laid before it."""
    g = within(description)
    start = g.edges[0]
    for c in range(len(g.cohorts)):
        coh = g.cohorts[c]
        life = g.life[coh.family]
        coh.integrated, coh.revealed, coh.not_found = start, start, 1.0
        coh.mass, coh.waiting, coh.gone, coh.unseen = 1.0, 1.0, 0.0, 0.0
        coh.present, coh.unseen_gone, coh.unseen_later = 0.0, 0.0, 0.0
        coh.taken_active, coh.taken_inert = 0.0, 0.0
        coh.next_date, coh.settled = coh.dates_from, coh.dates_from
        while coh.next_date < coh.dates_to and g.dates[coh.next_date] < start:
            age, w = start - g.dates[coh.next_date], g.weights[coh.next_date]
            row = coh.node + coh.next_date - coh.dates_from
            if age >= life.settles:
                row = coh.node
                coh.settled = coh.next_date + 1
            s, went = active(life, age), gone(life, age)
            g.active[row, 0] += w * life.armed * s
            g.inert[row, 0] += w * (1.0 - life.armed * (s + went))
            coh.gone += w * life.armed * went
            coh.waiting -= w
            if life.sd_from == np.inf or age >= life.settles:
                coh.unseen += w * (1.0 - life.armed * went)
                coh.unseen_gone += w * life.armed * went
            coh.present += w * (1.0 - life.armed * went)
            coh.next_date += 1
