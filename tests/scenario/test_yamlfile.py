"""Reading YAML and tables: what passes, what is refused, and where faults point."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.errors import Fault, Place, ScenarioError
from sim.scenario.tablefile import read_table
from sim.scenario.yamlfile import MAX_YAML_BYTES, read_yaml, write_yaml


def read(tmp_path: Path, text: str | bytes) -> tuple[Any, list[Fault]]:
    path = tmp_path / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    tree, faults = read_yaml(path, "x.yaml")
    return tree, faults


def refused(tmp_path: Path, text: str | bytes) -> Fault:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, text)
    assert len(caught.value.faults) == 1
    return caught.value.faults[0]


def test_values_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    tree, faults = read(tmp_path, "a: no\nb: 1e-3\nc: 2026-12-31\nd: 012\n2022: {e: ~, f: [1.5, on]}\n")
    assert not faults
    assert tree.data == {
        "a": "no",
        "b": 0.001,
        "c": dt.date(2026, 12, 31),
        "d": 12,
        "2022": {"e": None, "f": [1.5, "on"]},
    }


def test_every_key_and_value_has_its_place(tmp_path: Path) -> None:
    tree, _ = read(tmp_path, "a: 1\nb:\n  - {c: 2}\n  - d:   3\n")
    assert tree.keys[("b", 1, "d")] == Place("x.yaml", 4, 5)
    assert tree.values[("b", 1, "d")] == Place("x.yaml", 4, 10)
    assert tree.place(("b", 0, "missing")) == Place("x.yaml", 3, 5)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n")[0].data == {"a": 1}


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    same = [1e-5, 0.1 + 0.2, 1e300]
    data = {"z": dt.date(2024, 2, 29), "a": {"text": "no", "numbers": same, "again": same}, "n": "2022"}
    text = write_yaml(data)
    assert list(data) == [line.split(":")[0] for line in text.splitlines() if line[0] != " "]
    assert "&" not in text
    assert read(tmp_path, text)[0].data == data


@pytest.mark.parametrize(
    ("text", "line", "col", "says"),
    [
        ("", 1, 1, "empty"),
        ("# nothing\n", 1, 1, "empty"),
        ("- 1\n", 1, 1, "not a mapping"),
        ("a: [1, 2\nb: 3\n", 2, 2, "not readable as YAML"),
        ("a: 1\n\tb: 2\n", 2, 1, "not readable as YAML"),
        ("a: *nowhere\n", 1, 4, "undefined alias"),
        ("a: 1\n---\nb: 2\n", 2, 1, "not readable as YAML"),
        ("a: \x00\n", 1, 4, "not readable as YAML"),
        (b"a: 1\nb: \xff\n", 2, 4, "not UTF-8"),
        ("%YAML 1.1\n---\na: no\n", 1, 1, "YAML version 1.1"),
        ("a: &x {b: *x}\n", 1, 4, "contains itself"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str | bytes, line: int, col: int, says: str) -> None:
    fault = refused(tmp_path, text)
    assert says in fault.message
    assert (fault.line, fault.col) == (line, col)


@pytest.mark.parametrize(
    ("text", "line", "col", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "key 'a' is given twice, first in line 1"),
        ("a: !!python/object:os.system x\n", 1, 4, "tag !!python/object:os.system is not allowed"),
        ("a: !mine {b: 1}\n", 1, 4, "tag !mine"),
        ("a: !!binary aGk=\n", 1, 4, "tag !!binary"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, 3, "merge keys"),
        ("a: 2026-02-30\n", 1, 4, "'2026-02-30' is not readable"),
        ("a: !!int x\n", 1, 4, "not readable"),
        ("? [1, 2]\n: 3\n", 1, 3, "a key is a list"),
    ],
)
def test_what_is_no_plain_data(tmp_path: Path, text: str, line: int, col: int, says: str) -> None:
    _, faults = read(tmp_path, text)
    assert len(faults) == 1
    assert says in faults[0].message
    assert (faults[0].line, faults[0].col) == (line, col)


def test_aliases_may_repeat_but_not_explode(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x {b: 1}\nc: *x\n")[0].data == {"a": {"b": 1}, "c": {"b": 1}}
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
    assert "aliases repeat too much" in refused(tmp_path, bomb).message


@pytest.mark.parametrize("depth", [100, 5000])
def test_deep_nesting_is_refused(tmp_path: Path, depth: int) -> None:
    assert "nested too deeply" in refused(tmp_path, "a: " + "[" * depth + "]" * depth).message


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("a: 1")
    for path, says in (
        (tmp_path / "bas.yaml", "no such file"),
        (tmp_path, "is a folder"),
        (Path("a\0b"), "cannot be read"),
    ):
        with pytest.raises(ScenarioError, match=says) as caught:
            read_yaml(path, path.name)
        assert caught.value.faults[0].line == 0
    with pytest.raises(ScenarioError, match=r"bas.yaml: there is no such file; did you mean 'base.yaml'\?"):
        read_yaml(tmp_path / "bas.yaml", "bas.yaml")
    (tmp_path / "big.yaml").write_bytes(b"#" * (MAX_YAML_BYTES + 1))
    with pytest.raises(ScenarioError, match="too large"):
        read_yaml(tmp_path / "big.yaml", "big.yaml")


def table(tmp_path: Path, text: str) -> tuple[Any, list[Fault]]:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    return read_table(path, "t.csv")


def test_a_table_keeps_cells_and_places(tmp_path: Path) -> None:
    tree, faults = table(tmp_path, 'name,note,x\r\nA, "one, ""two""\nthree" ,1\r\n\r\nB,,  2\n')
    assert not faults
    assert tree.data == [{"name": "A", "note": 'one, "two"\nthree', "x": "1"}, {"name": "B", "x": "2"}]
    assert tree.values[(0, "note")] == Place("t.csv", 2, 3)
    assert tree.values[(0, "x")] == Place("t.csv", 3, 9)
    assert tree.values[(1, "x")] == Place("t.csv", 5, 4)
    assert tree.headers[()]["x"] == Place("t.csv", 1, 11)


@pytest.mark.parametrize(
    ("text", "line", "col", "says"),
    [
        ("", 1, 1, "the table is empty"),
        ("a,b\n1\n", 2, 1, "the row has 1 cells"),
        ("a,b\n1,2,\n", 2, 1, "the row has 3 cells"),
        ("a,a\n1,2\n", 1, 3, "column 'a' is given twice"),
        ("a,,b\n1,2,3\n", 1, 3, "a column has no name"),
        ('a,b\n1,"2\n', 2, 3, "a quote is not closed"),
        ('a,b\n1,x"y\n', 2, 3, "a quote"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path: Path, text: str, line: int, col: int, says: str) -> None:
    _, faults = table(tmp_path, text)
    assert len(faults) == 1, faults
    assert says in faults[0].message
    assert (faults[0].line, faults[0].col) == (line, col)
