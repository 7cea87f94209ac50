"""Change the record after an allowed act: its entry, its papers, and the values computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..forms.form import recorded
from .money import (
    accepted,
    alteration,
    approval,
    owed_back,
    payment,
    recovery,
    refund,
    reissue,
    returned_payment,
)
from .notices import (
    answer,
    appeal_answer,
    appealing,
    closing,
    confirmation,
    objection,
    posting,
    reposting,
    taking_down,
)
from .road import (
    agreement,
    check,
    completion,
    correction,
    ended,
    failing,
    leaving,
    mending,
    reopening,
    restored,
    resubmission,
    resume,
    returning,
    stepping,
    suspend,
    unpaid,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..guards.base import Question
    from .clocks import Changes

__all__ = ["changes_of", "computed", "restored"]


def changes_of(
    q: Question,
    seq: int,
    *,
    to: str | None = None,
    listed: Mapping[str, str] | None = None,
    archive_no: str | None = None,
) -> Changes:
    """Return the changes that event number `seq` makes: paths into the record with their new values.

    `listed` names the list that the act is taken for (`list`), and the event that made it by its hash (`list_event`).
    """
    changes: Changes = {}
    if q.act.kind == "way" and to is not None:
        changes.update(leaving(q, to))
    entry: dict[str, Any] = {"on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office}
    entry["data"] = recorded(q.data)
    entry.update(listed or {})
    if keeps_place(q, to):
        changes[f"facts/{q.act.name}/{seq}"] = entry
    else:
        changes[f"acts/{q.act.name}"] = {"seq": seq, "from": q.case.state, **_resuming(q), **entry}
    for kind in sorted({document.kind for document in q.documents}):
        changes[f"{_shelf(q)}/{kind}/{seq}"] = sum(d.kind == kind for d in q.documents)
    compute = _COMPUTED.get(q.act.computes)
    if compute:
        changes.update(compute(q, seq))
    if to in q.procedure.closed and to != q.case.state:
        changes.update(ended(q, to))
    if archive_no is not None:
        changes["archive_no"] = archive_no
    return {**changes, **owed_back(q, changes)}


def keeps_place(q: Question, to: str | None) -> bool:
    """Tell whether an act is kept as an entry beside others, not as the one step of its name: a fact, or a step back."""
    return not q.act.moves or to == q.case.state or getattr(q.act.table, "to", None) == "step"


def _shelf(q: Question) -> str:
    """Return where an act's papers are kept: those that come after the file was sealed lie beside it (R78)."""
    return "late_papers" if q.act.form == "late_paper" else "papers"


def _resuming(q: Question) -> Changes:
    resumes = getattr(q.act.table, "resumes", None)
    return {"resumes": resumes} if resumes else {}


def computed(q: Question, seq: int) -> Changes:
    """Return the values that an act computes, without its own entry: what a correction counts again."""
    clocks = {"agreement": "completion", "failing": "rectification"}
    counts = q.act.kind == "approval" or clocks.get(q.act.computes) in q.case.record.get("clocks", {})
    return _COMPUTED[q.act.computes](q, seq) if counts else {}


_COMPUTED: dict[str, Callable[[Question, int], Changes]] = {
    "posting": posting,
    "closing": closing,
    "taking_down": taking_down,
    "reposting": reposting,
    "objection": objection,
    "answer": answer,
    "appealing": appealing,
    "appeal_answer": appeal_answer,
    "returning": returning,
    "resubmission": resubmission,
    "failing": failing,
    "mending": mending,
    "agreement": agreement,
    "completion": completion,
    "suspending": suspend,
    "resuming": resume,
    "check": check,
    "confirmation": confirmation,
    "unpaid": unpaid,
    "correction": correction,
    "stepping": stepping,
    "reopening": reopening,
    "approval": approval,
    "final": accepted,
    "payment": payment,
    "instalment": payment,
    "returned_payment": returned_payment,
    "reissue": reissue,
    "recovery": recovery,
    "refund": refund,
    "alteration": alteration,
}
