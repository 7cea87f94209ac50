"""The arithmetic of subsidies: which table holds, what is approved, what may be paid. Whole fen throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conditions import fits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from typing import Any

    from .case import Case
    from .conditions import Traits
    from .policy import Line, Subsidy
    from .procedure import Procedure


def subsidy_for(procedure: Procedure, traits: Traits) -> Subsidy | None:
    """Return the first subsidy table that fits (R37-R39a)."""
    return next((table for table, fit in procedure.subsidies if fits(fit, traits)), None)


def line_for(procedure: Procedure, traits: Traits) -> Line | None:
    """Return the first budget line that fits (R9, R39)."""
    return next((table for table, fit in procedure.lines if fits(fit, traits)), None)


def approved_fen(procedure: Procedure, traits: Traits, planned_cost: Decimal | None) -> int | None:
    """Return what an approval grants: the fixed amount, or the ceiling cut to the planned cost; None if undetermined."""
    subsidy = subsidy_for(procedure, traits)
    if subsidy is None or subsidy.yuan is None:
        return None
    fen = int(subsidy.yuan * 100)
    if subsidy.kind == "ceiling" and planned_cost is not None:
        return min(fen, int(planned_cost * 100))
    return fen


def entitled_fen(record: Mapping[str, Any]) -> int | None:
    """Return what a household is entitled to by its record: what was approved, a ceiling cut to the actual cost.

    Nothing where the subsidy was cancelled or the house put over its area; None where no amount was determined.
    """
    if "cancelled_fen" in record or record.get("over_area"):
        return 0
    approved = record.get("approved_fen")
    if approved is None:
        return None
    cost = actual_cost_fen(record)
    ceiling = record.get("subsidy_kind") == "ceiling" and cost is not None
    return min(int(approved), int(cost or 0)) if ceiling else int(approved)


def actual_cost_fen(record: Mapping[str, Any]) -> int | None:
    """Return the actual cost as the final acceptance has it, else as the end of works has it; None if neither does."""
    acts = record.get("acts", {})
    for action in ("pass_final_acceptance", "complete_works"):
        cost = acts.get(action, {}).get("data", {}).get("actual_cost_fen")
        if cost is not None:
            return int(cost)
    return None


def payable_fen(case: Case) -> int | None:
    """Return what may still be paid: what the household is entitled to, less what was paid and not recovered."""
    entitled = entitled_fen(case.record)
    return None if entitled is None else entitled - case.fen("paid_fen")


def owed_back_fen(record: Mapping[str, Any]) -> int:
    """Return what is to be recovered: what was paid, and not recovered, beyond what the household is entitled to (R76)."""
    return max(int(record.get("paid_fen") or 0) - (entitled_fen(record) or 0), 0)
