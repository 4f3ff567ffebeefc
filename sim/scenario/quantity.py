"""A number with its uncertainty, its source and how far the source can be trusted."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sim.scenario.laws import Beta, Law, Lognormal, Loguniform, Triangular, Uniform, number

UNSOURCED = "unsourced"
LAWS = ("lognormal", "uniform", "loguniform", "triangular", "beta")
Grade = Literal["H", "M", "L", "D", "A", "U"]
GRADES: dict[str, str] = {
    "H": "high: seen in the primary source",
    "M": "medium: seen in a reputable secondary source",
    "L": "low: seen only in a weak source, or one observation",
    "D": "derived by arithmetic from seen numbers",
    "A": "assumption",
    "U": "unsourced",
}
_NUMBER_AND_UNIT = re.compile(r"(?=.*[^-+\d\s.,eE])\D{0,4}[-+]?\d[\d., ]*(e[-+]?\d+)?\D*", re.IGNORECASE)
_EXPECTED = f"a number, {{value: number}} or one of the laws {', '.join(LAWS)}"


class Quantity(BaseModel):
    """A number, or a law of numbers, with source and grade.

    In YAML a bare number, or a mapping with exactly one of `value`, `lognormal`, `uniform`, `loguniform`,
    `triangular`, `beta`, beside `source`, `grade` and `note`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    value: float | None = None
    lognormal: Lognormal | None = None
    uniform: Uniform | None = None
    loguniform: Loguniform | None = None
    triangular: Triangular | None = None
    beta: Beta | None = None
    source: str = UNSOURCED
    grade: Grade = "U"
    note: str = ""

    @classmethod
    def point(cls, x: float) -> Quantity:
        """A certain number that is a choice, not a finding: no source."""
        return cls(value=x)

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        if isinstance(data, (dict, Quantity)):
            return data
        if not isinstance(data, bool) and isinstance(data, (int, float, str)):
            try:
                x = float(data)
            except (ValueError, OverflowError):
                pass
            else:
                if not math.isfinite(x):
                    raise ValueError(f"{data!r} is not a finite number")
                return {"value": x}
        if isinstance(data, str) and _NUMBER_AND_UNIT.fullmatch(data.strip()):
            raise ValueError(
                f"{repr(data)[:40]} has a unit in it; expected the number alone, in the unit that the key names "
                "(usd: US dollars)")
        raise ValueError(f"{repr(data)[:40]} is not a quantity; expected {_EXPECTED}")

    @model_validator(mode="after")
    def _one_law(self) -> Quantity:
        given = [name for name in ("value", *LAWS) if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"{' and '.join(given) or 'no value'} given; expected {_EXPECTED}")
        if self.grade in ("H", "M", "L") and self.source == UNSOURCED:
            raise ValueError(f"grade {self.grade} needs a source")
        return self

    @model_serializer
    def _plain(self) -> Any:
        """As short as it can be written: a bare number where nothing else was said."""
        told: dict[str, Any] = {}
        if self.source != UNSOURCED:
            told["source"] = self.source
        if self.grade != "U":
            told["grade"] = self.grade
        if self.note:
            told["note"] = self.note
        if self.value is not None:
            return {"value": self.value, **told} if told else self.value
        return {self._name: self._law.model_dump(exclude_none=True), **told}

    @property
    def _name(self) -> str:
        return next(name for name in LAWS if getattr(self, name) is not None)

    @property
    def _law(self) -> Law:
        law: Law = getattr(self, self._name)
        return law

    @property
    def certain(self) -> bool:
        """True for a single value."""
        return self.value is not None

    @property
    def central(self) -> float:
        """The value, or the median of the law."""
        return self.quantile(0.5)

    @property
    def low(self) -> float:
        """5 % quantile."""
        return self.quantile(0.05)

    @property
    def high(self) -> float:
        """95 % quantile."""
        return self.quantile(0.95)

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest possible value."""
        return (self.value, self.value) if self.value is not None else self._law.support

    def quantile(self, u: float) -> float:
        """Value not exceeded with probability `u`.

        Parameters
        ----------
        u : float
            Probability, 0 < u < 1.

        Returns
        -------
        float
            Never smaller for a larger `u`; in the unit of the quantity.
        """
        if self.value is not None:
            return self.value
        return self._law.quantile(u)

    def describe(self) -> str:
        """The number or law as a reader wants it, for example in a table of parameters."""
        return number(self.value) if self.value is not None else self._law.describe()

    def __repr__(self) -> str:
        origin = "" if self.grade == "U" else f", grade {self.grade}, source {self.source}"
        return f"Quantity({self.describe()}{origin})"

    __str__ = __repr__

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        mapping = handler.resolve_ref_schema(handler(schema))
        title, text = mapping.pop("title", "Quantity"), mapping.pop("description", "")
        return {"title": title, "description": text, "anyOf": [{"type": "number"}, mapping]}


@dataclass(frozen=True)
class Bounds:
    """Where a quantity can physically lie; put beside `Quantity` in an `Annotated` field type.

    A lognormal for a quantity with an upper bound must have its 95 % quantile below; the rest of its tail is
    cut at the bound (`at_most`), which `describe` and `to_yaml` show.

    Parameters
    ----------
    low, high : float or None
        Inclusive limits of the support; None: no limit.
    above_low : bool
        `low` itself is not allowed as a value (a law may begin there).
    """

    low: float | None = None
    high: float | None = None
    above_low: bool = False

    def check(self, q: Quantity) -> Quantity:
        """The quantity, with the tail of a lognormal cut; ValueError where it leaves the bounds."""
        law = q.lognormal
        if law is not None and self.high is not None and law.at_most is None:
            if q.high > self.high:
                raise ValueError(f"the 95 % quantile, {number(q.high)}, is above {number(self.high)}; {self}")
            law = law.model_copy(update={"at_most": self.high})
            q = q.model_copy(update={"lognormal": law})
        low, high = q.support
        if self.low is not None and (low < self.low or (self.above_low and high <= self.low)):
            raise ValueError(f"{q.describe()} is out of bounds; {self}")
        if self.high is not None and high > self.high:
            raise ValueError(f"{q.describe()} is out of bounds; {self}")
        return q

    def __str__(self) -> str:
        above = "" if self.low is None else f"{'>' if self.above_low else '>='} {number(self.low)}"
        below = "" if self.high is None else f"<= {number(self.high)}"
        return "expected " + " and ".join(part for part in (above, below) if part)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"allOf": [handler(schema)], "bounds": [self.low, self.high]}
