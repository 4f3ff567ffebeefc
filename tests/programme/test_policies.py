"""Which task next: what policies see, how each ranks, and policies that users write."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from running import DATA, TOY, edit, play, scenario_of

import sim.study
from sim.cli import main
from sim.programme import PRIORITIES, Belief, PolicyError, own, priority, read_policies, register
from sim.programme.outlook import updated
from sim.programme.own import TRIALS
from sim.programme.priorities import BUILT_IN
from sim.scenario import load, replace
from sim.study.order import digest_of
from sim.world import World, draw_parameters, make_frame

BACKLOG = DATA / "backlog.yaml"
TYPICAL = TRIALS[0]


def _beliefs(text: str, folder: Path, draw: int = 0) -> list[Belief]:
    """Every belief of a run whose policy is people_at_risk, in the order in which they were formed."""
    import dataclasses

    from sim.core.ground import GroundTruth
    from sim.core.records import Room
    from sim.programme import make_plan, run_programme

    seen: list[Belief] = []

    def watch(belief: Belief) -> float:
        seen.append(belief)
        return PRIORITIES["people_at_risk"](belief)

    scenario = scenario_of(text, folder)
    world = World(make_frame(scenario), draw_parameters(scenario, draw))
    plan = dataclasses.replace(make_plan(world), policy=watch)
    run_programme(world, plan, GroundTruth(world.replicate(0, Room(1 << 12))))
    return seen


# -- what a policy sees ---------------------------------------------------------------------------------------


def test_beliefs_before_survey_are_the_same_whatever_the_world_is(tmp_path: Path) -> None:
    """Draws differ in contaminated share and items; what planners believe of unsurveyed land does not."""
    scenario = load(TOY)
    drawn = {draw_parameters(scenario, d)["programme.survey.contaminated_share"] for d in range(3)}
    assert len(drawn) == 3
    first = [_beliefs(TOY.read_text(), tmp_path, d)[0] for d in range(3)]
    assert {b.stage for b in first} == {"nts"}
    central = scenario.programme.survey.contaminated_share.central
    for belief in first:
        assert belief.hazardous_m2 == pytest.approx(central * belief.area_m2, rel=1e-12)
    assert not drawn & {b.hazardous_m2 / b.area_m2 for b in first}


def test_surveys_update_beliefs_as_v6_does(tmp_path: Path) -> None:
    """After NTS flags land, P(it holds items) is pi s / (pi s + (1 - pi)(1 - specificity)), 0.2 x 0.8 / 0.24 here."""
    assert updated(0.2, 0.8, 0.9) == pytest.approx((0.24, 2 / 3), rel=1e-12)
    text = edit(
        BACKLOG,
        ("contaminated_share: 0.2}", "contaminated_share: 0.2, nts_sensitivity: 0.8, nts_specificity: 0.9}"),
        ("rate_m2_per_day: 50000}", "rate_m2_per_day: 50000, cost_usd_per_m2: 0.01}\n"
         "    dig: {stages: [clearance], rate_m2_per_day: 5000, cost_usd_per_m2: 2}"),
        ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"))
    seen = _beliefs(text, tmp_path)
    survey = next(b for b in seen if b.stage == "nts")
    assert survey.hazardous_m2 == pytest.approx(0.2 * survey.area_m2, rel=1e-12)
    assert survey.release_usd == pytest.approx(survey.area_m2 * (0.01 + 0.24 * 2), rel=1e-12)
    clearance = next(b for b in seen if b.stage == "clearance")
    assert clearance.hazardous_m2 == pytest.approx(2 / 3 * clearance.area_m2, rel=1e-6)
    assert clearance.release_usd == pytest.approx(2 * clearance.area_m2, rel=1e-6)


def test_contact_is_shared_out_over_the_land_that_is_left(tmp_path: Path) -> None:
    """The sum that beliefs carry is that of the tasks: at the start all of them, at the end less."""
    fast = edit(
        BACKLOG,
        ("rate_m2_per_day: 50000}", "rate_m2_per_day: 90000}\n    dig: {stages: [clearance], rate_m2_per_day: 90000}"),
        ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"))
    seen = _beliefs(fast, tmp_path)
    start = [b for b in seen if b.entered == seen[0].entered and b.stage == "nts"][:15]
    assert len({(b.district, b.land_use) for b in start}) == 2
    assert sum(b.contact for b in start) == pytest.approx(start[0].contact_everywhere, rel=1e-9)
    assert seen[-1].contact_everywhere < 0.5 * start[0].contact_everywhere
    assert {b.community_uses for b in seen} <= {1, 2}


# -- how each policy ranks ------------------------------------------------------------------------------------


def _prefers(policy: str, better: dict[str, object], worse: dict[str, object] | None = None) -> bool:
    value = PRIORITIES[policy]
    return value(TYPICAL._replace(**better)) > value(TYPICAL._replace(**(worse or {})))


def test_every_policy_names_its_source_and_gives_numbers() -> None:
    for name in sorted(BUILT_IN):
        policy = PRIORITIES[name]
        assert "Source: " in (policy.__doc__ or ""), name
        for belief in TRIALS:
            assert math.isfinite(policy(belief)) or policy(belief) == -math.inf, name


def test_casualties_averted_per_dollar() -> None:
    """Gamma-Poisson: prior mean m is the share of the national rate by contact; (1 + n) / (1 / m + 2 years)."""
    name = "casualties_averted_per_dollar"
    contact = 5000 / 400 * 0.04
    mean = 41 / 2 * contact / 900
    assert PRIORITIES[name](TYPICAL) == pytest.approx(1 / (1 / mean + 2) / 250_000, rel=1e-12)
    three = TYPICAL._replace(reported_accidents=3)
    assert PRIORITIES[name](three) == pytest.approx(4 * PRIORITIES[name](TYPICAL), rel=1e-12)
    assert _prefers(name, {"release_usd": 200_000.0})
    assert _prefers(name, {"hazardous_m2": 80_000.0})
    assert not _prefers(name, {"users": 0.0})


def test_impact_score_ranks_communities_by_victims_then_blocked_uses_then_people() -> None:
    assert _prefers("impact_score", {"community_accidents": 4}, {"community_accidents": 3, "community_uses": 4})
    assert _prefers("impact_score", {"community_uses": 4}, {"users": 9e6})
    assert _prefers("impact_score", {"users": 6000.0})
    assert not _prefers("impact_score", {"reported_accidents": 5})  # it is the community's that count


def test_nearest_finishes_a_district_before_the_next(tmp_path: Path) -> None:
    """From the second quarter on one district after the other; under random order they mix (control)."""
    rows = (TOY.read_text()
            .replace("opens: 2022-07-01", "opens: 2022-01-01").replace("bundle_km2: 12", "bundle_km2: 2"))

    def switches(policy: str) -> int:
        scenario = scenario_of(rows.replace("priority: people_at_risk", f"priority: {policy}"), tmp_path)
        world, _, ledger = play(scenario, trace=True)
        district = world.frame.access_district[world.frame.stratum_access]
        starts = sorted((r.start, r.area) for r in ledger.stages if r.stage == "nts")
        later = [area for start, area in starts if start > starts[0][0] + 92.0]  # the first quarter knows no last place
        visited = [int(district[world.frame.areas[area].stratum]) for area in later[:30]]
        return sum(a != b for a, b in zip(visited[:-1], visited[1:], strict=True))

    assert switches("nearest") <= 4
    assert switches("random") >= 8


# -- policies that users write --------------------------------------------------------------------------------

MINE = '''"""My own."""
from sim import priority

ACCIDENT = 1e6  # as people_at_risk, to compare with it


@priority
def like_people_at_risk(belief):
    return ACCIDENT * belief.reported_accidents + belief.users / belief.land_km2
'''


@pytest.fixture(autouse=True)
def only_the_projects_own_afterwards():
    before, own_before = dict(PRIORITIES), dict(own._own)
    yield
    PRIORITIES.clear()
    PRIORITIES.update(before)
    own._own.clear()
    own._own.update(own_before)


@pytest.fixture
def toy(tmp_path: Path):
    def written(policy: str) -> Path:
        path = tmp_path / f"toy_{policy}.yaml"
        path.write_text(TOY.read_text().replace("priority: people_at_risk", f"priority: {policy}"))
        return path

    return written


def _shell(*words: object):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_policy_from_a_file_runs_in_every_worker_and_counts_in_the_digest(tmp_path: Path, toy) -> None:
    """The same rule under another name gives the same numbers; with two processes as with one."""
    file = tmp_path / "mine.py"
    file.write_text(MINE)
    done = _shell("check", toy("like_people_at_risk"), "--policy", file)
    assert done.exit_code == 0, done.output
    assert f"policies from {file.resolve()}, run as Python: like_people_at_risk" in done.output
    own = load(toy("like_people_at_risk"))
    for name, scenario, workers in (("two", own, 2), ("one", own, 1), ("plain", load(TOY), 1)):
        sim.study.run(scenario, 6, 1, workers, tmp_path / name)
    two, one, plain = ((tmp_path / name / "summary.csv").read_bytes() for name in ("two", "one", "plain"))
    assert two == one == plain
    assert (tmp_path / "two" / "policy-like_people_at_risk.py").read_text() == MINE  # can be repeated from its folder
    digest = digest_of(own)
    file.write_text(MINE.replace("1e6", "2e6"))
    read_policies(file)
    assert digest_of(own) != digest


def test_a_policy_of_a_notebook_runs_in_every_worker(tmp_path: Path) -> None:
    """The decorator sends the function's text along, with the modules it uses."""

    @priority
    def crowded_first(belief: Belief) -> float:
        return math.log1p(belief.users) + max(share for share in (0.0, belief.chance))

    assert crowded_first(TYPICAL) > 0  # the function stays what it was
    scenario = replace(load(TOY), {"programme.priority": "crowded_first"})
    results = sim.study.run(scenario, 6, 1, 2, tmp_path / "run")
    assert len(results.failures) == 0
    read_policies(tmp_path / "run" / "policy-crowded_first.py")
    sim.study.run(load(tmp_path / "run" / "scenario.yaml"), 6, 1, 1, tmp_path / "again")
    assert (tmp_path / "run" / "summary.csv").read_bytes() == (tmp_path / "again" / "summary.csv").read_bytes()


OUTSIDE = 3.0


def test_a_policy_that_other_processes_could_not_run_is_refused_at_once() -> None:
    beside = 2.0
    with pytest.raises(PolicyError, match="'leans_out' uses 'OUTSIDE' from outside itself"):

        @priority
        def leans_out(belief):
            return OUTSIDE * belief.users

    with pytest.raises(PolicyError, match="uses 'beside' from outside itself"):

        @priority
        def encloses(belief):
            return beside * belief.users

    with pytest.raises(PolicyError, match="there is a policy 'random' already"):

        @priority
        def random(belief):
            return 0.0

    with pytest.raises(PolicyError, match="'Shouts' is no name for a policy"):

        @priority
        def Shouts(belief):
            return 0.0

    with pytest.raises(PolicyError, match="not a function with a name"):
        priority(lambda belief: 0.0)

    with pytest.raises(PolicyError, match=r"max> is no function; mark a function of one belief"):
        priority(max)


def test_a_stopped_run_with_a_policy_of_ones_own_goes_on_when_it_is_handed_in_again(tmp_path: Path, toy) -> None:
    """A policy in a run folder is code, and is not run because it lies there: the message says what to type."""
    file, run = tmp_path / "mine.py", tmp_path / "run"
    file.write_text(MINE)
    begun = ("run", toy("like_people_at_risk"), "--draws", 6, "--workers", 1, "--policy", file, "--folder")
    assert _shell(*begun, run).exit_code == 0
    whole = (run / "summary.csv").read_bytes()
    min((run / "chunks").iterdir()).unlink()
    PRIORITIES.pop("like_people_at_risk")
    own._own.clear()
    for command in ("resume", "reproduce"):
        done = _shell(command, run, "--workers", 1)
        assert done.exit_code == 2
        handed_in = run / "policy-like_people_at_risk.py"
        assert f"read it, then hand it in with --policy {handed_in}" in done.output
    file.write_text(MINE.replace("1e6", "2e6"))
    done = _shell("resume", run, "--workers", 1, "--policy", file)
    assert done.exit_code == 2 and "is not the one of the run" in done.output
    assert _shell("resume", run, "--workers", 1, "--policy", handed_in).exit_code == 0
    assert (run / "summary.csv").read_bytes() == whole
    done = _shell("reproduce", run, "--workers", 1, "--policy", handed_in)
    assert done.exit_code == 0 and "the same bytes" in done.output


def test_the_command_for_a_failed_replicate_names_the_policy(tmp_path: Path, toy) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from sim import priority\n\n\n@priority\ndef mine(belief):\n"
                    "    return 'x' if belief.chance > 0.9 else 0.0\n")
    done = _shell("run", toy("mine"), "--draws", 12, "--workers", 1, "--policy", file, "--folder", tmp_path / "run")
    assert done.exit_code == 1
    told = re.search(r"the first alone: demrisk (.*)", done.output)
    assert told is not None, done.output
    assert told[1].endswith(f"--policy {tmp_path / 'run' / 'policy-mine.py'}")
    again = _shell(*told[1].split())
    assert again.exit_code == 1 and "returned 'x'" in again.output


NONSENSE = {
    'return "7"': r"policy 'mine' returned '7' for the task .*, arable, stage nts; expected a number",
    'return float("nan")': r"policy 'mine' returned nan for the task",
    "return None": r"policy 'mine' returned None for the task",
    "return belief.depth": r"policy 'mine' raised AttributeError: .*'depth'",
    "import random; return random.random()": r"policy 'mine' gives two values for the same belief; .*belief\.chance",
    "return (": r"mine\.py:\d+:\d+: not Python",
}


@pytest.mark.parametrize("body", NONSENSE)
def test_a_policy_that_gives_no_number_is_a_fault_of_the_input(tmp_path: Path, toy, body: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"from sim import priority\n\n\n@priority\ndef mine(belief):\n    {body}\n")
    done = _shell("run", toy("mine"), "--policy", file, "--folder", tmp_path / "run", "--workers", 1)
    assert done.exit_code == 2
    assert re.search(NONSENSE[body], done.output), done.output
    assert not (tmp_path / "run").exists()


def test_a_file_without_a_policy_and_an_unknown_policy_say_what_to_do(tmp_path: Path, toy) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def mine(belief):\n    return 0.0\n")
    done = _shell("check", toy("mine"), "--policy", file)
    assert done.exit_code == 2
    assert "no policy in it" in done.output
    assert "@priority" in done.output
    done = _shell("check", toy("mine"))
    assert done.exit_code == 2
    assert "--policy FILE.py" in done.output


def test_every_unknown_policy_of_a_study_is_told_with_its_place_and_the_nearest_name(tmp_path: Path, toy) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(f"""study: Two orders
base: {toy("first_com").name}
baseline: a
variants:
  a: {{}}
  b: {{set: {{programme.priority: impact_scores}}}}
""")
    done = _shell("compare", study, "--folder", tmp_path / "run")
    assert done.exit_code == 2
    for place, name in (("toy_first_com.yaml", "first_come"), ("study.yaml:6", "impact_score")):
        assert re.search(rf"{place}:\d+.*: no policy .*; did you mean '{name}'\?", done.output), done.output
    assert not (tmp_path / "run").exists()


def test_nonsense_that_only_a_real_task_shows_fails_that_replicate_with_its_name(tmp_path: Path) -> None:
    from sim.programme import Written

    register(Written("from sim import priority\n\n\n@priority\ndef often(belief):\n"
                     "    return 'x' if belief.stage == 'clearance' else 0.0\n", "often.py"))
    scenario = replace(load(TOY), {"programme.priority": "often"})
    with pytest.raises(RuntimeError, match=r"policy 'often' returned 'x' for the task (North|South), \w+, stage clear"):
        sim.study.run(scenario, draws=1, per_draw=1, workers=1, folder=tmp_path / "run")


def test_a_scenario_cannot_name_a_file(tmp_path: Path) -> None:
    """Code runs only where the user names it: a scenario that tries is refused and its file is not run."""
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').write('x')\n")
    path = tmp_path / "toy.yaml"
    for name in ("trap.py", "./trap.py", "{file: trap.py}"):
        path.write_text(TOY.read_text().replace("priority: people_at_risk", f"priority: {name}"))
        assert _shell("check", path).exit_code == 2
        assert not (tmp_path / "sprung").exists()
    _shell("check", TOY, "--policy", trap)  # control: named by the user it is run
    assert (tmp_path / "sprung").exists()
