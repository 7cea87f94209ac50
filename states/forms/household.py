"""The household file: one JSON object (or one row of a sheet) that opens a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from ..errors import InputRefused
from ..identity_number import check_identity_number
from .fields import Area, Day, Flag, Id, Ids, Name, Text, Value, Whole, Yuan, listed

if TYPE_CHECKING:
    from datetime import date


class Person(Value):
    """One member of the household; the head comes first."""

    name: Name = Field(description="full name")
    id_number: Name = Field(description="18-character identity number (GB 11643)")
    relation: Id = Field(default="head", description="relation to the head")
    registered_poor: Flag = Field(default=False, description="a registered poor member (建档立卡)")
    owns_dwelling: Flag = Field(default=False, description="a dwelling stands in this member's name")
    phone: Name | None = Field(default=None, description="telephone")


class House(Value):
    """The dwelling as it stands before the renovation."""

    address: Text | None = Field(default=None, description="where it stands")
    structure: Id | None = Field(default=None, description="brick, wood, stone, earth, concrete or steel")
    built_year: Whole | None = Field(default=None, description="year built")
    area: Area | None = Field(default=None, description="floor area in m2")


class Account(Value):
    """The one-card account (一卡通) of the household."""

    card: Name = Field(description="card number", pattern=r"^[0-9]{12,24}$")
    card_holder: Name = Field(description="whose card it is")


class Household(Value):
    """A household as it applies (R2, R17-R24, R41)."""

    head: Person
    members: tuple[Person, ...] = Field(default=(), max_length=30, description="the other members")
    classes: Ids = Field(min_length=1, description="the household's classes, e.g. registered_poor")
    no_house: Flag = Field(default=False, description="a household without a dwelling (无房户)")
    no_house_marked: Flag = Field(default=False, description="marked as without a dwelling in the poverty file")
    dwellings: Whole = Field(default=1, description="dwellings that the household has")
    lives_in_countryside: Flag = Field(description="lives in the countryside long-term, as attested")
    rural_registration: Flag = Field(description="rural household registration, as attested")
    in_relocation_plan: Flag = Field(default=False, description="is in the relocation plan (易地扶贫搬迁)")
    in_institutional_care: Flag = Field(default=False, description="is cared for in an institution (集中供养)")
    zone: Id | None = Field(default=None, description="the zone that it lies in, where a plan leaves zones out")
    stably_out_of_poverty: Flag = Field(default=False, description="stably out of poverty (稳定脱贫)")
    income: Yuan | None = Field(default=None, description="yearly income in yuan", serialization_alias="income_fen")
    house: House | None = None
    account: Account | None = None
    note: Text | None = None
    surveyed_on: Day | None = Field(default=None, description="the day of the township's survey")


def read_household(data: Any, *, at: date) -> Household:
    """Read a household file strictly; `at` is the day on which ages are counted.

    Raises:
        InputRefused: a field is unknown, missing or not of its form, or an identity number is wrong. The
            sentence names the field, never the value.
    """
    if not isinstance(data, dict):
        raise InputRefused("农户文件应为一个 JSON 对象。", "the household file must be one JSON object.")
    try:
        household = Household.model_validate(data)
    except ValidationError as error:
        zh, en = listed(error)
        raise InputRefused(f"农户文件不符合要求：{zh}", f"the household file has the wrong form: {en}") from None
    return _checked(household, at)


def _checked(household: Household, at: date) -> Household:
    people = (household.head, *household.members)
    numbers = []
    for i, person in enumerate(people):
        where = "head" if i == 0 else f"members.{i - 1}"
        try:
            numbers.append(check_identity_number(person.id_number, at=at).number)
        except InputRefused as error:
            raise InputRefused(
                f"{where}.id_number：{error.message('zh')}", f"{where}.id_number: {error.message('en')}"
            ) from None
    if len(set(numbers)) < len(numbers):
        raise InputRefused(
            "农户文件中有两名成员的身份证号码相同。", "two members of the household have the same identity number."
        )
    if household.no_house and household.dwellings:
        raise InputRefused("no_house 为真时，dwellings 应为 0。", "if no_house is true, dwellings must be 0.")
    fixed = [person.model_copy(update={"id_number": n}) for person, n in zip(people, numbers, strict=True)]
    return household.model_copy(update={"head": fixed[0], "members": tuple(fixed[1:])})
