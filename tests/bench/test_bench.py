"""The benchmark compares like with like: its contenders agree, the C sampler is the engine's, counts stay bounded.

No time is looked at here: times never fail a test.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from bench import peers, timing
from bench.compiled import Sampler, compiler
from bench.model import SD_FAILS, Case, Engine, accidents_of, counts, items_met
from sim.scenario import load, replace

ROOT = Path(__file__).parents[2]
PEERS: dict[peers.Peer, int] = {
    peers.numba_loop: 200_000, peers.numba_generator: 200_000, peers.numba_encounter_first: 200_000,
    peers.numba_addressed: 200_000, peers.numpy_daily: 10_000, peers.numpy_daily_active: 20_000,
    peers.mesa_agents: 10_000, peers.simpy_processes: 20_000}


def _z(accidents: int, expected: float) -> float:
    return (accidents - expected) / math.sqrt(expected)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.__name__)
def test_a_peer_has_the_accidents_of_the_closed_form(peer: peers.Peer) -> None:
    """|z| < 4 with 235 to 4,700 accidents expected. Control: without failures of self-destruction there would
    be a fifth of them at most, z < -8."""
    if peer is peers.mesa_agents:
        pytest.importorskip("mesa", reason="Mesa is not installed: pip install -e '.[bench]'")
    case = Case(PEERS[peer], 1000.0)
    accidents = peer(int(case.items), case.hazard, 5)
    assert abs(_z(accidents, case.accidents)) < 4.0
    working = case.items * case.hazard * 15.0  # no more than that without failures
    assert working < 0.2 * case.accidents
    assert _z(round(working), case.accidents) < -8.0


def test_the_engine_has_the_accidents_of_the_closed_form() -> None:
    """|z| < 4 with 4,700 accidents expected, and in 20 replicates of few encounters with 270."""
    for case, replicates in ((Case(20_000, 1000.0), 10), (Case(200_000, 2.0), 20), (Case(20_000, 1000.0, 7), 10)):
        engine = Engine(case)
        accidents = sum(engine.play(engine.prepare(r)) for r in range(replicates))
        assert abs(_z(accidents, replicates * case.accidents)) < 4.0


def test_the_closed_form_is_the_integral() -> None:
    """Items x integral of h S(t) exp(-h t), by the midpoint rule."""
    case = Case(1000.0, 400.0)
    t = (np.arange(2_000_000) + 0.5) * (20 * 365.25 / 2_000_000)
    active = np.exp(-0.05 / 365.25 * t) * np.where(t < 15.0, 1.0, SD_FAILS)
    total = (case.hazard * active * np.exp(-case.hazard * t)).mean() * 20 * 365.25 * case.items
    assert case.accidents == pytest.approx(total, rel=1e-4)


@pytest.mark.skipif(compiler() is None, reason="no C compiler: the C sampler was not compared with the engine")
def test_the_sampler_in_c_is_the_engines_one_by_one(tmp_path: Path) -> None:
    """Every accident with its date, item, casualties and report date, bit by bit, in sparse and in dense ground."""
    seen = 0
    for case in (Case(500_000, 4.0), Case(3_000, 3000.0), Case(20_000, 300.0, 13)):
        engine = Engine(case)
        sampler = Sampler(tmp_path, engine.room.places)
        for inner in range(5):
            ground = engine.prepare(inner)
            engine.play(ground)
            expected, met = accidents_of(ground), items_met(ground)
            alone = engine.prepare_alone(inner)
            engine.play_alone(alone)
            assert np.array_equal(accidents_of(alone), expected)
            sampler.prepare(engine.prepare(inner))
            sampler.play()
            assert np.array_equal(sampler.accidents(), expected)
            assert sampler.count("listed") == engine.listed
            assert sampler.count("met") == items_met(alone) == met
            seen += len(expected)
    assert seen > 1_500


@pytest.mark.skipif(compiler() is None, reason="no C compiler: the C sampler was not tried")
def test_the_sampler_in_c_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    engine = Engine(Case(1000))
    ground = engine.prepare(0)
    ground.learn[:, 1] = 0.1
    with pytest.raises(ValueError, match="nothing reacts"):
        Sampler(tmp_path).prepare(ground)


def test_counts_follow_encounters_and_not_items() -> None:
    """Candidates listed are Poisson with the potential encounters as mean (|z| < 5), whatever the number of items;
    items met are at most as many, and nearly all of them where ground is sparse."""
    for items in (2e5, 2e6, 2e7):
        engine = Engine(Case(items, 4_000_000.0 / items))
        ground = engine.prepare_alone(0)
        engine.play_alone(ground)
        assert abs(_z(engine.listed, 4000.0)) < 5.0
        assert 0.9 * engine.listed < items_met(ground) <= engine.listed


def test_simpy_events_follow_tasks_and_not_items() -> None:
    """A plain scenario takes an event per quarter and few more, ten thousand items or ten million; the toy country
    with its programme under 150, however many items lie there."""
    few, many = (counts(Case(items).scenario()).events for items in (1e4, 1e7))
    assert few == many <= 81 + 10
    toy = load(ROOT / "tests" / "data" / "toy.yaml")
    for items in (2_000.0, 100_000.0):
        assert 0 < counts(replace(toy, {"contamination.mines.items": items})).events <= 150


def test_a_line_is_found_again_and_told_apart_from_a_curve() -> None:
    sizes = (1_000, 2_000, 4_000)
    fit = timing.fit_line(sizes, [0.01 + 2e-6 * n for n in sizes])
    assert fit.at(1e6) == pytest.approx(2.01, rel=1e-9)
    assert fit.worst < 1e-9
    assert timing.fit_line(sizes, [3e-6 * n for n in sizes]).start == pytest.approx(0.0, abs=1e-12)
    curved = timing.fit_line(sizes, [1e-9 * n**2 for n in sizes])
    assert curved.start == 0.0  # a line through three points would begin below
    assert curved.worst > 0.3
    assert "1,000, 2,000, 4,000" in str(curved)
    for bad in ((1_000, 2_000), (1_000, 1_000, 2_000)):
        with pytest.raises(ValueError, match="three different sizes"):
            timing.fit_line(bad, [0.1] * len(bad))


def test_turns_are_taken_and_the_best_time_counts() -> None:
    order: list[str] = []

    def turn(name: str, seconds: list[float]) -> float:
        order.append(name)
        return seconds.pop(0)

    a, b = [3.0, 1.0], [2.0, 5.0]
    least, timing.LEAST_SECONDS = timing.LEAST_SECONDS, -1.0
    try:
        best = timing.best_of({"a": lambda: turn("a", a), "b": lambda: turn("b", b)}, 2)
    finally:
        timing.LEAST_SECONDS = least
    assert best == {"a": 1.0, "b": 2.0}
    assert order == ["a", "b", "a", "b"]


def test_the_table_says_what_is_reached(tmp_path: Path) -> None:
    rows = [timing.Row("peers", "x", 2e6, 2.0, 1.0, 3.5, "ms", 120.0, "times the engine", timing.reach(120.0, 100.0)),
            timing.Row("peers", "y", 2e6, 2.0, 1.0, 0.5, "ms", note="~")]
    assert timing.reach(99.0, 100.0) == ">= 100: NOT reached"
    assert timing.reach(1.05, 0.9, 1.1) == ">= 0.9 and <= 1.1: reached"
    timing.write_csv(rows, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [r["what"] for r in read] == ["x", "y"]
    assert read[0]["target"] == ">= 100: reached"
    assert (float(read[0]["ratio"]), read[1]["ratio"], read[1]["note"]) == (120.0, "", "~")
