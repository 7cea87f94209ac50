"""Guards on the appraisal (R28, R29a-R29e)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..procedure.conditions import compiled, fits
from .base import Answer, Question, firm, guard

if TYPE_CHECKING:
    from ..policy.guards import Grades, Of
    from ..policy.sourced import Sourced
    from ..policy.step_tables import Step


@guard("appraisal", of_step=True)
def appraisal_needed(q: Question, p: Step) -> bool | None:
    """Where the plan waives the appraisal there is nothing to appraise (R29a)."""
    if p.waived_when is None:
        return None
    return not fits(compiled(p.waived_when), q.traits)


@guard("waiver", of_step=True)
def waiver_allowed(q: Question, p: Step) -> bool:
    """An appraisal is waived only for those whom the plan names (R29a)."""
    return p.waived_when is not None and fits(compiled(p.waived_when), q.traits)


@firm
@guard("appraisal")
def grade_eligible(q: Question, p: Grades) -> Answer | None:
    """The grade makes the house an object of the plan (R29a)."""
    grade = q.data.grade
    return None if grade is None else Answer(grade in p.grades, {"grade": grade, "grades": p.grades})


@firm
@guard("appraisal")
def appraiser_engaged(q: Question, p: Of) -> Answer:
    """A third party was engaged by the office that the plan names, and went to the site (R29b)."""
    by, body, seen = q.data.engaged_by, bool(q.data.body), q.data.on_site_on
    ok = body and seen is not None and seen <= q.on and by in p.any
    return Answer(ok, {"engaged_by": by, "any": p.any, "body": body, "on_site": seen}, who=p.any)


@firm
@guard("appraisal")
def appraiser_independent(q: Question, p: Sourced) -> Answer | bool:
    """The appraiser is neither builder nor applicant (R29b)."""
    return not (q.data.body_is_builder or q.data.body_is_applicant)


@guard("appraisal")
def standard_named(q: Question, p: Sourced) -> bool:
    """The appraisal says which standard it applied (R29b)."""
    return bool(q.data.standard)


@guard("appraisal", of_step=True)
def identity_before_appraisal(q: Question, p: Step) -> Answer | None:
    """Only a household whose identity was accepted is appraised (R28)."""
    accepted, seen = q.case.act_on("accept_identity"), q.data.on_site_on
    if "accept_identity" not in q.procedure.acts or seen is None:
        return None
    ok = accepted is not None and seen >= accepted
    by = q.procedure.acts["accept_identity"].table
    return Answer(ok, {"on_site": seen, "accepted": accepted}, by=by)


@guard("appraisal", mended_by="record_demolition")
def appraised_before_demolition(q: Question, p: Of) -> Answer | None:
    """A house that went before its appraisal goes on only with other evidence of its former state (R29e)."""
    if not q.traits.demolished_first:
        return None
    shown = {kind for entry in q.case.facts("record_demolition") for kind in entry["data"].get("evidence", ())}
    shown |= q.case.papers | {document.kind for document in q.documents}
    found = tuple(kind for kind in p.any if kind in shown)
    return Answer(False, {"evidence": found, "any": p.any}, effect="warn" if found else "block")


@guard("appraisal", of_step=True)
def grade_of_intake(q: Question, p: Step) -> Answer | None:
    """A case that came in another way goes on only with a grade that the way is meant for (R15)."""
    intake = q.procedure.intake
    if intake is None or not intake.grades or q.data.grade is None:
        return None
    return Answer(q.data.grade in intake.grades, {"grade": q.data.grade, "grades": intake.grades}, by=intake)
