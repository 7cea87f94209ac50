"""The declaration of an official: own identity number, own card number, relatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from ..errors import InputRefused
from ..identity_number import check_identity_number
from .fields import Id, Name, Value, listed

if TYPE_CHECKING:
    from datetime import date


class Relative(Value):
    """A relative of an official."""

    name: Name = Field(description="full name")
    id_number: Name = Field(description="18-character identity number (GB 11643)")
    relation: Id = Field(description="relation to the official, e.g. spouse")


class Declaration(Value):
    """An official's own numbers and relatives."""

    id_number: Name = Field(description="18-character identity number (GB 11643)")
    card: Name | None = Field(default=None, description="card number", pattern=r"^[0-9]{12,24}$")
    relatives: tuple[Relative, ...] = Field(default=(), max_length=30, description="declared relatives")


def read_declaration(data: Any, *, at: date) -> dict[str, Any]:
    """Read a declaration strictly; `at` is the day on which ages are counted.

    Raises:
        InputRefused: a field is unknown, missing or not of its form, or an identity number is wrong; never with the value.
    """
    try:
        told = Declaration.model_validate(data)
    except ValidationError as error:
        zh, en = listed(error)
        raise InputRefused(f"申报内容不符合要求：{zh}", f"the declaration has the wrong form: {en}") from None
    own = _number("id_number", told.id_number, at)
    relatives = [
        {"name": r.name, "id_number": _number(f"relatives.{i}.id_number", r.id_number, at), "relation": r.relation}
        for i, r in enumerate(told.relatives)
    ]
    numbers = [own, *(r["id_number"] for r in relatives)]
    if len(set(numbers)) < len(numbers):
        raise InputRefused(
            "申报中有两人的身份证号码相同。", "two persons in the declaration have the same identity number."
        )
    return {"id_number": own, **({"card": told.card} if told.card else {}), "relatives": relatives}


def _number(where: str, text: str, at: date) -> str:
    try:
        return check_identity_number(text, at=at).number
    except InputRefused as error:
        raise InputRefused(f"{where}：{error.message('zh')}", f"{where}: {error.message('en')}") from None
