"""The first screen is made from the numbers and claims no more than they carry."""

from __future__ import annotations

from dataclasses import replace

import pytest
from synthetic import Synthetic, national, results

from sim.report import first_screen, reading, sentences
from sim.report.parameters import in_words, rests_on


def with_difference(made: Synthetic, scenario: str, **values: float) -> Synthetic:
    """Return results in which a scenario's casualty difference over the whole time is replaced."""
    rows = made.differences.copy()
    at = (rows["scenario"] == scenario) & (rows["metric"] == "casualties_total") & (rows["period"] == "all")
    for column, value in values.items():
        rows.loc[at, column] = value
    return made.but(differences=rows)


def test_swapping_two_scenarios_inputs_swaps_the_sentence() -> None:
    before = first_screen(results(headline="ottawa")).answer[0]
    after = first_screen(results(headline="ottawa", swap=("ottawa", "transfer_persistent"))).answer[0]
    assert "“No anti-personnel mines by anyone from 20 November 2024” averts about 420" in before
    assert "“No anti-personnel mines by anyone from 20 November 2024” adds about 310" in after


def test_swapping_headline_and_baseline_turns_more_into_fewer() -> None:
    before = first_screen(results(headline="transfer_persistent")).answer[0]
    after = first_screen(
        results(headline="transfer_persistent", swap=("baseline", "transfer_persistent"))
    ).answer[0]
    assert "“Transfer of as many persistent mines” adds about 310 civilian casualties" in before
    assert "90 % interval 24 to 1,600" in before and "6 % more" in before.replace("\u00a0", " ")
    assert "“Transfer of as many persistent mines” averts about 310 civilian casualties" in after
    assert "90 % interval 24 to 1,600" in after and "fewer" in after


def test_swapping_two_others_swaps_the_extremes() -> None:
    ends = next(s for s in first_screen(results()).answer if "adds most" in s)
    assert "“Transfer of as many persistent mines” adds most (+310" in ends
    assert "“No anti-personnel mines by anyone from 20 November 2024” averts most (−420" in ends
    swapped = first_screen(results(swap=("ottawa", "transfer_persistent"))).answer
    ends = next(s for s in swapped if "adds most" in s)
    assert "“No anti-personnel mines by anyone from 20 November 2024” adds most (+310" in ends
    assert "“Transfer of as many persistent mines” averts most (−420" in ends


def test_an_interval_that_includes_zero_claims_no_sign() -> None:
    made = with_difference(
        results(headline="return_early"), "return_early", mean=12, p05=-30, p95=55, mc_error=9
    )
    text = first_screen(made).answer[0]
    assert "no difference in civilian casualties that can be told from chance" in text
    assert "best estimate +12" in text and "−30 to +55" in text
    assert "more runs are needed" in text
    assert "adds" not in text and "averts" not in text


def test_a_wide_interval_with_a_small_error_does_not_ask_for_more_runs() -> None:
    made = with_difference(
        results(headline="return_early"), "return_early", mean=12, p05=-30, p95=55, mc_error=1
    )
    assert "more runs" not in first_screen(made).answer[0]


def test_equal_inputs_and_no_change_are_said_as_such() -> None:
    same = first_screen(results(headline="policy_2022")).answer[0]
    assert "is the same as “No transfer” in every input" in same
    made = with_difference(results(headline="ottawa"), "ottawa", mean=0, p05=0, p95=0, mc_error=0)
    assert first_screen(made).answer[0].startswith("In none of 200 runs did “No anti-personnel mines")


def test_extremes_are_only_those_whose_sign_can_be_told() -> None:
    made = results(("baseline", "transfer_field", "return_early"))
    assert reading.effects(made, "casualties_total")["return_early"].verdict == "unclear"
    assert first_screen(made).answer[-1].startswith("None of the other variants changes casualties")


def test_everything_that_stands_next_to_a_self_destruct_result(six: Synthetic) -> None:
    text = " ".join(first_screen(six).answer).replace("\u00a0", " ")
    assert "1.7 % of the mines fail to self-destruct (range 0.5 % to 10 %)" in text
    assert "about 510 more inert items that still have to be found and cleared" in text
    assert "about 19 km² (1,900 ha) more land on record as hazardous" in text
    assert "The Ottawa Treaty bans such mines all the same." in text
    assert "counted in the same 200 runs it is 0 (95 % ≤ 0.022)" in text


def test_a_self_destruct_variant_named_as_an_extreme_carries_the_same() -> None:
    made = with_difference(national(), "timer_15d", mean=5000, p05=4000, p95=6000, mc_error=1)
    text = " ".join(first_screen(made).answer).replace("\u00a0", " ")
    assert "“Field failures, timer 15 days” adds most" in text
    assert "1.7 % assumed not to self-destruct; inert items +510; hazardous area 19 km² (1,900 ha)" in text
    assert text.count("bans such mines all the same") == 2


def test_drivers_come_in_order_with_share_and_kind_of_source(six: Synthetic) -> None:
    difference, total, chance = (s.replace("\u00a0", " ") for s in first_screen(six).drivers)
    assert chance.startswith("Between single runs, 64 % of the variance of the total under the baseline is what is")
    assert difference.startswith(
        "The difference, by share of its variance: number of devices transferred (US 2024)"
    )
    assert "61 % (assumption)" in difference and "13 % (weak source)" in difference
    assert total.startswith(
        "The total under the baseline, by share of its variance: when hostilities end, 44 %"
    )


def test_the_share_that_rests_on_assumptions_adds_up(six: Synthetic) -> None:
    rests = rests_on(six, "transfer_field", "casualties_total difference")
    assert rests.assumed == pytest.approx(0.61 + 0.14 + 0.03)
    assert rests.unresolved == pytest.approx(1 - 0.91)
    doubled = six.but(drivers=six.drivers.assign(share_of_variance=2 * six.drivers["share_of_variance"]))
    again = rests_on(doubled, "transfer_field", "casualties_total difference")
    assert again.assumed == pytest.approx(0.78 / 0.91) and again.unresolved == 0
    text = " ".join(first_screen(six).assumed).replace("\u00a0", " ")
    assert "78 % of the variance of the difference rests on inputs graded as assumption or unsourced" in text


def test_the_guardrails_are_on_the_first_screen(six: Synthetic) -> None:
    text = " ".join(first_screen(six).not_this)
    assert "A run is not a clearance decision." in text
    assert "civilians and deminers" in text


def test_no_headline_still_gives_an_answer() -> None:
    made = results()
    made = replace(made, manifest={**made.manifest, "headline": None, "question": ""})
    screen = first_screen(made)
    assert screen.question == "How do these scenarios differ?"
    assert screen.answer[0].startswith("With “No transfer” there are about 5,200 (3,100 to 8,300) civilian")
    assert "adds most" in screen.answer[1] and len(screen.answer) == 2


def test_no_drivers_and_no_transfers_are_said_not_hidden() -> None:
    made = results(("baseline", "ottawa"), headline="ottawa")
    screen = first_screen(made.but(drivers=made.drivers.iloc[:0], spread=made.spread.iloc[:0]))
    assert screen.drivers == ("The runs were too few to tell which inputs drive the result.",)
    assert sentences.self_destruct_sentences(made, "ottawa")[0].startswith(
        "It brings about 9,000 fewer inert items"
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("hostilities.end_delay_years", "When hostilities end"),
        ("families.sd_field.sd_failure", "Share that fails to self-destruct (Field-like mine)"),
        ("programme.methods.nts.rate_m2_per_day", "Programme, methods, non-technical survey: rate (m² per day)"),
        ("programme.survey.ts_specificity", "Programme, survey: technical survey specificity"),
        ("contamination.donbas_2014_2021.items", "Number of items laid or left (Donbas 2014–2021)"),
        ("families.sd_field.p_trigger.foot", "Chance that a passage on foot sets it off (Field-like mine)"),
        ("return.settling_years", "Return: settling (years)"),
    ],
)
def test_paths_become_words(path: str, words: str) -> None:
    assert in_words(path, {"sd_field": "Field-like mine"}) == words
