"""Calculate subsidies: which table applies, what is approved, what may be paid. Always in whole fen."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ..procedure.conditions import fits
from ..record import (
    ACTS,
    APPROVED_FEN,
    CANCELLED_FEN,
    HOUSEHOLD,
    LINE,
    OVER_AREA,
    PAID_FEN,
    SUBSIDY_KIND,
    SUBSIDY_TERMS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..case import Case
    from ..policy.money_tables import Line, Subsidy
    from ..procedure.conditions import Traits
    from ..procedure.graph import Procedure
    from ..record import CaseRecord
    from ..values import Data


_OF_MONEY = (
    HOUSEHOLD.path("account"),
    ACTS.path("approve", "data"),
    APPROVED_FEN,
    LINE,
    SUBSIDY_KIND,
    SUBSIDY_TERMS,
)


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


def entitled_fen(record: CaseRecord) -> int | None:
    """Return what a household is entitled to by its record: what was approved, a ceiling cut to the actual cost.

    Nothing where the subsidy was cancelled or the house put over its area; None where no amount was determined.
    """
    if CANCELLED_FEN in record.plain or record.plain.get(OVER_AREA):
        return 0
    approved = record.approved_fen
    if approved is None:
        return None
    built = _data(record, "pass_final_acceptance").get("area")
    planned = _data(record, "approve").get("area")
    if record.subsidy_kind == "per_m2" and built and planned and Decimal(built) < Decimal(planned):
        return _for_less(record, Decimal(built))
    cost = actual_cost_fen(record)
    ceiling = record.subsidy_kind == "ceiling" and cost is not None
    return min(int(approved), int(cost or 0)) if ceiling else int(approved)


def _for_less(record: CaseRecord, built: Decimal) -> int:
    """Return what a house gets that was built smaller than approved, where every m2 counts."""
    terms = record.subsidy_terms
    cap = terms.get("area_cap")
    counted = built if cap is None else min(built, Decimal(cap))
    fen = int((counted * int(terms["rate_fen"])).quantize(Decimal(1), ROUND_HALF_UP))
    return min(fen, record.fen(APPROVED_FEN))


def moves_money(record: CaseRecord, changes: Mapping[str, object]) -> bool:
    """Tell whether changes touch money: what the household is entitled to, what its approval fixed, or its account."""
    moved = entitled_fen(record) != entitled_fen(record.folded(changes))
    return moved or any(path.startswith(_OF_MONEY) for path in changes)


def actual_cost_fen(record: CaseRecord) -> int | None:
    """Return the actual cost as the final acceptance has it, else as the end of works has it; None if neither does."""
    for action in ("pass_final_acceptance", "complete_works"):
        cost = _data(record, action).get("actual_cost_fen")
        if cost is not None:
            return int(cost)
    return None


def _data(record: CaseRecord, action: str) -> Data:
    """Return the data of the last time that an action was taken, or an empty mapping."""
    entry = record.acts.get(action)
    return entry.get("data", {}) if entry else {}


def payable_fen(case: Case) -> int | None:
    """Return what may still be paid: what the household is entitled to, less what was paid and not recovered."""
    entitled = entitled_fen(case.record)
    return None if entitled is None else entitled - case.fen(PAID_FEN)


def owed_back_fen(record: CaseRecord) -> int:
    """Return what is to be recovered: what was paid, and not recovered, beyond what the household is entitled to (R76)."""
    return max(record.fen(PAID_FEN) - (entitled_fen(record) or 0), 0)
