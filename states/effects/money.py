"""Change the record after approvals and payments; all amounts in whole fen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..counting.money import approved_fen, owed_back_fen, subsidy_for
from ..guards.approval import within
from ..procedure.conditions import fits
from ..record import (
    APPROVED_FEN,
    LINE,
    OVER_AREA,
    PAID_FEN,
    RECOVER_FEN,
    RECOVERED_FEN,
    REFUNDED_FEN,
    RETURNED_FEN,
    SUBSIDY_KIND,
    SUBSIDY_TERMS,
)
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
        LINE: line,
        SUBSIDY_KIND: kind,
        APPROVED_FEN: approved_fen(q.procedure, q.traits, q.data),
        **_terms(subsidy),
    }


def _terms(subsidy: Subsidy | None) -> Changes:
    """Keep what every m2 brings, so that a house built smaller is counted again."""
    if subsidy is None or subsidy.kind != "per_m2" or subsidy.yuan is None:
        return {}
    cap = {} if subsidy.area_cap is None else {"area_cap": str(subsidy.area_cap)}
    return {SUBSIDY_TERMS: {"rate_fen": int(subsidy.yuan * 100), **cap}}


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
    return {**stops, PAID_FEN: q.case.fen(PAID_FEN) + _fen(q)}


def returned_payment(q: Question, seq: int) -> Changes:
    """Take off what the bank sent back; it waits to be paid again (R40)."""
    return {PAID_FEN: q.case.fen(PAID_FEN) - _fen(q), RETURNED_FEN: q.case.fen(RETURNED_FEN) + _fen(q)}


def reissue(q: Question, seq: int) -> Changes:
    """Add what was paid again."""
    left = max(q.case.fen(RETURNED_FEN) - _fen(q), 0)
    return {PAID_FEN: q.case.fen(PAID_FEN) + _fen(q), RETURNED_FEN: left or None}


def recovery(q: Question, seq: int) -> Changes:
    """Take off what was recovered (R76)."""
    return {PAID_FEN: q.case.fen(PAID_FEN) - _fen(q), RECOVERED_FEN: q.case.fen(RECOVERED_FEN) + _fen(q)}


def refund(q: Question, seq: int) -> Changes:
    """Add what was refunded before a sale (R72)."""
    return {REFUNDED_FEN: q.case.fen(REFUNDED_FEN) + _fen(q)}


def alteration(q: Question, seq: int) -> Changes:
    """Mark a house that a later change puts over its area: its subsidy is to come back (R75, R76)."""
    mode = q.procedure.mode(q.case.mode)
    if mode is None or mode.area is None or q.data.area is None or within(q, mode.area, q.data.area).ok:
        return {}
    return {OVER_AREA: seq}


def owed_back(q: Question, changes: Changes) -> Changes:
    """Say anew what is to be recovered, once money was paid (R76)."""
    if not q.case.fen(PAID_FEN):
        return {}
    due = owed_back_fen(q.case.record.folded(changes))
    return {RECOVER_FEN: due or None} if due != q.case.fen(RECOVER_FEN) else {}
