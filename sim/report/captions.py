"""What stands beside every figure, and the words of the field for readers from outside it."""

from __future__ import annotations

from sim.report import fit, parameters
from sim.report.shape import Results

# figure -> heading and how to read it
CAPTIONS: dict[str, tuple[str, str]] = {
    "differences": (
        "Civilian casualties: difference from the baseline",
        "To the right of zero more people are hurt than without the change, to the left fewer. Where a "
        "transfer changes so little that counting cannot show it, the dot is the expected value and the "
        "ring is the count; ± is the Monte Carlo error. On a compressed scale each mark is ten or a hundred "
        "times the last.",
    ),
    "inert_differences": (
        "Inert items still to be cleared: difference from the baseline",
        "An item that no longer functions still holds explosive and costs as much to find as one that does. "
        "Where devices are transferred, theirs alone are shown.",
    ),
    "completion": (
        "How much land is done with, by year",
        "Each panel is one variant. The wider the fan, the less is known about when the land is "
        "done with.",
    ),
    "deadline": (
        "Probability of meeting the deadline",
        "Over what is not known and chance together.",
    ),
    "pairs": (
        "What each variant is worth",
        "To the left of zero fewer people are hurt than with the first of the same group.",
    ),
    "items_added": (
        "What a transfer leaves in the ground",
        "Full lines: items that still function. Dashed: inert items. Both above the baseline, at each "
        "year's end.",
    ),
    "casualties": (
        "Civilian casualties per year",
        "Shown are the baseline, the headline and the scenarios with the largest changes. Bands are 90 % "
        "intervals of baseline and headline.",
    ),
    "all_casualties": ("Every scenario on its own", "All panels have the same axes."),
    "by_end": (
        "Casualties by when hostilities end",
        "When the fighting ends is not known and moves every total; dots in one column differ by scenario "
        "only.",
    ),
    "groups": ("Who is hurt", "Killed and injured over the whole time, by women, men, girls and boys."),
    "map": (
        "Where people are hurt, under the baseline",
        "Computed casualties by district. The map is schematic.",
    ),
    "items": (
        "Items in the ground under the baseline",
        "All families and parties together, at each year's end.",
    ),
    "land": (
        "All land under the baseline, by state",
        "Most land has never been on record as hazardous: it is only still to be surveyed.",
    ),
    "recorded_land": (
        "Land that is or was on record as hazardous, under the baseline",
        "Cancelled by non-technical survey, reduced by technical survey, cleared: the three ways land "
        "is released.",
    ),
    "cost": ("Money spent per year", "All activities of the programme together, not discounted."),
    "drivers": (
        "What drives {driven} of the headline",
        "The longer the bar, the more of the variance goes along with this one input; only inputs that can be told "
        "from chance have one, and inputs acting together are left out.",
    ),
    "total_drivers": (
        "What drives the total under the baseline",
        "The same for the number of casualties itself.",
    ),
    "fit": (
        "The model beside what was observed",
        "Casualties that become known, by year; also where the model misses.",
    ),
}
WORDS = (
    (
        "Active, inert",
        "An active item still functions. An inert one no longer does, still holds explosive, and still "
        "has to be found.",
    ),
    (
        "Land to be surveyed",
        "Potentially contaminated and never on record as hazardous. Most of it turns out to hold nothing.",
    ),
    ("Suspected, confirmed", "Hazardous areas on record, on indirect and on direct evidence."),
    (
        "Cancelled, reduced, cleared",
        "The three ways land is released: by non-technical survey, by technical survey, "
        "and by search of the ground. "
        "Surveyed land that was never on record and shows nothing is “no evidence”.",
    ),
    (
        "Casualty",
        "A person killed or injured, reported or not; registers hold only those who become known. "
        "Deminers are counted apart.",
    ),
    (
        "Self-destruct, self-deactivate",
        "Two mechanisms: the first destroys the mine after a set time, the second lets "
        "its battery run down if the first fails. "
        "A mine whose first mechanism failed has to be cleared either way.",
    ),
    ("EOD spot task", "A reported item destroyed where it lies."),
)


def caption_of(results: Results, key: str) -> tuple[str, str]:
    """Return heading and caption of a figure, with what the numbers add to them."""
    heading, caption = CAPTIONS[key]
    if key == "drivers":
        heading = heading.format(driven=parameters.driven(results, True).removesuffix(" themselves"))
    if key == "fit":
        caption = " ".join([caption, *fit.missed(results)])
    return heading, caption
