"""What waits for an office: the cases of its area in whose state it has the next move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..states.case import Actor
    from ..states.procedure import Procedure
    from .context import Context


def next_moves(procedure: Procedure, office: str) -> dict[str, str]:
    """Return, by state, the move of the road that this office takes next."""
    moves: dict[str, str] = {}
    for _, state, action, *_ in procedure.road:
        if office in procedure.acts[action].offices:
            moves.setdefault(state, action)
    if "waive_appraisal" in procedure.acts and office in procedure.acts["waive_appraisal"].offices:
        moves.setdefault("appraisal", "waive_appraisal")
    for edge in procedure.edges:
        if edge.action == "complete_rectification" and office in procedure.acts[edge.action].offices:
            moves.setdefault(edge.source, edge.action)
    return moves


def inbox(context: Context, actor: Actor, *, limit: int, after: str | None) -> Sequence[Mapping[str, Any]]:
    """Return what waits for the actor, oldest first: case, state, next action, the day it opens, township, village.

    An appraiser's case that is to be waived waits for the office that waives it, not for the appraiser.
    """
    from ..db.cases import Cases
    from ..db.policies import in_use

    cases = Cases(context.connection)
    waiting: list[dict[str, Any]] = []
    for policy_hash, policy_id, by_office in in_use(context.connection):
        moves = by_office.get(actor.office, {})
        if not moves:
            continue
        for row in cases.worklist(actor.units, policy_hash, tuple(moves), limit=limit, after=after):
            action = moves[row["state"]]
            if (action == "waive_appraisal") == bool(row["no_house"]) or row["state"] != "appraisal":
                waiting.append({**row, "action": action, "policy": policy_id})
    waiting.sort(key=lambda row: (row["opened_at"], row["id"]))
    return waiting[:limit]
