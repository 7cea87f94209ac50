"""A row is frozen, and its JSON object has its fields in order."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from datetime import date
from decimal import Decimal

import pytest
from weigai.states.values import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Row):
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Row):
    on: date | None
    area: Decimal
    people: tuple[Member, ...]
    counts: dict[str, int]


VISIT = Visit(on=date(2019, 6, 10), area=Decimal("60.00"), people=(Member(name="a"),), counts={"photos": 2})


def test_a_row_gives_its_json_object() -> None:
    assert VISIT.as_json() == {"on": "2019-06-10", "area": "60.00", "people": [{"name": "a"}], "counts": {"photos": 2}}
    assert list(VISIT.as_json()) == ["on", "area", "people", "counts"]


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        VISIT.on = None  # type: ignore[misc]


def test_a_value_without_a_form_in_json_is_an_error() -> None:
    with pytest.raises(TypeError, match="float"):
        Visit(on=None, area=1.5, people=(), counts={}).as_json()  # type: ignore[arg-type]
