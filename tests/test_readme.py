"""What README.md says can be done: its lines, its commands, its Python, its files."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """Text under a heading, up to the next one of its level."""
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def blocks(language: str, text: str = TEXT) -> list[str]:
    """Code blocks of a language."""
    return [body for name, body in BLOCK.findall(text) if name == language]


def commands() -> list[list[str]]:
    """Every call of `demrisk` in the shell blocks, as arguments."""
    calls = [part for block in blocks("sh") for line in block.splitlines() for part in line.split("&&")]
    words = [shlex.split(call, comments=True) for call in calls]
    return [w[1:] for w in words if w and w[0].endswith("demrisk")]


def test_two_lines_and_no_more() -> None:
    (block,) = blocks("sh", section("Two lines"))
    first, second = block.strip().splitlines()
    for line in (first, second):
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        subprocess.run(["bash", "-n", "-c", line], check=True)
    assert first.endswith(".venv/bin/demrisk compare scenarios/ukraine_2024/study.yaml")
    assert "-m pytest " in second


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_of_the_readme_exist(words: list[str]) -> None:
    call = [sys.executable, "-m", "sim", words[0], "--help"]
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    for word in words[1:]:
        if word.startswith("--"):
            assert word in done.stdout
        elif word.startswith("scenarios/"):
            assert (ROOT / word).is_file()


def test_every_command_is_in_the_readme() -> None:
    done = subprocess.run([sys.executable, "-m", "sim", "--help"], capture_output=True, text=True, cwd=ROOT, check=True)
    known = re.findall(r"^  (\w+) ", done.stdout.split("Commands:")[1], re.MULTILINE)
    assert set(known) == {words[0] for words in commands()}


@pytest.mark.slow
def test_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for i, block in enumerate(blocks("python")):
        cell = tmp_path / f"cell_{i}.py"  # its text can be read, as that of a notebook's cell
        cell.write_text(block, encoding="utf-8")
        exec(compile(block, str(cell), "exec"), names)
    assert Path(str(names["page"])).is_file()
    folder = Path(str(names["page"])).parent
    made = {path.name for path in folder.iterdir()}
    told = re.findall(r"`([\w.*]+)/?`", " ".join(re.findall(r"^\| (`.*?) \|", section("A run folder"), re.MULTILINE)))
    assert "summary.csv" in told
    # fit.csv belongs to calibrated studies, the others to those with a deadline and groups
    others = {"fit.csv", "completion.csv", "pairs.csv", "value.csv"}
    assert not [t for t in told if t not in others and not any(Path(name).match(t) for name in made)]


def test_links_and_files_of_the_readme_exist() -> None:
    links = [target for target in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in target]
    paths = re.findall(r"`((?:sim|scenarios|notebooks|tests)/[\w./]*)`", TEXT)
    assert "sim/MODEL.md" in links and len(paths) > 10
    assert not [path for path in {*links, *paths} if not (ROOT / path).exists()]


def test_sections_of_the_model_agree_with_the_table() -> None:
    model = (ROOT / "sim" / "MODEL.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+)\.", model, re.MULTILINE) == [str(n) for n in range(1, 13)]
    assert re.findall(r"^\| (\d+) ", section("The model in twelve sections"), re.MULTILINE) == [
        str(n) for n in range(1, 13)
    ]


def test_rows_said_to_be_checked_are_named_in_a_test() -> None:
    rows = {int(n) for n in re.findall(r"\bV(\d+)\b", section("How it was checked"))}
    tests = [p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py") if p != Path(__file__)]
    named = {int(n) for text in tests for n in re.findall(r"(?<![A-Za-z0-9])[Vv]0*(\d+)(?!\d)", text)}
    assert len(rows) > 5
    assert not rows - named
