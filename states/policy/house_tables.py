"""The tables of a policy about houses: modes of renovation, floor areas, payees."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ..errors import Unfit
from ..forms.fields import Code, Id, Value
from .sourced import Number, Sourced, Words


class Band(Value):
    """The area of households of some size, in m2: fixed, per head, or both, of which the narrower holds."""

    persons_from: int = Field(ge=1)
    persons_to: int | None = Field(default=None, ge=1, description="absent: and more")
    floor: Number | None = None
    cap: Number | None = None
    floor_per_head: Number | None = None
    cap_per_head: Number | None = None


class Area(Sourced):
    """Floor area of a mode, in m2: floor (warns), cap, and the cap with papers for larger families.

    `bands` give floors and caps by the size of the household; with a cap beside them the narrower holds.
    """

    floor: Number | None = None
    cap: Number | None = None
    relaxed_cap: Number | None = None
    relaxed_papers: tuple[Id, ...] = ()
    bands: tuple[Band, ...] = ()
    excluded_rooms: tuple[Id, ...] = Field(default=(), description="rooms that are left out of the count")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.cap is None and self.floor is None and not self.bands:
            raise Unfit(
                "面积表须写 cap、floor 或 bands；方案都没有规定的，不写面积表",
                "an area table needs cap, floor or bands; if the plan has none of them, leave the table out",
            )
        if self.relaxed_cap is not None and self.cap is None:
            raise Unfit("relaxed_cap 须与 cap 同写", "write relaxed_cap only together with cap")
        wanted = 1
        for number, band in enumerate(self.bands, start=1):
            if band.persons_from != wanted:
                raise Unfit(
                    f"bands：第 {number} 档应从 {wanted} 人起，不得漏档",
                    f"bands: number {number} must begin with {wanted} persons, so that no number of persons is left out",
                )
            if band.persons_to is None and number < len(self.bands):
                raise Unfit(
                    f"bands：第 {number} 档没有 persons_to，其后不得再有档",
                    f"bands: number {number} has no persons_to, so no band may follow it",
                )
            if band.persons_to is not None and band.persons_to < band.persons_from:
                raise Unfit(f"bands：第 {number} 档的止数小于起数", f"bands: number {number} ends before it begins")
            wanted = (band.persons_to or 0) + 1
        if self.bands and self.bands[-1].persons_to is not None:
            raise Unfit(
                "bands：最后一档不写 persons_to，才不漏档",
                "bands: leave persons_to out of the last one, so that no number of persons is left out",
            )
        return self


class Grading(Sourced):
    """Whether a mode is open to a grade (or to no-house households) and how strongly."""

    grades: tuple[Code, ...] = ()
    no_house: bool = False


class Payee(Sourced):
    """Who is paid where this builder builds."""

    builder: Id
    payee: Id


class Mode(Sourced):
    """A mode of renovation."""

    id: Id
    name: Words
    new_build: bool
    builders: tuple[Id, ...] = Field(min_length=1)
    open_to: tuple[Grading, ...] = Field(min_length=1)
    closed_to: tuple[Grading, ...] = Field(default=(), description="to whom it is closed, where a rule says so")
    area: Area | None = None
    payees: tuple[Payee, ...] = Field(min_length=1)
