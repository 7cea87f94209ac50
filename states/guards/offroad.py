"""Guards on actions outside the main procedure: returns, appeals, steps back, corrections, exemptions (R53)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..counting.publicity import suspensions
from .base import Answer, Question, guard

if TYPE_CHECKING:
    from ..policy.sourced import Sourced
    from ..policy.step_tables import Way


@guard("resubmission", of_step=True, needs=("unsound",))
def earlier_steps_hold(q: Question, p: Way) -> Answer:
    """What was decided before the return still holds on the facts as they now stand (R53)."""
    unsound = q.around.unsound if q.around else ()
    return Answer(not unsound, {"rules": tuple(sorted({str(f.rule or f.guard) for f in unsound}))})


@guard("stepping", of_step=True, needs=("before",))
def own_step(q: Question, p: Way) -> Answer | None:
    """A step is taken back by the office that took it."""
    before = q.around.before if q.around else None
    if before is None:
        return None
    values = {"office": q.actor.office, "taken_by": before.office}
    return Answer(q.actor.office == before.office, values, who=(before.office,))


@guard("stepping", of_step=True, needs=("before",))
def nobody_built_on(q: Question, p: Way) -> Answer:
    """A step is taken back only as long as no other office has recorded anything since."""
    before = q.around.before if q.around else None
    others = tuple(sorted({office for office in before.since if office != before.office})) if before else ()
    return Answer(before is not None and not others, {"offices": others})


@guard("appeal_answer", of_step=True)
def appeal_exists(q: Question, p: Sourced) -> Answer | None:
    """What is answered is an appeal of this case that was not answered yet."""
    number = q.data.appeal
    if number is None:
        return None
    answered = {e["data"].get("appeal") for e in q.case.facts("answer_appeal")}
    raised = q.case.record.facts("appeal")
    return Answer(str(number) in raised and number not in answered, {"number": number})


@guard("suspending", of_step=True)
def runs_now(q: Question, p: Sourced) -> Answer:
    """A case is suspended once, and not before its last step or its last suspension's end."""
    held = q.case.record.suspended
    days = [q.case.last_move_on] + [end for _, end in suspensions(q.case.record)]
    last = max((day for day in days if day), default=None)
    return Answer(not held and (last is None or q.on >= last), {"since": held and held["on"], "last": last})


@guard("resuming", of_step=True)
def is_suspended(q: Question, p: Sourced) -> Answer:
    """What is resumed was suspended, and not later than that day."""
    held = q.case.record.suspended
    since = held["on"] if held else None
    return Answer(since is not None and since <= q.on.isoformat(), {"since": since})


@guard("check", of_step=True)
def paper_on_file(q: Question, p: Sourced) -> Answer | None:
    """What is marked is a paper that is on the file (R53, R78)."""
    if q.data.kind is None:
        return None
    return Answer(q.data.kind in q.case.record.papers, {"kind": q.data.kind})


@guard("correction", of_step=True, needs=("corrected",))
def correction_sound(q: Question, p: Sourced) -> Answer | None:
    """A correction changes values that are on record and may be corrected."""
    corrected = q.around.corrected if q.around else None
    if corrected is None:
        return None
    return Answer(bool(corrected.changes) and not corrected.unknown, {"unknown": corrected.unknown})


@guard("correction", of_step=True, needs=("corrected",))
def correction_by_its_office(q: Question, p: Sourced) -> Answer | None:
    """A step is put right by the office that took it, or one that may enter its acts (R54, R77)."""
    corrected = q.around.corrected if q.around else None
    if corrected is None or not corrected.actions:
        return None
    may = q.procedure.records_for.get(q.actor.office, frozenset()) | {q.actor.office}
    taken = {action: q.case.record.acts[action]["office"] for action in corrected.actions}
    others = tuple(sorted({office for office in taken.values() if office not in may}))
    return Answer(not others, {"office": q.actor.office, "offices": others}, who=others)


@guard("correction", of_step=True, needs=("corrected",))
def decisions_hold(q: Question, p: Sourced) -> Answer | None:
    """Every guard of the steps taken still holds on the corrected values; one that does not is kept as a doubt."""
    corrected = q.around.corrected if q.around else None
    if corrected is None:
        return None
    rules = tuple(sorted({str(f.rule or f.guard) for f in corrected.findings}))
    return Answer(not rules, {"rules": rules}, effect="warn")


@guard("exemption", of_step=True)
def rule_exemptible(q: Question, p: Sourced) -> Answer | None:
    """The rule is one that the policy lets a household be exempted from; without such a table it is none."""
    rule = q.data.rule
    if rule is None:
        return None
    by = next((entry for entry in q.procedure.policy.exemptible if entry.rule == rule), None)
    return Answer(rule in q.procedure.exempting.rules, {"exempt": rule, "may": _may(q)}, by=by)


def _may(q: Question) -> tuple[str, ...]:
    """Return the rules that a household can really be exempted from."""
    exempting = q.procedure.exempting
    return tuple(
        sorted(rule for rule in exempting.rules if rule in q.procedure.liftable or rule not in exempting.lifts)
    )


@guard("exemption", of_step=True)
def exemption_lifts(q: Question, p: Sourced) -> Answer | None:
    """An exemption lifts something at the act that it names, or at one at least: what is of the floor it never lifts."""
    rule, act = q.data.rule, q.data.act
    if rule is None or rule not in q.procedure.exempting.rules:
        return None
    at = q.procedure.liftable.get(rule, frozenset()) if rule in q.procedure.exempting.lifts else frozenset()
    replaced = {kind for of, kind in q.procedure.exempting.instead if of == rule}
    at |= {paper.at for paper in q.procedure.policy.papers if paper.rule == rule and paper.kind in replaced}
    return Answer(act in at if act else bool(at), {"exempt": rule, "act": act, "acts": tuple(sorted(at))})


@guard("exemption", of_step=True)
def exemption_bounded(q: Question, p: Sourced) -> Answer:
    """An exemption is for one act or ends on a day, and neither before it begins nor before it is entered."""
    until, first = q.data.until, max(q.on, q.today)
    ok = q.data.act is not None if until is None else until >= first
    return Answer(ok, {"until": until, "on": first})
