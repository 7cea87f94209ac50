"""Guards on what happens after acceptance: sale, refund, alterations (R35, R72, R75)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ..calendar import years_after
from .base import Answer, Question, guard

if TYPE_CHECKING:
    from ..policy.guards import Of, Resale
    from ..policy.sourced import Sourced


@guard("resale")
def resale_allowed(q: Question, p: Resale) -> Answer:
    """A house of these modes is sold only after its whole years; one that the collective owns, never (R35, R72)."""
    mode, since = q.case.mode, q.case.act_on(p.counted_from)
    ends = years_after(since, p.years) if since else None
    values = {"mode": mode, "years": p.years, "since": since, "ends": ends}
    if mode in p.never or (mode in p.modes and ends is None):
        return Answer(False, values, by=q.procedure.mode(mode) if mode in p.never else None)
    if mode not in p.modes or ends is None or q.on > ends:
        return Answer(True, values)
    return Answer(False, values, opens_on=ends + timedelta(days=1))


@guard("resale", mended_by="record_refund")
def refund_recorded(q: Question, p: Of) -> Answer | None:
    """Before a guaranteed house is sold, its subsidy went back by the way that the plan names (R72)."""
    if q.case.mode not in p.any:
        return None
    gone = {hop for entry in q.case.facts("record_refund") for hop in entry["data"].get("through", ())}
    absent = tuple(hop for hop in p.all if hop not in gone)
    refunded = q.case.fen("refunded_fen")
    return Answer(refunded > 0 and not absent, {"missing": absent, "refunded_fen": refunded})


@guard("alteration")
def no_later_change(q: Question, p: Sourced) -> Answer:
    """Neither layout nor area is changed after the acceptance (R75)."""
    accepted = q.case.act("pass_final_acceptance").get("area")
    grown = q.data.area is not None and accepted is not None and q.data.area > Decimal(accepted)
    return Answer(not (grown or q.data.layout_changed), {"area": q.data.area, "accepted": accepted})
