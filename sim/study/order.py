"""What a run is to compute, written into its folder before it begins: all that is needed to finish it."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.programme import PolicyError, check_policies, written_policy
from sim.scenario import Scenario, catalogue_sources, digest, load, to_yaml
from sim.scenario.schema import Deadline, Replicates
from sim.study.manifest import (
    LONGEST_NAME,
    MANIFEST,
    TABLES,
    asked_in,
    check_tables,
    is_name,
    read_manifest,
    write_manifest,
)
from sim.study.store import RunFolder
from sim.study.versions import versions
from sim.world.size import districts_of

if TYPE_CHECKING:
    import pandas as pd

ESTIMATOR_NOTE = (
    "counted: accidents as they fell in the runs; expected: the same with the chance of each encounter "
    "averaged out (control variate with the compensator along each run's history)")

FIT, MAP = "fit.csv", "map.geojson"


@dataclass(frozen=True)
class Order:
    """Scenarios on the same draws, each to be compared with a baseline.

    Attributes
    ----------
    scenarios : dict of str to Scenario
    asked : dict
        The manifest as it stands before the work.
    fit : DataFrame or None
        Fitted against observed casualties by year.
    map : str or None
        GeoJSON of schematic districts.
    """

    scenarios: dict[str, Scenario]
    asked: dict[str, Any]
    fit: pd.DataFrame | None = None
    map: str | None = None

    def here(self) -> Order:
        """The same with the versions and the platform of this program."""
        return replace(self, asked={**self.asked, **_here()})

    @property
    def baseline(self) -> str:
        """Name of the scenario with which the others are compared."""
        return str(self.asked["baseline"])

    @property
    def handed_in(self) -> list[str]:
        """Files that come with the order and that `read_order` reads."""
        return [name for name, given in ((FIT, self.fit), (MAP, self.map)) if given is not None]

    @property
    def headline(self) -> str | None:
        """Name of the scenario that the study is about."""
        return self.asked.get("headline")

    @property
    def groups(self) -> dict[str, str]:
        """Group of each scenario; empty where it has none."""
        return {str(s["name"]): str(s.get("group") or "") for s in self.asked["scenarios"]}

    @property
    def deadline(self) -> Deadline | None:
        """By when how much land is to be done with, where the study says so."""
        told = self.asked.get("deadline")
        return None if told is None else Deadline.model_validate(told)

    @property
    def draws(self) -> int:
        """Parameter draws."""
        return int(self.asked["replicates"]["draws"])

    @property
    def per_draw(self) -> int:
        """Chance replicates per draw."""
        return int(self.asked["replicates"]["per_draw"])


def _here() -> dict[str, Any]:
    return {"versions": versions(), "platform": platform.platform()}


def make_order(scenarios: dict[str, Scenario], baseline: str, draws: int, per_draw: int,
               about: dict[str, Any], fit: Path | None) -> Order:
    """The order of a run from scenarios; ``about`` holds study, question, headline, titles, over, sources, inputs."""
    for name in scenarios:
        if not is_name(name):
            raise ValueError(f"scenario {name!r}: a name becomes part of file names; expected at most {LONGEST_NAME} "
                             "letters, digits and the like, no slash, no dot at the beginning")
    first = scenarios[baseline]
    asked = {
        "study": about.get("study", first.title), "question": about.get("question", first.question),
        "baseline": baseline, "headline": about.get("headline"), "seed": first.seed, "start": str(first.start),
        "horizon_years": first.horizon_years, "replicates": {"draws": draws, "per_draw": per_draw},
        "scenarios": [{
            "name": name, "title": about.get("titles", {}).get(name) or s.title, "digest": digest_of(s),
            "over": about.get("over", {}).get(name), "group": about.get("groups", {}).get(name, ""),
            "policy": s.programme.priority,
            "transferred_families": sorted({t.family for t in s.transfers.values() if t.devices.high > 0}),
        } for name, s in scenarios.items()],
        "deadline": about["deadline"].model_dump(mode="json") if about.get("deadline") else None,
        "districts": list(districts_of(first)), "estimator_note": ESTIMATOR_NOTE,
        "sources": {**catalogue_sources(), **about.get("sources", {})},
        "inputs": {file: checksum for files in (about.get("inputs", {}), *(s.inputs for s in scenarios.values()))
                   for file, checksum in files.items()},
        **_here(),
    }
    drawing = None
    if first.map is not None and first.folder is not None:
        drawing = (first.folder / first.map).read_text(encoding="utf-8-sig")
    return Order(scenarios, asked, _read_fit(fit), drawing)


def _read_fit(path: Path | None) -> pd.DataFrame | None:
    if path is None:
        return None
    from sim.study.observations import read_fitted  # tables take long to import, and many runs have no fit

    return read_fitted(path)


def digest_of(scenario: Scenario) -> str:
    """Digest of everything that can change a number: the scenario, and the text of a policy that a user wrote."""
    own, written = digest(scenario), written_policy(scenario.programme.priority)
    return own if written is None else hashlib.sha256((own + written.digest).encode()).hexdigest()


def folder_name(name: str, asked: dict[str, Any]) -> str:
    """``<name>-<digest>``, the digest being that of everything in a run that can change a number."""
    sizes = asked["replicates"]
    digests = {scenario["name"]: scenario["digest"] for scenario in asked["scenarios"]}
    text = json.dumps([digests, sizes["draws"], sizes["per_draw"]], sort_keys=True)
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60]
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def write_order(store: RunFolder, order: Order) -> None:
    """Everything that `read_order` needs; the manifest comes last, and with it the folder is one of a run."""
    for policy in {s.programme.priority for s in order.scenarios.values()}:
        own = written_policy(policy)
        if own is not None:
            store.write_text(policy_file(policy), own.text)
    written: dict[str, str] = {}
    sizes = Replicates(draws=order.draws, per_draw=order.per_draw)
    for name, scenario in order.scenarios.items():
        as_run = scenario.model_copy(update={"replicates": sizes})
        store.write_text(scenario_file(name, order.scenarios), to_yaml(as_run, written))
    if order.fit is not None:
        store.write_table(FIT, order.fit)
    if order.map is not None:
        store.write_text(MAP, order.map)
    write_manifest(store.path, order.asked, order.handed_in)


def scenario_file(name: str, scenarios: Any) -> str:
    """Name of the file of a scenario in a run folder."""
    return f"scenario-{name}.yaml" if len(scenarios) > 1 else "scenario.yaml"


def policy_file(name: str) -> str:
    """Name of the file of a user's policy in a run folder."""
    return f"policy-{name}.py"


def read_order(store: RunFolder) -> Order:
    """The order of a run from its folder alone.

    Raises
    ------
    FileNotFoundError
        Where the folder is not one of a run.
    ScenarioError
        Where a scenario in it is not readable.
    PolicyError
        Where it was run with a policy of its user that was not handed in, or another of that name was.
    ValueError
        Where a file is not as the run wrote it.
    """
    manifest = read_manifest(store.path)
    if manifest is None:
        raise FileNotFoundError(f"{store.path} is not a run folder: {MANIFEST} is missing. A run that was ended "
                                "before it stored anything begins anew with the command it was begun with")
    asked = asked_in(manifest)
    names = [scenario["name"] for scenario in asked["scenarios"]]
    handed_in = {FIT, MAP} & manifest[TABLES].keys()
    check_tables(manifest, store.path, handed_in, "the command that the run was begun with")
    scenarios = {name: load(store.path / scenario_file(name, names)) for name in names}
    for policy in sorted({scenario.programme.priority for scenario in scenarios.values()}):
        _check_handed_in(policy, store.path / policy_file(policy))
    check_policies(scenarios.values())
    return Order(scenarios, asked, _read_fit(store.path / FIT if FIT in handed_in else None),
                 (store.path / MAP).read_text(encoding="utf-8") if MAP in handed_in else None)


def _check_handed_in(policy: str, file: Path) -> None:
    """A policy of the user is code: it is run where the user names it, and not because it lies in a folder."""
    written = written_policy(policy)
    if not file.is_file():
        return
    if written is None:
        raise PolicyError(f"{file.parent}: the run has a policy of its user, {policy!r}. It is code, and runs as code "
                          f"with your rights: read it, then hand it in with --policy {file}")
    if written.text.encode() != file.read_bytes():
        raise PolicyError(
            f"{written.origin}: the policy {policy!r} there is not the one of the run, which is in {file}")


def check_digests(order: Order, folder: Path) -> None:
    """Raise `ValueError` where a scenario in a run folder is not the one that the run began with."""
    for scenario in order.asked["scenarios"]:
        name = scenario["name"]
        begun, now = scenario["digest"], digest_of(order.scenarios[name])
        if begun != now:
            raise ValueError(f"{folder / scenario_file(name, order.scenarios)}: has the digest {now[:12]}, but the run "
                             f"began with {begun[:12]}: the file was changed since")
