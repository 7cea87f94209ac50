"""Find the cases that wait for an office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.reports.counts import worklist
from ..policies.plans import plans_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ..context import Context


def inbox(context: Context, actor: Actor, *, limit: int, after: str | None) -> Sequence[Mapping[str, Any]]:
    """Return what waits for the actor, oldest first: case, state, next action, the day it opens, township, village.

    A case whose plan cannot be used waits for nobody: see `Records.unusable`.
    An appraiser's case that is to be waived waits for the office that waives it, not for the appraiser.
    """
    connection = context.connection
    waiting: list[dict[str, Any]] = []
    for policy_hash, plan in plans_of(context, actor.units).items():
        moves = plan.moves().get(actor.office, {}) if plan else {}
        if plan is None or not moves:
            continue
        waiving = moves.get("appraisal") == "waive_appraisal"
        rows = worklist(connection, actor.units, policy_hash, tuple(moves), limit=limit, after=after, waiving=waiving)
        waiting += [{**row, "action": moves[row["state"]], "policy": plan.policy.id} for row in rows]
    waiting.sort(key=lambda row: (row["opened_at"], row["id"]))
    return waiting[:limit]
