"""Replicates, scenarios side by side, the run folder, calibration (MODEL section 10)."""

from sim.study.calibrate import calibrate
from sim.study.compare import compare, compare_study, run
from sim.study.results import Results

__all__ = ["Results", "calibrate", "compare", "compare_study", "run"]
