"""Change the record after notices, objections and identity statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ..case import folded
from ..counting import publicity
from ..recheck import again, healed, no_longer, told
from .clocks import after, clock, stopped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..guards.base import Question
    from .clocks import Changes


def recounted(q: Question, record: Mapping[str, Any], state: str) -> Changes:
    """Count the publicity of a state again; its day is the case's own when the case stands there, or comes there."""
    level = state.removesuffix("_publicity")
    step, shown = q.procedure.levels.get(level), record.get("publicity", {}).get(level)
    if step is None or shown is None:
        return {}
    new = publicity.recounted(shown, step, publicity.suspensions(record), q.calendar)
    here = q.case.state == state or (q.act.moves and q.procedure.target(q.case, q.act.name) == state)
    return {f"publicity/{level}": new, **({"opens_on": new["opens_on"]} if here else {})}


def posting(q: Question, seq: int) -> Changes:
    """Stamp the deadline with the calendar data that it was counted with: it is never recomputed silently."""
    step = q.procedure.levels[q.act.level or ""]
    days = q.data.posted or {}
    places = {place: days.get(place, q.on) for place in q.data.places or ()}
    shown = publicity.posted(step, places, q.on, q.calendar)
    return {f"publicity/{q.act.level}": shown, "opens_on": shown["opens_on"]}


def closing(q: Question, seq: int) -> Changes:
    """Nothing waits for a day any more."""
    return {"opens_on": None}


def taking_down(q: Question, seq: int) -> Changes:
    """Note where and when the notice came down, and count again."""
    return _notice(q, publicity.taken_down(q.case.record["publicity"][q.data.level], q.data.place, q.on), seq)


def reposting(q: Question, seq: int) -> Changes:
    """Note where and when it hangs again, and count again."""
    shown = q.case.record["publicity"][q.data.level]
    step = q.procedure.levels[q.data.level]
    anew = bool(q.data.corrected)
    places = q.data.places or (step.places if anew else publicity.down(shown, step))
    return _notice(q, publicity.put_back(shown, places, q.on, anew=anew), seq)


def _notice(q: Question, shown: Mapping[str, Any], seq: int) -> Changes:
    level = q.data.level
    new = publicity.recounted(shown, q.procedure.levels[level], publicity.suspensions(q.case.record), q.calendar)
    running = q.case.state == f"{level}_publicity"
    changes: Changes = {f"publicity/{level}": new, **({"opens_on": new["opens_on"]} if running else {})}
    closed = q.case.act_on(f"close_{level}_publicity") is not None
    return {**changes, **doubted(q, changes, seq)} if closed else changes


def doubted(q: Question, changes: Changes, seq: int) -> Changes:
    """Ask every guard of the steps taken again on the changed record; those that no longer hold are kept as doubts."""
    after = replace(q.case, record=folded(q.case.record, changes))
    old, new = (again(case, q.procedure, q.calendar, on=q.on) for case in (q.case, after))
    found = {f"doubts/{key}": {**told(f), "since": seq} for key, f in no_longer(old, new).items()}
    return {**found, **{f"doubts/{key}": None for key in healed(q.case.record.get("doubts", {}), new)}}


def objection(q: Question, seq: int) -> Changes:
    """Say whether an objection came within the period, and start the clock of its review (R47)."""
    shown = q.case.record.get("publicity", {}).get(q.data.level, {})
    late = bool(shown.get("opens_on")) and q.on.isoformat() >= shown["opens_on"]
    changes: Changes = {f"objections/{seq}": {"level": q.data.level, "late": late}}
    hearing = q.procedure.hearings.get(q.data.level)
    if hearing and hearing.days:
        due = q.on + timedelta(days=hearing.days)
        changes.update(clock(f"objection-{seq}", due, hearing, hearing.offices))
    return changes


def answer(q: Question, seq: int) -> Changes:
    """Note the outcome of an objection's review and stop its clock (R47)."""
    number = q.data.objection
    changes = stopped(q, f"objection-{number}")
    known = q.case.record.get("objections", {}).get(str(number))
    if known is not None:
        changes[f"objections/{number}"] = {**known, "answer": seq, "upheld": bool(q.data.upheld)}
    return changes


_SAID = "accept_identity:identity_confirmed"


def confirmation(q: Question, seq: int) -> Changes:
    """A denial after the identity was accepted is a doubt, until the same authority confirms it (R25-R27)."""
    key = f"{_SAID}:{q.data.authority}"
    if q.act.name == "confirm_identity":
        return {f"doubts/{key}": None} if key in q.case.record.get("doubts", {}) else {}
    if q.case.act_on("accept_identity") is None:
        return {}
    known = {"guard": "identity_confirmed", "rule": q.act.table.rule, "source": q.act.table.source}
    return {f"doubts/{key}": {**known, "by": q.data.authority, "since": seq}}


def appealing(q: Question, seq: int) -> Changes:
    """Start the clock of the answer."""
    return after(q, f"appeal-{seq}", q.act.offices)


def appeal_answer(q: Question, seq: int) -> Changes:
    """Stop the clock of the answer."""
    return stopped(q, f"appeal-{q.data.appeal}")
