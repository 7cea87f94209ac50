"""Choose the office in which a person with several offices acts, reads or oversees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..states.actor import READERS, Actor
from ..states.errors import GuardsNotMet
from ..states.values import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_OVERSEEING = READERS | {"county", "admin"}


def oversees(actor: Actor) -> bool:
    """Tell whether an office oversees what others do in its counties."""
    return actor.office in _OVERSEEING


def seen_by(actor: Actor) -> tuple[str, ...]:
    """Return the counties whose refused attempts somebody sees: offices that oversee a whole county; others their own."""
    return tuple(unit for unit in actor.units if len(unit) == 6) if oversees(actor) else ()


def as_reader(held: Sequence[Actor]) -> Actor:
    """Return a person who holds several offices as a reader: with the units of all of them.

    The office is one that oversees a county only where no other office brings a county that it does not oversee.

    Args:
        held: the person once for each office, as `Register.actors` returns them; at least one.
    """
    units = tuple(dict.fromkeys(unit for actor in held for unit in actor.units))
    beyond = {unit for unit in units if len(unit) == 6} - {unit for actor in held for unit in seen_by(actor)}
    office = next((actor.office for actor in held if not beyond or not oversees(actor)), held[0].office)
    return Actor(held[0].person, office, units, trial=held[0].trial)


def as_actor(held: Sequence[Actor], offices: Sequence[str], unit: str, *, person: str, on: date | None = None) -> Actor:
    """Choose the office in which a person who holds several takes an act in a unit.

    It is the first held there of the offices that may take the act, else the first held there, else the first of all.

    Args:
        held: the person once for each office held on the day of the act, as `Register.actors` returns them.
        offices: those that may take the act; see `Offices`.
        unit: the code of the unit that the act concerns.
        person: who it is.
        on: the day of the act, for the refusal.

    Raises:
        GuardsNotMet: the person held no office on that day (`office_held`).
    """
    there = [actor for actor in held if actor.covers(unit)] or held
    if not there:
        values = {"person": person, "on": on}
        raise GuardsNotMet("act", [Finding("office_held", None, False, "block", "weigai", values)])
    return next((actor for actor in there if actor.office in offices), there[0])


def as_overseer(held: Sequence[Actor]) -> Actor:
    """Return a person who holds several offices in the first one that oversees a county, else in the first."""
    return next((actor for actor in held if seen_by(actor)), held[0])
