"""The rows that the register gives: units, persons, the offices that they hold, and what waits for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ...states.values import Row

if TYPE_CHECKING:
    from ...states.values import Json


def _without_none(row: Row, *names: str) -> dict[str, Json]:
    """Return the JSON object of a row without those of its members `names` that are None."""
    return {name: value for name, value in Row.as_json(row).items() if value is not None or name not in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredUnit(Row):
    """A county, township or village by its code. Its JSON object leaves out a day that is None.

    `since` is its first day, None where it was registered from the beginning; `until` is its last day, None where it
    did not go over into another unit.
    """

    code: str
    name: str
    level: str
    since: str | None
    until: str | None

    def as_json(self) -> dict[str, Json]:
        """Return the unit as the JSON object of the contract."""
        return _without_none(self, "since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange(Row):
    """One entry about a unit: which action, on which day, by which person, as which event of the county's stream.

    `took_in` is the unit that went over into this one, `name` the name that this one was given, `into` the unit that
    this one went over into. Its JSON object leaves out what is None.
    """

    action: str
    on: str
    by: str
    seq: int
    took_in: str | None = None
    name: str | None = None
    into: str | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the entry as the JSON object of the contract."""
        return _without_none(self, "took_in", "name", "into")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHeld(Row):
    """An office for a unit, from a day on, until its last day if that is known.

    `pending` is the number of the proposal while nobody confirmed it, else None; the JSON object then leaves it out.
    """

    office: str
    unit: str
    since: str
    until: str | None = None
    pending: int | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the office as the JSON object of the contract."""
        return _without_none(self, "pending")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPerson(Row):
    """A registered person with the offices held, held before, or proposed.

    `trial` marks a person of a trial county. `name` is None where it was erased or its key is lost (`key_lost`).
    """

    county: str
    id: str
    account: str | None
    trial: bool
    name: str | None
    key_lost: bool
    offices: tuple[OfficeHeld, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Row):
    """An office granted to a person, or proposed while `confirmed_by` is None; the JSON object then leaves that out.

    `no` is the number of the event that proposed it, in the person's stream.
    """

    county: str
    person: str
    no: int
    office: str
    unit: str
    since: str
    until: str | None
    proposed_by: str
    confirmed_by: str | None

    def as_json(self) -> dict[str, Json]:
        """Return the grant as the JSON object of the contract."""
        return _without_none(self, "confirmed_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedAccount(Row):
    """An account that somebody proposed for a person and nobody confirmed yet."""

    county: str
    person: str
    account: str
    proposed_by: str
    no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedMerger(Row):
    """A proposal, not confirmed yet, that a unit goes over into another one from a day on; `title` names a new one."""

    county: str
    code: str
    into: str
    proposed_by: str
    since: str
    title: str | None
    no: int


Proposal: TypeAlias = Grant | ProposedAccount | ProposedMerger  # what waits for a second person


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHolder(Row):
    """A person and an office that this person holds for a unit."""

    person: str
    office: str
