"""Check the confirmation, the revocation and the pending items of grants before they are written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...db.log.streams import request_done
from ...db.register import grants
from ...db.register.grants import admins, confirm, holding, proposals, revoke
from ...db.register.register import confirm_account, known_person, proposed_account, proposed_accounts
from ...states.errors import InputRefused, NotFound, RequestReused
from . import mergers as merging
from .authority import ADMIN, refuse, registrar, second

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ...db.register.entry import Entering
    from ...states.actor import Actor
    from ..context import Context


def confirmed(context: Context, entering: Entering, county: str, person: str, no: int | None) -> Mapping[str, Any]:
    """Confirm a proposal for a person, under the lock of the person's stream. See `Register.confirm`."""
    actor = entering.actor
    registrar(context, actor, "confirm_grant", county)
    entering.next_no(county, f"person/{person}")
    done = _done(entering, county, person)
    if done is not None:
        if no not in (None, done):
            raise RequestReused(entering.request_id)
        return {"person": person, "no": done, "confirmed_by": actor.person}
    waiting, account = _waiting(entering, county, person)
    numbers = sorted({row["no"] for row in waiting} | ({account["no"]} if account else set()))
    if not numbers or (no is not None and no not in numbers):
        raise NotFound(person if no is None else f"{person} {no}")
    if no is None and len(numbers) > 1:
        listed = ", ".join(map(str, numbers))
        raise InputRefused(
            f"{person} 有多项待确认（{listed}）；请写明编号。",
            f"several items wait for {person} ({listed}); write the number of one.",
        )
    no = no or numbers[0]
    if account and account["no"] == no:
        second(actor, "confirm_account", account["proposed_by"])
        confirm_account(entering, county, person, account)
    else:
        rows = [row for row in waiting if row["no"] == no]
        registrar(context, actor, "confirm_grant", county, [row["unit"] for row in rows])
        second(actor, "confirm_grant", rows[0]["proposed_by"], person)
        confirm(entering, county, person, rows)
    return {"person": person, "no": no, "confirmed_by": actor.person}


def pending(context: Context, actor: Actor) -> list[Mapping[str, Any]]:
    """Return what waits for a second person in an area. See `Register.pending`."""
    connection = context.connection
    persons = [*grants.pending(connection, actor.units), *proposed_accounts(connection, actor.units)]
    return [*persons, *merging.waiting(context, actor)]


def _waiting(entering: Entering, county: str, person: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return the grants and the account that wait for a person, as far as a proposal lies in the actor's area as a whole."""
    connection, actor = entering.connection, entering.actor
    found = proposals(connection, county, person)
    outside = {row["no"] for row in found if not actor.covers(row["unit"])}
    account = proposed_account(connection, county, person)
    if account and not known_person(connection, county, person, actor.units):
        account = None
    return [row for row in found if row["no"] not in outside], account


def _done(entering: Entering, county: str, person: str) -> int | None:
    """Return the number of the proposal that the same request confirmed before."""
    event = request_done(entering.connection, county, f"person/{person}", entering.request_id)
    if event is None:
        return None
    if event.action not in ("confirm_grant", "confirm_account") or event.acted_by != entering.actor.person:
        raise RequestReused(entering.request_id)
    return next(int(path.split("/")[1]) for path in event.changes if path.endswith("/confirmed_by"))


def revoked(context: Context, entering: Entering, person: str, office: str, unit: str, on: date) -> str:
    """Take an office away from a day on; return its last day. See `Register.revoke`."""
    county, connection = unit[:6], entering.connection
    real = registrar(context, entering.actor, "revoke_grant", county, (unit,))
    until = (on - timedelta(days=1)).isoformat()
    entering.next_no(county, f"person/{person}")
    if done := entering.done(county, f"person/{person}", "revoke_grant"):
        if any(path.split("/")[2] != f"{office}@{unit}" for path in done.changes):
            raise RequestReused(entering.request_id)
        return until
    rows = holding(connection, county, person, office, unit, until)
    if not rows:
        raise NotFound(f"{person} {office}@{unit}")
    if real and (office, unit) == (ADMIN, county) and any(row.confirmed_by for row in rows):
        left = admins(connection, county, on.isoformat()) - {person}
        if len(left) < 2:
            refuse("revoke_grant", "two_admins_left", {"left": tuple(sorted(left))})
    revoke(entering, county, person, rows, until)
    return until
