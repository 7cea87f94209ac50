"""Decide who may work as whom at a command line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...db.register.offices import actors_of, person_of
from ...db.register.offices import leave as leave_of
from ...states.actor import PROXY
from ...states.units import inside
from .authority import ADMIN, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ...states.actor import Actor
    from ..context import Context


def in_person(context: Context, action: str, county: str, who: str) -> None:
    """Demand that a registered person does something of their own at their own login: a leave reaches no entry of theirs.

    Else whoever holds a leave for one village would take the account of its clerk, and with it every office of theirs.
    A host that names no user of the system answers for its actors itself.

    Raises:
        GuardsNotMet: the account is another's (`own_account`).
    """
    person = person_of(context.connection, who, county)
    if context.seat is not None and not person.trial and person.account != context.seat.login:
        refuse(action, "own_account", {"person": person.id, "login": context.seat.login, "office": PROXY})


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
    if person.trial or person.account == login:
        return held
    units = leave_of(connection, person.county, login, context.today())
    theirs = [replace(a, units=tuple(u for u in a.units if inside(u, units))) for a in held if a.office != ADMIN]
    reached = [actor for actor in theirs if actor.units]
    if not reached and (held or not units):
        refuse("act_as", "own_login", {"person": person.id, "login": login, "office": PROXY})
    return reached
