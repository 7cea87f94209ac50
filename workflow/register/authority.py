"""Decide who may change the register."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ...db.register.offices import offices_of
from ...db.register.register import founded
from ...states import floor
from ...states.actor import ADMIN, Actor
from ...states.decide import decide
from ...states.errors import InputRefused, NotFound
from ...states.guards.register import RegisterAround
from ...states.units import UNIT_LENGTHS
from ..request import Place, Request, insist

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from ...states.values import Decision
    from ..context import Context

_Proposal = TypeVar("_Proposal")


def county_of(actor: Actor, county: str | None) -> str:
    """Return the county meant: the one given, else the one in which the actor's area lies.

    Raises:
        InputRefused: the area lies in several.
    """
    counties = {unit[:6] for unit in actor.units if len(unit) in UNIT_LENGTHS}
    if county is None and len(counties) != 1:
        raise InputRefused("请指明县代码。", "name the county by its code.")
    return county or counties.pop()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """An entry in the register of a county that somebody asks for today, with what its guards need.

    `subject` is the stream that it is written to: a person's, or the county's own.
    """

    actor: Actor
    county: str
    today: date
    around: RegisterAround
    subject: str = "county"

    def decide(
        self,
        action: str,
        kind: str = "entry",
        *,
        on: date | None = None,
        others: tuple[str, ...] = (),
        left: tuple[str, ...] | None = None,
    ) -> Decision:
        """Answer whether the entry may be made, as of a day, default today.

        Args:
            kind: the kind of act whose guards are asked; see `states.guards.register`.
            others: the persons who may not confirm it.
            left: the administrators of the county who are left after it.
        """
        around = replace(self.around, others=others, left=left)
        request = Request(action, self.actor, self.actor, on)
        place = Place(self.subject, self.county)
        return decide(request.on_matter(floor.act(action, kind, (ADMIN,)), place, self.today, around=around))

    def insist(self, action: str, kind: str = "entry") -> None:
        """Let an entry be made today that needs nothing but its actor. See `decide`.

        Raises:
            GuardsNotMet: a guard is unmet; the error has the findings of all.
        """
        insist(action, self.decide(action, kind))

    def covers(self, *units: str) -> bool:
        """Tell whether units lie in the actor's area; in a founded county, in the area of the registered offices too."""
        areas = [self.actor]
        if self.around.founded:
            codes = [code for office, codes in self.around.held if office == ADMIN for code in codes]
            areas.append(Actor(self.actor.person, ADMIN, tuple(codes)))
        return all(area.covers(unit) for area in areas for unit in units)

    def reach(self, units: Iterable[str]) -> None:
        """Refuse a unit that lies outside the actor's area.

        Raises:
            NotFound: one does.
        """
        for unit in units:
            if not self.covers(unit):
                raise NotFound(unit)


def entry_of(context: Context, actor: Actor, county: str, subject: str = "county") -> RegisterEntry:
    """Return an entry of somebody in the register of a county, with what `db` holds of both."""
    connection, today = context.connection, context.today()
    held = offices_of(connection, county, actor.person, today) or ()
    around = RegisterAround(founded=founded(connection, county), held=held)
    return RegisterEntry(actor=actor, county=county, today=today, around=around, subject=subject)


def meant(waiting: Mapping[int, _Proposal], no: int | None) -> _Proposal | None:
    """Return the proposal of this number; without a number the only one, None where none or several wait."""
    if no is None:
        return next(iter(waiting.values())) if len(waiting) == 1 else None
    return waiting.get(no)
