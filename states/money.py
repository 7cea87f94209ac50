"""The arithmetic of subsidies: which table holds, what is approved, what may be paid. Whole fen throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conditions import fits

if TYPE_CHECKING:
    from decimal import Decimal

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


def payable_fen(case: Case) -> int | None:
    """Return what may still be paid: what was approved, a ceiling cut to the actual cost, less what was paid."""
    approved = case.record.get("approved_fen")
    if approved is None:
        return None
    cost = case.act("pass_final_acceptance").get("actual_cost_fen") or case.act("complete_works").get("actual_cost_fen")
    if case.record.get("subsidy_kind") == "ceiling" and cost is not None:
        approved = min(approved, cost)
    return int(approved) - int(case.record.get("paid_fen") or 0)
