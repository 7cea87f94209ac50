"""Change the record after approvals and payments; all amounts in whole fen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..case import folded
from ..counting.money import approved_fen, owed_back_fen, subsidy_for
from ..guards.approval import within
from ..procedure.conditions import fits
from .clocks import clock, stopped

if TYPE_CHECKING:
    from ..guards.base import Question
    from ..policy.money_tables import Subsidy
    from .clocks import Changes


def approval(q: Question, seq: int) -> Changes:
    """Fix the budget line, the kind of subsidy and the amount (R37-R39a)."""
    line = next((line.id for line, fit in q.procedure.lines if fits(fit, q.traits)), None)
    subsidy = subsidy_for(q.procedure, q.traits)
    kind = subsidy.kind if subsidy else "undetermined"
    return {
        "line": line,
        "subsidy_kind": kind,
        "approved_fen": approved_fen(q.procedure, q.traits, q.data),
        **_terms(subsidy),
    }


def _terms(subsidy: Subsidy | None) -> Changes:
    """Keep what every m2 brings, so that a house built smaller is counted again."""
    if subsidy is None or subsidy.kind != "per_m2" or subsidy.yuan is None:
        return {}
    cap = {} if subsidy.area_cap is None else {"area_cap": str(subsidy.area_cap)}
    return {"subsidy_terms": {"rate_fen": int(subsidy.yuan * 100), **cap}}


def _fen(q: Question) -> int:
    return int(q.data.amount * 100)


def accepted(q: Question, seq: int) -> Changes:
    """Start the clock of the payment, where the plan gives it days (R40a)."""
    step = next((part.step for part in q.procedure.road if part.kind == "payment"), None)
    if step is None or step.days is None:
        return {}
    return clock("payment", q.on + timedelta(days=step.days), step, step.offices)


def payment(q: Question, seq: int) -> Changes:
    """Add what was paid; the last of it stops the clock."""
    stops = stopped(q, "payment") if q.act.kind == "payment" else {}
    return {**stops, "paid_fen": q.case.fen("paid_fen") + _fen(q)}


def returned_payment(q: Question, seq: int) -> Changes:
    """Take off what the bank sent back; it waits to be paid again (R40)."""
    return {"paid_fen": q.case.fen("paid_fen") - _fen(q), "returned_fen": q.case.fen("returned_fen") + _fen(q)}


def reissue(q: Question, seq: int) -> Changes:
    """Add what was paid again."""
    left = max(q.case.fen("returned_fen") - _fen(q), 0)
    return {"paid_fen": q.case.fen("paid_fen") + _fen(q), "returned_fen": left or None}


def recovery(q: Question, seq: int) -> Changes:
    """Take off what was recovered (R76)."""
    return {"paid_fen": q.case.fen("paid_fen") - _fen(q), "recovered_fen": q.case.fen("recovered_fen") + _fen(q)}


def refund(q: Question, seq: int) -> Changes:
    """Add what was refunded before a sale (R72)."""
    return {"refunded_fen": q.case.fen("refunded_fen") + _fen(q)}


def alteration(q: Question, seq: int) -> Changes:
    """Mark a house that a later change puts over its area: its subsidy is to come back (R75, R76)."""
    mode = q.procedure.mode(q.case.mode)
    if mode is None or mode.area is None or q.data.area is None or within(q, mode.area, q.data.area).ok:
        return {}
    return {"over_area": seq}


def owed_back(q: Question, changes: Changes) -> Changes:
    """Say anew what is to be recovered, once money was paid (R76)."""
    if not q.case.fen("paid_fen"):
        return {}
    due = owed_back_fen(folded(q.case.record, changes))
    return {"recover_fen": due or None} if due != q.case.fen("recover_fen") else {}
