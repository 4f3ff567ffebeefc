"""Life of an item (MODEL section 4).

One row of LIFE holds the parameters of a family. Ages are in days. For an armed item of age a:

    active  S(a) = A(a) · {(1 - f_sd)·[1 - F_sd(a)] + f_sd} · B(a),   B(a) = 1 - (1 - f_sda)·[a >= T_sda]
    gone    G(a) = (1 - f_sd) · integral of A·B dF_sd over [0, a]
    inert   1 - S - G

With T_sda later than T_sd this is the formula of section 4; where the times are not ordered the item
ends at the earlier of the two.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import allocating_kernel, kernel
from sim.core.records import QUARTER_DAYS

# Gauss-Legendre nodes and weights on [0, 1], three points.
GL_NODES = np.array([0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15)])
GL_WEIGHTS = np.array([5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0])
# Integrals from 0 up to each node, from the values at all three (Butcher 1964; exact for parabolas).
_R = math.sqrt(15.0)
GL_UP_TO = np.array([
    [5.0 / 36.0, 2.0 / 9.0 - _R / 15.0, 5.0 / 36.0 - _R / 30.0],
    [5.0 / 36.0 + _R / 24.0, 2.0 / 9.0, 5.0 / 36.0 - _R / 24.0],
    [5.0 / 36.0 + _R / 30.0, 2.0 / 9.0 + _R / 15.0, 5.0 / 36.0]])
# Three points are off by f^(6) · length^7 / 2,016,000 (Davis & Rabinowitz 1984): of exp(-z), which may fall by this z
# within a piece, by 1.2e-10. So much is allowed of a quarter.
SMOOTH = 0.25
_ALLOWED = SMOOTH**6 * QUARTER_DAYS / 5.0  # of a single piece where ageing begins: there they are many
_AT_BIRTH = 1.3e4  # in those units: three points miss the integral of a^k from age 0 by 0.0065 or less
_SPENT = 36.0  # exp(-u) of what has aged so far is below the last digit of one


@kernel
def ageing(life, age):
    """A(a) = c + (1 - c)·exp(-(a/eta)^k)."""
    if not life.age_scale < np.inf or age <= 0.0:
        return 1.0
    if life.age_shape == 1.0:
        return life.age_floor + (1.0 - life.age_floor) * math.exp(-age / life.age_scale)
    return life.age_floor + (1.0 - life.age_floor) * math.exp(-((age / life.age_scale) ** life.age_shape))


@kernel
def smooth_until(life, age):
    """Age up to which three Gauss-Legendre points, from an age on, integrate A to 1e-10 of a quarter.

    With u = (a/eta)^k: exp(-u) may fall by `SMOOTH`, and by more once little is left; and near age 0, where most powers
    are singular, its sixth derivative counts.
    """
    eta, k = life.age_scale, life.age_shape
    if not eta < np.inf:
        return np.inf
    if k == 1.0:
        return age + SMOOTH * eta * math.exp(min(age / eta / 6.0, 500.0))
    if age == 0.0:
        return eta * (_ALLOWED / (_AT_BIRTH * eta)) ** (1.0 / (k + 1.0))
    u = (age / eta) ** k
    if u > _SPENT:
        return np.inf
    end = min(eta * (u + SMOOTH * math.exp(u / 6.0)) ** (1.0 / k), 2.0 * age)
    sixth = max(_sixth_derivative(life, age), _sixth_derivative(life, end))
    return min(end, age + (_ALLOWED / sixth) ** (1.0 / 7.0))


@kernel
def _sixth_derivative(life, age):
    """Of exp(-u): the sum of its terms without their signs [1/day^6]."""
    k, u = life.age_shape, (age / life.age_scale) ** life.age_shape
    total, term = 0.0, math.exp(-u)
    for n in range(1, 7):
        m, term = n * k, term * u / n
        total += abs(m * (m - 1.0) * (m - 2.0) * (m - 3.0) * (m - 4.0) * (m - 5.0)) * term
    return total / age**6


@kernel
def days_functioning(life, age):
    """Integral of A from 0 to an age [days]: an incomplete gamma function by its series.

    Source: DLMF 8.7.1, with s = 1/k and u = (a/eta)^k.
    """
    u, s = (age / life.age_scale) ** life.age_shape, 1.0 / life.age_shape
    if u > 500.0:
        total = life.age_scale * math.gamma(1.0 + s)
    else:
        total, term = 0.0, age * math.exp(-u)
        while term > 1e-17 * total:
            total += term
            s += 1.0
            term *= u / s
    return life.age_floor * age + (1.0 - life.age_floor) * total


@kernel
def self_destruct_cdf(life, age):
    """F_sd(a): uniform over the window, a step where the window is a point."""
    if age < life.sd_from:
        return 0.0
    if age >= life.sd_to:
        return 1.0
    return (age - life.sd_from) / (life.sd_to - life.sd_from)


@kernel
def battery(life, age):
    """B(a): probability that the battery still works."""
    return life.sda_fails if age >= life.sda else 1.0


@kernel
def active(life, age):
    """S(a) of an armed item."""
    still_there = (1.0 - life.sd_fails) * (1.0 - self_destruct_cdf(life, age)) + life.sd_fails
    return ageing(life, age) * still_there * battery(life, age)


@kernel
def gone(life, age):
    """G(a) of an armed item: self-destructed."""
    if age < life.sd_from or life.sd_fails >= 1.0:
        return 0.0
    if life.sd_to == life.sd_from:
        # the item is there until it self-destructs: ageing and battery just before that moment
        battery_then = life.sda_fails if life.sda < life.sd_from else 1.0
        return (1.0 - life.sd_fails) * ageing(life, life.sd_from) * battery_then
    end = min(age, life.sd_to)
    cut = min(max(life.sda, life.sd_from), end)  # the battery step splits the integral
    total = 0.0
    for part in range(2):
        low, high = (life.sd_from, cut) if part == 0 else (cut, end)
        works = 1.0 if part == 0 else life.sda_fails
        if life.age_shape == 1.0 and not high - low > SMOOTH * life.age_scale:
            for j in range(3):
                total += GL_WEIGHTS[j] * (high - low) * ageing(life, low + GL_NODES[j] * (high - low)) * works
        else:
            total += (days_functioning(life, high) - days_functioning(life, low)) * works
    return (1.0 - life.sd_fails) * total / (life.sd_to - life.sd_from)


@kernel
def settle_life(life, lot_fails, u_armed, u_sd, u_when, u_sda, u_age):
    """Facts of one item: ages at which it stops being active and at which it is gone.

    Parameters
    ----------
    lot_fails : float
        Failure probability of the item's lot.
    u_armed, u_sd, u_when, u_sda, u_age : float
        Uniforms at the item's address. Self-destruction fails where u_sd < lot_fails, and its moment
        does not depend on lot_fails, so a lower failure probability leaves a subset active.

    Returns
    -------
    (float, float)
        Age at the end of activity and age at disappearance [days]; inf where it never happens.
    """
    if u_armed >= life.armed:
        return 0.0, np.inf
    end_age = np.inf
    if life.age_scale < np.inf and u_age >= life.age_floor:
        rest = (u_age - life.age_floor) / (1.0 - life.age_floor)
        spent = -math.log(rest) if rest > 0.0 else np.inf
        end_age = life.age_scale * (spent if life.age_shape == 1.0 else spent ** (1.0 / life.age_shape))
    if u_sda >= life.sda_fails and life.sda < end_age:
        end_age = life.sda
    if u_sd >= lot_fails and life.sd_from < np.inf:
        at = life.sd_from + u_when * (life.sd_to - life.sd_from)
        if at <= end_age:
            return at, at
    return end_age, np.inf


@allocating_kernel
def life_table(lives, families, laid, edges):
    """Ageing over the steps of a run, for items of a family laid on a date.

    Parameters
    ----------
    lives : (family,) LIFE
    families : (row,) int64
    laid : (row,) float64 [days]
    edges : (step + 1,) float64 [days]

    Returns
    -------
    (row, step, 6) float64
        A at the step's start; at three Gauss-Legendre points and at the end relative to it; 1 in the last column where
        the step lies between the kinks of the life (self-destruction, battery), so that only ageing acts, and three
        points are enough for it.
    """
    table = np.zeros((len(laid), len(edges) - 1, 6))
    for r in range(len(laid)):
        life = lives[families[r]]
        for s in range(len(edges) - 1):
            a0, a1 = edges[s] - laid[r], edges[s + 1] - laid[r]
            if not a0 > 0.0:
                continue
            start = ageing(life, a0)
            table[r, s, 0] = start
            for j in range(3):
                table[r, s, 1 + j] = ageing(life, a0 + GL_NODES[j] * (a1 - a0)) / start if start > 0.0 else 0.0
            table[r, s, 4] = ageing(life, a1) / start if start > 0.0 else 0.0
            before_window = a1 < life.sd_from
            after_window = a0 >= life.sd_to or life.sd_from == np.inf
            battery_steady = a1 < life.sda or a0 >= life.sda
            between_kinks = (before_window or after_window) and battery_steady
            table[r, s, 5] = 1.0 if between_kinks and smooth_until(life, a0) >= a1 else 0.0
    return table
