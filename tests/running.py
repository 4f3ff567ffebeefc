"""Running scenarios in this process and reading what comes out by name: for the tests of the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sim.core.ground import GroundTruth
from sim.core.records import Room
from sim.programme import Ledger, make_plan, run_programme
from sim.scenario import Scenario, load
from sim.study.executor import run_block
from sim.study.manifest import MANIFEST, SEAL, checksum_of
from sim.study.metrics import METRICS, NATIONAL
from sim.study.store import Block, Chunk
from sim.world import World, draw_parameters, make_frame

DATA = Path(__file__).parent / "data"
TOY = DATA / "toy.yaml"
ROOM = 1 << 17
"""Places for candidates of one replicate, enough for every scenario of these tests."""
GIFT = """
families:
  short: {title: Short-lived, kind: ap, sd_hours: [48], sd_failure: 0.1, width_m: {foot: 0.3}, p_trigger: {foot: 0.5}}
transfers:
  gift:
    family: short
    devices: 0
    since: 2025-01-02
    until: 2025-12-01
    zones: [front]
    districts: {North: 1, South: 2}
    land_uses: {arable: 1}
    mined_density_per_km2: 1500
    polygon_factor: 3
    inside_suspected: 0.6

reporting:"""
"""A transfer of nothing, to stand before the toy country's section on reporting."""


def edit(source: Path, *edits: tuple[str, str]) -> str:
    """Text of a file with some pieces replaced; each must occur."""
    text = source.read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def scenario_of(text: str, folder: Path) -> Scenario:
    """A scenario from its YAML text, through the front door."""
    path = folder / "scenario.yaml"
    path.write_text(text)
    return load(path)


def run_all(scenario: Scenario, draws: int = 1, per_draw: int = 1, first: int = 0) -> Chunk:
    """All replicates of some draws, as a worker computes them; none may fail."""
    chunk = run_block(scenario, Block("test", first * per_draw, (first + draws) * per_draw), per_draw)
    assert not chunk.failures, chunk.failures[0]["traceback"]
    return chunk


def column(chunk: Chunk, name: str) -> np.ndarray:
    """One metric by its column name, (replicate, year, district) float64; national ones (replicate, year)."""
    for i, metric in enumerate(METRICS):
        if metric.column == name:
            return chunk.by_district[:, i]
    return chunk.national[:, [m.column for m in NATIONAL].index(name)]


def play(
    scenario: Scenario, draw: int = 0, inner: int = 0, trace: bool = False
) -> tuple[World, GroundTruth, Ledger]:
    """One replicate with everything it leaves behind."""
    world = World(make_frame(scenario), draw_parameters(scenario, draw))
    ground = GroundTruth(world.replicate(inner, Room(ROOM)))
    ledger = run_programme(world, make_plan(world), ground, trace)
    return world, ground, ledger


@contextmanager
def manifest_of(folder: Path) -> Iterator[dict[str, Any]]:
    """What a manifest says, to be changed; written again with its own checksum."""
    told = json.loads((folder / MANIFEST).read_text())
    del told[SEAL]
    yield told
    (folder / MANIFEST).write_text(json.dumps({**told, SEAL: checksum_of(told)}))


def martingale_z(accidents: np.ndarray, expected: np.ndarray) -> float:
    """z of sum(accidents - expected), standard normal whatever reacts to what (VALIDATION V14)."""
    return float((accidents.sum() - expected.sum()) / np.sqrt(expected.sum()))


def differing(a: Chunk, b: Chunk, years: int | None = None) -> list[str]:
    """Columns that differ in any bit, in the first so many years."""
    cut = slice(years)
    return [
        m.column
        for i, m in enumerate(METRICS)
        if not np.array_equal(a.by_district[:, i, cut], b.by_district[:, i, cut])
    ]
