"""What a run is to compute, written into its folder before it begins: all that is needed to finish it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from sim.programme import written_policy
from sim.scenario import Scenario, catalogue_sources, load, to_yaml
from sim.scenario.schema import Deadline, Replicates
from sim.study.errors import StoreError
from sim.study.seal import MANIFEST, SEALS
from sim.study.store import RunFolder
from sim.study.versions import changes, versions
from sim.world.frame import Frame

ESTIMATOR_NOTE = (
    "counted: accidents as they fell in the runs; expected: the same with the chance of each encounter "
    "averaged out (control variate with the compensator along each run's history)")
LONGEST_NAME = 100
TOOK = ("begun", "finished", "processes", "seconds", "replicates_computed", "replicates_per_second", "peak_memory_mb")
"""What the manifest says only when the run is finished."""
SAME = ("baseline", "seed", "replicates", "scenarios")
"""What two runs have in common that may share a folder."""


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


def make_order(scenarios: dict[str, Scenario], frames: dict[str, Frame], baseline: str, draws: int, per_draw: int,
               about: dict[str, Any], fit: pd.DataFrame | None) -> Order:
    """The order of a run from scenarios; ``about`` holds study, question, headline, titles, over, sources, inputs."""
    for name in scenarios:
        if not name.isprintable() or "/" in name or name.startswith(".") or not 0 < len(name.encode()) <= LONGEST_NAME:
            raise ValueError(f"scenario {name!r}: a name becomes part of file names; expected at most {LONGEST_NAME} "
                             "letters, digits and the like, no slash, no dot at the beginning")
    first = scenarios[baseline]
    asked = {
        "study": about.get("study", first.title), "question": about.get("question", first.question),
        "baseline": baseline, "headline": about.get("headline"), "seed": first.seed, "start": str(first.start),
        "horizon_years": first.horizon_years, "replicates": {"draws": draws, "per_draw": per_draw},
        "scenarios": [{
            "name": name, "title": about.get("titles", {}).get(name) or s.title, "digest": digest_of(frames[name]),
            "over": about.get("over", {}).get(name), "group": about.get("groups", {}).get(name, ""),
            "policy": s.programme.priority,
            "transferred_families": sorted({t.family for t in s.transfers.values() if t.devices.high > 0}),
        } for name, s in scenarios.items()],
        "deadline": about["deadline"].model_dump() if about.get("deadline") else None,
        "districts": list(frames[baseline].districts), "estimator_note": ESTIMATOR_NOTE,
        "sources": {**catalogue_sources(), **about.get("sources", {})},
        "inputs": {file: checksum for files in (about.get("inputs", {}), *(s.inputs for s in scenarios.values()))
                   for file, checksum in files.items()},
        **_here(),
    }
    drawing = None
    if first.map is not None and first.folder is not None:
        drawing = (first.folder / first.map).read_text(encoding="utf-8-sig")
    return Order(scenarios, asked, fit, drawing)


def digest_of(frame: Frame) -> str:
    """Digest of everything that can change a number: the scenario, and the text of a policy that a user wrote."""
    written = written_policy(frame.scenario.programme.priority)
    return frame.digest if written is None else hashlib.sha256((frame.digest + written.digest).encode()).hexdigest()


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
            store.write_text(f"policy-{policy}.py", own.text)
    written: dict[str, str] = {}
    sizes = Replicates(draws=order.draws, per_draw=order.per_draw)
    for name, scenario in order.scenarios.items():
        as_run = scenario.model_copy(update={"replicates": sizes})
        store.write_text(_file(name, order.scenarios), to_yaml(as_run, written))
    if order.fit is not None:
        store.write_table("fit.csv", order.fit)
    if order.map is not None:
        store.write_text("map.geojson", order.map)
    store.write_json(MANIFEST, order.asked)


def _file(name: str, scenarios: Any) -> str:
    return f"scenario-{name}.yaml" if len(scenarios) > 1 else "scenario.yaml"


def read_order(store: RunFolder) -> Order:
    """The order of a run from its folder alone.

    Raises
    ------
    FileNotFoundError
        Where the folder is not one of a run.
    ScenarioError
        Where a scenario in it is not readable.
    """
    asked = store.manifest()
    if asked is None:
        raise FileNotFoundError(f"{store.path} is not a run folder: {MANIFEST} is missing. A run that was ended "
                                "before it stored anything begins anew with the command it was begun with")
    try:
        names = [str(scenario["name"]) for scenario in asked["scenarios"]]
        asked["baseline"], asked["replicates"]["draws"], asked["replicates"]["per_draw"], asked["versions"]
    except (KeyError, TypeError):
        raise StoreError(f"{store.path / MANIFEST}: is not the manifest of a run that can go on") from None
    scenarios = {name: load(store.path / _file(name, names)) for name in names}
    fit, drawing = store.path / "fit.csv", store.path / "map.geojson"
    asked = {key: value for key, value in asked.items() if key not in (*TOOK, *SEALS)}
    return Order(scenarios, asked, pd.read_csv(fit) if fit.is_file() else None,
                 drawing.read_text(encoding="utf-8") if drawing.is_file() else None)


def check_digests(order: Order, frames: dict[str, Frame], folder: Path) -> None:
    """Raise `ValueError` where a scenario in a run folder is not the one that the run began with."""
    for scenario in order.asked["scenarios"]:
        name = scenario["name"]
        digest = digest_of(frames[name])
        if scenario["digest"] != digest:
            raise ValueError(
                f"{folder / _file(name, order.scenarios)}: has the digest {digest[:12]}, but the run began with "
                f"{str(scenario['digest'])[:12]}: the file was changed since, or the policy of your own")


def check_versions(asked: dict[str, Any], folder: Path) -> None:
    """Raise `StoreError` where a run was begun with other versions: its chunks might not fit together."""
    found = changes(asked.get("versions", {}))
    if found:
        raise StoreError(f"{folder}: the run was begun with other versions ({'; '.join(found)}), and half of the "
                         "results with each would be neither's. Use those versions, or begin anew in another --folder")


def check_same(asked: dict[str, Any], there: dict[str, Any], folder: Path) -> None:
    """Raise `ValueError` where the run in a folder is not the one that is asked for."""
    differing = [f"{what} {a} there, {b} asked for" for what, a, b in _pairs(there, asked) if a != b]
    if differing:
        raise ValueError(f"{folder}: holds another run ({'; '.join(differing)}); give another --folder")


def _pairs(there: dict[str, Any], asked: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for what in SAME:
        a, b = there.get(what), asked[what]
        if what == "scenarios":
            a, b = ({s["name"]: s["digest"][:12] for s in side or []} for side in (a, b))
        yield what, a, b
