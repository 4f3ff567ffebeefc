"""Command lines, and the files of policies that they may name."""

# ruff: noqa: E501

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner
from hypothesis import strategies as st

from sim.cli import main
from sim.programme import PRIORITIES, own

from .hostile import ACCEPTED, REFUSED, damaged, numbers, texts

TOY = Path(__file__).parents[1] / "data" / "toy.yaml"
COMMANDS = ("check", "run", "compare", "calibrate", "report", "resume", "reproduce", "trace", "schema", "--version",
            "--help", "x")
FILES = ("bad.yaml", "empty.yaml", "study.yaml", "table.csv", "folder", "link", "loop", "pipe", "zero", "nowhere.yaml",
         "-", "/dev/null", "/dev/zero", "bad.yaml/x", "canary\n", "<b>.yaml", "half", "policy.py")
OPTIONS = ("--draws", "--per-draw", "--folder", "--only", "--quick", "--observations", "--check", "--help", "--x", "-",
           "--", "--cluster", "--only-replicate", "--policy", "--variant", "--draw", "--replicate")
"""And not --workers, which starts processes."""
arguments = st.lists(st.sampled_from(FILES) | st.sampled_from(OPTIONS) | texts | numbers.map(str), max_size=5)
lines = st.tuples(st.sampled_from(COMMANDS), arguments).map(lambda line: [line[0], *line[1]])


def wrong_files(folder: Path) -> None:
    """Files of every wrong kind."""
    (folder / "bad.yaml").write_text("title: {{ 7 }}\nseed: -1\n")
    (folder / "empty.yaml").touch()
    (folder / "study.yaml").write_text("study: s\nbase: bad.yaml\nbaseline: a\nvariants: {a: {}}\n")
    (folder / "table.csv").write_text("year,casualties_reported,used_in_fit\n2022,6,true\n")
    (folder / "<b>.yaml").write_text("x: <b>\n")
    (folder / "policy.py").write_text("1 / 0\n")
    (folder / "folder").mkdir()
    (folder / "half").mkdir()
    os.mkfifo(folder / "half" / "manifest.json")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to("loop")
    (folder / "zero").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")


def command(folder: Path, line: list[str]) -> str:
    """A command line in a folder with files of every wrong kind."""
    some = [word for word in line if "\x00" not in word]  # no shell hands one on
    with chdir(folder):
        done = CliRunner().invoke(main, some)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (0, 1, 2), done.exit_code
    assert "Traceback" not in done.output
    assert done.exit_code == 0 or done.output.strip()
    assert not list(folder.rglob("canary*"))
    return ACCEPTED if done.exit_code == 0 else REFUSED


# -- policies -------------------------------------------------------------------------------------------------

GOOD_POLICY = b"from sim import priority\n\n\n@priority\ndef mine(belief):\n    return belief.users / belief.land_km2\n"
BODIES = (
    "return belief.users", "return 10 ** 400", "return -10 ** 400", "return float('inf')", "return float('nan')",
    "return None", "return 'x'", "return 1j", "return True", "return [1]", "return belief", "return belief.nothing",
    "return mine(belief)", "return 1 / 0", "raise ValueError", "raise SystemExit", "raise KeyError(belief)", "exit(7)",
    "yield 1", "belief.users = 3", "del belief.users", "return min(())", "return belief.users if belief.stage == 'ts' else 'x'",
    "assert belief.users < 0, '<script>'", "import nosuch", "return type('N', (float,), {'__repr__': lambda s: 1 / 0})('nan')",
    "import numpy; return numpy.float32(3)", "import numpy; return numpy.zeros(2)", "return belief.chance / belief.users")
NAMES = ("mine", "mine", "mine", "Mine", "random", "_mine", "é", "m" * 60)
BEFORE = ("", "", "", "", "", "", "", "", "from sim import priority\n", "import nosuch\n", "raise SystemExit\n", "exit()\n", "1 / 0\n", "x = (\n",
          "raise RecursionError('x')\n", "priority = 7\n", "from sim import priority\npriority(7)\n",
          "from sim import priority\npriority(lambda belief: 1.0)\n", "from sim import priority\npriority(print)\n",
          "raise ExceptionGroup('x', [ValueError()])\n", "\ufeff", "\x0c", "# coding: nosuch\n")


@st.composite
def _written(draw: st.DrawFn) -> bytes:
    start = draw(st.sampled_from(BEFORE)) + draw(st.sampled_from(["from sim import priority\n", "from sim import priority\n", ""]))
    mark = draw(st.sampled_from(["@priority\n", "@priority\n", "@priority\n@priority\n", "@priority()\n", ""]))
    arguments = draw(st.sampled_from(["belief", "belief", "*belief", "", "belief, more", "self, /, belief=1"]))
    return f"{start}{mark}def {draw(st.sampled_from(NAMES))}({arguments}):\n    {draw(st.sampled_from(BODIES))}\n".encode()


policies = _written() | damaged(GOOD_POLICY) | texts.map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=40)


def policy(folder: Path, text: bytes) -> str:
    """A file that the user names as a policy of the toy country: it is code, and what it raises is told in words."""
    (folder / "policy.py").write_bytes(text)
    (folder / "toy.yaml").write_text(TOY.read_text().replace("priority: people_at_risk", "priority: mine"))
    known, written = dict(PRIORITIES), dict(own._own)
    try:
        return command(folder, ["check", "toy.yaml", "--policy", "policy.py"])
    finally:
        for ours, before in ((PRIORITIES, known), (own._own, written)):
            ours.clear()
            ours.update(before)
