"""What an allowed act changes in the record: its own entry, its papers, and the values computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .calendar import counted_with, first_allowed
from .conditions import fits
from .forms import recorded
from .money import approved_fen, subsidy_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from .guards.base import Question

Changes = dict[str, Any]


def changes_of(q: Question, seq: int, *, list_id: str | None = None, archive_no: str | None = None) -> Changes:
    """Return the changes that event number `seq` makes: paths into the record with their new values."""
    entry: dict[str, Any] = {"on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office}
    entry["data"] = recorded(q.data)
    if list_id is not None:
        entry["list"] = list_id
    own = {f"acts/{q.act.name}": {"seq": seq, **entry}} if q.act.moves else {f"facts/{q.act.name}/{seq}": entry}
    changes: Changes = dict(own)
    for kind in sorted({document.kind for document in q.documents}):
        changes[f"papers/{kind}/{seq}"] = sum(d.kind == kind for d in q.documents)
    computed = _COMPUTED.get(q.act.kind)
    if computed:
        changes.update(computed(q))
    if q.act.kind == "registration" and archive_no is not None:
        changes["archive_no"] = archive_no
    return changes


def _posting(q: Question) -> Changes:
    """Stamp the deadline with the calendar data that it was counted with: it is never recomputed silently."""
    step = q.procedure.levels[q.act.level or ""]
    opens = first_allowed(q.on, step.period, q.calendar).isoformat()
    version = counted_with(step.period, q.calendar)
    stamp = {"posted_on": q.on.isoformat(), "opens_on": opens, "calendar": version}
    return {f"publicity/{q.act.level}": stamp, "opens_on": opens}


def _closing(q: Question) -> Changes:
    return {"opens_on": None}


def _approval(q: Question) -> Changes:
    line = next((line.id for line, fit in q.procedure.lines if fits(fit, q.traits)), None)
    subsidy = subsidy_for(q.procedure, q.traits)
    kind = subsidy.kind if subsidy else "undetermined"
    return {
        "line": line,
        "subsidy_kind": kind,
        "approved_fen": approved_fen(q.procedure, q.traits, q.data.planned_cost),
    }


def _payment(q: Question) -> Changes:
    before = q.case.record.get("paid_fen") or 0
    return {"paid_fen": before + int(q.data.amount * 100)}


def _way(q: Question) -> Changes:
    return {"opens_on": None}


_COMPUTED: dict[str, Callable[[Question], Changes]] = {
    "posting": _posting,
    "closing": _closing,
    "approval": _approval,
    "payment": _payment,
    "way": _way,
}
