"""Calculate subsidies: which table applies, what is approved, what may be paid. Always in whole fen."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ..procedure.conditions import fits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..case import Case
    from ..policy.money_tables import Line, Subsidy
    from ..procedure.conditions import Traits
    from ..procedure.graph import Procedure


def subsidy_for(procedure: Procedure, traits: Traits) -> Subsidy | None:
    """Return the first subsidy table that fits (R37-R39a)."""
    return next((table for table, fit in procedure.subsidies if fits(fit, traits)), None)


def line_for(procedure: Procedure, traits: Traits) -> Line | None:
    """Return the first budget line that fits (R9, R39)."""
    return next((table for table, fit in procedure.lines if fits(fit, traits)), None)


def approved_fen(procedure: Procedure, traits: Traits, data: Any) -> int | None:
    """Return what an approval grants by the plan's table and its own data; None where neither determines it.

    A fixed amount stands; a ceiling is cut to the planned cost, or to the amount that the approval names; a floor or
    an average leaves the amount to the approval; so much for every m2 counts the approved area.
    """
    subsidy = subsidy_for(procedure, traits)
    if subsidy is None or subsidy.yuan is None:
        return None
    named = None if data.subsidy is None else int(data.subsidy * 100)
    if subsidy.kind in ("floor", "average"):
        return named
    if subsidy.kind == "per_m2":
        return None if data.area is None else by_area_fen(int(subsidy.yuan * 100), data.area, subsidy)
    fen = int(subsidy.yuan * 100)
    if subsidy.kind == "ceiling":
        costs = [fen, *(n for n in (named, data.planned_cost and int(data.planned_cost * 100)) if n is not None)]
        return min(costs)
    return fen


def by_area_fen(rate: int, area: Decimal, table: Subsidy) -> int:
    """Return so many fen for every m2, up to the area and the amount at which the table stops; half a fen counts up."""
    counted = area if table.area_cap is None else min(area, table.area_cap)
    fen = int((counted * rate).quantize(Decimal(1), ROUND_HALF_UP))
    return fen if table.most is None else min(fen, int(table.most * 100))


def parts_fen(procedure: Procedure, entitled: int) -> tuple[int, ...]:
    """Return the instalments in which an amount is paid: each its share in whole fen, the last takes what is left."""
    shares = [Fraction(one.share) for one in procedure.policy.instalments[:-1]]
    parts = [int(entitled * share) for share in shares]
    return (*parts, entitled - sum(parts))


def entitled_fen(record: Mapping[str, Any]) -> int | None:
    """Return what a household is entitled to by its record: what was approved, a ceiling cut to the actual cost.

    Nothing where the subsidy was cancelled or the house put over its area; None where no amount was determined.
    """
    if "cancelled_fen" in record or record.get("over_area"):
        return 0
    approved = record.get("approved_fen")
    if approved is None:
        return None
    built = record.get("acts", {}).get("pass_final_acceptance", {}).get("data", {}).get("area")
    planned = record.get("acts", {}).get("approve", {}).get("data", {}).get("area")
    if record.get("subsidy_kind") == "per_m2" and built and planned and Decimal(built) < Decimal(planned):
        return _for_less(record, Decimal(built))
    cost = actual_cost_fen(record)
    ceiling = record.get("subsidy_kind") == "ceiling" and cost is not None
    return min(int(approved), int(cost or 0)) if ceiling else int(approved)


def _for_less(record: Mapping[str, Any], built: Decimal) -> int:
    """Return what a house gets that was built smaller than approved, where every m2 counts."""
    terms = record["subsidy_terms"]
    cap = terms.get("area_cap")
    counted = built if cap is None else min(built, Decimal(cap))
    fen = int((counted * int(terms["rate_fen"])).quantize(Decimal(1), ROUND_HALF_UP))
    return min(fen, int(record["approved_fen"]))


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
