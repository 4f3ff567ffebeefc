"""What a hostile or clumsy person would write: texts, numbers, dates, paths, and damage to what was right."""

# ruff: noqa: E501

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

ACCEPTED, REFUSED = "accepted", "refused"
"""What became of a case."""

TEXTS = (
    "", " ", "\t", "\x00", "\r\n", "\ufeff", "\u202e", "é́", "名前", "😀", "a" * 70, "x" * 5_000, "null", "~", "yes", "no",
    # for a browser
    "<script>document.title='pwned'</script>", "<img src=x onerror=\"document.title='pwned'\">", "</title><script>x</script>",
    "\"><svg onload=alert(1)>", "javascript:alert(1)", "]]>", "--><b>", "&lt;", "'\"`",
    # for a template, a format string, a shell, a formula of a picture
    "{{ 7*7 }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{% for x in (1,) %}", "{# x", "{0.__class__}",
    "%s%n", "$(touch canary)", "`touch canary`", "; touch canary", "$x^{$", "\\frac{",
    # for a file system
    "../../../../canary", "..", ".", "/", "//", "/dev/zero", "/dev/stdin", "/etc/passwd", "a/../../canary", "CON", "~root",
    "loop", "pipe", "link", "folder", "file:///etc/passwd",
    # for a spreadsheet
    "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")", "\t=1", "\r=1", "\n=1", " =1", "'=1",
    '"=1', "；=1", "＝1+1", ",=1",
    # for YAML
    "!!python/object/apply:os.system [touch canary]", "!!python/name:os.system", "!!map", "!x", "&a", "*a", "<<", "- ",
    ": ", "? ", "| ", "> ", "#", "%YAML 1.1", "---", "...", "[", "{", "]", "}", "'", '"', "0x1F", "0o17", "1_000", "1e3",
    ".inf", "-.inf", ".nan", "1:30", "2022-13-45", "0001-01-01", "1899-12-31", "9999-12-31", "10000-01-01", "2022-02-30",
    "2022-01-01T00:00:00Z", "1e308", "-1e308", "1e400", "1e-400", "NaN", "Infinity", "-0", "0" * 400, "9" * 400,
    # names that mean something here
    "hostilities_end", "ap_blast", "open", "foot", "manual", "North", "arable", "table", "file", "lognormal", "value",
)
NUMBERS = (0, -0.0, -1, 1, 0.5, 1e-308, 5e-324, 1e308, -1e308, 1e12, 2**31, 2**53, 2**63, 2**64, 10**30, float("nan"),
           float("inf"), float("-inf"), 1e-9, True, False, None)
DATES = (dt.date(1, 1, 1), dt.date(1899, 12, 31), dt.date(1900, 1, 1), dt.date(2022, 2, 28), dt.date(2300, 1, 1),
         dt.date(9999, 12, 31), dt.datetime(2022, 1, 1, 12, 30))

texts = st.sampled_from(TEXTS) | st.text(max_size=12) | st.lists(st.sampled_from(TEXTS), max_size=3).map("".join)
numbers = st.sampled_from(NUMBERS) | st.integers(-(10**20), 10**20) | st.floats()
scalars: st.SearchStrategy[Any] = texts | numbers | st.sampled_from(DATES) | st.dates()
KEYS = ("value", "lognormal", "uniform", "triangular", "beta", "median", "low", "high", "mode", "p05", "p95", "table",
        "file", "source", "grade", "note", "foot", "a.b", "", "0")
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | texts, inner, max_size=3),
    max_leaves=5)

YAML_PIECES = (
    "a: ", "? ", "- ", "&x ", "*x", "<<: *x", "!!python/object/apply:os.system ['touch canary']\n", "!!binary aGk=", "!!set {a}",
    "!!omap [a: 1]", "!!timestamp 2022-01-01", "!!float x", "!!int 0x", "!!bool 3", "!!null x", "[", "]", "{", "}", ",", ":", "\n", "\n  ", "\n\t", "---\n",
    "...\n", "%YAML 1.1\n", "%TAG ! x\n", "|\n", ">\n", "'", '"', "\\x", "\\u12", "#", "title: t\n", "seed: 1\n", "study: s\n",
    "strata: {table: strata.csv}\n", "base: toy.yaml\n", "variants:\n  a: {set: {seed: 1}}\n", "\ud7ff", "\x85", "\u2028",
)
bombs = st.sampled_from([
    "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
    "a: &a [*a]\n", "a: &a {b: *a}\n", "[" * 3_000, "{a: " * 1_000, "- " * 3_000, "x" * 200_000 + ": 1\n",
    "".join(f"k{i}: {i}\n" for i in range(3_000)), "a: " + "9" * 100_000, "? " * 500 + "a", "&a " * 300 + "x", "a: '" + "\n" * 20_000,
])
yaml_texts = (bombs | st.lists(st.sampled_from(YAML_PIECES) | texts, max_size=25).map("".join)).map(
    lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=60)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file that was right, with up to three pieces of it taken out, doubled, or replaced by something hostile."""
    text = whole
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.sampled_from([0, 1, 2, 5, 20, 100])))
        piece = draw(st.one_of(
            texts.map(lambda t: t.encode("utf-8", "replace")), st.binary(max_size=4),
            st.sampled_from(YAML_PIECES).map(lambda t: t.encode("utf-8", "surrogatepass")), st.just(text[at:end] * 2)))
        text = text[:at] + piece + text[end:]
    return text


def rows_of(columns: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    """CSV files with these columns and hostile cells, more or less whole."""
    cell = (texts | numbers.map(str) | st.sampled_from(DATES).map(str)).map(
        lambda t: '"' + t.replace('"', '""') + '"' if set(t) & set(',"\r\n') else t)
    header = st.just(list(columns)) | st.permutations(columns) | st.lists(st.sampled_from(columns) | texts, max_size=9)
    row = st.lists(cell, min_size=len(columns), max_size=len(columns)) | st.lists(cell, max_size=9)

    @st.composite
    def table(draw: st.DrawFn) -> bytes:
        lines = [draw(header), *draw(st.lists(row, max_size=4))]
        end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n\x00"]))
        text = end.join(draw(st.sampled_from([",", ",", ",", ";", "\t", ", "])).join(line) for line in lines)
        return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), "surrogatepass")

    return table()
