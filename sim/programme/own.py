"""Policies that a user wrote: text of Python, run where the user names it and nowhere else.

A scenario only names a policy and never a file, so that reading or running a scenario of somebody else runs no code
of theirs. The user hands in the code: a file on the command line (``--policy FILE.py``) or with `read_policies`, or a
function in a notebook with the decorator `priority`. Either way its text is what counts: every process compiles the
same text, its own included, and the text is part of the digest of a run.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import hashlib
import inspect
import re
import symtable
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from sim.programme.priorities import BUILT_IN, PRIORITIES, Belief, Policy, PolicyError, value_of
from sim.scenario import Scenario
from sim.scenario.errors import Fault, ScenarioError, nearest_name, one_of

NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")  # as `programme.priority` in the schema
HOW = "mark a function of one belief with @priority (from sim import priority)"
TRIALS = tuple(
    Belief(
        entered=8401.0, land_use="arable", area_m2=2_000_000, users=users, land_km2=400.0, reported_accidents=accidents,
        cost_usd=90_000.0, chance=0.37, district="(made up)", stage="nts", hazardous_m2=40_000.0, release_usd=250_000.0,
        last_worked=worked, community_accidents=accidents + 2, community_uses=3, reported_everywhere=40,
        contact_everywhere=900.0)
    for users, accidents, worked in ((5000.0, 0, float("-inf")), (0.0, 0, 8500.0), (20_000.0, 3, 8700.0)))


@dataclass(frozen=True)
class Written:
    """Text from which policies are read.

    Attributes
    ----------
    text : str
    origin : str
        File, or notebook and function, for messages.
    """

    text: str
    origin: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


_own: dict[str, Written] = {}  # by policy
_reading: list[Policy] | None = None  # policies found in the text that is being read


def priority(function: Policy) -> Policy:
    """Register a policy of your own under its function's name.

    Parameters
    ----------
    function : callable
        Takes a `Belief`, returns a number; the task with the largest goes first. It may use modules, and nothing
        else from outside itself.

    Returns
    -------
    callable
        The function as it was.

    Raises
    ------
    PolicyError
        Where it cannot be written out for other processes, has a name that is taken, or gives no number.
    """
    if not inspect.isfunction(function):
        raise PolicyError(f"{function!r} is no function; {HOW}")
    if _reading is not None:
        _reading.append(function)
    else:
        register(_written_out(function))
    return function


def read_policies(path: str | Path) -> tuple[str, ...]:
    """Run a Python file and register the policies in it; returns their names.

    Raises
    ------
    PolicyError
        Where the file holds no policy, is not Python, or one of them gives no number.
    OSError
        Where it cannot be read.
    """
    return register(Written(Path(path).read_text(encoding="utf-8"), str(path)))


def register(written: Written) -> tuple[str, ...]:
    """Run a text and register the policies in it; returns their names."""
    global _reading
    found: list[Policy] = []
    _reading = found
    try:
        code = compile(written.text, written.origin, "exec", __future__.annotations.compiler_flag, dont_inherit=True)
        exec(code, {"__name__": "policies", "__file__": written.origin})
    except SyntaxError as error:
        raise PolicyError(f"{written.origin}:{error.lineno}:{error.offset}: not Python: {error.msg}") from error
    except Exception as error:
        raise PolicyError(f"{written.origin}: {type(error).__name__}: {error}") from error
    finally:
        _reading = None
    if not found:
        raise PolicyError(f"{written.origin}: no policy in it; {HOW}")
    for function in found:
        _try(function, written.origin)
    for function in found:
        PRIORITIES[function.__name__] = function
        _own[function.__name__] = written
    return tuple(function.__name__ for function in found)


def written_policy(name: str) -> Written | None:
    """Text of a policy that a user wrote; None for the project's own."""
    return _own.get(name)


def check_policies(scenarios: Iterable[Scenario]) -> None:
    """Raise a `ScenarioError` with every policy of scenarios that nobody knows."""
    unknown = [(s.programme.priority, s.priority_place) for s in scenarios if s.programme.priority not in PRIORITIES]
    if unknown:
        raise ScenarioError([Fault.at(
            place, f"programme.priority: no policy {name!r}; one of your own is in a Python file, named with --policy "
            "FILE.py or sim.read_policies(file)", one_of(PRIORITIES), nearest_name(name, PRIORITIES))
            for name, place in unknown])


def _try(function: Policy, origin: str) -> None:
    """Refuse what cannot be a policy, before anything is run."""
    name = function.__name__
    if not NAME.fullmatch(name):
        raise PolicyError(f"{origin}: {name!r} is no name for a policy; expected small letters, digits and _, as a "
                          "scenario would write it")
    if name in BUILT_IN:
        raise PolicyError(f"{origin}: there is a policy {name!r} already; call yours otherwise")
    for belief in TRIALS:
        if value_of(function, belief) != value_of(function, belief):
            raise PolicyError(f"policy {name!r} gives two values for the same belief; chance is in belief.chance")


def _written_out(function: Policy) -> Written:
    """A function of a notebook as a text that stands alone."""
    origin = f"policy {function.__name__!r}"
    try:
        text = textwrap.dedent(inspect.getsource(function))
        definition = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError, IndexError) as error:
        raise PolicyError(f"{origin}: its text cannot be read; put it into a notebook cell or a file") from error
    if not isinstance(definition, ast.FunctionDef):
        raise PolicyError(f"{origin}: not a function with a name; {HOW}")
    text = "".join(text.splitlines(keepends=True)[definition.lineno - 1:])  # without its decorators
    imports = []
    for name in sorted(set(_outside(symtable.symtable(text, origin, "exec").get_children()[0]))):
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            imports.append(f"import {value.__name__} as {name}\n")
        elif value is not None or not hasattr(builtins, name):
            raise PolicyError(f"{origin} uses {name!r} from outside itself, which other processes do not have; move it "
                              "into the function, or put both into a file")
    return Written("".join([*imports, "from sim import priority\n\n\n@priority\n", text]), origin)


def _outside(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that a function takes from outside itself."""
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
    for inner in table.get_children():
        yield from _outside(inner)
