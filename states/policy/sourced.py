"""The fields that every table of a policy has: its source, its rule, and to whom it applies."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ..errors import Unfit
from ..forms.fields import RULE, Code, Id, UnitCode, Value

Effect = Literal["block", "warn"]
Level = Literal["village", "township", "county"]


def _exact(value: Any) -> Any:
    if isinstance(value, (float, bool)):
        raise Unfit("请写整数，或加引号的小数", "write a whole number, or a decimal in quotes")
    return value


Number = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0)]


class Words(Value):
    """A name or sentence in the two languages."""

    zh: str
    en: str


class Sourced(Value):
    """What every table of a policy says of itself."""

    source: str = Field(min_length=1, description="plan and clause, e.g. 'A 七(二)'")
    rule: str | None = Field(
        default=None, pattern=RULE, description="id of the rule that it carries out, where the county has such"
    )
    effect: Effect = Field(default="block", description="block: refused; warn: done and flagged")
    silent: tuple[str, ...] = Field(default=(), description="values of this table on which the plan is silent")
    reading: str | None = Field(default=None, description="the reading taken where the text allows several")
    note: str | None = None

    @model_validator(mode="after")
    def _silences_name_values(self) -> Self:
        unknown = [name for name in self.silent if name not in type(self).model_fields]
        if unknown:
            raise Unfit(
                f"silent 列出了本表没有的项：{', '.join(unknown)}",
                f"silent names values that this table does not have: {', '.join(unknown)}",
            )
        return self


class When(Value):
    """To whom a table applies; every condition given must hold, an absent one always holds."""

    classes: tuple[Id, ...] | None = None
    no_house: bool | None = None
    grades: tuple[Code, ...] | None = None
    modes: tuple[Id, ...] | None = None
    builders: tuple[Id, ...] | None = None
    new_build: bool | None = None
    relaxed_area: bool | None = Field(default=None, description="the area lies above the cap without papers")
    units: tuple[UnitCode, ...] | None = Field(default=None, description="in which units: codes of 6, 9 or 12 digits")
    intakes: tuple[Id, ...] | None = Field(default=None, description="how it came in; 'application' is the road's own")
    demolished_first: bool | None = Field(default=None, description="the old house went before its appraisal")
