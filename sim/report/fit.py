"""How the model meets the years that were kept aside from the fit, in a sentence."""

from __future__ import annotations

from sim.report.shape import Results
from sim.report.tables import NBSP, interval, number


def missed(results: Results) -> list[str]:
    """Return a sentence for every check year whose observed casualties lie outside the model's 80 % interval."""
    if results.fit is None:
        return []
    sentences = []
    for row in results.fit.sort_values("year", kind="stable").to_dict("records"):
        if bool(row["used_in_fit"]) or row["p10"] <= row["observed"] <= row["p90"]:
            continue
        side = "too high" if row["observed"] < row["p10"] else "too low"
        sentences.append(
            f"The model misses {int(row['year'])}, a year kept aside from the fit as a check: "
            f"{number(row['observed'])} casualties were observed, "
            f"the model gives {interval(row['p50'], row['p10'], row['p90'])}, "
            f"median and 80{NBSP}% interval, and is {side} there."
        )
    return sentences
