"""What an allowed act changes in the record: its own entry, its papers, and the values computed from it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from . import publicity
from .conditions import fits
from .forms import recorded
from .money import approved_fen, subsidy_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .guards.base import Question
    from .policy import Sourced
    from .procedure import Procedure

Changes = dict[str, Any]


def changes_of(
    q: Question, seq: int, *, to: str | None = None, list_id: str | None = None, archive_no: str | None = None
) -> Changes:
    """Return the changes that event number `seq` makes: paths into the record with their new values."""
    changes: Changes = {}
    if q.act.kind == "way" and to is not None:
        changes.update(_leaving(q, to))
    entry: dict[str, Any] = {"on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office}
    entry["data"] = recorded(q.data)
    if list_id is not None:
        entry["list"] = list_id
    if keeps_place(q, to):
        changes[f"facts/{q.act.name}/{seq}"] = entry
    else:
        changes[f"acts/{q.act.name}"] = {"seq": seq, "from": q.case.state, **_resuming(q), **entry}
    for kind in sorted({document.kind for document in q.documents}):
        changes[f"{_shelf(q)}/{kind}/{seq}"] = sum(d.kind == kind for d in q.documents)
    compute = _COMPUTED.get(q.act.computes)
    if compute:
        changes.update(compute(q, seq))
    if to in q.procedure.closed:
        changes.update({name: None for name in ("clocks", "opens_on", "suspended") if q.case.record.get(name)})
    if q.act.kind == "registration" and archive_no is not None:
        changes["archive_no"] = archive_no
    return changes


def keeps_place(q: Question, to: str | None) -> bool:
    """Tell whether an act is kept as an entry beside others, not as the one step of its name: a fact, or a step back."""
    return not q.act.moves or to == q.case.state or getattr(q.act.table, "to", None) == "step"


def _shelf(q: Question) -> str:
    """Return where an act's papers are kept: those that come after the file was sealed lie beside it (R78)."""
    return "late_papers" if q.act.form == "late_paper" else "papers"


def _resuming(q: Question) -> Changes:
    resumes = getattr(q.act.table, "resumes", None)
    return {"resumes": resumes} if resumes else {}


# ------------------------------------------------------------------ leaving the road, and coming back


def _leaving(q: Question, to: str) -> Changes:
    """Return what a way changes of itself: deadlines end, what has to be done again is forgotten, money is marked."""
    again = q.case.record.get("publicity", {}).get(to.removesuffix("_publicity"), {}).get("opens_on")
    changes: Changes = {"opens_on": again} if again or q.case.record.get("opens_on") else {}
    resumes = getattr(q.act.table, "resumes", None)
    if resumes:
        changes.update(forgotten(q.procedure, q.case.record, resumes))
    if q.act.form == "resubmission":
        changes.update(forgotten(q.procedure, q.case.record, to))
    if getattr(q.act.table, "cancels", False):
        changes["cancelled_fen"] = q.case.record.get("approved_fen")
        changes["recover_fen"] = q.case.fen("paid_fen") or None
    return changes


def forgotten(procedure: Procedure, record: Mapping[str, Any], state: str) -> Changes:
    """Return the changes that take back every step from a state of the road on: they have to be taken anew.

    Facts and papers stay, and the history has the steps as they were.
    """
    acts = record.get("acts", {})
    changes: Changes = {}
    for part in procedure.road[procedure.place[state] :]:
        if part.action in acts:
            changes[f"acts/{part.action}"] = None
        if part.kind == "posting" and part.step.level in record.get("publicity", {}):
            changes[f"publicity/{part.step.level}"] = None
        if part.kind == "approval":
            changes.update({name: None for name in ("approved_fen", "line", "subsidy_kind") if name in record})
        if part.kind == "appraisal" and "waive_appraisal" in acts:
            changes["acts/waive_appraisal"] = None
    return changes


def restored(record: Mapping[str, Any], before: Mapping[str, Any], undone: Mapping[str, Any]) -> Changes:
    """Return the changes that put every path of an undone step back to its value before; papers and facts stay."""
    changes: Changes = {}
    for path in undone:
        if path.split("/")[0] in ("papers", "late_papers", "facts", "archive_no"):
            continue
        old: Any = before
        for key in path.split("/"):
            old = old.get(key) if isinstance(old, dict) else None
        changes[path] = old
    return changes


# ------------------------------------------------------------------ clocks


def _clock(name: str, due: date, table: Sourced, who: tuple[str, ...]) -> Changes:
    return {f"clocks/{name}": {"due": due.isoformat(), "rule": table.rule, "who": list(who)}}


def _stopped(q: Question, name: str) -> Changes:
    return {f"clocks/{name}": None} if name in q.case.record.get("clocks", {}) else {}


def _after(q: Question, name: str, who: tuple[str, ...]) -> Changes:
    days = getattr(q.act.table, "days", None)
    return _clock(name, q.on + timedelta(days=days), q.act.table, who) if days else {}


def _returning(q: Question, seq: int) -> Changes:
    by = next((way.offices for way in q.procedure.policy.ways if way.form == "resubmission"), ())
    return _after(q, "return", by)


def _resubmission(q: Question, seq: int) -> Changes:
    return _stopped(q, "return")


def _failing(q: Question, seq: int) -> Changes:
    return _clock("rectification", q.data.mend_by, q.act.table, ("township",)) if q.data.mend_by else {}


def _mending(q: Question, seq: int) -> Changes:
    return _stopped(q, "rectification")


def _agreement(q: Question, seq: int) -> Changes:
    return _clock("completion", q.data.complete_by, q.act.table, ("township",)) if q.data.complete_by else {}


def _completion(q: Question, seq: int) -> Changes:
    return _stopped(q, "completion")


def _suspend(q: Question, seq: int) -> Changes:
    changes: Changes = {"suspended": {"on": q.on.isoformat(), "seq": seq}}
    return {**changes, **_recounted(q, {**q.case.record, **changes})}


def _resume(q: Question, seq: int) -> Changes:
    """Move every clock by the days really suspended, and count a running publicity again."""
    began = q.case.record["suspended"]
    days = (q.on - date.fromisoformat(began["on"])).days
    changes: Changes = {"suspended": None, f"suspensions/{began['seq']}": [began["on"], q.on.isoformat()]}
    for name, clock in q.case.record.get("clocks", {}).items():
        due = date.fromisoformat(clock["due"]) + timedelta(days=days)
        changes[f"clocks/{name}"] = {**clock, "due": due.isoformat()}
    spans = {**q.case.record.get("suspensions", {}), str(began["seq"]): [began["on"], q.on.isoformat()]}
    after = {**q.case.record, "suspended": None, "suspensions": spans}
    return {**changes, **_recounted(q, after)}


def _recounted(q: Question, record: Mapping[str, Any]) -> Changes:
    """Count the publicity that runs in the case's state again."""
    level = q.case.state.removesuffix("_publicity")
    step, shown = q.procedure.levels.get(level), record.get("publicity", {}).get(level)
    if step is None or shown is None or not q.case.state.endswith("_publicity"):
        return {}
    new = publicity.recounted(shown, step, publicity.suspensions(record), q.calendar)
    return {f"publicity/{level}": new, "opens_on": new["opens_on"]}


# ------------------------------------------------------------------ notices


def _posting(q: Question, seq: int) -> Changes:
    """Stamp the deadline with the calendar data that it was counted with: it is never recomputed silently."""
    step = q.procedure.levels[q.act.level or ""]
    days = q.data.posted or {}
    places = {place: days.get(place, q.on) for place in q.data.places or ()}
    shown = publicity.posted(step, places, q.on, q.calendar)
    return {f"publicity/{q.act.level}": shown, "opens_on": shown["opens_on"]}


def _closing(q: Question, seq: int) -> Changes:
    return {"opens_on": None}


def _taking_down(q: Question, seq: int) -> Changes:
    return _notice(q, publicity.taken_down(q.case.record["publicity"][q.data.level], q.data.place, q.on))


def _reposting(q: Question, seq: int) -> Changes:
    shown = q.case.record["publicity"][q.data.level]
    step = q.procedure.levels[q.data.level]
    anew = bool(q.data.corrected)
    places = q.data.places or (step.places if anew else publicity.down(shown, step))
    return _notice(q, publicity.put_back(shown, places, q.on, anew=anew))


def _notice(q: Question, shown: Mapping[str, Any]) -> Changes:
    level = q.data.level
    new = publicity.recounted(shown, q.procedure.levels[level], publicity.suspensions(q.case.record), q.calendar)
    running = q.case.state == f"{level}_publicity"
    return {f"publicity/{level}": new, **({"opens_on": new["opens_on"]} if running else {})}


def _objection(q: Question, seq: int) -> Changes:
    """Say whether an objection came within the period, and start the clock of its review (R47)."""
    shown = q.case.record.get("publicity", {}).get(q.data.level, {})
    late = bool(shown.get("opens_on")) and q.on.isoformat() >= shown["opens_on"]
    changes: Changes = {f"objections/{seq}": {"level": q.data.level, "late": late}}
    hearing = q.procedure.hearings.get(q.data.level)
    if hearing and hearing.days:
        due = q.on + timedelta(days=hearing.days)
        changes.update(_clock(f"objection-{seq}", due, hearing, hearing.offices))
    return changes


def _answer(q: Question, seq: int) -> Changes:
    number = q.data.objection
    changes = _stopped(q, f"objection-{number}")
    known = q.case.record.get("objections", {}).get(str(number))
    if known is not None:
        changes[f"objections/{number}"] = {**known, "answer": seq, "upheld": bool(q.data.upheld)}
    return changes


def _appealing(q: Question, seq: int) -> Changes:
    return _after(q, f"appeal-{seq}", q.act.offices)


def _appeal_answer(q: Question, seq: int) -> Changes:
    return _stopped(q, f"appeal-{q.data.appeal}")


# ------------------------------------------------------------------ papers, corrections, steps back


def _check(q: Question, seq: int) -> Changes:
    return {f"marks/{q.data.kind}": {"seq": seq, "accepted": bool(q.data.accepted)}}


def _correction(q: Question, seq: int) -> Changes:
    corrected = q.around.corrected if q.around else None
    if corrected is None:
        return {}
    doubts = {f"doubts/{key}": {**value, "since": seq} for key, value in corrected.doubts.items()}
    return {**corrected.changes, **doubts, **{f"doubts/{key}": None for key in corrected.healed}}


def _stepping(q: Question, seq: int) -> Changes:
    before = q.around.before if q.around else None
    return {} if before is None else restored(q.case.record, before.record, before.undone)


def _reopening(q: Question, seq: int) -> Changes:
    return {name: None for name in ("cancelled_fen", "recover_fen") if name in q.case.record}


# ------------------------------------------------------------------ money


def _approval(q: Question, seq: int) -> Changes:
    line = next((line.id for line, fit in q.procedure.lines if fits(fit, q.traits)), None)
    subsidy = subsidy_for(q.procedure, q.traits)
    kind = subsidy.kind if subsidy else "undetermined"
    return {
        "line": line,
        "subsidy_kind": kind,
        "approved_fen": approved_fen(q.procedure, q.traits, q.data.planned_cost),
    }


def _fen(q: Question) -> int:
    return int(q.data.amount * 100)


def _payment(q: Question, seq: int) -> Changes:
    return {"paid_fen": q.case.fen("paid_fen") + _fen(q)}


def _returned_payment(q: Question, seq: int) -> Changes:
    return {"paid_fen": q.case.fen("paid_fen") - _fen(q), "returned_fen": q.case.fen("returned_fen") + _fen(q)}


def _reissue(q: Question, seq: int) -> Changes:
    return {"paid_fen": q.case.fen("paid_fen") + _fen(q), "returned_fen": q.case.fen("returned_fen") - _fen(q)}


def _recovery(q: Question, seq: int) -> Changes:
    return {
        "recover_fen": q.case.fen("recover_fen") - _fen(q), "recovered_fen": q.case.fen("recovered_fen") + _fen(q),
    }  # fmt: skip


def _refund(q: Question, seq: int) -> Changes:
    return {"refunded_fen": q.case.fen("refunded_fen") + _fen(q)}


def _alteration(q: Question, seq: int) -> Changes:
    """Mark what was paid for recovery when a later change puts the house over its area (R75, R76)."""
    mode = q.procedure.mode(q.case.mode)
    over = mode is not None and mode.area is not None and q.data.area is not None
    if not over or q.data.area <= (mode.area.relaxed_cap or mode.area.cap):  # type: ignore[union-attr]
        return {}
    return {"recover_fen": q.case.fen("paid_fen") - q.case.fen("recovered_fen") or None}


def computed(q: Question, seq: int) -> Changes:
    """Return the values that an act computes, without its own entry: what a correction counts again."""
    return _COMPUTED[q.act.computes](q, seq) if q.act.kind in ("approval", "posting") else {}


_COMPUTED: dict[str, Callable[[Question, int], Changes]] = {
    "posting": _posting, "closing": _closing, "taking_down": _taking_down, "reposting": _reposting,
    "objection": _objection, "answer": _answer, "appealing": _appealing, "appeal_answer": _appeal_answer,
    "returning": _returning, "resubmission": _resubmission, "failing": _failing, "mending": _mending,
    "agreement": _agreement, "completion": _completion, "suspending": _suspend, "resuming": _resume,
    "check": _check, "correction": _correction, "stepping": _stepping, "reopening": _reopening,
    "approval": _approval, "payment": _payment, "instalment": _payment, "returned_payment": _returned_payment,
    "reissue": _reissue, "recovery": _recovery, "refund": _refund, "alteration": _alteration,
}  # fmt: skip
