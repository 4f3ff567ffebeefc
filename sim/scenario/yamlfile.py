"""Reading YAML 1.2 so that every key and value keeps its line and column.

The one door to ruamel.yaml. Only plain data pass: no tags of one's own, no merge keys, no duplicate keys,
aliases within limits, one document per file, keys taken as the text that was written.
"""

from __future__ import annotations

import io
import re
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sim.scenario.errors import Fault, Place, ScenarioError, nearest_name
from sim.scenario.tree import Loc, Tree, checksum

MAX_BYTES = 10_000_000
MAX_YAML_BYTES = 2_000_000  # the parser needs some 10 s for a megabyte; long lists belong into tables
MAX_ALIASED_NODES = 10_000
MAX_DEPTH = 60
SHORT_LINE = 110  # characters

_TAG = "tag:yaml.org,2002:"
_SCALARS = {"str", "int", "float", "bool", "null", "timestamp"}


def read_text(path: Path, shown: str, limit: int = MAX_BYTES) -> str:
    """The text of a UTF-8 file, or a ScenarioError that says why there is none.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        Its name in messages.
    limit : int
        Largest size [bytes].
    """
    try:
        if path.is_dir():
            raise _unreadable(shown, "is a folder", "a file")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device might never end
            raise _unreadable(shown, "is no ordinary file", "a file")
        size = status.st_size
        if size > limit:
            raise _unreadable(
                shown, f"is too large ({size:,} bytes)", f"at most {limit:,} bytes; long lists go into tables"
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        near = _similar_file(path)
        raise ScenarioError([Fault(shown, 0, 0, "there is no such file", nearest=near)]) from None
    except (OSError, ValueError) as err:
        raise _unreadable(
            shown, f"cannot be read ({getattr(err, 'strerror', None) or err})", "a readable file"
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        before = raw[: err.start]
        line, col = before.count(b"\n") + 1, err.start - before.rfind(b"\n")
        raise ScenarioError(
            [Fault(shown, line, col, "the text is not UTF-8", "a file saved as UTF-8")]
        ) from None


def read_yaml(path: Path, shown: str) -> tuple[Tree, list[Fault]]:
    """The mapping in a YAML file with positions, and what is wrong with it.

    Raises ScenarioError where the text cannot be read as YAML at all.
    """
    text = read_text(path, shown, MAX_YAML_BYTES)
    directive = re.search(r"^%YAML\s+(\S+)", text, re.MULTILINE)
    if directive and directive.group(1) != "1.2":
        line = text.count("\n", 0, directive.start()) + 1
        raise ScenarioError(
            [Fault(shown, line, 1, f"YAML version {directive.group(1)}", "1.2, or no %YAML line")]
        )
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Composer
    try:
        node = yaml.compose(io.StringIO(text))
        if node is None:
            raise ScenarioError([Fault(shown, 1, 1, "the file is empty", "a mapping of sections")])
        if not isinstance(node, MappingNode):
            raise ScenarioError([Fault(shown, 1, 1, "the file is not a mapping", "`key: value` lines")])
        reader = _Reader(shown, yaml)
        tree = reader.tree(node)
        if not isinstance(tree.data, dict):  # it has a tag of its own
            raise ScenarioError(reader.faults)
        tree.files.update(checksum(shown, text))
        return tree, reader.faults
    except _TooDeep as err:
        place = Place(shown, err.line + 1, err.column + 1)
        raise ScenarioError([Fault.at(place, "nested too deeply", f"at most {MAX_DEPTH} levels")]) from None
    except MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        what = " ".join(str(part) for part in (err.context, err.problem) if part)
        line, col = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ScenarioError([Fault(shown, line, col, f"not readable as YAML: {what}")]) from None
    except YAMLError as err:
        at = getattr(err, "position", 0)
        line, col = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise ScenarioError(
            [Fault(shown, line, col, f"not readable as YAML: {str(err).splitlines()[0]}")]
        ) from None


def write_yaml(data: Any) -> str:
    """Plain data as YAML text, in the order given, the innermost level in one line where it is short."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = SHORT_LINE
    yaml.representer.ignore_aliases = lambda data: True
    yaml.representer.represent_mapping = partial(_represent_mapping, yaml.representer.represent_mapping)
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _represent_mapping(plain: Callable[..., Any], tag: Any, mapping: Any, flow_style: Any = None) -> Any:
    """A long innermost level goes over several lines: a key that is broken over two cannot be read back."""
    node = plain(tag, mapping, flow_style)
    if node.flow_style and sum(len(part.value) + 2 for pair in node.value for part in pair) > SHORT_LINE:
        node.flow_style = False
    return node


class _TooDeep(Exception):
    """Where a text is nested too deeply; lines and columns from 0."""

    def __init__(self, line: int, column: int) -> None:
        self.line, self.column = line, column


class _Composer(Composer):
    """Stops at the depth that is allowed: the work for what lies below would grow with its square."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As ruamel does it, one level further down."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            mark = self.parser.peek_event().start_mark
            raise _TooDeep(mark.line, mark.column)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Reader:
    """Turns the nodes of one file into plain data."""

    def __init__(self, shown: str, yaml: YAML) -> None:
        self.shown = shown
        self.constructor = yaml.constructor
        self.faults: list[Fault] = []
        self.values: dict[Loc, Place] = {}
        self.keys: dict[Loc, Place] = {}
        self.open: list[int] = []
        self.done: set[int] = set()
        self.aliased = 0

    def tree(self, node: Node) -> Tree:
        data = self.value(node, ())
        return Tree(data, Place(self.shown, 1, 1), self.values, self.keys)

    def place(self, node: Node) -> Place:
        return Place(self.shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def fault(self, node: Node, message: str, expected: str = "") -> None:
        self.faults.append(Fault.at(self.place(node), message, expected))

    def value(self, node: Node, loc: Loc) -> Any:
        if id(node) in self.open:
            raise ScenarioError([Fault.at(self.place(node), "an alias contains itself", "a value")])
        if len(loc) > MAX_DEPTH:
            raise ScenarioError(
                [Fault.at(self.place(node), "nested too deeply", f"at most {MAX_DEPTH} levels")]
            )
        if id(node) in self.done:
            self.aliased += 1
            if self.aliased > MAX_ALIASED_NODES:
                limit = f"at most {MAX_ALIASED_NODES:,} repeated values"
                raise ScenarioError([Fault.at(self.place(node), "aliases repeat too much", limit)])
        self.values[loc] = self.place(node)
        self.open.append(id(node))
        try:
            return self.content(node, loc)
        finally:
            self.open.pop()
            self.done.add(id(node))

    def content(self, node: Node, loc: Loc) -> Any:
        tag = str(node.tag)
        name = tag.removeprefix(_TAG)
        if isinstance(node, MappingNode) and name == "map":
            return {key: self.value(child, (*loc, key)) for key, child in self.pairs(node, loc)}
        if isinstance(node, SequenceNode) and name == "seq":
            return [self.value(child, (*loc, i)) for i, child in enumerate(node.value)]
        if isinstance(node, ScalarNode) and name in _SCALARS:
            return self.scalar(node, name)
        self.fault(node, f"tag {tag.replace(_TAG, '!!')} is not allowed", "plain data")
        return None

    def pairs(self, node: MappingNode, loc: Loc) -> Iterator[tuple[str, Node]]:
        first: dict[str, Place] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self.fault(key, "a key is a list or a mapping", "a name")
            elif key.value == "<<" and key.style is None:
                self.fault(
                    key, "merge keys (<<) are not read", "the keys written out, or a variant of a study"
                )
            elif key.value in first:
                self.fault(
                    key, f"key {key.value!r} is given twice, first in line {first[key.value].line}", "it once"
                )
            else:
                first[key.value] = self.keys[(*loc, key.value)] = self.place(key)
                yield key.value, child

    def scalar(self, node: ScalarNode, name: str) -> Any:
        if name == "str":
            return node.value
        try:
            return getattr(self.constructor, f"construct_yaml_{name}")(node)
        except (ValueError, OverflowError, LookupError, AttributeError, TypeError) as err:
            # a date that does not exist; or what a tag (`!!bool x`) says it is not
            why = f" ({err})" if isinstance(err, ValueError) else ""
            self.fault(
                node,
                f"{node.value[:40]!r} is not readable{why}",
                "a date such as 2026-12-31, or text in quotes",
            )
            return None


def _unreadable(shown: str, message: str, expected: str) -> ScenarioError:
    return ScenarioError([Fault(shown, 0, 0, message, expected)])


def _similar_file(path: Path) -> str:
    try:
        return nearest_name(path.name, (p.name for p in path.parent.iterdir() if p.is_file()))
    except (OSError, ValueError):
        return ""
