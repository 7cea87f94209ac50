"""Count how far the cases of an area have come, per township and policy."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ...db.reports.counts import townships

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ..context import Context


def progress(context: Context, actor: Actor, policy: str | None) -> Sequence[Mapping[str, Any]]:
    """Return how many cases stand in which state. See `Records.progress`."""
    report: dict[tuple[str, str], dict[str, Any]] = {}
    for row in townships(context.connection, actor.units):
        if policy and row["policy_id"] != policy:
            continue
        key = (row["policy_id"], row["township"])
        new = {
            "policy": key[0],
            "township": key[1],
            "name": row["name"] or key[1],
            "states": Counter(),
            "cases": 0,
            "approved": 0,
            "approved_fen": 0,
            "paid_fen": 0,
            "exempted": 0,
        }
        entry = report.setdefault(key, new)
        entry["states"][row["state"]] += row["count"]
        entry["cases"] += row["count"]
        for name in ("approved", "approved_fen", "paid_fen", "exempted"):
            entry[name] += int(row[name] or 0)
    return [{**report[key], "states": dict(report[key]["states"])} for key in sorted(report)]
