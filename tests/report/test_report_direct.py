"""Where devices are transferred, the page answers with what they do themselves."""

from __future__ import annotations

import pandas as pd
from synthetic import Synthetic, results

from sim.report import comparison, first_screen, page, reading
from sim.report.captions import caption_of
from sim.report.exhibits import money_table, results_table
from sim.report.figures import drivers_table, inert_differences_table
from sim.report.figures.style import short_title
from sim.report.fit import missed
from sim.report.parameters import in_percent

DIRECT = "casualties_transferred_expected"
INERT = "items_inert_transferred"


def with_direct(made: Synthetic, **harm: float) -> Synthetic:
    """Return results in which transferred devices hurt so many people, nine tenths of them in 2025."""
    model = made.summary.iloc[0].to_dict()
    rows, inert = [], []
    for scenario, total in harm.items():
        for period, share in (("2024", 0.05), ("2025", 0.9), ("2026", 0.05), ("all", 1.0)):
            mean = total * share
            rows.append(
                model
                | {"scenario": scenario, "metric": DIRECT, "unit": "persons", "period": period, "district": "all"}
                | {"group": "all", "mean": mean, "p05": 0.1 * mean, "p50": mean, "p95": 4 * mean}
            )
        known = made.differences[(made.differences["scenario"] == scenario) & (made.differences["period"] == "all")]
        one = known.iloc[0].to_dict() | {"metric": INERT, "unit": "items", "estimator": "counted"}
        inert.append(one | {"mean": 77.0, "p05": 7.0, "p95": 300.0, "mc_error": 1.0})
    return made.but(
        summary=pd.concat([made.summary, pd.DataFrame(rows)], ignore_index=True),
        differences=pd.concat([made.differences, pd.DataFrame(inert)], ignore_index=True),
    )


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_direct_harm_leads_in_sentences_tiles_and_comparison() -> None:
    made = with_direct(results(), transfer_field=3.5, transfer_persistent=570)
    answer = [plain(text) for text in first_screen(made).answer]
    assert "devices themselves hurt about 3.5 people over 20 years (90 % interval 0.35 to 14)" in answer[0]
    assert "fail to self-destruct" in answer[1] and "The Ottawa Treaty bans such mines" in answer[1]
    assert "95 % has happened by the end of 2025; the rest is spread over the years to" in answer[2]
    assert "77 more inert items" in answer[3] and "(7 to 300)" in answer[3]
    assert len(answer) <= 5
    beside = first_screen(made).transfers
    assert [(t.hurt, plain(t.assumed), t.marked) for t in beside] == [
        (("3.5", "0.35 to 14"), "1.7 % assumed not to self-destruct", True),
        (("570", "57 to 2,300"), "never self-destruct", False)]
    assert page.render(made, {}).count("never self-destruct") >= 1
    tiles = {what: (value, reach) for what, value, reach in page.beside(made)}
    assert tiles["Hurt by the transferred devices themselves"] == ("3.5", "0.35 to 14")
    assert ("+77", "+7 to +300") in tiles.values() and "Civilian casualties, difference" not in tiles
    assert "Hurt by the transferred devices themselves" in comparison(made).head
    inert = inert_differences_table(made).set_index("scenario")["mean"]
    assert inert["transfer_field"] == 77 and inert["ottawa"] != 77


def test_swapping_the_harm_swaps_the_sentence() -> None:
    made = with_direct(results(), transfer_field=570, transfer_persistent=3.5)
    screen = first_screen(made)
    assert "hurt about 570 people" in screen.answer[0]
    assert screen.transfers[0].hurt[0] == "3.5" and "persistent" in screen.transfers[0].title


def test_an_interval_that_is_mostly_chance_is_said_to_be() -> None:
    made = results()
    effect = reading.effect(made, "return_early", "casualties_total")
    assert effect is not None
    rows = made.differences.copy()
    at = (rows["scenario"] == "return_early") & (rows["metric"] == "casualties_total") & (rows["period"] == "all")
    for error, expected in ((0.01, False), (1000.0, True)):
        rows.loc[at, "mc_error"] = error
        changed = made.but(differences=rows.copy(), manifest={**made.manifest, "headline": "return_early"})
        effect = reading.effects(changed, "casualties_total")["return_early"]
        assert reading.mostly_chance(changed, effect) is expected
        assert ("mostly chance" in first_screen(changed).answer[0]) is expected


def test_drivers_are_those_of_the_direct_harm_and_only_those_told_from_chance() -> None:
    made = results()
    rows = made.drivers.copy()
    rows["metric"] = rows["metric"].where(rows["scenario"] != "transfer_field", DIRECT)
    keep = rows[rows["metric"] == DIRECT].index
    rows.loc[keep[1:], "share_of_variance"] = 0.0
    made = made.but(drivers=rows)
    assert first_screen(made).drivers[0].startswith("The harm by the transferred devices themselves, by share")
    assert caption_of(made, "drivers")[0] == "What drives the harm by the transferred devices of the headline"
    assert len(drivers_table(made)) == 2


def test_a_missed_check_year_is_said(six: Synthetic) -> None:
    fit = pd.DataFrame(
        {
            "year": [2021, 2022], "observed": [58, 600], "p10": [75.0, 200.0], "p50": [340.0, 380.0],
            "p90": [1100.0, 700.0], "used_in_fit": [False, True],
        }
    )  # fmt: skip
    (text,) = missed(six.but(fit=fit))
    assert "misses 2021" in text and "58 casualties were observed" in text and "too high" in text
    assert text in first_screen(six.but(fit=fit)).assumed and text in caption_of(six.but(fit=fit), "fit")[1]
    (text,) = missed(six.but(fit=fit.assign(observed=[5800, 600])))
    assert "too low" in text
    assert missed(six.but(fit=fit.assign(used_in_fit=True))) == []


def test_another_budget_is_shown_and_why_money_is_left(six: Synthetic) -> None:
    rows = six.summary[(six.summary["metric"] == "money_unspent_usd") & (six.summary["group"] == "all")]
    budget = rows.assign(metric="budget_usd", mean=rows["mean"].where(rows["scenario"] != "return_early", 9e9) * 1.25)
    table = money_table(six.but(summary=pd.concat([six.summary, budget], ignore_index=True)))
    assert table is not None
    assert reading.title(six, "return_early") in {getattr(row[0], "text", "") for row in table.rows}
    assert plain(str(table.rows[0][4])) == "80 %" and "80 % of the budget is not spent" in plain(table.note)


def test_what_is_not_reached_is_said_in_words(six: Synthetic) -> None:
    row = six.summary.iloc[[0]].assign(metric="years_to_completion", unit="years", period="all", district="all")
    row = row.assign(group="all", scenario="baseline", mean=float("inf"), p05=12.0, p95=float("inf"))
    table = results_table(six.but(summary=pd.concat([six.summary, row], ignore_index=True)))
    cells = [cell for line in table.rows for cell in line if "not within 20 years" in getattr(cell, "text", "")]
    assert cells and getattr(cells[0], "small", "") == "12 to not within 20 years"


def test_shares_are_per_cent_and_other_inputs_are_not() -> None:
    text = "lognormal, median 0.017 (5-95 %: 0.003-0.1, at most 1)"
    assert plain(in_percent("families.a.sd_failure", text)) == (
        "lognormal, median 1.7 % (5-95 %: 0.3 %-10 %, at most 100 %)"
    )
    assert plain(in_percent("families.a.sda_failure", "1.3e-05-0.01")) == "0.0013 %-1 %"
    assert plain(in_percent("activities.a.participation.men", "uniform 0.06-0.15")) == "uniform 6 %-15 %"
    assert in_percent("hostilities.end_delay_years", "uniform 0.5-1") == "uniform 0.5-1"


def test_titles_that_begin_alike_keep_what_tells_them_apart() -> None:
    long = "Transfer as seen in the field of all places, all timers set to "
    made = results(titles=(("transfer_field", long + "4 hours"), ("transfer_persistent", long + "48 hours")))
    assert short_title(made, "transfer_field", 40) == "Transfer as … all timers set to 4 hours"
    assert short_title(made, "transfer_field", 90) == long + "4 hours"
