"""Find the cases that wait for an office."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...db.reports.counts import pending, worklist
from ...states.procedure.beside import CONFIRM
from ...states.values import Row
from ..policies.plans import plans_of
from ..request import pending_id
from .confirmations import may_confirm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...db.reports.counts import Work
    from ...states.actor import Actor
    from ...states.procedure.graph import Procedure
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Row):
    """A case that waits for an office: its state, the action that the office can take, and its village (`unit`).

    `opens_on` is the day (ISO) on which the action opens, `due_on` the day by which its first clock runs, None without
    one. `opened_at` is UTC text. `marks` names what marks the case beside its state, e.g. "suspended" or "exempt".
    `pending` is the id of an act that waits for the actor to confirm it, see `Approvals.confirm`; else None.
    """

    case: str
    state: str
    action: str
    office: str
    opens_on: str | None
    unit: str
    policy: str
    opened_at: str
    version: int
    archive_no: str | None
    due_on: str | None
    marks: tuple[str, ...]
    pending: str | None = None


def inbox(context: Context, actor: Actor, *, limit: int, after: str | None) -> Sequence[Waiting]:
    """Return what waits for the actor, oldest first.

    A case whose plan cannot be used waits for nobody: see `Records.unusable`.
    What waits on a closed case for a second person is left out where nobody can confirm it there; `deny` ends it.
    An appraiser's case that is to be waived waits for the office that waives it, not for the appraiser.
    """
    plans = plans_of(context, actor.units)
    waiting = _to_confirm(
        context, actor, [one for one, plan in plans.items() if plan and _confirms(plan)], limit, after
    )
    for policy_hash, plan in plans.items():
        moves = plan.moves().get(actor.office, {}) if plan else {}
        if plan is None or not moves:
            continue
        rows = worklist(
            context.connection,
            actor.units,
            policy_hash,
            tuple(moves),
            limit=limit,
            after=after,
            waiving=moves.get("appraisal") == "waive_appraisal",
        )
        waiting += [_waiting(row, moves[row.state], actor.office, plan.policy.id) for row in rows]
    waiting.sort(key=lambda each: (each.opened_at, each.case))
    while 0 < limit < len(waiting) and waiting[limit].case == waiting[limit - 1].case:
        limit += 1  # the next page goes on behind a case, with all that waits on it
    return waiting[:limit]


def _confirms(plan: Procedure) -> bool:
    table = plan.policy.guards.second_person_confirmed
    return table is not None and table.confirmed


def _to_confirm(
    context: Context, actor: Actor, policies: Sequence[str], limit: int, after: str | None
) -> list[Waiting]:
    """Return what waits for the actor as a second person: pages of what anybody asked for, until `limit` are theirs."""
    found: list[Waiting] = []
    while policies and len(found) < limit:
        rows = pending(context.connection, actor.units, policies, limit=limit, after=after)
        found += [one for row in rows for one in _of_case(context, actor, row)]
        if len(rows) < limit:
            break
        after = rows[-1].id
    return found


def _of_case(context: Context, actor: Actor, row: Work) -> Iterator[Waiting]:
    """Yield what the actor may confirm on one case."""
    case = context.cases().listed(row.id, actor.units)
    if case.damaged or case.key_lost:
        return
    for number in sorted(case.record.pending, key=int):
        if may_confirm(context, case, int(number), actor):
            waiting = _waiting(row, CONFIRM, actor.office, case.policy_id)
            yield replace(waiting, pending=pending_id(case.id, int(number)))


def _waiting(row: Work, action: str, office: str, policy: str) -> Waiting:
    return Waiting(
        case=row.id,
        state=row.state,
        action=action,
        office=office,
        opens_on=row.opens_on,
        unit=row.unit,
        policy=policy,
        opened_at=row.opened_at,
        version=row.version,
        archive_no=row.archive_no,
        due_on=row.due_on,
        marks=tuple(row.held.split(",")) if row.held else (),
    )
