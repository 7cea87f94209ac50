"""Import, rename and merge the units of the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...db.register.areas import area_on
from ...db.register.register import check_units, import_units, units
from ...db.register.units import history, rename_unit
from ...states.errors import NotFound
from ..request import fresh_request, insist
from ..scoped import scoped
from .authority import county_of, entry_of
from .grants import entering, title
from .mergers import confirmed, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ...db.register.entry import Entering
    from ...db.register.rows import RegisteredUnit, UnitChange
    from ...states.actor import Actor
    from ..context import Context
    from .mergers import UnitMerged


class UnitRegister:
    """The units of a county; `Register` adds persons and the offices that they hold."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def _entering(self, actor: Actor, on: date, request_id: str | None, county: str | None = None) -> Entering:
        return entering(self._context, actor, on, request_id or fresh_request(), county)

    @scoped
    def import_units(self, rows: Iterable[tuple[str, str]], *, actor: Actor, request_id: str | None = None) -> int:
        """Take units in by (code, name) and return how many; a known code gets the new name.

        Raises:
            InputRefused: see `db.register.check_units`.
            NotFound: a unit lies outside the actor's area.
        """
        units = dict(rows)
        entering = self._entering(actor, self._context.today(), request_id)
        check_units(self._context.connection, units)
        for county in sorted({code[:6] for code in units}):
            entry = entry_of(self._context, actor, county)
            entry.insist("import_units")
            entry.reach(code for code in units if code[:6] == county)
        return import_units(entering, units)

    @scoped
    def units(self, *, actor: Actor | None = None) -> Sequence[RegisteredUnit]:
        """Return the units, by code; with an actor, those of the actor's area.

        A unit that did not stand from the beginning has `since`, one that went over into another `until`, its last day.
        """
        return units(self._context.connection, actor.units if actor else None)

    @scoped
    def rename_unit(
        self, code: str, name: str, *, actor: Actor, on: date | None = None, request_id: str | None = None
    ) -> None:
        """Give a unit another name from a day on, default today; lists and reports show the name of today.

        Raises:
            NotFound: it is not registered, went over into another, or lies outside the actor's area.
            GuardsNotMet: the actor is no administrator, or the day lies in the future.
        """
        entering = self._entering(actor, on or self._context.today(), request_id)
        entry = entry_of(self._context, actor, code[:6])
        insist("rename_unit", entry.decide("rename_unit", "renaming", on=on))
        entry.reach((code,))
        rename_unit(entering, code, title(name))

    @scoped
    def merge_unit(
        self,
        code: str,
        into: str,
        *,
        actor: Actor,
        name: str | None = None,
        on: date | None = None,
        request_id: str | None = None,
    ) -> UnitMerged:
        """Let a unit go over into another of its level from a day on, default today: merged, recoded, put elsewhere.

        Cases keep the code that they were opened under; whoever holds an office for the successor has them from then on.
        Offices held for the unit itself reach nothing any more: `holders` says who has to be granted another one.
        In a founded county it waits for a second administrator, since it widens areas; see `confirm_unit`.

        Args:
            name: the successor's name, where it is a new unit.

        Raises:
            NotFound: a unit is not registered, or lies outside the actor's area.
            InputRefused: they are not of one county and level, or something stands against the day.
        """
        entering = self._entering(actor, on or self._context.today(), request_id)
        return merged(self._context, entering, code, into, name and title(name))

    @scoped
    def confirm_unit(
        self, no: int | None = None, *, actor: Actor, county: str | None = None, request_id: str | None = None
    ) -> UnitMerged:
        """Confirm that a unit goes over into another, as another administrator proposed it: from its day on it is so.

        Args:
            no: the number of the proposal, as `pending` has it, where several wait.

        Raises:
            GuardsNotMet: the actor proposed it.
            NotFound: nothing waits in the actor's area.
        """
        entering = self._entering(actor, self._context.today(), request_id)
        return confirmed(self._context, entering, county_of(actor, county), no)

    @scoped
    def unit_history(self, code: str, *, actor: Actor) -> Sequence[UnitChange]:
        """Return what happened to a unit: its names, and what went over into what, with days and who entered it.

        Raises:
            NotFound: it is not registered, or lies outside the actor's area.
        """
        changes = history(self._context.connection, code) if actor.covers(code) else []
        if not changes:
            raise NotFound(code)
        return changes

    @scoped
    def area(self, units: Sequence[str], *, on: date | None = None) -> tuple[str, ...]:
        """Return the codes that an actor who holds an office for these units covers on a day, default today.

        Units that went over into them are in it, what went over to others is not: a host gives it to `Actor.units`.
        """
        return area_on(self._context.connection, units, on or self._context.today())
