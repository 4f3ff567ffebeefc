"""What survey says of sites with a hidden state (MODEL section 7): binomials at the area's address."""

from __future__ import annotations

import numpy as np

from sim.core.compiled import kernel
from sim.core.inverse import binomial_inverse
from sim.core.random import AT_0, STREAM_SITE, uniform

# Stages of survey in the random address.
SEEN, SEEN_FALSELY, SUSPECTED, SUSPECTED_FALSELY, CONFIRMED, CONFIRMED_FALSELY, KEPT_FALSELY = (
    np.int64(stage) for stage in range(1, 8))


@kernel
def come_out(seed, replicate, key, stage, n, p):
    """How many of n sites come out one way, each with probability p."""
    return binomial_inverse(uniform(seed, replicate, STREAM_SITE, key, stage, AT_0), n, p)


@kernel
def first_look(seed, replicate, key, with_items, without, sensitivity, specificity, indirect):
    """NTS: sites flagged, of those with items and of those without; of these the suspected ones alike."""
    seen = come_out(seed, replicate, key, SEEN, with_items, sensitivity)
    false = come_out(seed, replicate, key, SEEN_FALSELY, without, 1.0 - specificity)
    return (seen, false, come_out(seed, replicate, key, SUSPECTED, seen, indirect),
            come_out(seed, replicate, key, SUSPECTED_FALSELY, false, indirect))


@kernel
def second_look(seed, replicate, key, with_items, without, sensitivity, specificity):
    """Second survey of suspected sites: confirmed ones, of those with items and of those without."""
    return (come_out(seed, replicate, key, CONFIRMED, with_items, sensitivity),
            come_out(seed, replicate, key, CONFIRMED_FALSELY, without, 1.0 - specificity))
