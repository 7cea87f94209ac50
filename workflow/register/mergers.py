"""Units that go over into another: it widens areas, so that in a founded county a second administrator confirms it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ...db.log.streams import request_done
from ...db.register.grants import holders
from ...db.register.units import merge_unit, propose_merge, proposed_mergers
from ...states.errors import InputRefused, NotFound, RequestReused
from ...states.values import Row
from .authority import registrar, second

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...db.register.entry import Entering
    from ...db.register.rows import OfficeHolder, ProposedMerger
    from ...states.actor import Actor
    from ...states.values import Json
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMerged(Row):
    """A unit that goes over into another one from a day on; while that is `pending`, `no` is the number of the proposal.

    `holders` are the persons whose offices for the unit reach nothing from that day on.
    """

    code: str
    into: str
    since: str
    no: int | None
    pending: bool
    holders: tuple[OfficeHolder, ...]


def merged(context: Context, entering: Entering, code: str, into: str, title: str | None) -> UnitMerged:
    """Let a unit go over into another, or propose it. See `Register.merge_unit`."""
    real = registrar(context, entering.actor, "merge_unit", code[:6], (code, into))
    no = None
    if real:
        no = propose_merge(entering, code, into, title)
    else:
        merge_unit(entering, code, into, title)
    return _merger(entering, code, into, no)


def confirmed(context: Context, entering: Entering, county: str, no: int | None) -> UnitMerged:
    """Confirm what another administrator proposed for a unit. See `Register.confirm_unit`."""
    actor = entering.actor
    registrar(context, actor, "confirm_merge", county)
    entering.next_no(county, "county")
    waiting = {one.no: one for one in proposed_mergers(entering.connection, county) if _covers(actor, one)}
    if done := request_done(entering.connection, county, "county", entering.request_id):
        return _before(entering, no, done.changes if done.action == "merge_unit" else {})
    if no is None and len(waiting) > 1:
        listed = ", ".join(map(str, sorted(waiting)))
        raise InputRefused(f"有多项待确认（{listed}），请指明编号。", f"several wait: {listed}; name one.")
    proposal = waiting.get(no or next(iter(waiting), 0))
    if proposal is None:
        raise NotFound(f"{county} {no or ''}".strip())
    code, into = proposal.code, proposal.into
    registrar(context, actor, "confirm_merge", county, (code, into))
    second(actor, "confirm_merge", proposal.proposed_by)
    effective = replace(entering, on=date.fromisoformat(proposal.since))
    merge_unit(effective, code, into, proposal.title, proposal.no)
    return _merger(effective, code, into, None)


def waiting(context: Context, within: Actor) -> Sequence[ProposedMerger]:
    """Return the mergers proposed in an actor's area that wait for a second person."""
    counties = sorted({unit[:6] for unit in within.units})
    proposals = [one for county in counties for one in proposed_mergers(context.connection, county)]
    return [proposal for proposal in proposals if _covers(within, proposal)]


def _covers(actor: Actor, proposal: ProposedMerger) -> bool:
    return actor.covers(proposal.code) and actor.covers(proposal.into)


def _before(entering: Entering, no: int | None, changes: Mapping[str, Json]) -> UnitMerged:
    """Return what the same request confirmed before."""
    by = next((path for path in changes if path.startswith("proposals/")), None)
    if by is None or no not in (None, int(by.split("/")[1])) or changes[by] != entering.actor.person:
        raise RequestReused(entering.request_id)
    path, since = next((path, str(day)) for path, day in changes.items() if "/into/" in path)
    _, code, _, into = path.split("/")
    return _merger(replace(entering, on=date.fromisoformat(since)), code, into, None)


def _merger(entering: Entering, code: str, into: str, no: int | None) -> UnitMerged:
    day = entering.on.isoformat()
    without_area = tuple(holders(entering.connection, code, day))
    return UnitMerged(code=code, into=into, since=day, no=no, pending=no is not None, holders=without_area)
