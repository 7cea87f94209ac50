"""Find the cases that wait for an office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...db.reports.counts import worklist
from ...states.values import Row
from ..policies.plans import plans_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...db.reports.counts import Work
    from ...states.actor import Actor
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Row):
    """A case that waits for an office: its state, the action that the office can take, and its village (`unit`).

    `opens_on` is the day (ISO) on which the action opens, `due_on` the day by which its first clock runs, None without
    one. `opened_at` is UTC text. `marks` names what marks the case beside its state, e.g. "suspended" or "exempt".
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


def inbox(context: Context, actor: Actor, *, limit: int, after: str | None) -> Sequence[Waiting]:
    """Return what waits for the actor, oldest first.

    A case whose plan cannot be used waits for nobody: see `Records.unusable`.
    An appraiser's case that is to be waived waits for the office that waives it, not for the appraiser.
    """
    waiting: list[Waiting] = []
    for policy_hash, plan in plans_of(context, actor.units).items():
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
    return waiting[:limit]


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
