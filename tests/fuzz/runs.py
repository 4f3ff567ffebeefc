"""Run folders that somebody sent or a machine damaged: read, resumed and done again."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from sim.report.page import words
from sim.scenario import ScenarioError, load, replace
from sim.study import Results, RunError, compare, reproduce, resume
from sim.study.manifest import MANIFEST, SEAL, TABLES, TOOK, checksum_of

from .hostile import ACCEPTED, REFUSED, damaged, numbers, texts

TOY = Path(__file__).parents[1] / "data" / "toy.yaml"
Spoilt = dict[str, bytes | None]


@cache
def finished_run() -> dict[str, bytes]:
    """Files of a small run, by their path in its folder."""
    toy = replace(load(TOY), {"horizon_years": 2})
    with tempfile.TemporaryDirectory() as folder:
        pair = {"plain": toy, "louder": replace(toy, {"exposure.scale": 0.1})}
        words(compare(pair, "plain", 2, 1, 1, folder))  # and with it everything is imported
        files = (file for file in Path(folder).rglob("*") if file.is_file())
        return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def ready(folder: Path) -> None:
    """Done before anybody watches."""
    finished_run()


def _tables() -> list[str]:
    return sorted(name for name in finished_run() if not name.startswith(("chunks", ".")))


def _write(folder: Path, spoilt: Spoilt) -> None:
    (folder / "chunks").mkdir(parents=True)
    for name, content in {**finished_run(), **spoilt}.items():
        if content is not None:
            (folder / name).write_bytes(content)


@st.composite
def manifests(draw: st.DrawFn, whole: bytes) -> bytes:
    """A manifest in which something else stands, with its own checksum or that of what stood there."""
    told = json.loads(whole)
    seal = told.pop(SEAL)
    key = draw(st.sampled_from(sorted(told)))
    what = draw(st.sampled_from(["drop", "set", "inside"]))
    if what == "drop":
        del told[key]
    elif what == "inside" and isinstance(told[key], dict | list) and told[key]:
        inner = draw(st.sampled_from(sorted(told[key]) if isinstance(told[key], dict) else range(len(told[key]))))
        if isinstance(told[key][inner], dict) and told[key][inner]:
            told[key][inner][draw(st.sampled_from(sorted(told[key][inner])))] = draw(_json)
        else:
            told[key][inner] = draw(_json)
    else:
        told[key] = draw(_json)
    own = draw(st.booleans())
    return json.dumps({**told, SEAL: checksum_of(told) if own else seal}).encode("utf-8", "replace")


_json = st.recursive(
    texts | numbers, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2))


@st.composite
def spoiled(draw: st.DrawFn) -> Spoilt:
    """Files of a finished run that were damaged, exchanged or are gone."""
    run, given = finished_run(), {}
    for name in draw(st.lists(st.sampled_from(_tables()), min_size=1, max_size=2, unique=True)):
        if name == MANIFEST and draw(st.booleans()):
            given[name] = draw(manifests(run[name]))
        else:
            given[name] = draw(st.none() | damaged(run[name]) | st.sampled_from([b"", b"{}", b"[]", b"null", b"\xff"]))
    return given


def read(folder: Path, spoilt: Spoilt) -> str:
    """A run folder that somebody sent, read and put into words."""
    _write(folder, spoilt)
    try:
        results = Results.read(folder)
    except (ValueError, FileNotFoundError) as error:
        assert str(folder) in str(error), error
        return REFUSED
    words(results)
    return ACCEPTED


# -- resumed and done again -----------------------------------------------------------------------------------


class LeftOver(NamedTuple):
    """A run folder and what is asked of it.

    Attributes
    ----------
    again : bool
        Done again, not resumed.
    ended : bool
        Whether the run came to its end.
    spoilt : dict
        Files of it that are damaged, or gone.
    odd : dict
        What stands in the place of a file or folder: "pipe", "folder", "zero" or a link to "elsewhere" or "nowhere".
    """

    again: bool
    ended: bool
    spoilt: Spoilt
    odd: dict[str, str]


ODD = ("chunks", "figures", ".lock", MANIFEST, "summary.csv", "scenario-plain.yaml", "scenario-louder.yaml",
       "policy-people_at_risk.py", f".{MANIFEST}.1.part", "chunks/.x.part",
       "chunks/plain-000000.0123456789abcdef.parquet")


@st.composite
def left_over(draw: st.DrawFn) -> LeftOver:
    """A run folder that was damaged, cut short, or meddled with by somebody who knows how its checksums are made."""
    run, ended = finished_run(), draw(st.booleans())
    given: Spoilt = {}
    if not ended:
        told = json.loads(run[MANIFEST])
        begun = {key: value for key, value in told.items() if key not in (*TOOK, SEAL)} | {TABLES: {}}
        given = {name: None for name in run if name.endswith(".csv")}
        given[MANIFEST] = json.dumps({**begun, SEAL: checksum_of(begun)}).encode()
    names = [MANIFEST, "scenario-plain.yaml", "scenario-louder.yaml", *(n for n in run if n.startswith("chunks"))]
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        if name == MANIFEST:
            given[name] = draw(manifests(given.get(name) or run[name]))
        elif name.startswith("chunks") and draw(st.booleans()):
            content = draw(damaged(run[name]) | st.binary(max_size=8))
            stem = name.split(".")[0]
            given[name], given[f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.parquet"] = None, content
        else:
            given[name] = draw(st.none() | damaged(run[name]))
    kinds = st.sampled_from(["pipe", "folder", "zero", "elsewhere", "nowhere"])
    odd = draw(st.dictionaries(st.sampled_from(ODD), kinds, max_size=1 + (not given)))
    return LeftOver(draw(st.booleans()), ended, given, odd)


def resumed(folder: Path, case: LeftOver) -> str:
    """A run folder to go on with, or to do again; what lies beside it stays as it is."""
    run, elsewhere = folder / "run", folder / "elsewhere"
    (elsewhere / "chunks").mkdir(parents=True)
    for name in ("file", ".x.part", "plain-000000.0123456789abcdef.parquet"):
        (elsewhere / name).write_text("not ours")
    before = _seen(elsewhere)
    _write(run, case.spoilt)
    for name, kind in case.odd.items():
        _put(run / name, kind, elsewhere)
    unlike = _seen(run) if case.again else None
    try:
        if case.again:
            reproduce(run, 1, folder / "again")
        else:
            resume(run, 1)
            Results.read(run)
    except (ScenarioError, ValueError, OSError, RunError) as error:
        assert str(error) and len(str(error)) < 20_000
        return REFUSED
    finally:
        assert _seen(elsewhere) == before, "what lies beside a run was changed"
        assert unlike is None or _seen(run) == unlike, "a run that is done again was changed"
    return ACCEPTED


def _put(path: Path, kind: str, elsewhere: Path) -> None:
    """Something odd in the place of a file or folder; a folder that is there stays but for a link."""
    if path.is_dir():
        if kind not in ("elsewhere", "nowhere"):
            return
        path.rename(elsewhere.parent / "moved")
    path.unlink(missing_ok=True)
    if not path.parent.is_dir():
        return
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    else:
        folder = path.name in ("chunks", "figures")
        path.symlink_to(elsewhere / ("nowhere" if kind == "nowhere" else "" if folder else "file"))


def _seen(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, links not followed."""
    return {str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else None
            for path in sorted(folder.rglob("*"))}
