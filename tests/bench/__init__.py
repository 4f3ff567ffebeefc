"""Speed of the engine against other ways to simulate the same thing: ``python -m tests.bench [--quick]``.

Run from the top folder, after ``pip install -e ".[bench]"``. ``--quick`` has fewer sizes and no cold start and takes
less than two minutes, the whole about ten; ``--out FILE`` says where the table goes as CSV (``bench.csv``);
``--only SECTION``, also several times, leaves out the other sections: agree, peers, items, areas, encounters,
replicates, shares of time, estimators, workers, memory, starts.

All contenders simulate what ``plain.yaml`` says: items laid at the start that meet people at a constant hazard, age
exponentially and self-destruct after 15 days but for 5 %, over 20 years. Whether they agree with the closed form and
with the engine is printed before any time. Times are the best of several rounds in which all take turns, because
other work on the machine comes and goes. What would take too long is measured at three sizes or more and extrapolated
with a line through them; such rows are marked with ``~`` and show the fit. A potential encounter is a candidate: one
for each time that an item would meet somebody if nothing had happened to it before, items x hazard x 20 years.
"""

import sim.core  # noqa: F401  before numba is imported: it says where compiled kernels are kept
