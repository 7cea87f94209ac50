"""Decide who may change the register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.register.offices import offices_of
from ...db.register.register import founded
from ...states.actor import READERS, Actor
from ...states.errors import GuardsNotMet, InputRefused, NotFound
from ...states.units import UNIT_LENGTHS
from ...states.values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from ..context import Context

ADMIN = "admin"
_SOURCE = "weigai"  # no plan says it: the program's own rule, see docs/decisions.md


def county_of(actor: Actor, county: str | None) -> str:
    """Return the county meant: the one given, else the one in which the actor's area lies.

    Raises:
        InputRefused: the area lies in several.
    """
    counties = {unit[:6] for unit in actor.units if len(unit) in UNIT_LENGTHS}
    if county is None and len(counties) != 1:
        raise InputRefused("请指明县代码。", "name the county by its code.")
    return county or counties.pop()


class Standing(NamedTuple):
    """What somebody may change in the register of a county: in which areas alone, and whether it was founded."""

    founded: bool
    areas: tuple[Actor, ...]

    def reach(self, units: Iterable[str]) -> None:
        """Refuse a unit that lies outside.

        Raises:
            NotFound: one does.
        """
        for unit in units:
            if not all(area.covers(unit) for area in self.areas):
                raise NotFound(unit)


def registrar(context: Context, actor: Actor, action: str, county: str, units: Iterable[str] = ()) -> bool:
    """Let somebody change the register of a county, for these units; return whether the county was founded.

    Raises:
        GuardsNotMet: it is not for this office (`office_may_act`).
        NotFound: a unit lies outside the administrator's area.
    """
    found = standing(context, actor, action, county)
    found.reach(units)
    return found.founded


def standing(context: Context, actor: Actor, action: str, county: str) -> Standing:
    """Let somebody change the register of a county; return what of it.

    A founded county's register is changed by its registered administrators alone. A trial county's is changed by any
    administrator, and by somebody whom it does not know yet.

    Raises:
        GuardsNotMet: it is not for this office (`office_may_act`).
    """
    real = founded(context.connection, county)
    held = offices_of(context.connection, county, actor.person, context.today()) or ()
    theirs = [codes for office, codes in held if office == ADMIN]
    known = bool(theirs) or not (real or held)
    if not known or actor.office in READERS or (actor.office != ADMIN and (real or held)):
        refuse(action, "office_may_act", {"office": actor.office, "offices": (ADMIN,)})
    own = Actor(actor.person, ADMIN, tuple(code for codes in theirs for code in codes))
    return Standing(real, (actor, own) if real else (actor,))


def second(actor: Actor, action: str, *others: str) -> None:
    """Demand that somebody else confirms: neither who proposed it nor whom it is for.

    Raises:
        GuardsNotMet: it is one of them (`confirmed_by_another`).
    """
    if actor.person.casefold() in {str(other).casefold() for other in others}:
        refuse(action, "confirmed_by_another", {"person": actor.person})


def happened(context: Context, action: str, on: date | None) -> date:
    """Return the day given, default today; nothing is entered before it happened.

    Raises:
        GuardsNotMet: it lies in the future (`not_in_future`).
    """
    today = context.today()
    if on is not None and on > today:
        finding = Finding("not_in_future", None, False, "block", _SOURCE, {"on": on, "today": today}, on)
        raise GuardsNotMet(action, [finding])
    return on or today


def refuse(action: str, guard: str, values: Mapping[str, Any]) -> None:
    """Refuse an act of the register with one finding.

    Raises:
        GuardsNotMet: always.
    """
    raise GuardsNotMet(action, [Finding(guard, None, False, "block", _SOURCE, values, None, (ADMIN,))])
