"""What survey says of sites with a hidden state (MODEL section 7): binomials at the area's address."""

from __future__ import annotations

from sim.core.compiled import kernel
from sim.core.inverse import binomial_inverse
from sim.core.random import STREAM_SITE, uniform


@kernel
def come_out(seed, replicate, key, stage, n, p):
    """How many of n sites come out one way, each with probability p."""
    return binomial_inverse(uniform(seed, replicate, STREAM_SITE, key, stage, 0), n, p)


@kernel
def first_look(seed, replicate, key, with_items, without, sensitivity, specificity, indirect):
    """NTS: sites flagged, of those with items and of those without; of these the suspected ones alike."""
    seen = come_out(seed, replicate, key, 1, with_items, sensitivity)
    false = come_out(seed, replicate, key, 2, without, 1.0 - specificity)
    return (seen, false, come_out(seed, replicate, key, 3, seen, indirect),
            come_out(seed, replicate, key, 4, false, indirect))


@kernel
def second_look(seed, replicate, key, with_items, without, sensitivity, specificity):
    """Second survey of suspected sites: confirmed ones, of those with items and of those without."""
    return (come_out(seed, replicate, key, 5, with_items, sensitivity),
            come_out(seed, replicate, key, 6, without, 1.0 - specificity))
