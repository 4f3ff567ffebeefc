"""A replicate that fails is a row with its address; the rest goes on, and it can be done again alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from running import TOY

from sim import study
from sim.cli import main
from sim.scenario import load, replace
from sim.study import RunError, executor
from sim.study import replicate as engine
from sim.study.results import Results
from sim.world import World

DRAWS, PER_DRAW = 8, 2


def demrisk(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[int, int]]]:
    """Draws and inner numbers that fail in deaf scenarios: an error deep in a replicate, and one in a whole draw."""
    failing: set[tuple[int, int]] = {(1, 1), (6, 0)}
    run, world_of = engine.run_replicate, World.__init__

    def run_replicate(world, plan, inner):
        if world.frame.scenario.exposure.learning_per_accident.central == 0 and (world.draw.index, inner) in failing:
            raise FloatingPointError("made to fail")
        return run(world, plan, inner)

    def make_world(self, frame, draw):
        world_of(self, frame, draw)
        if frame.scenario.exposure.learning_per_accident.central == 0 and draw.index == 3:
            raise ValueError("a world that cannot be")

    monkeypatch.setattr(engine, "run_replicate", run_replicate)
    monkeypatch.setattr(World, "__init__", make_world)
    yield failing


def pair() -> dict[str, object]:
    toy = load(TOY)
    return {"plain": toy, "deaf": replace(toy, {"exposure.learning_per_accident": 0})}


def test_a_failure_is_a_row_with_its_address(tmp_path: Path, faulty) -> None:
    results = study.compare(pair(), "plain", DRAWS, PER_DRAW, 1, tmp_path)
    rows = results.failures.set_index("replicate")
    assert rows.index.tolist() == [3, 6, 7, 12]
    assert rows["draw"].tolist() == [1, 3, 3, 6] and rows["inner"].tolist() == [1, 0, 1, 0]
    assert rows["block"].tolist() == ["deaf-000000"] * 3 + ["deaf-000010"]
    assert set(rows["scenario"]) == {"deaf"} and set(rows["seed"]) == {7}
    assert rows["error"][3] == "FloatingPointError: made to fail"
    assert rows["error"][6] == "ValueError: a world that cannot be"
    assert "run_replicate(*ready, inner)" in rows["traceback"][3]
    assert str(Path(executor.__file__).parents[2]) not in "".join(rows["traceback"]), "no folder of this machine"


def test_the_rest_goes_on(tmp_path: Path, faulty) -> None:
    """Every other replicate has the values that it has when none fails; differences are of those that both have."""
    results = study.compare(pair(), "plain", DRAWS, PER_DRAW, 1, tmp_path / "some")
    counts = results.summary.query("metric == 'accidents'").groupby("scenario")["n"].unique()
    assert counts["plain"].tolist() == [16] and counts["deaf"].tolist() == [12]
    assert results.differences["n"].unique().tolist() == [12]
    faulty.clear()
    sound = study.compare({"plain": load(TOY)}, "plain", DRAWS, PER_DRAW, 1, tmp_path / "sound")
    kept = results.summary.query("scenario == 'plain'").reset_index(drop=True)
    assert kept.equals(sound.summary)


def test_a_failed_replicate_can_be_done_again_alone(tmp_path: Path, faulty, edited) -> None:
    """What the shell says at the end of a run is the command that shows the error; with the status 1 both times."""
    deaf = edited(("learning_per_accident: 0.2", "learning_per_accident: 0"))
    done = demrisk("run", deaf, "--draws", DRAWS, "--workers", 1, "--folder", tmp_path / "run")
    assert done.exit_code == 1
    told = re.search(r"4 replicates failed; see .*failures.csv\nthe first alone: demrisk (.*)\n", done.output)
    assert told is not None, done.output
    words = told[1].split()
    assert words == ["run", str(tmp_path / "run" / "scenario.yaml"), "--only-replicate", "3"]
    alone = demrisk(*words)
    assert alone.exit_code == 1
    assert alone.output.startswith("replicate 3: draw 1, chance 1 of 2, seed 7\n")
    assert "FloatingPointError: made to fail" in alone.output
    page = next((tmp_path / "run").glob("*.html")).read_text()
    assert "4 runs failed and are left out of every number" in page
    assert "--only-replicate" in page
    control = demrisk(*words[:-1], 4)
    assert control.exit_code == 0, control.output
    assert "casualties_total " in control.output and "Traceback" not in control.output


def test_a_replicate_alone_is_the_one_of_the_run(tmp_path: Path) -> None:
    """The totals that are printed are those of its row in the chunk."""
    results = study.run(load(TOY), 6, 2, 1, tmp_path)
    assert isinstance(results, Results)
    import pandas as pd

    chunk = pd.concat(pd.read_parquet(p) for p in sorted((tmp_path / "chunks").iterdir()))
    mine = chunk[(chunk["draw"] == 5) & (chunk["inner"] == 1)]
    said = demrisk("run", tmp_path / "scenario.yaml", "--only-replicate", 11).output
    last = mine[mine["year"] == mine["year"].max()]
    for metric, value in (("accidents", mine["accidents"].sum()), ("items_active", last["items_active"].sum()),
                          ("budget_usd", mine["budget_usd"].sum())):
        printed = next(line.split()[1] for line in said.splitlines() if line.startswith(f"{metric} "))
        assert float(printed.replace(",", "")) == pytest.approx(value, rel=1e-5)
    assert demrisk("run", TOY, "--only-replicate", 8_000_000).exit_code == 2


def test_a_baseline_that_fails_throughout_is_told(tmp_path: Path, faulty) -> None:
    faulty |= {(draw, inner) for draw in range(DRAWS) for inner in range(PER_DRAW)}
    with pytest.raises(RunError, match="no replicate of deaf finished; the first ended so:\n(?s:.*)made to fail"):
        study.compare({"deaf": pair()["deaf"]}, "deaf", DRAWS, PER_DRAW, 1, tmp_path)


def test_a_variant_that_fails_throughout_leaves_the_others(tmp_path: Path, faulty) -> None:
    faulty |= {(draw, inner) for draw in range(DRAWS) for inner in range(PER_DRAW)}
    results = study.compare(pair(), "plain", DRAWS, PER_DRAW, 1, tmp_path)
    assert len(results.failures) == DRAWS * PER_DRAW
    assert set(results.summary["scenario"]) == {"plain"}
    assert results.differences.empty
