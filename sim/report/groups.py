"""Variants that a study puts side by side: groups such as budgets, and within each one what was varied."""

from __future__ import annotations

from sim.report import reading
from sim.report.shape import Results


def groups(results: Results) -> dict[str, list[str]]:
    """Return scenario names by group, in the study's order; empty where a study has no groups."""
    found: dict[str, list[str]] = {}
    for entry in results.manifest["scenarios"]:
        if entry.get("group"):
            found.setdefault(reading.plain(entry["group"]), []).append(str(entry["name"]))
    return found


def label(results: Results, name: str) -> str:
    """Return what tells a scenario from others of its group: its policy where they differ in that, else its title."""
    policies = {str(e["name"]): reading.plain(e.get("policy") or "").replace("_", " ")
                for e in results.manifest["scenarios"]}
    beside = next((names for names in groups(results).values() if name in names), [])
    distinct = len({policies[n] for n in beside}) == len(beside)
    return policies[name].capitalize() if policies[name] and distinct else reading.title(results, name)


def labels(results: Results) -> list[str]:
    """Return the labels of all groups, each once, in order."""
    return list(dict.fromkeys(label(results, n) for names in groups(results).values() for n in names))


def deadline(results: Results) -> tuple[int, float] | None:
    """Return the study's deadline, year and share of land, or None."""
    found = results.manifest.get("deadline")
    return (int(found["year"]), float(found["share"])) if found else None


def deadline_text(results: Results) -> str:
    """Return "95 % of the land by the end of 2030"."""
    found = deadline(results)
    return f"{100 * found[1]:g}\u00a0% of the land by the end of {found[0]}" if found else ""
