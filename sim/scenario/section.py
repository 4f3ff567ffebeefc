"""What every section of a scenario is made of: its base, and the kinds of numbers and names in it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.scenario.quantity import Bounds, Quantity

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Share = Annotated[Quantity, Bounds(0.0, 1.0)]
NonNegative = Annotated[Quantity, Bounds(0.0, None)]
Positive = Annotated[Quantity, Bounds(0.0, None, above_low=True)]
AtLeastOne = Annotated[Quantity, Bounds(1.0, None)]
Date = dt.date
Metal = Literal["high", "low", "minimum"]
"""What a metal detector hears: a body of metal; 8 g of iron or as much signal as that; less (CCW Amended Protocol II,
Technical Annex 2: the least that an anti-personnel mine must give)."""


class Section(BaseModel):
    """Base of every section: unknown keys are errors, nothing is changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
