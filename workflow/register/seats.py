"""Decide who may work as whom at a command line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...db.register.offices import actors_of, person_of
from ...db.register.offices import leave as leave_of
from ...states.actor import ADMIN, PROXY, Actor
from ...states.guards.register import RegisterAround, SeatedPerson
from ...states.units import inside
from .authority import RegisterEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ...db.register.offices import RegisteredAccount
    from ...states.guards.register import Offices
    from ..context import Context


def in_person(context: Context, action: str, county: str, actor: Actor) -> None:
    """Let a registered person enter something of their own, at their own login.

    A host that names no user of the system answers for its actors itself.

    Raises:
        GuardsNotMet: the account is another's (`own_account`).
    """
    person, seat = person_of(context.connection, actor.person, county), None
    if context.seat is not None and not person.trial:
        seat = SeatedPerson(person=person.id, account=person.account, login=context.seat.login)
    _entry(context, actor, person, seat).insist(action, "own entry")


def seated(context: Context, who: str, login: str, on: date, county: str | None) -> Sequence[Actor]:
    """Return a registered person once for each office held on a day, as far as a user of the system may work as them.

    Whoever has this very account is that person. Another one has to hold the leave (`proxy_entry`) today, and reaches
    what lies in its units, but never an administrator's office: else one person would vouch for what two must. Nor does
    it reach what that person enters of themselves in the register; see `in_person`.

    Raises:
        GuardsNotMet: the account is another's, and there is no leave (`own_login`).
        NotFound, InputRefused: see `Register.actors`.
    """
    connection = context.connection
    person = person_of(connection, who, county)
    held = actors_of(connection, person, on)
    if person.trial:
        return held
    leave = () if person.account == login else leave_of(connection, person.county, login, context.today())
    reached = held if person.account == login else _within(leave, held)
    seat = SeatedPerson(
        person=person.id,
        account=person.account,
        login=login,
        leave=leave,
        held=_offices(held),
        reached=_offices(reached),
    )
    _entry(context, Actor.recorded(person.id, PROXY, person.county), person, seat).insist("act_as", "login")
    return reached


def _within(leave: Sequence[str], held: Iterable[Actor]) -> list[Actor]:
    """Return the offices that lie within a leave, each for its units there; never an administrator's."""
    others = (actor for actor in held if actor.office != ADMIN)
    theirs = [replace(actor, units=tuple(unit for unit in actor.units if inside(unit, leave))) for actor in others]
    return [actor for actor in theirs if actor.units]


def _offices(actors: Iterable[Actor]) -> Offices:
    return tuple((actor.office, actor.units) for actor in actors)


def _entry(context: Context, actor: Actor, person: RegisteredAccount, seat: SeatedPerson | None) -> RegisterEntry:
    return RegisterEntry(
        actor=actor,
        county=person.county,
        today=context.today(),
        around=RegisterAround(seat=seat),
        subject=f"person/{person.id}",
    )
