"""The sampling kernel in C: compiled with the machine's own compiler, called with the engine's arrays."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from sim.core.records import Ground

SOURCE = Path(__file__).parent / "sampler.c"
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-std=c99", "-Wall", "-Wextra", "-shared", "-fPIC")
"""As fast as the compiler can without changing a result: sums and products are rounded one by one, as in the engine."""

COHORT = np.dtype([("key", "u8")] + [(name, "i8") for name in (
    "id_from", "id_to", "access", "pair", "family", "dates_from", "dates_to", "lot_from", "lots")])
CANDIDATE = np.dtype([("date", "f8"), ("height", "f8"), ("id", "i8")])
ITEM = np.dtype([("cohort", "i8"), ("id", "i8"), ("detonated", "i8"), ("times", "f8", (3,))])
ACCIDENT = np.dtype([("date", "f8"), ("cohort", "i8"), ("id", "i8"), ("casualties", "i8"), ("reported_on", "f8")])

_SIZES = ("seed", "replicate", "steps", "n_cohorts", "places", "n_slots")
_INPUTS = ("edges", "dates", "weights", "lots", "base", "presence", "entry", "reporting", "outcome", "season",
           "cohorts", "life")
_ROOM = ("candidates", "spare", "starts", "slots", "items", "log")
_OUT = ("listed", "met", "accidents", "blocks")


class _Sample(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in _SIZES), *((name, ctypes.c_void_p) for name in _INPUTS),
        ("delay", ctypes.c_double), *((name, ctypes.c_void_p) for name in _ROOM),
        *((name, ctypes.c_int64) for name in _OUT)]


def compiler() -> str | None:
    """The C compiler, if there is one."""
    return shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")


class Sampler:
    """The sampler in C.

    Parameters
    ----------
    folder : Path
        Where the compiled library is put, or was before.
    places : int
        Candidates of one cohort and calendar block, and items met, that find room.
    """

    def __init__(self, folder: Path, places: int = 1 << 17) -> None:
        found = compiler()
        if found is None:
            raise RuntimeError("no C compiler: install gcc or clang, or set CC")
        library = folder / "sampler.so"
        if not library.exists():
            subprocess.run([found, *FLAGS, "-o", library, SOURCE, "-lm"], check=True)
        self._sample = ctypes.CDLL(str(library)).sample
        self._sample.argtypes, self._sample.restype = [ctypes.POINTER(_Sample)], ctypes.c_int
        self._room = {
            "candidates": np.empty(places, CANDIDATE), "spare": np.empty(places, CANDIDATE),
            "starts": np.empty(places + 1, np.int32), "slots": np.empty(1 << (2 * places - 1).bit_length(), np.int32),
            "items": np.empty(places, ITEM), "log": np.empty(places, ACCIDENT)}
        self._arrays: dict[str, np.ndarray] = {}
        self._struct = _Sample()

    def prepare(self, ground: Ground) -> None:
        """Take a replicate from the engine's arrays."""
        _check(ground)
        arrays, room = _inputs(ground), self._room
        room["slots"][:] = -1
        self._arrays = arrays  # they live as long as C may read them
        self._struct = _Sample(
            seed=int(ground.address[0]), replicate=int(ground.address[1]), steps=len(ground.edges) - 1,
            n_cohorts=len(arrays["cohorts"]), places=len(room["items"]), n_slots=len(room["slots"]),
            delay=float(ground.report_delay[0]), **{k: a.ctypes.data for k, a in {**arrays, **room}.items()})

    def play(self) -> int:
        """Sample what was prepared; returns accidents."""
        if self._sample(ctypes.byref(self._struct)):
            raise MemoryError("too few places for candidates and items")
        return self.count("accidents")

    def count(self, name: str) -> int:
        """A number of the last replicate: ``listed``, ``met``, ``accidents``, ``blocks`` of four random words."""
        return int(getattr(self._struct, name))

    def accidents(self) -> np.ndarray:
        """Accidents of the last replicate by date, as ``model.accidents_of`` has them."""
        log: Any = self._room["log"][: self.count("accidents")]
        log = log[np.argsort(log["date"], kind="stable")]
        return np.column_stack([log[name].astype(float) for name in ACCIDENT.names or ()]).reshape(-1, 5)


def _inputs(ground: Ground) -> dict[str, np.ndarray]:
    cohorts = np.zeros(len(ground.cohorts), COHORT)
    for name in COHORT.names or ():
        cohorts[name] = ground.areas["access"][ground.cohorts["area"]] if name == "access" else ground.cohorts[name]
    floats = {name: np.ascontiguousarray(getattr(ground, name), np.float64) for name in _INPUTS[:9]}
    return {**floats, "season": np.ascontiguousarray(ground.step_season, np.int64), "cohorts": cohorts,
            "life": np.ascontiguousarray(ground.life)}


def _check(ground: Ground) -> None:
    """Nothing may react to anything: this sampler knows no learning, spot tasks, or people beside."""
    reacts = ground.learn[:, 1].any() or ground.sighting.any() or ground.bystander.any()
    if reacts or (ground.outcome[:, 0] > 20.0).any():
        raise ValueError("the sampler in C is for scenarios in which nothing reacts")
