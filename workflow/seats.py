"""Who may work as whom at a command line: in a founded county the user of the system as themselves, or with a leave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..db.offices import actors_of, person_of
from ..db.offices import leave as leave_of
from ..states.case import PROXY, inside
from .authority import ADMIN, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ..states.case import Actor
    from .context import Context


def seated(context: Context, who: str, login: str, on: date, county: str | None) -> Sequence[Actor]:
    """Return a registered person once for each office held on a day, as far as a user of the system may work as them.

    Whoever has this very account is that person. Another one has to hold the leave (`proxy_entry`) today, and reaches
    what lies in its units, but never an administrator's office: else one person would vouch for what two must.

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
