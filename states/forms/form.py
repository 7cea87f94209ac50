"""The form of an act's data: needed fields and optional fields, and how the data enters the record.

Every field may be absent in a question ("what would be needed?"); the fields marked `needed` are then named by
the guard `data_complete`. Field names that are personal stand in `personal.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, StringConstraints

from .fields import PersonId, Text, Value

# A number of a voucher or register: it stands open in the record, so that the same one is found again.
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z字第号记付转银现财支年〔〕（）()._/-]{1,64}$")]


def needed(description: str) -> Any:
    """Mark a field that the act cannot be taken without."""
    return Field(default=None, description=description, json_schema_extra={"needed": True})


def may(description: str) -> Any:
    """Mark a field that the act can be taken without."""
    return Field(default=None, description=description)


class Form(Value):
    """What every act may be told: why, or remarks (personal, like all free text), and who else agreed to it."""

    reason: Text | None = may("why, or remarks")
    agreed_by: PersonId | None = may("id of the second person who agreed")
    _confirmed: bool | None = PrivateAttr(default=None)

    @property
    def confirmed(self) -> bool | None:
        """Return the program's own word, which no caller gives: whether the second person agreed from their own login."""
        return self._confirmed

    def said(self, *, confirmed: bool | None) -> Self:
        """Return the data with that word on its second person; None where it is open, or nobody agreed."""
        told = self.model_copy()
        told._confirmed = confirmed if self.agreed_by else None
        return told


class Nothing(Form):
    """An act that needs no data."""


def missing(value: Form) -> tuple[str, ...]:
    """Return the names of the needed fields that are absent."""
    return tuple(name for name in needed_of(type(value)) if getattr(value, name) is None)


def recorded(value: Form) -> dict[str, Any]:
    """Return the data as it enters an event: JSON types, areas as strings, money as whole fen."""
    told = value.model_dump(mode="json", by_alias=True, exclude_none=True)
    return told if value.confirmed is None else {**told, "confirmed": value.confirmed}


def readable(fen: int) -> str:
    """Return recorded fen as the yuan that a form reads."""
    return str(Decimal(int(fen)) / 100)


_NEEDED: dict[type[Form], tuple[str, ...]] = {}


def needed_of(model: type[Form]) -> tuple[str, ...]:
    """Return the names of the fields that the acts of a form cannot be taken without."""
    if model not in _NEEDED:
        _NEEDED[model] = tuple(
            name
            for name, field in model.model_fields.items()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("needed")
        )
    return _NEEDED[model]
