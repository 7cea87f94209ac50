"""Change the record after notices, objections and identity statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ..counting import publicity
from ..forms.form import recorded
from ..recheck import again, as_doubt, healed, no_longer
from ..record import DOUBTS, FACTS, OBJECTIONS, OPENS_ON, PUBLICITY
from .clocks import after, clock, stopped

if TYPE_CHECKING:
    from ..guards.base import Question
    from ..record import CaseRecord
    from ..values import Notice
    from .clocks import Changes


def recounted(q: Question, record: CaseRecord, state: str) -> Changes:
    """Count the publicity of a state again; its day is the case's own when the case stands there, or comes there."""
    level = state.removesuffix("_publicity")
    step, shown = q.procedure.levels.get(level), record.publicity.get(level)
    if step is None or shown is None:
        return {}
    new = publicity.recounted(shown, step, publicity.suspensions(record), q.calendar)
    here = q.case.state == state or (q.act.moves and q.procedure.target(q.case, q.act.name) == state)
    return {PUBLICITY.path(level): new, **({OPENS_ON: new["opens_on"]} if here else {})}


def posting(q: Question, seq: int) -> Changes:
    """Stamp the deadline with the calendar data that it was counted with: it is never recomputed silently."""
    step = q.procedure.levels[q.act.level or ""]
    days = q.data.posted or {}
    places = {place: days.get(place, q.on) for place in q.data.places or ()}
    shown = publicity.posted(step, places, q.on, q.calendar)
    return {PUBLICITY.path(str(q.act.level)): shown, OPENS_ON: shown["opens_on"]}


def closing(q: Question, seq: int) -> Changes:
    """Nothing waits for a day any more."""
    return {OPENS_ON: None}


def taking_down(q: Question, seq: int) -> Changes:
    """Note where and when the notice came down, and count again."""
    return _notice(q, publicity.taken_down(q.case.record.publicity[q.data.level], q.data.place, q.on), seq)


def reposting(q: Question, seq: int) -> Changes:
    """Note where and when it hangs again, and count again."""
    shown = q.case.record.publicity[q.data.level]
    step = q.procedure.levels[q.data.level]
    anew = bool(q.data.corrected)
    places = q.data.places or (step.places if anew else publicity.down(shown, step))
    return _notice(q, publicity.put_back(shown, places, q.on, anew=anew), seq)


def _notice(q: Question, shown: Notice, seq: int) -> Changes:
    level = q.data.level
    new = publicity.recounted(shown, q.procedure.levels[level], publicity.suspensions(q.case.record), q.calendar)
    running = q.case.state == f"{level}_publicity"
    changes: Changes = {PUBLICITY.path(level): new, **({OPENS_ON: new["opens_on"]} if running else {})}
    closed = q.case.act_on(f"close_{level}_publicity") is not None
    return {**changes, **doubted(q, changes, seq)} if closed else changes


def doubted(q: Question, changes: Changes, seq: int) -> Changes:
    """Ask every guard of the steps taken again on the changed record; those that no longer hold are kept as doubts."""
    after = replace(q.case, record=q.case.record.folded(changes))
    old, new = (again(case, q.procedure, q.calendar, on=q.on) for case in (q.case, after))
    found = {DOUBTS.path(key): {**as_doubt(f), "since": seq} for key, f in no_longer(old, new).items()}
    return {**found, **{DOUBTS.path(key): None for key in healed(q.case.record.doubts, new)}}


def objection(q: Question, seq: int) -> Changes:
    """Say whether an objection came within the period, and start the clock of its review (R47)."""
    shown = q.case.record.publicity.get(q.data.level)
    opens = shown.get("opens_on") if shown else None
    late = bool(opens and q.on.isoformat() >= opens)
    changes: Changes = {OBJECTIONS.path(seq): {"level": q.data.level, "late": late}}
    hearing = q.procedure.hearings.get(q.data.level)
    if hearing and hearing.days:
        due = q.on + timedelta(days=hearing.days)
        changes.update(clock(f"objection-{seq}", due, hearing, hearing.offices))
    return changes


def answer(q: Question, seq: int) -> Changes:
    """Note the outcome of an objection's review and stop its clock (R47)."""
    number = q.data.objection
    changes = stopped(q, f"objection-{number}")
    known = q.case.record.objections.get(str(number))
    if known is not None:
        changes[OBJECTIONS.path(number)] = {**known, "answer": seq, "upheld": bool(q.data.upheld)}
    return changes


_SAID = "accept_identity:identity_confirmed"


def confirmation(q: Question, seq: int) -> Changes:
    """A denial after the identity was accepted is a doubt, until the same authority confirms it (R25-R27)."""
    key = f"{_SAID}:{q.data.authority}"
    if q.act.name == "confirm_identity":
        return {DOUBTS.path(name): None for name in (key, *_cured(q, seq)) if name in q.case.record.doubts}
    if q.case.act_on("accept_identity") is None:
        return {}
    known = {"guard": "identity_confirmed", "rule": q.act.table.rule, "source": q.act.table.source}
    return {DOUBTS.path(key): {**known, "by": q.data.authority, "since": seq}}


def _cured(q: Question, seq: int) -> tuple[str, ...]:
    """Return the doubts that a confirmation cures: who the household is was put right, and is confirmed again."""
    entry = {"on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office, "data": recorded(q.data)}
    after = replace(q.case, record=q.case.record.folded({FACTS.path(q.act.name, seq): entry}))
    own = {name: doubt for name, doubt in q.case.record.doubts.items() if name.startswith("accept_identity:")}
    return healed(own, again(after, q.procedure, q.calendar, on=q.on)) if own else ()


def appealing(q: Question, seq: int) -> Changes:
    """Start the clock of the answer."""
    return after(q, f"appeal-{seq}", q.act.offices)


def appeal_answer(q: Question, seq: int) -> Changes:
    """Stop the clock of the answer."""
    return stopped(q, f"appeal-{q.data.appeal}")
