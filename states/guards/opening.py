"""Guards on the opening of a case: whether the policy is in force, and its content is the one known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Answer, guard

if TYPE_CHECKING:
    from ..policy.sourced import Sourced
    from .base import Question


@guard("opening", of_step=True, of_moment=True)
def policy_in_force(q: Question, p: Sourced) -> Answer | None:
    """The policy takes cases opened on that day, where it names a first or a last day."""
    first, last = q.procedure.policy.first_day, q.procedure.policy.last_day
    if first is None and last is None:
        return None
    ok = (first is None or q.on >= first) and (last is None or q.on <= last)
    opens = first if first and q.on < first else None
    return Answer(ok, {"first": first, "last": last}, opens, by=q.procedure.beside.whole)


@guard("opening", of_step=True, of_moment=True, needs=("contents",), warns=True)
def policy_unchanged(q: Question, p: Sourced) -> Answer | None:
    """The content under the policy's id is the one that cases were opened under before; another one is shown."""
    before = q.around.contents if q.around else ()
    if not before or q.procedure.hash in before:
        return None
    values = {"policy": q.procedure.policy.id, "hash": q.procedure.hash[:15], "before": before[-1][:15]}
    return Answer(False, values, by=q.procedure.beside.whole)
