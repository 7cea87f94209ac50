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
from ..request import insist
from . import mergers as merging
from .authority import entry_of, meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from ...db.register.entry import Entering
    from ...db.register.rows import Grant, Proposal
    from ...states.actor import Actor
    from ...states.errors import WeigaiError
    from ...states.values import Decision, Event
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
    waiting = {} if again else _waiting(entering.connection, entry, person)
    proposal = meant(waiting, no)
    decision = _decided(entry, person, proposal)
    insist(decision.action, decision)
    if again:
        return _confirmation(entering, person, _same(entering, again, no))
    if proposal is None:
        raise _unclear(person, no, waiting)
    if isinstance(proposal, ProposedAccount):
        confirm_account(entering, county, person, proposal)
        return _confirmation(entering, person, proposal.no)
    confirm(entering, county, person, proposal)
    return _confirmation(entering, person, proposal[0].no)


def check_confirmation(context: Context, actor: Actor, county: str, person: str, no: int | None) -> Decision:
    """Answer whether an actor could confirm a proposal for a person. See `Register.check`."""
    entry = entry_of(context, actor, county, f"person/{person}")
    waiting = _waiting(context.connection, entry, person)
    proposal = meant(waiting, no)
    decision = _decided(entry, person, proposal)
    if proposal is None and decision.allowed:
        raise _unclear(person, no, waiting)
    return decision


def _decided(entry: RegisterEntry, person: str, proposal: list[Grant] | ProposedAccount | None) -> Decision:
    """Answer whether a proposal may be confirmed: not by its proposer, an office not by the person whom it is for."""
    if isinstance(proposal, ProposedAccount):
        return entry.decide("confirm_account", "confirmation", others=(proposal.proposed_by,))
    others = (proposal[0].proposed_by, person) if proposal else ()
    return entry.decide("confirm_grant", "confirmation", others=others)


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


def _waiting(connection: Connection, entry: RegisterEntry, person: str) -> dict[int, list[Grant] | ProposedAccount]:
    """Return what waits for a person, by number: proposed offices that all lie in the actor's area, and an account."""
    county = entry.county
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
    until = _before(on)
    entering.next_no(county, stream)
    again = request_done(connection, county, stream, entering.request_id) is not None
    rows = holding(connection, county, person, office, unit, until) if entry.covers(unit) and not again else []
    insist("revoke_grant", _revocation(connection, entry, rows, on))
    entry.reach((unit,))
    if done := entering.done(county, stream, "revoke_grant"):
        _same_office(done, f"{office}@{unit}")
        return until
    if not rows:
        raise NotFound(f"{person} {office}@{unit}")
    revoke(entering, county, person, rows, until)
    return until


def _same_office(done: Event, held: str) -> None:
    """Refuse a request id under which another office was taken away."""
    if any(path.split("/")[2] != held for path in done.changes):
        raise RequestReused(done.request_id)


def check_revocation(context: Context, actor: Actor, person: str, office: str, unit: str, on: date | None) -> Decision:
    """Answer whether an actor could take an office away. See `Register.check`."""
    day, county = on or context.today(), unit[:6]
    entry = entry_of(context, actor, county, f"person/{person}")
    held = holding(context.connection, county, person, office, unit, _before(day)) if entry.covers(unit) else []
    decision = _revocation(context.connection, entry, held, day)
    if not held and decision.allowed:
        raise NotFound(f"{person} {office}@{unit}")
    return decision


def _revocation(connection: Connection, entry: RegisterEntry, rows: Sequence[Grant], on: date) -> Decision:
    """Answer whether grants of one office may end; two administrators of a founded county must be left."""
    left = None
    if entry.around.founded and any(row.confirmed_by and (row.office, row.unit) == (ADMIN, row.county) for row in rows):
        left = tuple(sorted(admins(connection, entry.county, on.isoformat()) - {row.person for row in rows}))
    return entry.decide("revoke_grant", "revocation", on=on, left=left)


def _before(day: date) -> str:
    return (day - timedelta(days=1)).isoformat()
