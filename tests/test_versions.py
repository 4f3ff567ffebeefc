"""Versions of what the project stands on: those that are pinned fit what pyproject.toml asks for."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


def required() -> dict[str, Requirement]:
    """What pyproject.toml asks for, by name in one spelling."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {spelled(r.name): r for r in map(Requirement, project["dependencies"])}


def spelled(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_known_good_versions_are_pinned_and_allowed() -> None:
    """Every package that is asked for is pinned, to a version that is allowed; control: an older one would not be."""
    lines = (ROOT / ".ci" / "known-good.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    pinned = {spelled(name): version for name, version in pinned.items()}
    assert len(pinned) > len(required())
    for name, requirement in required().items():
        assert requirement.specifier.contains(Version(pinned[name])), name
        assert not requirement.specifier.contains(Version("0.0.1"))


def test_a_lower_bound_names_one_version() -> None:
    """`.ci/versions oldest` installs the lower bounds: there is one for each, and nothing else."""
    assert all(re.fullmatch(r">=[\d.]+", str(requirement.specifier)) for requirement in required().values())


def test_the_command_says_what_it_can() -> None:
    done = subprocess.run([ROOT / ".ci" / "versions"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert ".ci/versions oldest" in done.stderr and ".ci/versions known-good" in done.stderr
