"""Guards on deliberation, notices, objections, review and meeting (R7, R45-R51, R54, R77)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ..calendar import first_allowed
from ..counting.publicity import down
from ..errors import YearUndetermined
from .base import Answer, Question, firm, guard

if TYPE_CHECKING:
    from ..policy.guards import Of, Quorum
    from ..policy.sourced import Sourced
    from ..policy.step_tables import Step
    from ..values import Notice, ObjectionEntry


@guard("deliberation")
def assembly_allowed(q: Question, p: Of) -> Answer | None:
    """The assembly is one that the plan names (R45)."""
    chosen = q.data.assembly
    return None if chosen is None else Answer(chosen in p.any, {"assembly": chosen, "allowed": p.any})


@firm
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
    if d.present is not None and cast:
        ok = ok and cast + len(d.stepped_aside or ()) <= d.present
    if d.approved and d.votes_for is not None and d.votes_against is not None:
        ok = ok and d.votes_for > d.votes_against
    return Answer(ok, {"cast": cast, "present": present, "eligible": d.eligible})


@guard("deliberation", "review", "approval")
def relation_declared(q: Question, p: Sourced) -> bool | None:
    """A relation between an official and the household is shown (R77)."""
    return False if q.data.relation_declared else None


@guard("deliberation")
def quorum_reached(q: Question, p: Quorum) -> Answer | None:
    """Enough were present, and more than the wanted share of them agreed; else the meeting decided nothing (R45).

    Uncounted votes are said to be so. What was entered so late that two persons stand for it is told and not refused.
    """
    d = q.data
    if d.approved is False:
        return None
    counted = d.eligible is not None and d.present is not None and d.votes_for is not None
    share = p.present.get(d.assembly or "")
    there = not share or (counted and _reaches(d.present, d.eligible, share, exactly=True))
    agree = not p.agree or (counted and _reaches(d.votes_for, d.present, p.agree, exactly=False))
    values = {"counted": counted, "present": d.present, "eligible": d.eligible, "votes": d.votes_for, "share": share}
    told = "warn" if not counted or _entered_late(q) else None
    return Answer(bool(there and agree), {**values, "agree": p.agree}, effect=told)


def _entered_late(q: Question) -> bool:
    """Tell whether an act is entered later than one person alone may enter it."""
    rules = q.procedure.policy.guards
    table = rules.late_entry_agreed or rules.entered_in_time
    return table.days is not None and (q.today - q.on).days > table.days


def _reaches(part: int, whole: int, share: str, *, exactly: bool) -> bool:
    above, below = (int(number) for number in share.split("/"))
    return part * below >= whole * above if exactly else part * below > whole * above


@guard("deliberation")
def relatives_stepped_aside(q: Question, p: Sourced) -> bool | None:
    """Where a relation was declared, the relatives did not vote (R77)."""
    return bool(q.data.stepped_aside) if q.data.relation_declared else None


@guard("posting", of_step=True)
def places_posted(q: Question, p: Step) -> Answer | None:
    """The notice hangs at every place that the plan names, from the act's day at the latest (R46, R50, R54)."""
    if q.data.places is None:
        return None
    absent = tuple(place for place in p.places if place not in q.data.places)
    late = tuple(place for place, day in (q.data.posted or {}).items() if day > q.on)
    return Answer(not absent and not late, {"missing": absent or late, "places": p.places})


@guard("posting")
def places_photographed(q: Question, p: Sourced) -> Answer:
    """There is a photograph of the notice at each place (R46)."""
    photos = sum(d.kind.endswith("notice_photo") for d in q.documents)
    wanted = len(q.data.places or ())
    return Answer(photos >= wanted, {"photos": photos, "wanted": wanted})


@guard("posting")
def notice_discloses(q: Question, p: Of) -> Answer:
    """The notice makes the policy, the beneficiaries and the standard public (R7)."""
    wanted = getattr(q.act.table, "shows", ()) or p.all
    absent = tuple(item for item in wanted if item not in (q.data.discloses or ()))
    return Answer(not absent, {"missing": absent})


@guard("posting", of_step=True, of_moment=True)
def deadline_countable(q: Question, p: Step) -> Answer:
    """The end of the period can be counted with official calendar data; a year without is never guessed."""
    try:
        return Answer(True, {"until": first_allowed(q.on, p.period, q.calendar)})
    except YearUndetermined as error:
        return Answer(False, {"year": error.year})


@guard("closing", of_step=True)
def publicity_days_complete(q: Question, p: Step) -> Answer:
    """The notice hung for its whole days at every place before the case moves on (R46, R50, R54)."""
    posted = q.case.record.publicity.get(q.act.level or "")
    if posted is None:
        return Answer(False, {"days": p.days, "unit": p.unit, "posted": None, "opens": None, "down": ()})
    values = {"days": p.days, "unit": p.unit, "posted": posted["posted_on"]}
    if posted["opens_on"] is None:
        return Answer(False, {**values, "opens": None, "down": down(posted, p)})
    opens = date.fromisoformat(posted["opens_on"])
    return Answer(q.on >= opens, {**values, "opens": opens, "down": ()}, opens_on=None if q.on >= opens else opens)


@guard("closing", of_step=True)
def hung_throughout(q: Question, p: Step) -> bool | None:
    """The notice hung at every place through the whole period (R46, R50, R54)."""
    return None if q.data.hung_throughout is None else bool(q.data.hung_throughout)


@guard("upward", "instalment", "reissue", of_step=True, mended_by="answer_objection", of_moment=True)
def no_open_objection(q: Question, p: Sourced) -> Answer:
    """No objection is open, or upheld without what its outcome asks for, when the case goes on (R47, R50, R54)."""
    raised = q.case.record.objections
    still = tuple(sorted(int(number) for number, o in raised.items() if _holds_back(q, o)))
    upheld = tuple(n for n in still if raised[str(n)].get("upheld"))
    by = next((q.procedure.hearings.get(raised[str(n)]["level"]) for n in still), None)
    return Answer(not still, {"objections": still, "upheld": upheld}, by=by)


def _holds_back(q: Question, objection: ObjectionEntry) -> bool:
    """Tell whether an objection bars the way up: open, or answered with an outcome that is not carried out yet."""
    hearing = q.procedure.hearings.get(objection["level"])
    if hearing is not None and hearing.late == "recorded" and objection["late"]:
        return False
    answer = objection.get("answer")
    if answer is None:
        return True
    if hearing is None:
        return bool(objection["upheld"])
    outcome = hearing.upheld if objection["upheld"] else hearing.cleared
    if outcome == "return":
        back = q.case.record.act_seq("resubmit")
        return bool(back < answer) and q.act.form != "resubmission"
    if outcome == "post_again":
        return _posted_again(q, objection["level"]) < int(answer)
    reopened = q.case.record.act_seq("reopen")
    return outcome == "end" and int(reopened) < int(answer)


def _posted_again(q: Question, level: str) -> int:
    """Return the number of the last corrected notice of a level, or of its posting anew; 0 where there is none."""
    again = q.case.record.facts("repost_notice")
    anew = [int(n) for n, e in again.items() if e["data"].get("corrected") and e["data"].get("level") == level]
    posted = q.case.record.act_seq(f"post_{level}_notice")
    return max([*anew, int(posted)])


@guard("objection", of_step=True)
def notice_was_posted(q: Question, p: Sourced) -> Answer | None:
    """What is objected to is a notice that was put up by then (R47)."""
    if q.data.level is None:
        return None
    posted = q.case.record.publicity.get(q.data.level)
    ok = posted is not None and posted["posted_on"] <= q.on.isoformat()
    return Answer(ok, {"level": q.data.level, "posted": posted and posted["posted_on"]})


@guard("answer", of_step=True)
def objection_exists(q: Question, p: Sourced) -> Answer | None:
    """What is answered is an objection of this case that was not answered yet (R47)."""
    number = q.data.objection
    if number is None:
        return None
    known = q.case.record.objections.get(str(number))
    return Answer(known is not None and "answer" not in known, {"number": number})


@guard("answer", of_step=True)
def reviewed_by_its_level(q: Question, p: Sourced) -> Answer | None:
    """An objection is reviewed by the office that the plan names for its level (R47)."""
    known = q.case.record.objections.get(str(q.data.objection))
    hearing = q.procedure.hearings.get(known["level"]) if known else None
    if hearing is None:
        return None
    values = {"office": q.actor.office, "offices": hearing.offices}
    return Answer(q.actor.office in hearing.offices, values, who=hearing.offices, by=hearing)


@guard("taking_down", "reposting", of_step=True)
def notice_stands(q: Question, p: Sourced) -> Answer | None:
    """A notice comes down, or goes up again, where it hung before, and not before it went up (R46)."""
    if q.data.level is None:
        return None
    posted = q.case.record.publicity.get(q.data.level) if q.data.level in q.procedure.levels else None
    place = getattr(q.data, "place", None)
    if posted is None:
        return Answer(False, {"level": q.data.level, "place": place, "since": None})
    hangs = place is None or any(end is None for _, end in posted["places"].get(place, ()))
    asked, wanted = set(getattr(q.data, "places", None) or ()), set(q.procedure.levels[q.data.level].places)
    hangs = hangs and asked <= wanted and (not asked or not getattr(q.data, "corrected", None) or asked == wanted)
    since = max(day for spans in posted["places"].values() for span in spans for day in span if day)
    return Answer(hangs and q.on.isoformat() >= since, {"level": q.data.level, "place": place, "since": since})


def _opened(posted: Notice) -> date | None:
    """Return the day on which a publicity opened; None for one that turned out to have been cut short."""
    return date.fromisoformat(posted["opens_on"]) if posted["opens_on"] else None


@firm
@guard("report")
def form_after_publicity(q: Question, p: Sourced) -> Answer | None:
    """The approval form is filled in after the village publicity, never before (R47)."""
    day, level = q.data.form_on, str(q.act.level)
    if level not in q.procedure.levels:
        return None
    closed = q.case.act_on(f"close_{level}_publicity")
    posted = q.case.record.publicity.get(level)
    if day is None:
        return None
    opens = _opened(posted) if posted else closed
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
    posted = q.case.record.publicity.get(p.at)
    if posted is None:
        return None
    opens = _opened(posted)
    return Answer(opens is not None and opens <= held <= q.on, {"held": held, "opens": opens})
