"""Figures as data: the table behind each, and that each is drawn with units on its axes."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pandas as pd
import pytest
from synthetic import Synthetic, results

from sim.report import figures
from sim.report.figures.style import Drawing, self_destruct_note, svg

# Drawn from a run of such a study in tests/study/test_progress.py.
OF_PROGRAMMES = ("completion", "deadline", "pairs")


@pytest.mark.parametrize("key", [key for key in figures.FIGURES if key not in OF_PROGRAMMES])
def test_every_figure_is_drawn_from_its_table(key: str, national: Synthetic) -> None:
    plot = figures.FIGURES[key]
    table = plot.table(national)
    assert len(table) and len(plot.alt(table)) > 40
    figure = plot.draw(national)
    assert isinstance(figure, Drawing)
    ET.fromstring(svg(figure))
    for axes in figure.axes[:1]:
        if axes.axison and key not in ("all_casualties",):
            assert "(" in axes.get_xlabel() + axes.get_ylabel() or "items" in axes.get_ylabel()


@pytest.mark.parametrize("key", figures.FIGURES)
def test_every_figure_takes_axes_of_the_caller(key: str, six: Synthetic) -> None:
    own = Drawing(figsize=(5, 4))
    axes = own.add_subplot()
    assert figures.FIGURES[key].draw(six, ax=axes) is own
    svg(own)


def test_no_style_is_left_behind(six: Synthetic) -> None:
    before = matplotlib.rcParams.copy()
    svg(figures.plot_casualties(six))
    assert matplotlib.rcParams.copy() == before


def test_importing_the_report_imports_nothing_heavy_and_drawing_never_pyplot() -> None:
    code = (
        "import sys, sim.report; heavy = {'matplotlib', 'pandas', 'jinja2', 'rich'} & set(sys.modules);"
        "from sim.report import figures; print(sorted(heavy), 'matplotlib.pyplot' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[] False"


def test_casualties_are_the_summary_rows_of_the_chosen(six: Synthetic) -> None:
    table = figures.casualties_table(six)
    assert list(dict.fromkeys(table["scenario"]))[:2] == ["baseline", "transfer_field"]
    rows = six.summary
    rows = rows[(rows["metric"] == "casualties_total") & (rows["scenario"] == "baseline")]
    rows = rows[(rows["district"] == "all") & (rows["group"] == "all") & (rows["period"] != "all")]
    np.testing.assert_allclose(table[table["scenario"] == "baseline"]["mean"], rows["mean"])
    assert set(table["unit"]) == {"persons"}


def test_differences_show_the_expected_value_with_the_count_and_the_failure_rate(six: Synthetic) -> None:
    table = figures.differences_table(six).set_index("scenario")
    field = table.loc["transfer_field"]
    assert field["estimator"] == "expected" and field["counted_mean"] == 0 and field["sd_failure"] == 0.017
    assert field["counted"].startswith("0 (95")
    assert table.loc["policy_2022", "verdict"] == "same"
    assert list(table.index[:2]) == [
        "transfer_persistent",
        "transfer_field",
    ]  # transfers first, largest on top
    area = figures.differences_table(six, "area_hazardous_added_m2").set_index("scenario")
    assert area.loc["transfer_field", "mean"] == pytest.approx(19) and area["unit"].iloc[0] == "km²"


def test_items_added_hold_active_and_inert_of_transfers_only(national: Synthetic) -> None:
    table = figures.items_added_table(national)
    assert set(table["metric"]) == {"items_active", "items_inert"}
    assert set(table["scenario"]) == {"transfer_field", "persistent_broken_50", "transfer_persistent"}


def test_land_is_a_stock_whether_results_hold_stocks_or_yearly_flows(six: Synthetic) -> None:
    stock = figures.land_table(six)
    rows = six.summary.copy()
    cleared = (rows["metric"] == "area_cleared_m2") & (rows["period"] != "all")
    values = ["mean", "p05", "p50", "p95"]
    keys = ["scenario", "district", "group"]
    flows = rows[cleared].groupby(keys)[values].diff().fillna(rows.loc[cleared, values])
    rows.loc[cleared, values] = flows
    flow = figures.land_table(six.but(summary=rows))
    pd.testing.assert_frame_equal(flow, stock)
    assert stock[stock["year"] == 2041].set_index("state").loc["area_cleared_m2", "km2"] == pytest.approx(420)
    assert set(figures.recorded_land_table(six)["state"]).isdisjoint(
        {"area_to_survey_m2", "area_no_evidence_m2"}
    )


def test_groups_sum_to_the_total(six: Synthetic) -> None:
    table = figures.groups_table(six)
    base = table[table["scenario"] == "baseline"]
    assert base["share"].sum() == pytest.approx(1)
    assert base["mean"].sum() == pytest.approx(5200)


def test_the_map_joins_by_name_and_says_what_it_lacks(six: Synthetic) -> None:
    assert figures.map_table(six)["on_map"].all()
    assert six.map is not None
    missing = {
        **six.map,
        "features": [f for f in six.map["features"] if f["properties"]["name_en"] != "Sumy"],
    }
    table = figures.map_table(six.but(map=missing)).set_index("district")
    assert not table.loc["Sumy", "on_map"] and table["on_map"].sum() == 9
    assert "Sumy" in note(figures.plot_map(six.but(map=missing)))
    assert "Schematic map" in note(figures.plot_map(six))


def note(figure: object) -> str:
    assert isinstance(figure, Drawing)
    return " ".join(figure.get_supxlabel().split())


def test_drivers_end_with_everything_else(six: Synthetic) -> None:
    table = figures.drivers_table(six)
    assert table["share_of_variance"].is_monotonic_decreasing or table["parameter"].iloc[-1] == ""
    assert table["share_of_variance"].sum() == pytest.approx(1)


def test_the_fit_says_where_it_misses(six: Synthetic) -> None:
    assert figures.fit_table(six)["inside"].tolist() == [True, True, True]
    assert six.fit is not None
    off = six.fit.assign(p90=six.fit["p90"].where(six.fit["year"] != 2022, 600))
    assert figures.fit_table(six.but(fit=off)).set_index("year").loc[2022, "inside"] == np.False_
    assert figures.fit_table(six.but(fit=None)).empty


def test_a_figure_with_self_destruct_results_carries_the_note_with_it(six: Synthetic) -> None:
    for plot in (
        figures.plot_differences,
        figures.plot_casualties,
        figures.plot_items_added,
        figures.plot_groups,
    ):
        text = note(plot(six))
        assert "The Ottawa Treaty bans such mines all the same." in text
        assert "510 more inert items" in text and "19 km² more hazardous land" in text
    assert self_destruct_note(six, ["baseline", "ottawa"]) == ""


def test_a_line_hidden_behind_the_baseline_is_named(six: Synthetic) -> None:
    assert "“Transfer, failures as in the field” cannot be told from “No transfer”" in note(
        figures.plot_casualties(six)
    ).replace(", “US", "")


def test_titles_are_never_read_as_mathematics() -> None:
    made = results(titles=(("transfer_field", r"Cost $\frac{1}{0$ and $x$"), ("baseline", "a_b^c --> ]]> &")))
    for key in ("differences", "casualties", "items_added", "by_end", "groups"):
        ET.fromstring(svg(figures.FIGURES[key].draw(made)))
