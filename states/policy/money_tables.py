"""The tables of a policy about money: subsidies, their instalments, budget lines, and how many households are planned."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ..errors import Unfit
from ..forms.fields import Id
from .sourced import Number, Sourced, When, Words


class Subsidy(Sourced):
    """An amount; the first table whose `when` fits holds.

    fixed: this amount. ceiling: no more than this, nor than the cost. floor: at least this. average: what households
    get on average at the most, each by its own decision. per_m2: this for every m2, up to `area_cap` and `most`.
    """

    kind: Literal["fixed", "ceiling", "floor", "average", "per_m2", "undetermined"]
    yuan: Number | None = None
    area_cap: Number | None = Field(default=None, description="per_m2: m2 beyond which nothing more is paid")
    most: Number | None = Field(default=None, description="floor, average, per_m2: yuan that no household goes beyond")
    when: When = When()

    @model_validator(mode="after")
    def _amount_given(self) -> Self:
        if (self.kind == "undetermined") != (self.yuan is None):
            raise Unfit(
                "kind 为 undetermined 时不写 yuan，其他各种都须写 yuan",
                "write yuan with every kind except undetermined",
            )
        if self.area_cap is not None and self.kind != "per_m2":
            raise Unfit("area_cap 只与 per_m2 同用", "write area_cap only with per_m2")
        if self.most is not None and self.kind not in ("floor", "average", "per_m2"):
            raise Unfit("most 只与 floor、average、per_m2 同用", "write most only with floor, average or per_m2")
        return self


class Instalment(Sourced):
    """One of the parts in which a subsidy is paid, in order; the last of them takes what the others leave."""

    id: Id
    name: Words
    share: str = Field(
        pattern=r"^[0-9]{1,3}/[1-9][0-9]{0,2}$", description="of what the household is entitled to, e.g. 5/10"
    )
    after: Id = Field(default="pass_final_acceptance", description="the act that must have been taken")
    days: int = Field(default=0, ge=0, description="that must have gone by since, in calendar days")


class Line(Sourced):
    """A budget line: which households are charged to it, from which fund, and what was planned."""

    id: Id
    name: Words
    fund: Id
    fund_name: Words
    when: When = When()
    planned_wan: str | None = Field(default=None, pattern=r"^[0-9]+(\.[0-9]+)?$", description="as printed, 万元")
    rounding: Literal["truncate", "half_up"] = "truncate"


class Quota(Sourced):
    """How many households are planned for those that fit; a plan, never a cap, unless `effect` blocks."""

    id: Id
    name: Words
    planned: int
    by_unit: dict[str, int] = Field(default_factory=dict, description="households for each unit, by its code")
    reserve: int = Field(default=0, ge=0, description="households that no unit has yet")
    when: When = When()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = sum(self.by_unit.values()) + self.reserve
        if self.by_unit and total != self.planned:
            raise Unfit(
                f"by_unit 与 reserve 之和应等于 planned：现为 {total}，planned 为 {self.planned}",
                f"by_unit and reserve must add up to planned: they make {total}, and planned is {self.planned}",
            )
        if not all(code.isascii() and code.isdigit() and len(code) in (6, 9, 12) for code in self.by_unit):
            raise Unfit(
                "by_unit 用 6 位、9 位或 12 位单位代码",
                "write the units of by_unit with their codes of 6, 9 or 12 digits",
            )
        return self

    @property
    def each(self) -> tuple[Quota, ...]:
        """Return it, and one for each unit that has a number of its own."""
        return (self, *(self._of(code, planned) for code, planned in self.by_unit.items()))

    def _of(self, code: str, planned: int) -> Quota:
        name = Words(zh=f"{self.name.zh} {code}", en=f"{self.name.en} {code}")
        when = self.when.model_copy(update={"units": (code,)})
        own = {"id": f"{self.id}_{code}", "name": name, "planned": planned, "when": when}
        return self.model_copy(update={**own, "by_unit": {}, "reserve": 0})
