"""Does a family meet the limits of CCW Amended Protocol II for remotely delivered anti-personnel mines?

Technical Annex 3(a): at most 10 % of activated mines fail to self-destruct within 30 days, and with
self-deactivation at most one in a thousand functions as a mine 120 days after emplacement. Never-armed items
and ageing are outside both shares. To meet the limits is not to be allowed: the Ottawa Treaty bans such mines
all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.scenario.schema import Family

SELF_DESTRUCT_DAYS = 30.0
FUNCTION_DAYS = 120.0
MAX_NOT_SELF_DESTRUCTED = 0.10
MAX_FUNCTIONING = 0.001
_ROUNDING = 1e-12  # a family at a limit is within it; 0.1 * 0.01 is not exactly 0.001 in binary


@dataclass(frozen=True)
class TreatyCheck:
    """Shares of armed items, and the verdict.

    Parameters
    ----------
    share_not_sd_30d : float
        Not self-destructed 30 days after emplacement.
    share_functioning_120d : float
        Functioning as a mine 120 days after emplacement.
    meets_3a : bool or None
        None where the rule is not about such items (not anti-personnel).
    """

    share_not_sd_30d: float
    share_functioning_120d: float
    meets_3a: bool | None


def treaty_check(family: Family, values: Mapping[str, float] | None = None) -> TreatyCheck:
    """Hold a family against Technical Annex 3(a).

    Parameters
    ----------
    family : Family
        Its timers and failure rates.
    values : mapping of str to float, optional
        Drawn values of `sd_failure` and `sda_failure`; what is not given stands at its central value.
    """
    values = values or {}
    sd_failure = values.get("sd_failure", family.sd_failure.central)
    sda_failure = values.get("sda_failure", family.sda_failure.central)
    if family.sd_hours is None:
        not_sd, functioning = 1.0, 1.0
    else:
        works = 1.0 - sd_failure
        not_sd = 1.0 - works * _self_destructed(family.sd_hours, SELF_DESTRUCT_DAYS)
        dead = 0.0 if family.sda_days is None or family.sda_days > FUNCTION_DAYS else 1.0
        # A battery that dies before the timer ends the item as well.
        late = works * (1.0 - _self_destructed(family.sd_hours, FUNCTION_DAYS))
        functioning = (late + sd_failure) * (1.0 - dead * (1.0 - sda_failure))
    within = not_sd <= MAX_NOT_SELF_DESTRUCTED + _ROUNDING and functioning <= MAX_FUNCTIONING + _ROUNDING
    return TreatyCheck(not_sd, functioning, within if family.kind == "ap" else None)


def _self_destructed(sd_hours: list[float], days: float) -> float:
    """F_sd: share of working timers that have run out after so many days; uniform in a window."""
    hours, first, last = days * 24.0, sd_hours[0], sd_hours[-1]
    if hours >= last:
        return 1.0
    return 0.0 if hours <= first else (hours - first) / (last - first)
