"""Change the record when a case leaves the main procedure or comes back to it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..case import folded
from .clocks import after, clock, stopped
from .notices import recounted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..guards.base import Question
    from ..procedure.graph import Procedure
    from .clocks import Changes


def leaving(q: Question, to: str) -> Changes:
    """Return what a way changes of itself: deadlines end, what has to be done again is forgotten, money is marked."""
    changes: Changes = {"opens_on": None} if q.case.record.get("opens_on") else {}
    if q.act.form == "reopening" and q.case.last_step is not None:
        ended = q.case.last_step[1]
        changes[f"suspensions/{ended['seq']}"] = [ended["on"], q.on.isoformat()]  # while it was ended nothing counted
    if to.endswith("_publicity") and q.act.form in ("reopening", "resubmission"):
        changes.update(recounted(q, folded(q.case.record, changes), to))
    resumes = getattr(q.act.table, "resumes", None)
    if resumes:
        changes.update(forgotten(q.procedure, q.case.record, resumes))
    if q.act.form == "resubmission":
        changes.update(forgotten(q.procedure, q.case.record, to))
    if getattr(q.act.table, "cancels", False) and q.case.record.get("approved_fen") is not None:
        changes["cancelled_fen"] = q.case.record["approved_fen"]
    return changes


def ended(q: Question, to: str) -> Changes:
    """Return what an end stops: clocks wait for a reopening, a suspension is over, no day opens anything."""
    record = q.case.record
    changes: Changes = {name: None for name in ("clocks", "opens_on", "suspended") if record.get(name)}
    if record.get("clocks") and to != "archived":
        changes["kept_clocks"] = record["clocks"]
    if record.get("suspended"):
        changes[f"suspensions/{record['suspended']['seq']}"] = [record["suspended"]["on"], q.on.isoformat()]
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
        if part.kind == "posting" and part.step.at in record.get("publicity", {}):
            changes[f"publicity/{part.step.at}"] = None
        if part.kind == "approval":
            changes.update({name: None for name in ("approved_fen", "line", "subsidy_kind") if name in record})
        if part.kind == "appraisal" and "waive_appraisal" in acts:
            changes["acts/waive_appraisal"] = None
    gone = {path.removeprefix("acts/") for path in changes if path.startswith("acts/")}
    return {**changes, **_without_doubts(record, gone)}


def _without_doubts(record: Mapping[str, Any], actions: set[str]) -> Changes:
    """Drop the doubts about steps that are taken anew."""
    return {f"doubts/{key}": None for key in record.get("doubts", {}) if key.split(":")[0] in actions}


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
    gone = {path.removeprefix("acts/") for path in undone if path.startswith("acts/")}
    return {**changes, **_without_doubts(record, gone)}


def stepping(q: Question, seq: int) -> Changes:
    """Put everything back to what it was before the last step."""
    before = q.around.before if q.around else None
    if before is None:
        return {}
    changes = restored(q.case.record, before.record, before.undone)
    to = q.procedure.target(q.case, q.act.name) or ""
    shown = q.case.record.get("publicity", {}).get(to.removesuffix("_publicity"))
    return {**changes, "opens_on": shown["opens_on"]} if shown and to.endswith("_publicity") else changes


def reopening(q: Question, seq: int) -> Changes:
    """Take an end back: the subsidy is not cancelled any more, and clocks go on by the days that the end took."""
    record = q.case.record
    changes: Changes = {name: None for name in ("cancelled_fen", "kept_clocks") if name in record}
    ended = q.case.last_step
    began = date.fromisoformat(ended[1]["on"]) if ended else q.on
    for name, kept in record.get("kept_clocks", {}).items():
        due = date.fromisoformat(kept["due"]) + (q.on - began)
        changes[f"clocks/{name}"] = {**kept, "due": due.isoformat()}
    return changes


def returning(q: Question, seq: int) -> Changes:
    """Start the clock of the resubmission (R53)."""
    to = q.procedure.target(q.case, q.act.name)
    ways = [way for way in q.procedure.policy.ways if way.form == "resubmission" and to in way.start]
    return after(q, "return", tuple(dict.fromkeys(office for way in ways for office in way.offices)))


def resubmission(q: Question, seq: int) -> Changes:
    """Stop the clock of the resubmission."""
    return stopped(q, "return")


def failing(q: Question, seq: int) -> Changes:
    """Start the clock of the rectification (R70a)."""
    return clock("rectification", q.data.mend_by, q.act.table, ("township",)) if q.data.mend_by else {}


def mending(q: Question, seq: int) -> Changes:
    """Stop the clock of the rectification."""
    return stopped(q, "rectification")


def agreement(q: Question, seq: int) -> Changes:
    """Start the clock of the agreed completion (R69)."""
    return clock("completion", q.data.complete_by, q.act.table, ("township",)) if q.data.complete_by else {}


def completion(q: Question, seq: int) -> Changes:
    """Stop the clock of the agreed completion."""
    return stopped(q, "completion")


def suspend(q: Question, seq: int) -> Changes:
    """Put the case to rest, and a running publicity with it."""
    changes: Changes = {"suspended": {"on": q.on.isoformat(), "seq": seq}}
    return {**changes, **recounted(q, {**q.case.record, **changes}, q.case.state)}


def resume(q: Question, seq: int) -> Changes:
    """Move every clock by the days really suspended, and count a running publicity again."""
    began = q.case.record["suspended"]
    days = (q.on - date.fromisoformat(began["on"])).days
    changes: Changes = {"suspended": None, f"suspensions/{began['seq']}": [began["on"], q.on.isoformat()]}
    for name, kept in q.case.record.get("clocks", {}).items():
        due = date.fromisoformat(kept["due"]) + timedelta(days=days)
        changes[f"clocks/{name}"] = {**kept, "due": due.isoformat()}
    spans = {**q.case.record.get("suspensions", {}), str(began["seq"]): [began["on"], q.on.isoformat()]}
    after = {**q.case.record, "suspended": None, "suspensions": spans}
    for level in q.procedure.levels:
        if q.case.act_on(f"close_{level}_publicity") is None:
            changes |= recounted(q, after, f"{level}_publicity")
    return changes


def check(q: Question, seq: int) -> Changes:
    """Note the mark of a paper; the last one holds (R53)."""
    return {f"marks/{q.data.kind}": {"seq": seq, "accepted": bool(q.data.accepted)}}


def correction(q: Question, seq: int) -> Changes:
    """Write the right values, the doubts that they raise, and those that they lift."""
    corrected = q.around.corrected if q.around else None
    if corrected is None:
        return {}
    doubts = {f"doubts/{key}": {**value, "since": seq} for key, value in corrected.doubts.items()}
    return {**corrected.changes, **doubts, **{f"doubts/{key}": None for key in corrected.healed}}


def unpaid(q: Question, seq: int) -> Changes:
    """Write off what the bank sent back."""
    return {"returned_fen": None} if q.case.fen("returned_fen") else {}
