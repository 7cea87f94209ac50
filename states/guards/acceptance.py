"""Guards on acceptance and archive (R4, R29c, R36-R36c, R56, R57, R66, R78)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..counting.money import payable_fen
from ..procedure.conditions import fits
from ..record import RETURNED_FEN
from .base import Answer, Question, firm, guard, liftable

if TYPE_CHECKING:
    from ..policy.guards import Of, Upto
    from ..policy.sourced import Sourced
    from ..policy.step_tables import Step
    from ..policy.tables import Item


@liftable("checklist")
@guard("preliminary", "final", of_step=True)
def checklist_complete(q: Question, p: Step) -> Answer | None:
    """Every item of the plan's checklist that applies is met (R36b, R36b2, R36c, R63)."""
    if q.data.checklist is None:
        return None
    wanted = [i for i, fit in q.procedure.items if p.part in i.at and fits(fit, q.traits)]
    if not wanted:
        return None
    absent = [item for item in wanted if not _met(item, q.data.checklist.get(item.id))]
    lifted = q.exempt & q.procedure.exempting.lifts  # not the rules of which only papers may be replaced
    absent.sort(key=lambda item: item.rule in lifted)  # an exemption from one item's rule leaves the others wanting
    values = {"missing": tuple(i.id for i in absent), "names": tuple(i.name for i in absent)}
    return Answer(not absent, values, by=(absent or wanted)[0])


def _met(item: Item, value: bool | int | None) -> bool:
    if item.minimum is None:
        return value is True
    return not isinstance(value, bool) and value is not None and value >= item.minimum


@guard("preliminary", "final", of_moment=True)
def accepted_one_by_one(q: Question, p: Sourced) -> bool:
    """Houses are accepted one by one, as each is finished, never by a list (R70)."""
    return not q.listed


@guard("final", of_step=True)
def preliminary_passed(q: Question, p: Step) -> Answer | None:
    """The final acceptance follows a preliminary one that was passed (R57)."""
    if "pass_preliminary_acceptance" not in q.procedure.acts:
        return None
    day = q.case.act_on("pass_preliminary_acceptance")
    return Answer(day is not None and day <= q.on, {"day": day})


@guard("final")
def panel_complete(q: Question, p: Upto) -> Answer:
    """The panel has departments and professional technicians (R57)."""
    departments, technicians = len(q.data.departments or ()), q.data.technicians or 0
    wanted = p.at_least or 1
    values = {"departments": departments, "technicians": technicians, "wanted": wanted}
    return Answer(departments >= wanted and technicians >= wanted, values)


@guard("final", mended_by="record_demolition")
def old_house_demolished(q: Question, p: Sourced) -> Answer | None:
    """Who builds new has pulled the old house down (R4, R36)."""
    if not q.traits.new_build or q.case.no_house:
        return None
    day = q.case.fact_on("record_demolition")
    return Answer(day is not None and day <= q.on, {"day": day})


@guard("final")
def one_homestead(q: Question, p: Sourced) -> bool | None:
    """The household keeps one homestead only (R4)."""
    return bool(q.data.one_homestead) if q.traits.new_build else None


@firm
@guard("final", mended_by="close_inspection")
def inspections_closed(q: Question, p: Sourced) -> Answer | None:
    """Problems that inspections found are mended; severe ones bar the acceptance (R56)."""
    found = q.case.record.facts("record_inspection")
    closed = {entry["data"].get("inspection") for entry in q.case.facts("close_inspection")}
    still = {int(s): e["data"] for s, e in found.items() if e["data"].get("problem") and int(s) not in closed}
    if not found:
        return None
    severe = any(data.get("blocks_acceptance") for data in still.values())
    return Answer(not still, {"inspections": tuple(sorted(still))}, effect="block" if severe else "warn")


@guard("inspection_closed", of_step=True)
def inspection_exists(q: Question, p: Sourced) -> Answer | None:
    """What is closed is an inspection of this case (R56)."""
    number = q.data.inspection
    if number is None:
        return None
    return Answer(str(number) in q.case.record.facts("record_inspection"), {"number": number})


@firm
@guard("archiving")
def report_copies_kept(q: Question, p: Of) -> Answer | None:
    """Copies of the appraisal report are kept in every place that the plan names (R29c)."""
    if q.case.no_house:
        return None
    absent = tuple(place for place in p.all if place not in (q.data.copies or ()))
    return Answer(not absent, {"missing": absent})


@guard("archiving", of_step=True)
def paid_or_closed(q: Question, p: Step) -> bool:
    """A file is archived once it was paid, or closed without payment for a reason; nothing lies with the bank (R40a)."""
    settled = q.case.act_on("pay") or q.case.act_on("close_without_payment")
    with_the_bank = min(q.case.fen(RETURNED_FEN), payable_fen(q.case) or 0)
    return settled is not None and with_the_bank <= 0
