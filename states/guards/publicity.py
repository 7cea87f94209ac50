"""Guards on deliberation, notices, objections, review and meeting (R7, R45-R51, R54, R77)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ..calendar import first_allowed
from ..errors import YearUndetermined
from .base import Answer, Question, guard

if TYPE_CHECKING:
    from ..policy import Of, Sourced, Step


@guard("deliberation")
def assembly_allowed(q: Question, p: Of) -> Answer | None:
    """The assembly is one that the plan names (R45)."""
    chosen = q.data.assembly
    return None if chosen is None else Answer(chosen in p.any, {"assembly": chosen, "allowed": p.any})


@guard("deliberation")
def deliberation_passed(q: Question, p: Sourced) -> bool | None:
    """The assembly found the household eligible (R47)."""
    return None if q.data.approved is None else bool(q.data.approved)


@guard("deliberation", of_step=True)
def votes_add_up(q: Question, p: Step) -> Answer | None:
    """The votes that were counted fit those present, and those present fit those entitled."""
    d = q.data
    cast = sum(n or 0 for n in (d.votes_for, d.votes_against, d.abstained))
    if d.present is None and not cast:
        return None
    present = d.present if d.present is not None else cast
    ok = cast <= present and (d.eligible is None or present <= d.eligible)
    if d.approved and d.votes_for is not None and d.votes_against is not None:
        ok = ok and d.votes_for > d.votes_against
    return Answer(ok, {"cast": cast, "present": present, "eligible": d.eligible})


@guard("deliberation", "review", "approval")
def relation_declared(q: Question, p: Sourced) -> bool | None:
    """A relation between an official and the household is shown (R77)."""
    return False if q.data.relation_declared else None


@guard("posting", of_step=True)
def places_posted(q: Question, p: Step) -> Answer | None:
    """The notice hangs at every place that the plan names (R46, R50, R54)."""
    if q.data.places is None:
        return None
    absent = tuple(place for place in p.places if place not in q.data.places)
    return Answer(not absent, {"missing": absent, "places": p.places})


@guard("posting")
def notice_discloses(q: Question, p: Of) -> Answer:
    """The notice makes the policy, the beneficiaries and the standard public (R7)."""
    absent = tuple(item for item in p.all if item not in (q.data.discloses or ()))
    return Answer(not absent, {"missing": absent})


@guard("posting", of_step=True)
def deadline_countable(q: Question, p: Step) -> Answer:
    """The end of the period can be counted with official calendar data; a year without is never guessed."""
    try:
        return Answer(True, {"until": first_allowed(q.on, p.period, q.calendar)})
    except YearUndetermined as error:
        return Answer(False, {"year": error.year})


@guard("closing", of_step=True)
def publicity_days_complete(q: Question, p: Step) -> Answer:
    """The notice hung for its whole days before the case moves on (R46, R50, R54)."""
    posted = q.case.record.get("publicity", {}).get(q.act.level)
    if posted is None:
        return Answer(False, {"days": p.days, "unit": p.unit, "shown": 0})
    opens = date.fromisoformat(posted["opens_on"])
    on = date.fromisoformat(posted["posted_on"])
    shown = max((q.on - on).days - (0 if p.count_posting_day else 1), 0)
    values = {"days": p.days, "unit": p.unit, "shown": shown, "posted": on, "opens": opens}
    return Answer(q.on >= opens, values, opens_on=None if q.on >= opens else opens)


@guard("closing", of_step=True)
def hung_throughout(q: Question, p: Step) -> bool | None:
    """The notice hung at every place through the whole period (R46, R50, R54)."""
    return None if q.data.hung_throughout is None else bool(q.data.hung_throughout)


@guard("move", of_step=True, mended_by="answer_objection")
def no_open_objection(q: Question, p: Sourced) -> Answer | None:
    """No objection is open or upheld when the case moves up (R47)."""
    if q.act.kind == "way":
        return None
    raised = q.case.record.get("facts", {}).get("raise_objection")
    if not raised:
        return Answer(True)
    cleared = {e["data"].get("objection") for e in q.case.facts("answer_objection") if not e["data"].get("upheld")}
    upheld = {e["data"].get("objection") for e in q.case.facts("answer_objection") if e["data"].get("upheld")}
    still = tuple(sorted(int(seq) for seq in raised if int(seq) not in cleared or int(seq) in upheld))
    return Answer(not still, {"objections": still, "upheld": tuple(sorted(upheld & set(still)))})


@guard("answer", of_step=True)
def objection_exists(q: Question, p: Sourced) -> Answer | None:
    """What is answered is an objection of this case (R47)."""
    number = q.data.objection
    if number is None:
        return None
    return Answer(str(number) in q.case.record.get("facts", {}).get("raise_objection", {}), {"number": number})


@guard("report")
def form_after_publicity(q: Question, p: Sourced) -> Answer | None:
    """The approval form is filled in after the village publicity, never before (R47)."""
    day, level = q.data.form_on, str(q.act.level)
    if level not in q.procedure.levels:
        return None
    closed = q.case.act_on(f"close_{level}_publicity")
    posted = q.case.record.get("publicity", {}).get(level)
    if day is None:
        return None
    opens = date.fromisoformat(posted["opens_on"]) if posted else closed
    ok = opens is not None and opens <= day <= q.on
    return Answer(ok, {"form_on": day, "opens": opens, "on": q.on})


@guard("review")
def household_visited(q: Question, p: Sourced) -> Answer:
    """The township visited the household before it accepted the papers (R49)."""
    visited = q.data.visited_on or q.case.fact_on("record_household_visit")
    return Answer(visited is not None and visited <= q.on, {"visited": visited})


@guard("review", of_step=True)
def papers_in_order(q: Question, p: Step) -> bool | None:
    """The township found the papers in order (R49)."""
    return None if q.data.papers_in_order is None else bool(q.data.papers_in_order)


@guard("meeting", of_step=True)
def meeting_decided(q: Question, p: Step) -> bool | None:
    """The meeting decided in favour (R51)."""
    return None if q.data.approved is None else bool(q.data.approved)


@guard("meeting", of_step=True)
def meeting_after_publicity(q: Question, p: Step) -> Answer | None:
    """The township meets after its publicity, never before (R51)."""
    held = q.data.held_on or q.on
    posted = q.case.record.get("publicity", {}).get(p.level)
    if posted is None:
        return None
    opens = date.fromisoformat(posted["opens_on"])
    return Answer(opens <= held <= q.on, {"held": held, "opens": opens})
