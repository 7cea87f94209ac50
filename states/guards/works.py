"""Guards on agreement, start and end of works (R12, R36, R60, R62, R69)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Answer, Question, firm, guard, liftable

if TYPE_CHECKING:
    from ..policy.guards import Grades, Of, Upto


@firm
@guard("agreement", "start")
def agreement_complete(q: Question, p: Of) -> Answer | None:
    """The agreement settles all that it must, with a day of completion (R69)."""
    if q.act.kind == "agreement":
        if q.data.items is None or q.data.complete_by is None:
            return None
        items, until = q.data.items, q.data.complete_by
    else:
        signed = q.case.act("sign_agreement")
        items, until = signed.get("items", ()), signed.get("complete_by")
    absent = tuple(item for item in p.all if item not in items)
    return Answer(not absent and until is not None, {"missing": absent, "until": until})


@guard("start", mended_by="record_resettlement")
def resettled(q: Question, p: Grades) -> Answer | None:
    """The household of a dangerous house lives elsewhere before works start (R60)."""
    if q.case.grade not in p.grades:
        return None
    day = q.case.fact_on("record_resettlement")
    return Answer(day is not None and day <= q.on, {"day": day})


@guard("start", mended_by="record_sealing")
def sealed_or_demolished(q: Question, p: Grades) -> Answer | None:
    """The dangerous house is sealed or pulled down before works start (R36, R60)."""
    if q.case.grade not in p.grades:
        return None
    days = [d for d in (q.case.fact_on("record_sealing"), q.case.fact_on("record_demolition")) if d]
    day = min(days) if days else None
    return Answer(day is not None and day <= q.on, {"day": day})


@guard("start", mended_by="appoint_supervisor")
def supervisor_appointed(q: Question, p: Of) -> Answer:
    """The township appointed a trained quality supervisor of a kind that the plan names (R62)."""
    appointed = [e for e in q.case.facts("appoint_supervisor") if e["on"] <= q.on.isoformat()]
    fit = [e for e in appointed if e["data"].get("trained") and e["data"].get("kind") in p.any]
    return Answer(bool(fit), {"appointed": len(appointed), "any": p.any})


@liftable()
@guard("completion")
def works_on_time(q: Question, p: Upto) -> Answer:
    """Works end by the plan's day; later ones are overdue, not refused (R12)."""
    return Answer(p.by is None or q.on <= p.by, {"on": q.on, "by": p.by})
