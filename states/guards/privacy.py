"""Guards on personal values: when they may be shown, and when they may be erased (R66, R78)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..calendar import years_after
from .base import Answer, guard

if TYPE_CHECKING:
    from datetime import date

    from ..case import Case
    from ..policy.sourced import Sourced
    from .base import Question


@guard("erasing", of_step=True, of_moment=True)
def by_own_hand(q: Question, p: Sourced) -> Answer:
    """Nobody enters an erasure for another, since no paper of it stays."""
    own = (q.recorder.person, q.recorder.office) == (q.actor.person, q.actor.office)
    return Answer(own, {"recorder": q.recorder.office, "office": q.actor.office})


@guard("erasing", of_step=True, of_moment=True)
def case_ended(q: Question, p: Sourced) -> Answer:
    """Only of an ended case are personal values erased."""
    return Answer(q.case.closed, {"state": q.case.state})


@guard("erasing", of_step=True, of_moment=True)
def retention_over(q: Question, p: Sourced) -> Answer:
    """The file was kept as long as the policy wants; where the policy names no time it is never erased."""
    table = next((table for table in q.procedure.policy.retention if q.case.state in table.states), None)
    ended = _ended_on(q.case)
    until = years_after(ended, table.years) if ended and table else None
    over = until is not None and q.on > until
    return Answer(over, {"state": q.case.state, "until": until}, None if over else until, by=table)


@guard("unmasking", "erasing", "denying", of_step=True, of_moment=True)
def reason_given(q: Question, p: Sourced) -> Answer:
    """Personal values are shown and erased, and a second person's word is denied, for a reason only."""
    return Answer(bool((q.data.reason or "").strip()))


def _ended_on(case: Case) -> date | None:
    return case.last_move_on if case.closed else None
