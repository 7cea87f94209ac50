"""Merge units; in a founded county a second administrator confirms it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ...db.log.streams import request_done
from ...db.register.grants import holders
from ...db.register.units import merge_unit, propose_merge, proposed_mergers
from ...states.errors import InputRefused, NotFound, RequestReused
from ...states.values import Row
from ..request import insist
from .authority import entry_of, meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from ...db.register.entry import Entering
    from ...db.register.rows import OfficeHolder, ProposedMerger
    from ...states.actor import Actor
    from ...states.errors import WeigaiError
    from ...states.values import Decision, Json
    from ..context import Context
    from .authority import RegisterEntry


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
    entry = entry_of(context, entering.actor, code[:6])
    entry.insist("merge_unit")
    entry.reach((code, into))
    no = None
    if entry.around.founded:
        no = propose_merge(entering, code, into, title)
    else:
        merge_unit(entering, code, into, title)
    return _merger(entering, code, into, no)


def confirmed(context: Context, entering: Entering, county: str, no: int | None) -> UnitMerged:
    """Confirm what another administrator proposed for a unit. See `Register.confirm_unit`."""
    entry = entry_of(context, entering.actor, county)
    entering.next_no(county, "county")
    again = request_done(entering.connection, county, "county", entering.request_id)
    mergers = {} if again else _waiting(entering.connection, entry)
    merger = meant(mergers, no)
    insist("confirm_merge", _decided(entry, merger))
    if again:
        return _before(entering, no, again.changes if again.action == "merge_unit" else {})
    if merger is None:
        raise _unclear(county, no, mergers)
    effective = replace(entering, on=date.fromisoformat(merger.since))
    merge_unit(effective, merger.code, merger.into, merger.title, merger.no)
    return _merger(effective, merger.code, merger.into, None)


def check_confirmation(context: Context, actor: Actor, county: str, no: int | None) -> Decision:
    """Answer whether an actor could confirm a merger. See `Register.check`."""
    entry = entry_of(context, actor, county)
    mergers = _waiting(context.connection, entry)
    merger = meant(mergers, no)
    decision = _decided(entry, merger)
    if merger is None and decision.allowed:
        raise _unclear(county, no, mergers)
    return decision


def _waiting(connection: Connection, entry: RegisterEntry) -> dict[int, ProposedMerger]:
    """Return the proposed mergers of a county that lie in the actor's area, by number."""
    proposed = proposed_mergers(connection, entry.county)
    return {merger.no: merger for merger in proposed if entry.covers(merger.code, merger.into)}


def _decided(entry: RegisterEntry, merger: ProposedMerger | None) -> Decision:
    return entry.decide("confirm_merge", "confirmation", others=(merger.proposed_by,) if merger else ())


def _unclear(county: str, no: int | None, mergers: Iterable[int]) -> WeigaiError:
    """Return the error of a number under which nothing waits, or of none where several wait."""
    listed = ", ".join(map(str, sorted(mergers)))
    if no is None and listed:
        return InputRefused(
            f"有多项待确认（{listed}）；请写明编号。",
            f"several mergers wait for confirmation ({listed}); write the number of one.",
        )
    return NotFound(f"{county} {no or ''}".strip())


def waiting(context: Context, within: Actor) -> Sequence[ProposedMerger]:
    """Return the mergers proposed in an actor's area that wait for a second person."""
    counties = sorted({unit[:6] for unit in within.units})
    mergers = [merger for county in counties for merger in proposed_mergers(context.connection, county)]
    return [merger for merger in mergers if within.covers(merger.code) and within.covers(merger.into)]


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
