"""Engines that differ from ours by one line, each with a scenario in which it shows.

A copy of the package is changed in one place and run in a process of its own. The comparisons have to reject it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import sim

from .scenarios import Changes, small

_TEAMS = [{"since": "2022-03-01", "teams": 100}]
_SPOT = {"programme.eod": {"teams": {"numbers": _TEAMS}}, "families.mine.sighted_per_year": 1.5}
_FEW = {"programme.eod": {"teams": {"numbers": [{"since": "2022-03-01", "teams": 1}]}, "items_per_team_day": 0.1},
        "families.mine.sighted_per_year": 3.0, "exposure.scale": 0.0}
_QUICK = {"programme.methods.walk.rate_m2_per_day": 2e6, "programme.methods.probe.rate_m2_per_day": 2e6,
          "programme.survey.indirect_evidence": 0, "programme.bundle_km2": 10}
_FIELD_ONLY: Changes = {"programme.methods": {}, "programme.teams": {}}
_ALL_CONFIRMED = {**_QUICK, "programme.survey": {"site_km2": 0.1, "contaminated_share": 0.3},
                  "programme.teams.probers": None, "programme.teams.samplers": None}
DENSE: Changes = {**_FIELD_ONLY, "exposure.scale": 1.5, "exposure.entry_suspected": 1.0, "horizon_years": 1.5,
                  "contamination.mines.items": 20, "families.mine.ageing_half_life_years": 0.4}
"""Most items are met, twice and more: h·T is above 2 while they last half a year."""


@dataclass(frozen=True)
class Variant:
    """One wrong line.

    Attributes
    ----------
    file : str
        In `sim/core`.
    right, wrong : str
        Text that occurs once in it, and what stands there instead.
    changes : dict
        Of the base scenario, so that it shows.
    replicates : int
        With which it is rejected with power 0.9 at least.
    """

    file: str
    right: str
    wrong: str
    changes: Changes
    replicates: int = 60

    @property
    def scenario(self) -> dict[str, Any]:
        """Content of the scenario."""
        return small(self.changes)


_MET = "            item = g.touched[i]\n"
VARIANTS = {
    "lifetime drawn anew at every meeting": Variant(
        "encounters.py", f"{_MET}            if t < item.laid",
        f"{_MET}            item.inactive = item.laid - life.age_scale * math.log(uniform("
        "seed, replicate, STREAM_OUTCOME, coh.key, 1000 + np.int64(t), item_id))\n            if t < item.laid",
        DENSE, 200),
    "finds among items that nobody had met are met again": Variant(
        "encounters.py", "if coh.unassigned > 0 and untouched", "if coh.unassigned < 0 and untouched",
        {**_ALL_CONFIRMED, "exposure.entry_suspected": 0.1, "horizon_years": 2}),
    "facts of an item met later not conditioned on the search": Variant(
        "items.py",
        "if not (cleared and swept(address, area, coh.key, coh.kind, item, coh.revealed, area.sweeps_done)):",
        "if item.attempt >= 0:",
        {**_ALL_CONFIRMED, "exposure.entry_suspected": 0.1, "programme.methods.manual.rate_m2_per_day": 20000,
         "contamination.mines.items": 30, "horizon_years": 2}),
    "released land keeps the hazard of suspected land": Variant(
        "encounters.py", "hazard = open_hazard\n", "hazard = suspected\n",
        {"exposure.entry_suspected": 0.2, "contamination.mines.items": 30, "horizon_years": 2}),
    "a sweep reaches every item when it begins": Variant(
        "items.py", "return area.sweep_from[j] + item.place * (area.sweep_to[j] - area.sweep_from[j])",
        "return area.sweep_from[j]",
        {**_ALL_CONFIRMED, "exposure.entry_suspected": 1.0, "programme.methods.manual.rate_m2_per_day": 3000,
         "contamination.mines.items": 40}),
    "reported accidents teach nothing": Variant(
        "clearance.py", "known = known * g.learn[a, 2] + g.reports[a, past]", "known = known * g.learn[a, 2]",
        {**_FIELD_ONLY, "contamination.mines.items": 30, "exposure.learning_floor": 0.1,
         "exposure.learning_per_accident": 0.001, "exposure.entry_suspected": 1.0}),
    "spot tasks do not find items that somebody met": Variant(
        "finds.py", "if by_sweep else _found_by_eod(g, coh, area, i, t, now)", "if by_sweep else False",
        {**_FIELD_ONLY, **_SPOT, "exposure.scale": 3.0, "exposure.entry_suspected": 1.0,
         "families.mine.ageing_half_life_years": 0.3, "contamination.mines.items": 20}),
    "what was met in a year without spot tasks is not looked up later": Variant(
        "finds.py", "in range(coh.looked_up, len(g.watched)", "in range(np.int64(year), len(g.watched)",
        {**_FIELD_ONLY, **_SPOT, "programme.eod.teams.numbers": [{"since": "2023-02-01", "teams": 100}],
         "exposure.scale": 3.0, "exposure.entry_suspected": 1.0, "families.mine.ageing_half_life_years": 0.3,
         "contamination.mines.items": 20}),
    "what spot tasks destroyed is met all the same": Variant(
        "encounters.py", "if spotted(g.edges, step, sighted, sighting, item, t) or swept(", "if swept(",
        {**_FIELD_ONLY, **_SPOT, "exposure.entry_suspected": 1.0}),
    "detectability drawn anew on every pass": Variant(
        "items.py", "and item.klass >= cumulated", "and (item.klass + 0.37 * j) % 1.0 >= cumulated",
        {**_ALL_CONFIRMED, "programme.teams.samplers": None, "programme.sampling_share": 1.0,
         "programme.teams.again": {"method": "sample", "numbers": _TEAMS},
         "programme.methods.manual": {"stages": ["clearance"], "rate_m2_per_day": 20000, "detection": {"ap": 0.5},
                                      "shared_misses": 1.0},
         "programme.methods.sample": {"stages": ["sampling"], "rate_m2_per_day": 20000, "detection": {"ap": 0.5},
                                      "shared_misses": 1.0},
         "exposure.scale": 5.0, "exposure.entry_suspected": 0.3, "contamination.mines.items": 60}),
    "marking does nothing": Variant(
        "clearance.py", "area.marked = value", "area.marked = np.inf",
        {**_ALL_CONFIRMED, "exposure.marking_effect": 0.9, "exposure.entry_suspected": 1.0}),
    "finds are no reason to expect fewer reports": Variant(
        "clearance.py", "left = (coh.id_to - coh.id_from - coh.accidents - coh.found) / coh.mass",
        "left = (coh.id_to - coh.id_from - coh.accidents) / coh.mass", {**_FIELD_ONLY, **_FEW}),
    "what is not laid yet is expected to be reported": Variant(
        "clearance.py", "reports += left * coh.present *", "reports += left * coh.mass *",
        {**_FIELD_ONLY, **_FEW, "contamination.mines.until": "2023-06-01"}),
    "the companion forgets finds": Variant(
        "companion.py", "expected = (n - coh.accidents - coh.found) *", "expected = (n - coh.accidents) *",
        {**_FIELD_ONLY, **_SPOT, "exposure.entry_suspected": 1.0}),
    "the companion forgets accidents": Variant(
        "companion.py", "expected = (n - coh.accidents - coh.found) *", "expected = (n - coh.found) *",
        {**_FIELD_ONLY, "exposure.entry_suspected": 1.0, "contamination.mines.items": 20}),
}

IN_EVERY_RUN = tuple(VARIANTS)[:8]
"""Those that run with the other tests; all of them in the longer version."""


def changed_engine(variant: Variant | None, folder: Path) -> Path:
    """A copy of the package with one piece of text replaced, or as it is; returns the folder to put on the path."""
    package = Path(str(sim.__file__)).parent
    shutil.copytree(package, folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    if variant is not None:
        file = folder / "sim" / "core" / variant.file
        text = file.read_text()
        assert text.count(variant.right) == 1, variant.right
        file.write_text(text.replace(variant.right, variant.wrong))
    return folder


def samples_of(engine: Path, scenario: dict[str, Any], replicates: int, compiled: bool) -> np.ndarray:
    """Samples of an engine in a process of its own."""
    source, target = engine / "scenario.json", engine / "samples.npy"
    source.write_text(json.dumps(scenario))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(engine), str(Path(__file__).parents[1])]),
           "NUMBA_CACHE_DIR": str(engine / "compiled"), "NUMBA_DISABLE_JIT": "0" if compiled else "1"}
    command = [sys.executable, "-m", "exact.alone", str(source), str(replicates), str(target)]
    done = subprocess.run(command, env=env, cwd=engine, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    samples: np.ndarray = np.load(target)
    return samples
