"""The walls between the rooms, and words that must not stand in the project.

Imports are read from the sources, wherever in a file they stand; nothing is executed. Every check is also
given something that it has to refuse.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sim"
FRONT_DOOR = ""

# scenario -> world -> core -> programme -> study -> report; core stands on its own, report sees results only.
MAY_IMPORT = {
    "scenario": {"scenario"},
    "core": {"core"},
    "world": {"world", "scenario", "core"},
    "programme": {"programme", "scenario", "world", "core"},
    "study": {"study", "scenario", "world", "core", "programme"},
    "report": {"report", "scenario", "study"},
    FRONT_DOOR: {FRONT_DOOR, "scenario", "world", "core", "programme", "study", "report"},
}

# One door per big dependency.
ONLY_IN = {
    "numba": {"core"},
    "simpy": {"programme"},
    "ruamel": {"scenario"},
    "pydantic": {"scenario"},
    "pydantic_core": {"scenario"},
    "matplotlib": {"report"},
    "jinja2": {"report"},
    "dask": {"study"},
    "distributed": {"study"},
    "click": {FRONT_DOOR},
}
CORE_NEEDS = {"numpy", "numba"}

# What `import sim` and `demrisk --help` must not wait for.
HEAVY = ("numba", "matplotlib", "pandas", "xarray", "scipy", "pyarrow", "pydantic", "simpy", "jinja2")

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def room_of(module: str) -> str:
    """Room of a module of ours; files directly in `sim/` are front doors."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else FRONT_DOOR


def imports(source: str, package: str) -> Iterator[str]:
    """Dotted names that a source imports, by statement or by `import_module`; `package` resolves relative ones."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from sim import core` imports a room, `from sim.core import CACHE` a name.
            yield from (f"sim.{alias.name}" if base == "sim" else base for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            first = node.args[0]
            text = first.values[0] if isinstance(first, ast.JoinedStr) else first
            if isinstance(text, ast.Constant):
                yield str(text.value).rstrip(".")


def faults(source: str, module: str, package: str | None = None) -> list[str]:
    """Imports of a module that go through a wall."""
    room, found = room_of(module), []
    for name in imports(source, package or module.rpartition(".")[0]):
        top = name.split(".")[0]
        if top == "sim":
            if name != "sim.__version__" and room_of(name) not in MAY_IMPORT[room]:
                found.append(f"{module} imports {name}")
        elif room not in ONLY_IN.get(top, {room}):
            found.append(f"{module} imports {top}, which belongs in {' or '.join(ONLY_IN[top])}")
        elif room == "core" and top not in CORE_NEEDS | sys.stdlib_module_names:
            found.append(f"{module} imports {top}; core needs {' and '.join(sorted(CORE_NEEDS))} only")
    return found


def test_every_room_is_there() -> None:
    assert {room_of(m) for m in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    assert not faults(path.read_text(encoding="utf-8"), module, package)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sim.scenario.x", "from sim.world import World"),
        ("sim.scenario.x", "from ..world import World"),
        ("sim.scenario.x", "from sim import study"),
        ("sim.scenario.x", "import sim"),
        ("sim.scenario.x", "def f():\n    from sim.study import run"),
        ("sim.scenario.x", "if TYPE_CHECKING:\n    import sim.core.life"),
        ("sim.scenario.x", "import_module('sim.world')"),
        ("sim.scenario.x", "importlib.import_module(f'sim.core.{name}')"),
        ("sim.core.x", "from sim.scenario.schema import Family"),
        ("sim.core.x", "from sim.world.frame import Frame"),
        ("sim.core.x", "import scipy.special"),
        ("sim.core.x", "import pandas as pd"),
        ("sim.world.x", "from sim.programme import run_programme"),
        ("sim.world.x", "from numba import njit"),
        ("sim.programme.x", "from sim.study.metrics import METRICS"),
        ("sim.programme.x", "import numba"),
        ("sim.study.x", "from sim.report import write_report"),
        ("sim.study.x", "def f():\n    from sim import report"),
        ("sim.study.x", "from pydantic import BaseModel"),
        ("sim.study.x", "import matplotlib.pyplot as plt"),
        ("sim.study.x", "import simpy"),
        ("sim.report.x", "from sim.core.records import YEAR_DAYS"),
        ("sim.report.x", "from sim.programme import Ledger"),
        ("sim.report.x", "from sim.cli import main"),
        ("sim.report.x", "from ruamel.yaml import YAML"),
        ("sim.report.x", "import dask"),
        ("sim.cli", "import jinja2"),
    ],
)
def test_an_import_through_a_wall_is_refused(module: str, source: str) -> None:
    assert faults(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sim.core.x", "import math\nimport numpy as np\nfrom numba import njit\nfrom sim.core import CACHE"),
        ("sim.world.x", "from sim.core.records import YEAR_DAYS\nfrom sim.scenario import Scenario\nimport scipy"),
        ("sim.study.x", "from sim.programme import make_plan\nimport dask"),
        ("sim.report.x", "import matplotlib\nimport jinja2\nfrom sim.scenario.schema import Scenario"),
        ("sim.cli", "import click\nfrom sim import report\nfrom sim.world import World"),
    ],
)
def test_an_import_the_right_way_is_not(module: str, source: str) -> None:
    assert not faults(source, module)


def files_with(dependency: str, sources: dict[str, str]) -> list[str]:
    """Modules that import a dependency."""
    return [m for m, text in sources.items() if dependency in {n.split(".")[0] for n in imports(text, m)}]


def test_dask_stays_in_one_file() -> None:
    sources = {m: path.read_text(encoding="utf-8") for m, path in MODULES.items()}
    for dependency in ("dask", "distributed"):
        assert len(files_with(dependency, sources)) <= 1
    assert len(files_with("dask", {"sim.study.a": "import dask", "sim.study.b": "from dask import delayed"})) == 2


def undeclared(sources: dict[str, str], requirements: list[str]) -> set[str]:
    """Imports that no requirement brings, by import name."""
    declared = {re.split(r"[\s<>=!\[.]", r, maxsplit=1)[0].lower() for r in requirements} | {"pydantic_core"}
    used = {n.split(".")[0] for m, text in sources.items() for n in imports(text, m)}
    return used - declared - sys.stdlib_module_names - {"sim", "__future__"}


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: r for name, r in project["optional-dependencies"].items() if name not in ("test", "dev")}
    declared = [*project["dependencies"], *(r for some in extras.values() for r in some)]
    sources = {m: path.read_text(encoding="utf-8") for m, path in MODULES.items()}
    assert not undeclared(sources, declared)
    assert undeclared({"sim.study.x": "import torch"}, declared) == {"torch"}


def loaded_by(statement: str) -> set[str]:
    """Heavy packages that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("statement", ["import sim", "import sim.cli", "import sim; dir(sim)"])
def test_the_front_doors_open_at_once(statement: str) -> None:
    assert not loaded_by(statement)


def test_heavy_packages_would_be_seen() -> None:
    assert "numba" in loaded_by("import sim.core.random")
    assert "pandas" in loaded_by("import sim; sim.run")


def says_what_it_is(source: str) -> bool:
    """Whether a module begins with a docstring."""
    return bool((ast.get_docstring(ast.parse(source)) or "").strip())


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is(module: str) -> None:
    assert says_what_it_is(MODULES[module].read_text(encoding="utf-8"))


def test_a_module_without_words_is_seen() -> None:
    assert not says_what_it_is("import math\n'''too late'''")


# -- words ----------------------------------------------------------------------------------------------------

NOT_TEXT = {".png", ".parquet", ".pdf", ".ico"}
NO_TEXTS = "tests/fuzz/corpus/"  # inputs that are wrong on purpose
# A path that begins at the root of a machine; in an address something stands before the first slash.
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|root|home|Users|mnt|tmp)/\w")
REGISTRY = re.compile(r"(?:extra-)?index-" + r"url|\bpypi" + r"\.org|files\.python" + r"hosted", re.IGNORECASE)
SAFE = re.compile(r"safe", re.IGNORECASE)
# The one sentence about the word, and spellings of other people's programs.
ABOUT_THE_WORD = re.compile(
    r"the word [“\"]safe[”\"]|typ=\"safe\"|'unsafe-inline'|^MarkupSafe==|PYTHONSAFEPATH", re.IGNORECASE)


def tracked() -> list[Path]:
    """Text files that belong to the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode != 0:
        pytest.skip("not a git clone")
    paths = [ROOT / name for name in done.stdout.split("\0") if name and not name.startswith(NO_TEXTS)]
    return [p for p in paths if p.is_file() and p.suffix not in NOT_TEXT]


def lines_with(pattern: re.Pattern[str], text: str) -> list[str]:
    """Lines in which a pattern is found, sentences about the word itself taken out."""
    return [line.strip()[:200] for line in text.splitlines() if pattern.search(ABOUT_THE_WORD.sub("", line))]


def found_in(pattern: re.Pattern[str], paths: list[Path]) -> dict[str, list[str]]:
    """Lines with a pattern, by file."""
    found = {str(p.relative_to(ROOT)): lines_with(pattern, p.read_text(encoding="utf-8")) for p in paths}
    return {name: lines for name, lines in found.items() if lines}


def test_no_path_of_a_machine_is_in_the_project() -> None:
    assert not found_in(MACHINE_PATH, tracked())
    assert lines_with(MACHINE_PATH, "see " + "/" + "work/main/sim")
    assert lines_with(MACHINE_PATH, '"' + "/" + 'home/me/x.yaml"')
    assert not lines_with(MACHINE_PATH, "https://example.org/" + "work/paper and ~/" + "work/x and sim/home/x")


def test_no_registry_is_named() -> None:
    assert not found_in(REGISTRY, tracked())
    assert lines_with(REGISTRY, "pip install --index-" + "url x demrisk")


def test_land_is_released_never_the_other_word() -> None:
    ours = [p for p in tracked() if not p.is_relative_to(ROOT / "tests")]
    assert {ROOT / "README.md", PACKAGE / "MODEL.md"} <= set(ours)
    assert not found_in(SAFE, ours)
    assert all(lines_with(SAFE, text) for text in ("The field is safe again.", "unsafe land", "Safely walked"))
    assert not lines_with(SAFE, 'The word "safe" is not used for land or mines.')
