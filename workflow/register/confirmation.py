"""Check the confirmation, the revocation and the pending items of grants before they are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from ...db.log.streams import request_done
from ...db.register import grants
from ...db.register.grants import admins, confirm, holding, proposals, revoke
from ...db.register.register import confirm_account, known_person, proposed_account, proposed_accounts
from ...db.register.rows import ProposedAccount
from ...states.actor import ADMIN
from ...states.errors import InputRefused, NotFound, RequestReused
from ...states.values import Row
from . import mergers as merging
from .authority import entry_of, meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ...db.register.entry import Entering
    from ...db.register.rows import Grant, Proposal
    from ...states.actor import Actor
    from ...states.errors import WeigaiError
    from ...states.values import Event
    from ..context import Context
    from .authority import RegisterEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalConfirmed(Row):
    """A proposal for a person that a second person confirmed; `no` is its number."""

    person: str
    no: int
    confirmed_by: str


def confirmed(context: Context, entering: Entering, county: str, person: str, no: int | None) -> ProposalConfirmed:
    """Confirm a proposal for a person, under the lock of the person's stream. See `Register.confirm`."""
    stream = f"person/{person}"
    entry = entry_of(context, entering.actor, county, stream)
    entering.next_no(county, stream)
    again = request_done(entering.connection, county, stream, entering.request_id)
    waiting = {} if again else _waiting(entering, entry, person)
    proposal = meant(waiting, no)
    if isinstance(proposal, ProposedAccount):
        entry.insist("confirm_account", "confirmation", others=(proposal.proposed_by,))
        confirm_account(entering, county, person, proposal)
        return _confirmation(entering, person, proposal.no)
    entry.insist("confirm_grant", "confirmation", others=(proposal[0].proposed_by, person) if proposal else ())
    if again:
        return _confirmation(entering, person, _same(entering, again, no))
    if proposal is None:
        raise _unclear(person, no, waiting)
    confirm(entering, county, person, proposal)
    return _confirmation(entering, person, proposal[0].no)


def _confirmation(entering: Entering, person: str, no: int) -> ProposalConfirmed:
    return ProposalConfirmed(person=person, no=no, confirmed_by=entering.actor.person)


def _unclear(person: str, no: int | None, waiting: Iterable[int]) -> WeigaiError:
    """Return the error of a number under which nothing waits for a person, or of none where several wait."""
    listed = ", ".join(map(str, sorted(waiting)))
    if no is None and listed:
        zh = f"{person} 有多项待确认（{listed}）；请写明编号。"
        return InputRefused(zh, f"several items wait for {person} ({listed}); write the number of one.")
    return NotFound(person if no is None else f"{person} {no}")


def pending(context: Context, actor: Actor) -> Sequence[Proposal]:
    """Return what waits for a second person in an area. See `Register.pending`."""
    connection = context.connection
    accounts = proposed_accounts(connection, actor.units)
    return [*grants.pending(connection, actor.units), *accounts, *merging.waiting(context, actor)]


def _waiting(entering: Entering, entry: RegisterEntry, person: str) -> dict[int, list[Grant] | ProposedAccount]:
    """Return what waits for a person, by number: proposed offices that all lie in the actor's area, and an account."""
    connection, county = entering.connection, entry.county
    waiting: dict[int, list[Grant] | ProposedAccount] = {}
    for no, rows in groupby(proposals(connection, county, person), lambda row: row.no):
        offices = list(rows)
        if entry.covers(*(row.unit for row in offices)):
            waiting[no] = offices
    account = proposed_account(connection, county, person)
    if account and known_person(connection, county, person, entry.actor.units):
        waiting[account.no] = account
    return waiting


def _same(entering: Entering, event: Event, no: int | None) -> int:
    """Return the number of the proposal that the same request confirmed before.

    Raises:
        RequestReused: the request was something else.
    """
    if event.action in ("confirm_grant", "confirm_account") and event.acted_by == entering.actor.person:
        done = next(int(path.split("/")[1]) for path in event.changes if path.endswith("/confirmed_by"))
        if no in (None, done):
            return done
    raise RequestReused(entering.request_id)


def revoked(context: Context, entering: Entering, person: str, office: str, unit: str, on: date) -> str:
    """Take an office away from a day on; return its last day. See `Register.revoke`."""
    county, connection, stream = unit[:6], entering.connection, f"person/{person}"
    entry = entry_of(context, entering.actor, county, stream)
    until = (on - timedelta(days=1)).isoformat()
    entering.next_no(county, stream)
    again = request_done(connection, county, stream, entering.request_id) is not None
    rows = holding(connection, county, person, office, unit, until) if entry.covers(unit) and not again else []
    left = None
    if entry.around.founded and (office, unit) == (ADMIN, county) and any(row.confirmed_by for row in rows):
        left = tuple(sorted(admins(connection, county, on.isoformat()) - {person}))
    entry.insist("revoke_grant", "revocation", on=on, left=left)
    entry.reach((unit,))
    if done := entering.done(county, stream, "revoke_grant"):
        if any(path.split("/")[2] != f"{office}@{unit}" for path in done.changes):
            raise RequestReused(entering.request_id)
        return until
    if not rows:
        raise NotFound(f"{person} {office}@{unit}")
    revoke(entering, county, person, rows, until)
    return until
